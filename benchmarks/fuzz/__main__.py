"""Broken input for the parsers by the million: each must return a record or raise what it may, and none may take long.

    python -m benchmarks.fuzz [TARGET...] [--count N] [--seed S]   mutated real outputs, the same for each seed
    python -m benchmarks.fuzz [TARGET...] --growth                 how the time grows with the length (linear: 1.0)
    python -m benchmarks.fuzz.guided TARGET SECONDS                guided by coverage

One line for each target: inputs, seconds, and the slowest input in nanoseconds of CPU time a character. Ends at the
first input that breaks the contract, which is kept in a file.
"""

import argparse
import math
import sys
import time
from pathlib import Path

from benchmarks.fuzz.mutation import Mutator
from benchmarks.fuzz.target import TARGETS, Target, keeps_contract
from benchmarks.sitting import make_parser, perform, print_head

SHORT, LONG = 50_000, 400_000
# Below that the time of an input is that of its least parts, whatever its length.
LEAST_CHARS = 2000


def main() -> None:
    arguments = parser().parse_args()
    print_head()
    for name in arguments.targets or TARGETS:
        if arguments.growth:
            print(f"{name:12}{lengthen(TARGETS[name])}", flush=True)
        else:
            print(f"{name:12}{mutate(name, TARGETS[name], arguments.count, arguments.seed)}", flush=True)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.prog = "python -m benchmarks.fuzz"
    made.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help=", ".join(TARGETS))
    made.add_argument("--count", type=int, default=1_000_000)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--growth", action="store_true")
    return made


def mutate(name: str, target: Target, count: int, seed: int) -> str:
    """Return what happened to that many mutated inputs."""
    mutator = Mutator(target.seeds(), target.tokens, limit=target.limit, seed=seed)
    slowest, began = 0.0, time.perf_counter()
    for number in range(count):
        text = mutator.make()
        before = time.process_time()
        try:
            keeps_contract(target, text)
        except Exception:
            kept = Path(f"fuzz-{name}.txt")
            kept.write_bytes(text.encode("utf-8", "surrogatepass"))
            print(f"{name}: input {number} of seed {seed} breaks the contract, see {kept}", file=sys.stderr)
            raise
        slowest = max(slowest, (time.process_time() - before) / max(len(text), LEAST_CHARS))
    wall_s = time.perf_counter() - began
    return f"{count:9} inputs {wall_s:6.0f} s  slowest {slowest * 1e9:7.0f} ns/char"


def lengthen(target: Target) -> str:
    """Return how the time of one input grows with its length."""
    power, piece = max((growth(target, piece), piece) for piece in dict.fromkeys((*target.tokens, *target.seeds())))
    return f"time ~ length ** {power:.2f} at worst, of {piece[:40]!r} repeated"


def growth(target: Target, piece: str) -> float:
    """Return the exponent of the time over the length, between 50 and 400 thousand characters of a seed and `piece`.

    What takes less than a tenth of a second at that length is linear enough.
    """
    head = target.seeds()[0]
    short, long = (_best_time(target, head + piece * (length // len(piece))) for length in (SHORT, LONG))
    return math.log(long / short, LONG / SHORT) if long > 0.1 else 1.0


def _best_time(target: Target, text: str) -> float:
    times = []
    for _ in range(2):
        began = time.process_time()
        keeps_contract(target, text)
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    perform(main)
