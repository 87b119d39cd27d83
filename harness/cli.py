"""The command line: arguments to settings, the one `except HarnessError`, the exit code."""

import argparse
import errno
import io
import os
import signal
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from harness import __version__
from harness.commands.build import build
from harness.commands.exporting import export_runs
from harness.commands.importing import import_reports
from harness.commands.models import models
from harness.commands.output import Output
from harness.commands.report import report
from harness.commands.run import run
from harness.commands.runs import Wanted, runs
from harness.commands.schema import schema
from harness.commands.show import show
from harness.errors import HarnessError, InterruptedRunError, UnfitError, UnreadableError, UsageError
from harness.plan.layer import Settings, layer_settings
from harness.plan.setting import SETTINGS, Kind, Setting
from harness.render.format.registry import list_formats
from harness.system.console import Console

FILE = "harness.toml"
DEFAULTS = layer_settings(file={}, file_name="", environ={}, flags={})
FILTERS: dict[str, tuple[str, str]] = {
    "node": ("NAME", "only runs on this node"),
    "model": ("NAME", "only runs with this model"),
    "commit": ("SHA|RELEASE", "only runs of this commit (the beginning of its sha) or release"),
    "since": ("DATE", "only runs begun on this day or later: 2026-05-29, 2026-05 or 2026, UTC"),
    "until": ("DATE", "only runs begun on this day or earlier"),
}
EPILOG = """every option but --config and --resume is also a key of harness.toml and a variable:
--flash-attn, flash_attn, HARNESS_FLASH_ATTN
(defaults < harness.toml < HARNESS_* < options)

exit codes: 0 ok, 2 usage, 3 environment unfit, 4 sources or weights not to be had, 5 unreadable input,
10 build failed, 11 tests failed, 12 a benchmark failed, 130 interrupted, 1 internal error"""
_DISK_TROUBLES = {
    errno.ENOSPC: ("the disk is full", "free some space, or choose another --cache or --results"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another --cache or --results"),
    errno.EROFS: ("the folder is read-only", "choose another --cache or --results"),
    errno.ENOTDIR: ("a file is in the way of a folder", "choose another --cache or --results"),
    errno.EACCES: ("permission denied", "choose a folder of your own with --cache or --results"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; failures of the harness are printed, not raised."""
    arguments = _parser().parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a sign must not lose a result
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments, os.environ)
    except HarnessError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return _complain(InterruptedRunError("interrupted"))
    except OSError as error:
        if error.errno not in _DISK_TROUBLES:
            raise
        what, hint = _DISK_TROUBLES[error.errno]
        return _complain(UnfitError(f"{what}: {error.filename or 'cache or results'}", hint=hint))


def _dispatch(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    # A harness.toml that cannot be read is no reason to keep the schema back.
    settings = DEFAULTS if arguments.command == "schema" else _layer(arguments, environ)
    console = Console(quiet=settings.flag("quiet"), verbose=settings.flag("verbose"))
    output = Output(console, as_json=settings.flag("json"))
    return VERBS[arguments.command].call(Call(arguments, settings, environ, output))


def _complain(error: HarnessError) -> int:
    sys.stderr.write(f"harness: {error}\n")
    return error.exit_code


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _layer(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    named = arguments.config or environ.get("HARNESS_CONFIG")
    path = Path(named or FILE)
    flags = {setting.name: getattr(arguments, setting.name, None) for setting in SETTINGS}
    return layer_settings(
        file=_read_file(path, required=bool(named)), file_name=str(path), environ=environ, flags=flags
    )


def _read_file(path: Path, *, required: bool) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise UsageError(f"no such file: {path}", hint="leave out --config, or write the file") from None
        return {}
    except OSError as error:
        raise UsageError(f"cannot read {path}", cause=error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path} is not valid TOML", cause=str(error), hint='model = ["tiny", "base"]') from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="A benchmark harness for whisper.cpp / ggml.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, _, add_arguments) in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=summary,
            description=summary.capitalize() + ".",
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.add_argument("--config", metavar="FILE", help=f"settings file (default: ./{FILE})")
        for setting in SETTINGS:
            if name in setting.commands:
                _add_setting(verb, setting)
        add_arguments(verb)
    return parser


def _add_setting(verb: argparse.ArgumentParser, setting: Setting) -> None:
    names = [*([setting.short] if setting.short else []), setting.flag]
    if setting.kind is Kind.FLAG:
        verb.add_argument(*names, dest=setting.name, action="store_true", default=None, help=setting.help)
        return
    action = "append" if setting.kind in (Kind.LIST, Kind.DEFINES) else "store"
    verb.add_argument(*names, dest=setting.name, action=action, metavar=setting.metavar, help=setting.help)


class Call(NamedTuple):
    """A verb as it was called."""

    arguments: argparse.Namespace
    settings: Settings
    environ: Mapping[str, str]
    output: Output


class Verb(NamedTuple):
    """What a verb does, how it is carried out, and the arguments that no setting is."""

    summary: str
    call: Callable[[Call], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


def _run(call: Call) -> int:
    return run(call.settings, call.environ, call.output, resume=call.arguments.resume)


def _add_run(verb: argparse.ArgumentParser) -> None:
    text = "go on with an unfinished run (the latest, or the one whose id starts with ID)"
    verb.add_argument("--resume", nargs="?", const="", metavar="ID", help=text)


def _build(call: Call) -> int:
    return build(call.settings, call.environ, call.output)


def _models(call: Call) -> int:
    return models(call.settings, call.environ, call.output, names=call.arguments.names)


def _add_models(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("names", nargs="*", metavar="NAME", help="make the weights of these models ready")


def _runs(call: Call) -> int:
    wanted = Wanted(**{name: getattr(call.arguments, f"only_{name}") for name in FILTERS})
    return runs(call.settings, call.output, wanted)


def _add_runs(verb: argparse.ArgumentParser) -> None:
    for key, (metavar, text) in FILTERS.items():
        verb.add_argument(f"--{key}", dest=f"only_{key}", default="", metavar=metavar, help=text)


def _show(call: Call) -> int:
    return show(call.settings, call.output, call.arguments.runs)


def _add_show(verb: argparse.ArgumentParser, count: str = "+") -> None:
    text = "[NODE/]ID of a run, or its beginning, or the path of a bundle or of a ggml-ci report; 'latest'; 'all'"
    verb.add_argument("runs", nargs=count, metavar="RUN", help=text)


def _report(call: Call) -> int:
    return report(
        call.settings, call.output, call.arguments.runs, name=call.arguments.format, target=call.arguments.output
    )


def _add_report(verb: argparse.ArgumentParser) -> None:
    _add_show(verb)
    verb.add_argument("--format", default="", metavar="NAME", help="default: by the ending of FILE, else markdown")
    verb.add_argument("-o", "--output", default="", metavar="FILE", help="write this file, or folder, as a whole")
    verb.epilog = f"formats:\n{list_formats()}\n\n{EPILOG}"


def _import(call: Call) -> int:
    return import_reports(call.settings, call.output, paths=call.arguments.paths, node=call.arguments.from_node)


def _add_import(verb: argparse.ArgumentParser) -> None:
    text = "a report, a result folder, or a tree <project>/<2 hex>/<38 hex>/<node>/"
    verb.add_argument("paths", nargs="+", metavar="PATH", help=text)
    text = "the node of reports that no folder names (default: unknown)"
    verb.add_argument("--node", dest="from_node", default="", metavar="NAME", help=text)


def _export(call: Call) -> int:
    words, layout, folder = call.arguments.runs, call.arguments.layout, call.arguments.output or ""
    return export_runs(call.settings, call.output, words=words, layout=layout, folder=folder)


def _add_export(verb: argparse.ArgumentParser) -> None:
    _add_show(verb, "*")
    text = "the form of the tree: ggml-ci (default); DIR may stand behind it"
    verb.add_argument("--layout", nargs="+", default=[], metavar="LAYOUT", help=text)
    verb.add_argument("-o", "--output", metavar="DIR", help="the folder to write into")


def _schema(call: Call) -> int:
    return schema(call.output)


VERBS: dict[str, Verb] = {
    "run": Verb("get the sources, build, test and benchmark them, and write the report", _run, _add_run),
    "build": Verb("build a source and say where the result is", _build),
    "models": Verb("list the models, or make their weights ready (harness models base small)", _models, _add_models),
    "runs": Verb("list the runs in the results folder", _runs, _add_runs),
    "show": Verb("print runs for people, caveats first: harness show latest", _show, _add_show),
    "report": Verb("write runs in another format: harness report latest -o runs.csv", _report, _add_report),
    "import": Verb("take reports of ggml-ci into the results: files, folders or whole trees", _import, _add_import),
    "export": Verb("write runs as a results tree of ggml-ci", _export, _add_export),
    "schema": Verb("print the JSON Schema of run.json", _schema),
}
