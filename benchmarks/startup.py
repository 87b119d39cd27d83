"""How long `harness --help` takes above a bare Python start: interleaved pairs, median and quartiles.

python benchmarks/startup.py [PAIRS]
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    differences = [wall("-P", "-m", "harness", "--help") - wall("-c", "pass") for _ in range(pairs)]
    low, middle, high = (1000 * value for value in statistics.quantiles(differences, n=4))
    print(
        f"harness --help above a bare start: median {middle:.0f} ms (quartiles {low:.0f} to {high:.0f}), {pairs} pairs"
    )


def wall(*words: str) -> float:
    began = time.perf_counter()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
