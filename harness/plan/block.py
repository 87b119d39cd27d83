"""What happens in each block of a live comparison: drawn from a recorded seed, whatever happened before."""

import random
from collections.abc import Sequence

from harness.records.record import Record
from harness.records.trial import Role

# Two pages: all offsets within one, and both parities.
_MOST_PADDING_BYTES = 8192
_MOST_LAYOUTS = 1_000_000

ROLES = (Role.BASELINE, Role.CONTENDER)
Order = tuple[Role, Role]


class Turn(Record):
    """One timed call on either side, in this order; `repetition` counts the pairs of its metric from 1."""

    metric: str
    repetition: int
    order: Order


class Block(Record):
    """Two fresh processes, one per side, started in this order, and the turns that they take.

    `layouts` are the seeds of the code layouts in which each side is linked where that is asked for, baseline first,
    and `paddings` how many bytes its environment has more, which moves everything that it allocates.
    """

    number: int
    order: Order
    turns: tuple[Turn, ...]
    layouts: tuple[int, int] = (0, 0)
    paddings: tuple[int, int] = (0, 0)


def plan_block(seed: int, number: int, metrics: Sequence[str], *, pairs: int) -> Block:
    """Return block `number` (from 1): `pairs` turns for each metric.

    Which process starts first, which is asked first in each turn, and the metrics' order in each round are drawn by
    coins of their own, so that under "no difference" the labels can be swapped without changing the distribution of
    anything. A fixed order (ABBA) gave 5 to 9 % false alarms at a nominal 1 %. The paddings make the layout of the heap
    a matter of the process: two folders' names of unlike length made one of two equal sides 1.5 % slower. The code
    layouts are drawn alike for both sides: what a layout costs is a matter of the block, too.
    """
    draw = random.Random(f"{seed}/{number}")  # noqa: S311 - to be reproduced, not a secret
    order = _toss(draw)
    turns = [
        Turn(metric=metric, repetition=repetition, order=_toss(draw))
        for repetition in range(1, pairs + 1)
        for metric in draw.sample(list(metrics), len(metrics))
    ]
    paddings = (draw.randrange(_MOST_PADDING_BYTES), draw.randrange(_MOST_PADDING_BYTES))
    layouts = (draw.randrange(1, _MOST_LAYOUTS), draw.randrange(1, _MOST_LAYOUTS))
    return Block(number=number, order=order, turns=tuple(turns), layouts=layouts, paddings=paddings)


def _toss(draw: random.Random) -> Order:
    return ROLES if draw.random() < 0.5 else (Role.CONTENDER, Role.BASELINE)
