"""How long `list`, `show`, `compare` and `report` take in a large results folder: whole processes, medians.

    python benchmarks/results.py [RUNS] [FOLDER] [--times 10] [--limit 0.5] [--postgresql]

Default: 100,000 runs in a folder of its own, removed at the end.

The runs are one run with the fake tools of the tests, written again and again with other ids, nodes, commits, dates and
times: five nodes, thirty months. A FOLDER is kept, and used again if it exists. Exits with 1 if the median of a
command that people wait for is `--limit` seconds or more. CPU time is printed, too, for nodes where others work.

With `--postgresql` the index is in a PostgreSQL server that the script starts, and everything may take twice as long.
Last, the numbers of all runs are read into the index, and series are read from it in this process, so that only the
database is timed.
"""

import argparse
import contextlib
import json
import os
import random
import re
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
from harness.records.card import RunFilter  # noqa: E402
from harness.settings.request import Places  # noqa: E402
from harness.store.index.access import consult  # noqa: E402
from harness.store.index.history import load_history  # noqa: E402
from harness.store.index.index import RunIndex  # noqa: E402
from harness.system.synthetic import obtain_synthetic  # noqa: E402
from tests.flow.kit import Kit  # noqa: E402
from tests.server import serve  # noqa: E402

NODES = ("vm-amx", "vm-zen4", "graviton", "mac-mini", "desk")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 912
# What changed so shortly before is looked at again.
SETTLED_S = 2.1
SERIES, POINTS, MANY = 59, 1000, 10_000
# A measured value; those of settings are texts.
MEASURED = re.compile(r'(?<="value": )([0-9.e+-]+)')


class ResultsFolder(NamedTuple):
    """A results folder and the environment in which it is looked at."""

    results: Path
    environ: dict[str, str]

    @property
    def places(self) -> Places:
        """The same for a question from this process."""
        cache, database = self.environ["HARNESS_CACHE"], self.environ.get("HARNESS_DATABASE", "")
        return Places(results=self.results, cache=Path(cache), database=database)


def main() -> None:
    asked = parser().parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="results-") as scratch, contextlib.ExitStack() as stack:
        folder = Path(asked.folder or scratch).absolute()
        results_folder = fill(folder, asked.runs)
        if asked.postgresql:
            results_folder.environ["HARNESS_DATABASE"] = stack.enter_context(serve()).create()
        ids = sorted(path.name for path in results_folder.results.glob("*/*/*"))
        print(
            f"{len(ids)} runs below {results_folder.results}, index in {'PostgreSQL' if asked.postgresql else 'SQLite'}"
        )
        slow = measure(results_folder, ids, times=asked.times, limit_s=asked.limit * (2 if asked.postgresql else 1))
        if asked.numbers:
            measure_series(results_folder, times=asked.times)
    sys.exit(1 if slow else 0)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("runs", nargs="?", type=int, default=100_000, metavar="RUNS")
    made.add_argument("folder", nargs="?", metavar="FOLDER", help="a folder that is kept, and used again")
    made.add_argument("--times", type=int, default=10, help="processes of each command (default 10)")
    made.add_argument("--limit", type=float, default=0.5, metavar="S", help="a median that is too slow (default 0.5 s)")
    made.add_argument("--postgresql", action="store_true", help="keep the index in PostgreSQL")
    made.add_argument("--no-numbers", dest="numbers", action="store_false", help="leave out the series")
    return made


def fill(folder: Path, count: int) -> ResultsFolder:
    """Write the results folder, unless it is there."""
    results = folder / "results"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_RESULTS": str(results)}
    environ["HARNESS_CACHE"] = str(folder / "cache")
    if not results.exists():
        with tempfile.TemporaryDirectory(prefix="results-kit-") as scratch:
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
    """Write `count` bundles, each with a run.json of its own, whose numbers scatter by 1 %, and a report."""
    draw = random.Random(1)
    run = json.loads(text)
    old_sha = run["source"]["commit"]["sha"]
    config = run["id"].rpartition("-")[2]
    began = time.perf_counter()
    for number in range(count):
        start = FIRST + timedelta(days=DAYS * number / count, seconds=draw.randrange(60))
        sha, node = f"{draw.getrandbits(160):040x}", NODES[number % len(NODES)]
        run_id = f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-{config}"
        mine = text.replace(run["id"], run_id).replace(old_sha, sha).replace(old_sha[:8], sha[:8])
        mine = mine.replace('"node-1"', f'"{node}"').replace(run["start"], start.isoformat(timespec="seconds"))
        words = MEASURED.split(mine)  # every other one is a number
        words[1::2] = [f"{float(word) * draw.lognormvariate(0, 0.01):.6g}" for word in words[1::2]]
        mine = "".join(words)
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
    once: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("list, without an index", ("list",)),
        ("all read for the index", ("index",)),
    )
    for name, words in once:
        wall_s, cpu_s = spent(results_folder, words)
        print(f"  {name:<26} {wall_s:6.2f} s, once, CPU {cpu_s:.2f} s")
    slow = []
    time.sleep(SETTLED_S)  # what was written just now is looked at again
    spent(results_folder, ("index",))
    print(f"  {'one new run':<26} {add_one(results_folder, ids[-1], times):6.3f} s more than a list without one")
    for name, words in {**commands, **more}.items():
        taken = [spent(results_folder, words) for _ in range(times)]
        wall_s, cpu_s = (statistics.median(column) for column in zip(*taken, strict=True))
        late = name in commands and wall_s >= limit_s
        slow += [name] if late else []
        least, most = min(taken)[0], max(taken)[0]
        told = f"({least:.2f} to {most:.2f}), CPU {cpu_s:.2f} s{'  TOO SLOW' if late else ''}"
        print(f"  {name:<26} {wall_s:6.2f} s {told}")
    return slow


def add_one(results_folder: ResultsFolder, last: str, times: int) -> float:
    """Return how many seconds more a list takes for a run that is new since the last one: the median."""
    (bundle,) = results_folder.results.glob(f"*/*/{last}")
    words, extra = ("list", "--node", NODES[0], "--since", "2025-06"), []
    for number in range(times):
        before, _ = spent(results_folder, words)
        new = bundle.with_name(f"{last}-{number + 2}")
        shutil.copytree(bundle, new)
        extra.append(spent(results_folder, words)[0] - before)
        shutil.rmtree(new)
        time.sleep(SETTLED_S)
        spent(results_folder, words)
    return statistics.median(extra)


def measure_series(results_folder: ResultsFolder, *, times: int) -> None:
    """Print how long it takes to read all numbers, and then series, from the index."""
    wall_s, cpu_s = spent(results_folder, ("index", "--numbers"))
    print(f"  {'all numbers read':<26} {wall_s:6.2f} s, once, CPU {cpu_s:.2f} s")
    state = json.loads(look(results_folder, ("index", "--format", "json")))["result"]
    print(f"  {state['points']} points in {state['series']} series")

    def ask(index: RunIndex) -> list[str]:
        index.refresh()
        runs = index.choose(RunFilter(node=NODES[0]))
        key = max(load_history(index, RunFilter(node=NODES[0], until=runs[0].start)).series)
        some = RunFilter(node=NODES[0], until=runs[min(POINTS, len(runs)) - 1].start)
        many = RunFilter(node=NODES[0], until=runs[min(MANY, len(runs)) - 1].start)
        lines = []
        for name, wanted, words in (
            (f"{SERIES} x {POINTS} points", some, {}),
            (f"one series, {MANY} points", many, {"case": key[2], "metric": key[3]}),
        ):
            taken = []
            for _ in range(times):
                began = time.perf_counter()
                history = load_history(index, wanted, **words)
                taken.append(time.perf_counter() - began)
            count = sum(map(len, history.series.values()))
            lines.append(
                f"  {name:<26} {statistics.median(taken):6.3f} s ({count} points, {len(history.series)} series)"
            )
        return lines

    print("\n".join(consult(results_folder.places, ask)[0]))


def look(results_folder: ResultsFolder, words: Sequence[str]) -> str:
    """Return the answer of one process."""
    command = [sys.executable, "-P", "-m", "harness", *words]
    folder = results_folder.results.parent
    done = subprocess.run(command, env=results_folder.environ, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 21):
        sys.exit(f"harness {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def spent(results_folder: ResultsFolder, words: Sequence[str]) -> tuple[float, float]:
    """Return wall and CPU seconds of one process."""
    began, used_s = time.perf_counter(), sum(os.times()[:4])
    look(results_folder, words)
    return time.perf_counter() - began, sum(os.times()[:4]) - used_s


if __name__ == "__main__":
    perform(main)
