"""Real trials on this node: how often an A/A trial finds a difference, how often a planted slowdown is found, how soon.

    python benchmarks/trials.py --aa 40                      a build against itself, forty times
    python benchmarks/trials.py --aa 0 --plant 5%:20 2%:20   planted slowdowns, twenty of each
    python benchmarks/trials.py --summary trials.jsonl       the tables, from a file of earlier trials

Each trial is `harness ab` as a user calls it, in its own process, with its own seed. Its verdicts are appended
to trials.jsonl (-o), and a later call goes on there. Options behind `--` go to `harness ab`. The node should be quiet.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

CERTAIN = ("IMPROVED", "REGRESSED")


def main() -> int:
    arguments = parser().parse_args()
    print_head()
    if arguments.summary:
        summarize(read(arguments.summary))
        return 0
    planned = [0.0] * arguments.aa
    for word in arguments.plant:
        percent, _, count = word.partition(":")
        planned += [float(percent.rstrip("%")) / 100] * int(count)
    words = arguments.words or ["--model", "tiny", "--metric", "encode", "--max-time", "3m"]
    for number, plant in enumerate(planned, 1):
        with tempfile.TemporaryDirectory() as scratch:
            folder = arguments.results or Path(scratch)
            trial = hold(arguments.side, plant, words, folder.absolute())
        with arguments.output.open("a", encoding="utf-8") as file:
            file.write(json.dumps(trial) + "\n")
        print(f"{number}/{len(planned)}", describe(trial), flush=True)
    summarize(read(arguments.output))
    return 0


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--aa", type=int, default=40, metavar="N", help="A/A trials (default 40)")
    made.add_argument("--plant", nargs="*", default=[], metavar="PERCENT:N", help="planted slowdowns, 5%%:20")
    made.add_argument("-o", "--output", type=Path, default=Path("trials.jsonl"), metavar="FILE")
    made.add_argument("--results", type=Path, metavar="DIR", help="keep the bundles of the trials here")
    made.add_argument("--side", default="v1.8.5", help="what is compared with itself (default v1.8.5)")
    made.add_argument("--summary", type=Path, metavar="FILE", help="only print the tables of this file")
    made.add_argument("words", nargs="*", help="for harness ab, behind --")
    return made


def hold(side: str, plant: float, words: Sequence[str], results: Path) -> dict[str, Any]:
    """Return what one trial said: exit code, wall seconds, and the verdict of each comparison."""
    argv = [sys.executable, "-m", "harness", "ab", side, side, "--json", "-q", "--results", str(results)]
    planted = ["--plant", str(plant)] if plant else []
    began = time.monotonic()
    done = subprocess.run([*argv, *planted, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    trial: dict[str, Any] = {
        "plant": plant,
        "words": list(words),
        "exit_code": done.returncode,
        "wall_s": round(time.monotonic() - began, 1),
    }
    try:
        family = (json.loads(done.stdout)["result"] or {}).get("family")
    except json.JSONDecodeError:
        family = None
    if not family:
        return trial | {"error": done.stderr[-400:], "comparisons": []}
    kept = ("metric", "n", "change", "low", "high", "p", "mde", "verdict", "relevant")
    return trial | {
        "seed": next(iter(family["seeds"]), None),
        "comparisons": [{key: one.get(key) for key in kept} for one in family["comparisons"]],
        "caveats": [caveat["code"] for caveat in family["caveats"]],
    }


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def describe(trial: dict[str, Any]) -> str:
    told = ", ".join(f"{one['metric']} {one['change']:+.2%} {one['verdict']}" for one in trial["comparisons"])
    return f"plant {trial['plant']:.0%}: {told or trial.get('error', '')} ({trial['wall_s']} s)"


def summarize(trials: Iterable[dict[str, Any]]) -> None:
    """Print the false families of A/A trials and the hits of planted ones, with 95 % intervals, and the times."""
    groups: dict[tuple[float, str], list[dict[str, Any]]] = {}
    for trial in trials:
        groups.setdefault((trial["plant"], " ".join(trial["words"])), []).append(trial)
    for (plant, words), group in sorted(groups.items()):
        held = [trial for trial in group if trial["comparisons"]]
        found = [any(one["verdict"] in wanted(plant) for one in trial["comparisons"]) for trial in held]
        if not held:
            print(f"\nplanted {plant:.0%}, {words}: nothing was measured")
            continue
        low, high = binomtest(sum(found), len(held)).proportion_ci(method="exact")
        verdicts = Counter(one["verdict"] for trial in held for one in trial["comparisons"])
        what = "false families" if plant == 0 else "found"
        print(f"\nplanted {plant:.0%}, {words}")
        print(f"  {what}: {sum(found)} of {len(held)} ({low:.1%} to {high:.1%})")
        print(f"  verdicts: {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}")
        walls = [one["wall_s"] for one in held]
        print(f"  wall: median {median(walls):.0f} s, at most {max(walls):.0f} s")
        if len(held) < len(group):
            print(f"  {len(group) - len(held)} had no result")


def wanted(plant: float) -> tuple[str, ...]:
    """Return the verdicts that count: any difference where there is none is false, a slowdown must be called one."""
    return CERTAIN if plant == 0 else ("REGRESSED",)


if __name__ == "__main__":
    perform(main)
