"""The arguments of each verb that no setting is."""

import argparse
import os

from harness.commands.list import SHOWN
from harness.judge.context import GROUPS
from harness.plan.prune import PRUNABLE
from harness.render.format.registry import list_formats

FILTERS: dict[str, tuple[str, str]] = {
    "node": ("NAME", "only runs on this node"),
    "model": ("NAME", "only runs with this model"),
    "commit": ("SHA|RELEASE", "only runs of this commit (the beginning of its sha) or release"),
    "since": (
        "DATE",
        "only runs begun on this day (UTC) or later: 2026-05-29, 2026-05 or 2026; 7d: in the last 7 days",
    ),
    "until": ("DATE", "only runs begun on this day or earlier; 7d: at least 7 days ago"),
}
EPILOG = """every option but --config and --resume is also a key of harness.toml and a variable:
--flash-attn, flash_attn, HARNESS_FLASH_ATTN (or fa for short: --fa, fa, HARNESS_FA)
(defaults < harness.toml < HARNESS_* < options)

exit codes: 0 ok, 2 usage, 3 environment unfit or answer not printed, 4 sources or weights unavailable,
5 unreadable input, 10 build failed, 11 tests failed, 12 a benchmark failed, 20 regression found,
21 inconclusive (--strict; calibrate: too few blocks), 130 interrupted, 1 internal error"""


def add_run(verb: argparse.ArgumentParser) -> None:
    """Add what `run` takes beside the settings."""
    text = "go on with an unfinished run (the latest, or the one whose id starts with ID)"
    verb.add_argument("--resume", nargs="?", const="", metavar="ID", help=text)


def add_ab(verb: argparse.ArgumentParser) -> None:
    """Add what `ab` takes beside the settings."""
    text = (
        "the baseline, then the contender. Each is a ref, a local tree, or what differs: fa=1, threads=2, isa=avx2, "
        "blas=openblas, llamafile=on, GGML_LTO=ON; several joined by commas. Inside a checkout of whisper.cpp none is "
        "needed: the commit at which HEAD left the default branch is then compared with the checkout as it is"
    )
    verb.add_argument("sides", nargs="*", metavar="SIDE", help=text)
    verb.add_argument("--plant", type=float, default=0.0, help=argparse.SUPPRESS)


def add_sweep(verb: argparse.ArgumentParser) -> None:
    """Add what `sweep` takes beside the settings."""
    text = "a sweep.toml with tables [axes], [[exclude]] and [settings]"
    verb.add_argument("file", type=_path, nargs="?", default="", metavar="FILE", help=text)
    text = (
        "a further axis, GGML_LLAMAFILE=ON,OFF; every option with a comma is an axis, too: --threads 1,2 --isa avx2,avx"
    )
    verb.add_argument("--axis", action="append", default=[], metavar="NAME=V,V", help=text)
    text = "go on with an unfinished sweep (the latest, or the one whose id starts with ID)"
    verb.add_argument("--resume", nargs="?", const="", metavar="ID", help=text)
    verb.add_argument("--show", nargs="?", const="", metavar="ID", help="print the table of a sweep again")
    verb.add_argument("--columns", default="", metavar="AXIS", help="print a pivot with the values of AXIS as columns")
    verb.add_argument("--rows", default="", metavar="AXIS", help="rows of the pivot (default: all other axes)")
    text = "what the pivot shows: encode (default), decode, batchd, prompt, rtf or memory_mb"
    verb.add_argument("--value", default="encode", metavar="NAME", help=text)
    verb.add_argument("--csv", action="store_true", help="print CSV")


def add_tune(verb: argparse.ArgumentParser) -> None:
    """Add what `tune` takes beside the settings."""
    text = "what to optimise for: latency (default), throughput or memory"
    verb.add_argument("--for", dest="goal", default="latency", metavar="GOAL", help=text)
    verb.add_argument("--no-write", action="store_true", help="do not write the winner to ./harness.toml")


def add_models(verb: argparse.ArgumentParser) -> None:
    """Add what `models` takes beside the settings."""
    verb.add_argument("names", nargs="*", metavar="NAME", help="make the weights of these models ready")


def add_runs(verb: argparse.ArgumentParser) -> None:
    """Add what `runs` takes beside the settings."""
    how_many = verb.add_mutually_exclusive_group()
    text = f"only the newest N (default: {SHOWN}; as JSON all)"
    how_many.add_argument("--limit", type=_positive, metavar="N", help=text)
    how_many.add_argument("--all", action="store_true", help="all of them")
    for key, (metavar, text) in FILTERS.items():
        verb.add_argument(f"--{key}", dest=f"only_{key}", default="", metavar=metavar, help=text)
    verb.add_argument("--unfinished", action="store_true", help="runs that did not come to their end, and what to do")
    text = "with --unfinished: remove this one and what it has measured (repeatable; 'all')"
    verb.add_argument("--remove", action="append", default=[], metavar="ID", help=text)


def add_show(verb: argparse.ArgumentParser, count: str = "+") -> None:
    """Add what `show` takes beside the settings."""
    text = "[NODE/]ID of a run, or its beginning, or the path of a bundle or of a ggml-ci report; 'latest'; 'all'"
    verb.add_argument("runs", type=_paths, nargs=count, metavar="RUN", help=text)


def add_report(verb: argparse.ArgumentParser) -> None:
    """Add what `report` takes beside the settings."""
    add_show(verb)
    verb.add_argument("--format", default="", metavar="NAME", help="default: by the ending of FILE, else markdown")
    verb.add_argument(
        "-o", "--output", type=_path, default="", metavar="FILE", help="write this file, or folder, as a whole"
    )
    verb.epilog = f"formats:\n{list_formats()}\n\n{EPILOG}"


def add_import(verb: argparse.ArgumentParser) -> None:
    """Add what `import` takes beside the settings."""
    text = "a report, a result folder, a tree <project>/<2 hex>/<38 hex>/<node>/, or a file with a pasted log or table"
    verb.add_argument("paths", type=_path, nargs="+", metavar="PATH", help=text)
    text = "the node of reports that no folder names (default: unknown)"
    verb.add_argument("--node", dest="from_node", default="", metavar="NAME", help=text)


def add_export(verb: argparse.ArgumentParser) -> None:
    """Add what `export` takes beside the settings."""
    add_show(verb, "*")
    text = "the form of the tree: ggml-ci (default); DIR may stand behind it"
    verb.add_argument("--layout", type=_path, nargs="+", default=[], metavar="LAYOUT", help=text)
    verb.add_argument("-o", "--output", type=_path, metavar="DIR", help="the folder to write into")


def add_compare(verb: argparse.ArgumentParser) -> None:
    """Add what `compare` takes beside the settings."""
    text = "one side: RUNs as for `harness show`, or KEY=VALUE (release=v1.8.5, commit=, node=), joined by commas"
    verb.add_argument("sides", type=_paths, nargs="*", metavar="SIDE", help=text)
    verb.add_argument(
        "--baseline", type=_paths, nargs="+", default=[], metavar="RUN", help="the runs of the first side"
    )
    verb.add_argument(
        "--contender", type=_paths, nargs="+", default=[], metavar="RUN", help="the runs of the second side"
    )
    text = f"what runs may differ in: {', '.join(GROUPS)}, or one circumstance (backend, GGML_LTO, pin)"
    verb.add_argument("--across", action="append", default=[], metavar="WHAT", help=text)
    verb.add_argument("--force", action="store_true", help="put any runs together")
    verb.add_argument("--markdown", action="store_true", help="print Markdown")


def add_explain(verb: argparse.ArgumentParser) -> None:
    """Add what `explain` takes beside the settings."""
    text = "the code of a caveat, such as noisy, or of the cause of a failure (default: all of them)"
    verb.add_argument("codes", nargs="*", metavar="CODE", help=text)


def add_cache(verb: argparse.ArgumentParser) -> None:
    """Add what `cache` takes beside the settings."""
    verb.add_argument("action", nargs="?", choices=("prune",), help="remove instead of list; nothing without --yes")
    verb.add_argument(
        "--older", default="", metavar="TIME", help="remove what was not used for this long: 30d, 12h, 2w"
    )
    text = "then remove the longest unused until no more than this is left: 20GB, 500MB"
    verb.add_argument("--keep", default="", metavar="SIZE", help=text)
    text = f"only things of this kind: {', '.join(PRUNABLE)}; repeat or separate by commas"
    verb.add_argument("--kind", action="append", default=[], metavar="KIND", help=text)
    verb.add_argument("--yes", action="store_true", help="remove them; without it they are only listed")


def _path(word: str) -> str:
    """Return a path with the home folder for its `~`: the shell leaves `--output=~/x` as it is."""
    return os.path.expanduser(word)  # noqa: PTH111 - an empty word is not a path


def _paths(words: str) -> str:
    return ",".join(_path(word) for word in words.split(","))


def _positive(word: str) -> int:
    number = int(word) if word.isdecimal() else 0
    if not number:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of runs")
    return number
