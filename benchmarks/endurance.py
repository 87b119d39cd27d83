"""Does anything grow? Many runs with the fake tools of the tests: first all in one process, then each in its own.

    python benchmarks/endurance.py [RUNS] [SEPARATE] [--full]

Default: 500 runs in one process, then 100 processes.

After each run, `list`, `show` and `compare` read the results. Then the script counts what this process holds
(memory, Python objects, descriptors, threads, children), what is still running, and what is on the disk (temporary
files, files and bytes of the cache and of the index in it, files of the bundle just written).
Whatever must not grow is judged by a straight line through the runs after the warm-up: it grows when the whole 95 %
interval of the slope lies above its allowance. Exits with 1 on growth. After Ctrl-C, the runs so far are judged.
"""

import argparse
import contextlib
import gc
import io
import math
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
from scipy.stats import theilslopes

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.cli.main import main as harness  # noqa: E402
from harness.errors import InterruptedRunError  # noqa: E402
from harness.system.synthetic import obtain_synthetic  # noqa: E402
from tests.flow.kit import Kit  # noqa: E402

# The build, and one process of one benchmark: what is repeated is the run. `--full`: the whole plan.
WORDS = ("--no-wait", "--quiet", "--repetitions", "1", "--threads", "2")
BRIEF = ("--bench", "whisper", "--no-tests")
READERS = (("list", "--model", "tiny"), ("show", "latest"), ("compare", "latest", "latest", "--json"))
# Caches of interpreter and allocator fill up while the first runs go on.
WARM_UP = 0.2


class Quantity(NamedTuple):
    """What is counted, and the growth for each run that passes: nothing, unless `allowance` says otherwise."""

    name: str
    unit: str
    allowance: float = 0.0


# 2 KB a run would be a megabyte in 500. A run in the index has some 700 bytes. Wall time is shown, but not judged: it
# drifts with whatever else the node does.
HELD = (
    Quantity("resident memory", "KB", 2.0),
    Quantity("Python objects", "", 1.0),
    Quantity("descriptors", ""),
    Quantity("threads", ""),
    Quantity("children", ""),
)
LEFT = (
    Quantity("tools left running", ""),
    Quantity("temporary files", ""),
    Quantity("files in the cache", ""),
    Quantity("bytes in the cache", "B", 1.0),
    Quantity("files in a bundle", ""),
    Quantity("bytes in a bundle", "B", 10.0),
    Quantity("bytes in the index", "B", 1200.0),
    Quantity("CPU time of a run", "ms", 0.5),
    Quantity("CPU time of three commands", "ms", 0.1),
    Quantity("wall time of a run", "ms", math.inf),
)


def main() -> None:
    asked = parser().parse_args()
    print_head()
    words = (*WORDS, *(() if asked.full else BRIEF))
    with tempfile.TemporaryDirectory(prefix="endurance-") as scratch:
        weights, _ = obtain_synthetic("tiny", folder=Path(scratch, "weights"), memory=Path(scratch, "sums"))
        one = Kit(Path(scratch, "one"), weights)
        one.commit_tree()
        environ = one.environ
        os.environ.clear()
        os.environ.update(environ)
        tempfile.tempdir = str(one.temporary)
        grown = judge("in one process", (*HELD, *LEFT), repeat(one, words, asked.together, call_here, held))
        many = Kit(Path(scratch, "many"), weights)
        many.commit_tree()
        many.fresh = True  # it is the whole of a process that is judged
        grown += judge("each in a process of its own", LEFT, repeat(many, words, asked.apart, call_apart, dict))
    print(f"\nGROWTH of {', '.join(grown)}" if grown else "\nno growth")
    sys.exit(1 if grown else 0)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("together", nargs="?", type=int, default=500, metavar="RUNS")
    made.add_argument("apart", nargs="?", type=int, default=100, metavar="SEPARATE")
    made.add_argument("--full", action="store_true", help="the whole plan of a run")
    return made


def call_here(_: Kit, words: Sequence[str]) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return harness(words)


def call_apart(kit: Kit, words: Sequence[str]) -> int:
    return kit.harness(*words).returncode


def repeat(
    kit: Kit,
    words: Sequence[str],
    count: int,
    call: Callable[[Kit, Sequence[str]], int],
    count_held: Callable[[], dict[str, float]],
) -> dict[str, list[float]]:
    """Run so often and return what was counted after each run, by its name."""
    series: dict[str, list[float]] = {}
    for number in range(count):
        began, used_s = time.perf_counter(), cpu_s()
        code = call(kit, kit.words(*words))
        if code == InterruptedRunError.exit_code:
            print(f"interrupted: {number} of {count} runs are judged")
            return series
        if code:
            sys.exit(f"run {number + 1} ended with exit code {code}")
        took = {"wall time of a run": time.perf_counter() - began, "CPU time of a run": cpu_s() - used_s}
        used_s = cpu_s()
        for reader in READERS:
            call(kit, reader)
        took["CPU time of three commands"] = cpu_s() - used_s
        (kit.tools / "calls.jsonl").unlink()  # the log of the fake tools is not the harness's
        times = {name: 1000 * seconds for name, seconds in took.items()}
        for name, value in {**count_held(), **left(kit), **times}.items():
            series.setdefault(name, []).append(value)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {count}", end="", file=sys.stderr)
    bundles, partials = kit.bundles(), kit.partials()
    if len(bundles) != count or partials:
        sys.exit(f"{count} runs left {len(bundles)} bundles and {len(partials)} unfinished ones")
    return series


def cpu_s() -> float:
    """Return the CPU time of this process and of all its children that have ended."""
    return sum(os.times()[:4])


def held() -> dict[str, float]:
    gc.collect()
    me = psutil.Process()
    return {
        "resident memory": me.memory_info().rss / 1024,
        "Python objects": len(gc.get_objects()),
        "descriptors": me.num_fds(),
        "threads": max(me.num_threads(), threading.active_count()),
        "children": len(me.children(recursive=True)),
    }


def left(kit: Kit) -> dict[str, float]:
    files = [path for path in kit.cache.rglob("*") if path.is_file()]
    index = [path.stat() for path in files if kit.cache / "index" in path.parents]
    cache = [path.stat() for path in files if kit.cache / "index" not in path.parents]
    newest = max(kit.results.glob("*/*/*"), key=lambda path: (path.stat().st_ctime_ns, path.name))
    bundle = [path.stat() for path in newest.rglob("*") if path.is_file()]
    return {
        "tools left running": len(kit.running()),
        "temporary files": sum(1 for _ in kit.temporary.rglob("*")),
        "files in the cache": len(cache),
        "bytes in the cache": sum(one.st_size for one in cache),
        "bytes in the index": sum(one.st_size for one in index),
        "files in a bundle": len(bundle),
        "bytes in a bundle": sum(one.st_size for one in bundle),
    }


def judge(title: str, quantities: Sequence[Quantity], series: Mapping[str, Sequence[float]]) -> list[str]:
    """Print a line for each quantity and return the names of those that grow."""
    count = len(next(iter(series.values())))
    print(f"\n{count} runs {title}\n  {'':<24} {'first':>12} {'last':>12} {'slope a run':>12}  95 % interval")
    grown = []
    for quantity in quantities:
        values = series[quantity.name]
        slope, low, high = line(values[int(WARM_UP * len(values)) :])
        grows = low > quantity.allowance
        if grows:
            grown.append(quantity.name)
        ends = [statistics.median(part) for part in (values[:10], values[-10:])]
        name = f"{quantity.name}{f', {quantity.unit}' if quantity.unit else ''}"
        calm = "not judged" if quantity.allowance == math.inf else "as it must" if quantity.allowance > 99 else "flat"
        verdict = f"GROWS (allowed: {quantity.allowance:g})" if grows else calm
        print(f"  {name:<24} {ends[0]:>12.0f} {ends[1]:>12.0f} {slope:>+12.3f}  {low:+.3f} to {high:+.3f}  {verdict}")
    return grown


def line(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the slope (Theil, Sen) and its interval; of steps that are rarer than every other run, the mean slope."""
    slope, _, low, high = theilslopes(values)
    if slope == low == high == 0 and values[-1] != values[0]:
        mean = (values[-1] - values[0]) / (len(values) - 1)
        return mean, mean, mean
    return float(slope), float(low), float(high)


if __name__ == "__main__":
    perform(main)
