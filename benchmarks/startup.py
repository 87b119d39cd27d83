"""How much longer `harness --help` takes than a bare Python start: interleaved pairs, median and quartiles.

    python benchmarks/startup.py [PAIRS] [--words] [--sources]

With --words also how long a shell waits for runs and refs when Tab is pressed, the start of Python included; with
--sources also how long it takes to get the sources of the default release: once from the package index, and once
from the cache.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head, unpack_release  # noqa: E402


def main() -> None:
    asked = parser().parse_args()
    print_head()
    pairs = max(2, asked.pairs)  # fewer have no quartiles
    differences = [wall("-P", "-m", "harness", "--help") - wall("-c", "pass") for _ in range(pairs)]
    low, middle, high = (1000 * value for value in statistics.quantiles(differences, n=4))
    print(
        f"harness --help above a bare start: median {middle:.0f} ms (quartiles {low:.0f} to {high:.0f}), {pairs} pairs"
    )
    for kind in ("runs", "refs") if asked.words else ():
        waits = [wall("-P", "-m", "harness", "completion", "--words", kind) for _ in range(pairs)]
        low, middle, high = (1000 * value for value in statistics.quantiles(waits, n=4))
        print(f"harness completion --words {kind}: median {middle:.0f} ms (quartiles {low:.0f} to {high:.0f})")
    if asked.sources:
        time_sources()


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("pairs", nargs="?", type=int, default=30, metavar="PAIRS", help="two at least (default 30)")
    made.add_argument("--words", action="store_true")
    made.add_argument("--sources", action="store_true")
    return made


def wall(*words: str) -> float:
    began = time.perf_counter()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def time_sources() -> None:
    with tempfile.TemporaryDirectory(prefix="harness-sources-") as cache:
        for attempt in ("cold", "cached"):
            began = time.perf_counter()
            unpack_release(Path(cache))
            print(f"default sources, {attempt}: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    perform(main)
