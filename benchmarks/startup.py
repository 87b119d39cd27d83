"""How long `harness --help` takes above a bare Python start: interleaved pairs, median and quartiles.

python benchmarks/startup.py [PAIRS]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, print_head  # noqa: E402


def main() -> None:
    pairs = max(2, parser().parse_args().pairs)  # fewer have no quartiles
    print_head()
    differences = [wall("-P", "-m", "harness", "--help") - wall("-c", "pass") for _ in range(pairs)]
    low, middle, high = (1000 * value for value in statistics.quantiles(differences, n=4))
    print(
        f"harness --help above a bare start: median {middle:.0f} ms (quartiles {low:.0f} to {high:.0f}), {pairs} pairs"
    )


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("pairs", nargs="?", type=int, default=30, metavar="PAIRS", help="two at least (default 30)")
    return made


def wall(*words: str) -> float:
    began = time.perf_counter()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
