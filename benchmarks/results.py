"""How long `list`, `show`, `compare` and `report` take in a large results folder: whole processes, medians.

    python benchmarks/results.py [RUNS] [FOLDER] [--times 10] [--limit 1.0]

Default: 100,000 runs in a folder of its own, removed at the end.

The runs are one run with the fake tools of the tests, written again and again with other ids, nodes, commits, dates and
times: five nodes, thirty months. A FOLDER is kept, and used again if it exists. Exits with 1 if the median of a
command that people wait for is `--limit` seconds or more. CPU time is printed, too, for nodes where others work.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.system.synthetic import obtain_synthetic  # noqa: E402
from tests.flow.kit import Kit  # noqa: E402

NODES = ("vm-amx", "vm-zen4", "graviton", "mac-mini", "desk")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 912


class ResultsFolder(NamedTuple):
    """A results folder and the environment in which it is looked at."""

    results: Path
    environ: dict[str, str]


def main() -> None:
    asked = parser().parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="shelf-") as scratch:
        folder = Path(asked.folder or scratch).absolute()
        results_folder = fill(folder, asked.runs)
        ids = sorted(path.name for path in results_folder.results.glob("*/*/*"))
        print(f"{len(ids)} runs below {results_folder.results}")
        slow = measure(results_folder, ids, times=asked.times, limit_s=asked.limit)
    sys.exit(1 if slow else 0)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("runs", nargs="?", type=int, default=100_000, metavar="RUNS")
    made.add_argument("folder", nargs="?", metavar="FOLDER", help="a folder that is kept, and used again")
    made.add_argument("--times", type=int, default=10, help="processes of each command (default 10)")
    made.add_argument("--limit", type=float, default=1.0, metavar="S", help="a median that is too slow (default 1 s)")
    return made


def fill(folder: Path, count: int) -> ResultsFolder:
    """Write the results folder, unless it is there."""
    results = folder / "results"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_RESULTS": str(results)}
    environ["HARNESS_CACHE"] = str(folder / "cache")
    if not results.exists():
        with tempfile.TemporaryDirectory(prefix="shelf-kit-") as scratch:
            write(results, make_one(Path(scratch)), count)
    return ResultsFolder(results, environ)


def make_one(folder: Path) -> str:
    """Return the run.json of a run with everything that fake tools can do."""
    weights, _ = obtain_synthetic("tiny", folder=folder / "weights", memory=folder / "sums")
    kit = Kit(folder / "kit", weights)
    kit.commit_tree()
    done = kit.run("--no-wait")
    if done.returncode:
        sys.exit(done.stderr)
    return (kit.bundles()[0] / "run.json").read_text(encoding="utf-8")


def write(results: Path, text: str, count: int) -> None:
    """Write `count` bundles, each with a run.json of its own and a report."""
    draw = random.Random(1)
    run = json.loads(text)
    old_sha, old_encode = run["source"]["commit"]["sha"], "2216.24"
    config = run["id"].rpartition("-")[2]
    began = time.perf_counter()
    for number in range(count):
        start = FIRST + timedelta(days=DAYS * number / count, seconds=draw.randrange(60))
        sha, node = f"{draw.getrandbits(160):040x}", NODES[number % len(NODES)]
        run_id = f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-{config}"
        mine = text.replace(run["id"], run_id).replace(old_sha, sha).replace(old_sha[:8], sha[:8])
        mine = mine.replace('"node-1"', f'"{node}"').replace(run["start"], start.isoformat(timespec="seconds"))
        mine = mine.replace(old_encode, f"{2216.24 * draw.lognormvariate(0, 0.01):.2f}")
        bundle = results / node / f"{start:%Y-%m}" / run_id
        (bundle / "logs").mkdir(parents=True)
        (bundle / "run.json").write_text(mine, encoding="utf-8")
        (bundle / "README.md").write_text(f"## Summary\n\n- status: SUCCESS\n- {run_id}\n", encoding="utf-8")
    print(f"wrote {count} runs of {len(text) / 1000:.0f} KB in {time.perf_counter() - began:.0f} s")


def measure(results_folder: ResultsFolder, ids: Sequence[str], *, times: int, limit_s: float) -> list[str]:
    """Print the times of each command and return those that are too slow."""
    middle, last = ids[len(ids) // 2], ids[-1]
    commands = {
        "list": ("list",),
        "list --node --since": ("list", "--node", NODES[0], "--since", "2025-06"),
        "show latest": ("show", "latest"),
        "show ID": ("show", middle),
        "show beginning": ("show", middle[:-12]),
        "compare RUN RUN": ("compare", middle, last, "--across", "names"),
        "report latest": ("report", "latest"),
    }
    more = {"list --all": ("list", "--all"), "list --json": ("list", "--json")}
    shutil.rmtree(results_folder.environ["HARNESS_CACHE"], ignore_errors=True)
    print(f"  {'list, without an index':<26} {spent(results_folder, commands['list'])[0]:6.2f} s, once")
    print(f"  {'all read for the index':<26} {spent(results_folder, commands['list --node --since'])[0]:6.2f} s, once")
    slow = []
    for name, words in {**commands, **more}.items():
        taken = [spent(results_folder, words) for _ in range(times)]
        wall_s, cpu_s = (statistics.median(column) for column in zip(*taken, strict=True))
        late = name in commands and wall_s >= limit_s
        slow += [name] if late else []
        least, most = min(taken)[0], max(taken)[0]
        told = f"({least:.2f} to {most:.2f}), CPU {cpu_s:.2f} s{'  TOO SLOW' if late else ''}"
        print(f"  {name:<26} {wall_s:6.2f} s {told}")
    return slow


def spent(results_folder: ResultsFolder, words: Sequence[str]) -> tuple[float, float]:
    """Return wall and CPU seconds of one process."""
    began, used_s = time.perf_counter(), sum(os.times()[:4])
    command = [sys.executable, "-P", "-m", "harness", *words]
    folder = results_folder.results.parent
    done = subprocess.run(command, env=results_folder.environ, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began, sum(os.times()[:4]) - used_s
    if done.returncode not in (0, 21):
        sys.exit(f"harness {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return took


if __name__ == "__main__":
    perform(main)
