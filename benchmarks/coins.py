"""What happens when trials are put together, with one seed and with a seed each, by simulation with a fixed seed.

    python -m benchmarks.coins [--pools N]

Nothing differs between the sides, but the process that starts second in a block is faster. It prints a table of
docs/explanation/statistics.md.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from math import exp
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.procedure import share  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.judge.sample import pool_samples  # noqa: E402
from harness.plan.block import ROLES, plan_block  # noqa: E402
from harness.records.comparison import ALPHA, Verdict  # noqa: E402
from harness.records.measurement import Case  # noqa: E402
from harness.stats.verdict import PairedSample, judge_pairs  # noqa: E402

SEED = 20261126
CASE, METRIC = Case.of("whisper", model="tiny"), "encode"
BLOCKS, PAIRS, EFFECT = 14, 2, 0.0125
SPREADS = (0.006, 0.025)
TRIALS = (1, 3, 5, 10)


def main() -> None:
    pools = parser().parse_args().pools
    print_head()
    print(f"seed {SEED}, {pools} pools, {BLOCKS} blocks of {PAIRS} pairs a trial, second process {EFFECT:.2%} faster")
    print("\n| a block's spread | trials | seed 1, all blocks | seed 1, each coin once | a seed each |")
    print("|---|---|---|---|---|")
    for spread in SPREADS:
        for count in TRIALS:
            draw = random.Random(f"{SEED}/{spread}/{count}")
            cells = (0, 0, 0)
            for _ in range(pools):
                found = lie(draw, spread, count)
                cells = (cells[0] + found[0], cells[1] + found[1], cells[2] + found[2])
            print(
                f"| {spread:.1%} | {count} | {' | '.join(share(cell, pools, digits=1) for cell in cells)} |", flush=True
            )


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--pools", type=int, default=400, help="an answer needs hundreds (default 400)")
    return made


def lie(draw: random.Random, spread: float, count: int) -> tuple[bool, bool, bool]:
    """Return whether a pool of trials shows a difference: of one seed, as they are and each coin once; of many."""
    same = [(1, [hold(draw, 1, spread)]) for _ in range(count)]
    own = [(seed, [hold(draw, seed, spread)]) for seed in (draw.randrange(2, 10**12) for _ in range(count))]
    joined = same[0][1][0].replace(blocks=tuple(block for _, (sample,) in same for block in sample.blocks))
    return is_different([joined]), is_different(pool_samples(same).samples), is_different(pool_samples(own).samples)


def hold(draw: random.Random, seed: int, spread: float) -> PairedSample:
    """Return an A/A trial whose coins are those of the harness."""
    blocks = []
    for number in range(1, BLOCKS + 1):
        sign = 1 if plan_block(seed, number, (), pairs=0).order == ROLES else -1
        centre = draw.gauss(-sign * EFFECT, spread)
        blocks.append(tuple((1.0, exp(draw.gauss(centre, spread / 10))) for _ in range(PAIRS)))
    return PairedSample(case=CASE, metric=METRIC, blocks=tuple(blocks), numbers=tuple(range(1, BLOCKS + 1)))


def is_different(samples: Sequence[PairedSample]) -> bool:
    family = judge_pairs(samples, alpha=ALPHA, threshold=0.0)
    return any(one.verdict in (Verdict.IMPROVED, Verdict.REGRESSED) for one in family.comparisons)


if __name__ == "__main__":
    perform(main)
