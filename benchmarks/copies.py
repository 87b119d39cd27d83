"""Is one copy of a library faster than another? The files hold the same bytes; only where they lie in memory differs.

    python benchmarks/copies.py BUILD WEIGHTS [--copies 6] [--rounds 12] [--threads 1,2]

BUILD is the folder of a build (`harness build` prints it), WEIGHTS a file of weights. All copies stay in the page
cache while they are measured. In each round every copy is measured once, in an order drawn again for the round, by its
own worker, which makes two calls of each metric. What a copy keeps over all rounds is due to its pages; the rest is the
noise of processes. The columns: the standard deviation of processes, that between copies with its 95 % interval
(one-way analysis of variance, the rounds taken out), and the p-value of "all copies are alike" (copies
permuted in each round). CPU time of the process is judged beside wall time, because it depends less on what else the
node does.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.errors import UnreadableError  # noqa: E402
from harness.plan.worker import PIECE, choose_worker_argv, choose_worker_environment  # noqa: E402
from harness.system.built import copy_built  # noqa: E402
from harness.trial.side import find_library  # noqa: E402

SEED = 20250607
CALLS, PERMUTATIONS = 2, 2000
CLOCKS = ("wall_ns", "process_cpu_ns")


def main() -> None:
    asked = parser().parse_args()
    print_head()
    metrics = asked.metric.split(",")
    with tempfile.TemporaryDirectory(prefix="copies-", dir=asked.place or None) as place:
        libraries = [make_copy(Path(asked.build), Path(place, str(number))) for number in range(asked.copies)]
        print(f"{asked.copies} copies of {Path(asked.build).name}, {asked.rounds} rounds, medians of {CALLS} calls\n")
        print("| threads | metric | clock | processes | between copies | of it above noise | p |")
        print("|---|---|---|---|---|---|---|")
        for threads in map(int, asked.threads.split(",")):
            found = measure(libraries, asked.weights, threads, metrics, asked.rounds)
            for (metric, clock), values in found.items():
                print(f"| {threads} | {metric} | {clock.removesuffix('_ns')} | {judge(values)} |", flush=True)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("build", metavar="BUILD")
    made.add_argument("weights", metavar="WEIGHTS")
    made.add_argument("--copies", type=int, default=6)
    made.add_argument("--rounds", type=int, default=12)
    made.add_argument("--threads", default="1,2")
    made.add_argument("--metric", default="encode,decode,batchd,prompt")
    made.add_argument("--place", default="", help="folder for the copies (default: the folder for temporary files)")
    return made


def make_copy(build: Path, place: Path) -> str:
    """Return the library of a copy that was written to the disk and read again: its pages came one by one."""
    copy_built(build, place)
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)
    return find_library(str(place))


Found = Mapping[tuple[str, str], NDArray[np.float64]]


def measure(libraries: Sequence[str], weights: str, threads: int, metrics: Sequence[str], rounds: int) -> Found:
    """Return the logarithms of the costs, rounds x copies, for each metric and clock."""
    draw = random.Random(f"{SEED}/{threads}")
    found = {(metric, clock): np.zeros((rounds, len(libraries))) for metric in metrics for clock in CLOCKS}
    for turn in range(rounds):
        for number in draw.sample(range(len(libraries)), len(libraries)):
            answers = sample(libraries[number], weights, threads, metrics, draw.randrange(8192))
            for metric in metrics:
                mine = [one for one in answers if one["command"] == PIECE[metric].split()[0]]
                for clock in CLOCKS:
                    found[metric, clock][turn, number] = np.log(np.median([one[clock] for one in mine]))
    return found


def sample(library: str, weights: str, threads: int, metrics: Sequence[str], padding: int) -> list[dict[str, Any]]:
    questions = [f"load {weights} {threads} 0", "warm " + " ".join(PIECE[metric].split()[0] for metric in metrics)]
    questions += [PIECE[metric] for _ in range(CALLS) for metric in metrics]
    words = [word for question in questions for word in ("--do", question)]
    argv = [*choose_worker_argv(sys.executable, library, gpu=False), *words]
    environment = os.environ | choose_worker_environment(os.environ, str(ROOT), padding)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    refused = next((one["error"] for one in answers if not one["ok"]), "")
    if done.returncode or refused:
        raise UnreadableError(f"the worker cannot use {library}: {refused or done.stderr[-500:]}")
    return answers


def judge(values: NDArray[np.float64]) -> str:
    """Return the cells of a row: rounds x copies, both spreads, the latter's interval, and the p-value."""
    rounds, copies = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    between = rounds * float(np.var(centred.mean(axis=0), ddof=1))
    freedom = (rounds - 1) * (copies - 1)
    within = float(((centred - centred.mean(axis=0)) ** 2).sum()) / max(1, freedom)
    if not freedom or not within:
        return "- | - | - | -"
    ratio = between / within
    low, high = (
        np.sqrt(max(0.0, (ratio / stats.f.ppf(level, copies - 1, freedom) - 1) * within / rounds))
        for level in (0.975, 0.025)
    )
    above = np.sqrt(max(0.0, (between - within) / rounds))
    draw = np.random.default_rng(SEED)
    shuffled = [np.var(draw.permuted(centred, axis=1).mean(axis=0), ddof=1) * rounds for _ in range(PERMUTATIONS)]
    p = (1 + sum(one >= between for one in shuffled)) / (1 + PERMUTATIONS)
    spread = np.sqrt(between / rounds)
    return f"{np.sqrt(within):.2%} | {spread:.2%} | {above:.2%} [{low:.2%}, {high:.2%}] | {p:.3f}"


if __name__ == "__main__":
    perform(main)
