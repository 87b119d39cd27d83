"""How repeatable `harness roofline` is, and whether NumPy's sgemm comes as close to the peak as a good library should.

    python -m benchmarks.roofline [--runs 5] [--threads N] [--patience S] [--quick]

Prints each run, the spread of each number, sgemm of three sizes as a share of the peak, numpy.copyto as a share of the
copy rate, and the work of each model. A run whose threads did not have their CPUs is printed, and repeated. Before each
run the script waits for a quiet moment, `--patience` seconds at most. `--quick` only checks that all of this works.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.whisper.tensor_layout import SHAPES  # noqa: E402
from harness.whisper.workload import (  # noqa: E402
    count_cross_bytes,
    count_decode,
    count_encode,
    count_logits,
    count_mul_mat,
    count_weight_bytes,
)

SIZES, COPY_BYTES = (1024, 2048, 4096), 1 << 30
QUICK_SIZES, QUICK_BYTES = (64,), 1 << 20
QUIET_PERCENT = 3.0
TRIES = 8
Rates = dict[tuple[str, int], float]


def main() -> int:
    asked = parser().parse_args()
    print_head()
    runs = [measure_quietly(asked.threads, asked.patience) for _ in range(asked.runs)]
    print(f"\n{'':14}{'least':>9}{'most':>9}{'spread':>9}")
    for key in runs[0]:
        values = [run[key] for run in runs]
        print(f"{name(key):14}{min(values):9.2f}{max(values):9.2f}{max(values) / min(values) - 1:9.1%}")
    best = {key: max(run[key] for run in runs) for key in runs[0]}
    for threads in sorted({1, asked.threads}):
        compare_numpy(best, threads, quick=asked.quick)
    print_work()
    return 0


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--runs", type=int, default=5)
    made.add_argument("--threads", type=int, default=min(4, psutil.cpu_count(logical=False) or 1))
    made.add_argument("--patience", type=float, default=600)
    made.add_argument("--quick", action="store_true")
    return made


def measure_quietly(threads: int, patience_s: float) -> Rates:
    """Return one answer of `harness roofline`, of a moment in which the threads had their CPUs."""
    for _ in range(TRIES):
        wait_for_quiet(patience_s)
        began = time.monotonic()
        words = ["-P", "-m", "harness", "roofline", "--quiet", "--json", "--threads", str(threads)]
        done = subprocess.run([sys.executable, *words], check=True, stdout=subprocess.PIPE, text=True, env=environ())
        ceilings: list[dict[str, Any]] = json.loads(done.stdout)["result"]["ceilings"]
        rates = {(one["kind"], one["threads"]): float(one["best"]) for one in ceilings}
        shares = [one["occupancy"] for one in ceilings]
        shown = "  ".join(f"{name(key)} {rate:.2f}" for key, rate in rates.items())
        print(f"{shown}  in {time.monotonic() - began:.1f} s, at {min(shares):.0%} of the CPUs", flush=True)
        if min(shares) > 0.97:
            return rates
    raise SystemExit("the machine is too busy")


def wait_for_quiet(patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while psutil.cpu_percent(interval=2) > QUIET_PERCENT and time.monotonic() < deadline:
        pass


def compare_numpy(best: Rates, threads: int, *, quick: bool) -> None:
    """Print what NumPy reaches, in a process of its own: the number of its threads is set before it is loaded."""
    code = f"from benchmarks.roofline import time_numpy; time_numpy({threads}, quick={quick})"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environ(threads)
    )
    for what, rate in json.loads(done.stdout):
        roofline = best["copy", 1] if what == "copyto" else best["peak", threads]
        print(f"numpy {what:8} {threads} threads {rate:8.1f}  {rate / roofline:.0%} of the roofline")


def environ(threads: int = 1) -> dict[str, str]:
    """Return an environment for a child of this checkout whose NumPy uses so many threads."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}


def time_numpy(threads: int, *, quick: bool) -> None:
    """Print sgemm's GFLOP/s by size, and with one thread copyto's GB/s (read and written), the best of several."""
    draw = np.random.default_rng(1)
    rates: list[tuple[str, float]] = []
    sizes, copy_bytes = (QUICK_SIZES, QUICK_BYTES) if quick else (SIZES, COPY_BYTES)
    for n in sizes:
        a, b = (draw.random((n, n), dtype=np.float32) for _ in range(2))
        out = np.empty_like(a)
        rates.append((f"n={n}", count_mul_mat(n) / best_s(lambda a=a, b=b, out=out: np.matmul(a, b, out=out)) / 1e9))
    if threads == 1:
        source = np.ones(copy_bytes // 8)
        target = np.zeros_like(source)
        target.fill(1)
        rates.append(("copyto", 2 * copy_bytes / best_s(lambda: np.copyto(target, source)) / 1e9))
    print(json.dumps(rates))


def best_s(work: Any) -> float:
    least = float("inf")
    for _ in range(12):
        began = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - began)
    return least


def print_work() -> None:
    print(f"\n{'model':16}{'encode':>9}{'decode':>9}{'logits':>8}{'weights':>9}{'cross KV':>9}")
    print(f"{'':16}{'GFLOP':>9}{'MFLOP':>9}{'':>8}{'MB':>9}{'MB':>9}")
    for model in ("tiny", "base", "small", "medium", "large-v2", "large-v3-turbo"):
        shape = SHAPES[model]
        token = count_decode(shape)
        print(
            f"{model:16}{count_encode(shape) / 1e9:9.1f}{token / 1e6:9.1f}{count_logits(shape) / token:8.0%}"
            f"{count_weight_bytes(shape) / 1e6:9.0f}{count_cross_bytes(shape) / 1e6:9.0f}"
        )


def name(key: tuple[str, int]) -> str:
    return f"{key[0]} t{key[1]}"


if __name__ == "__main__":
    perform(main)
