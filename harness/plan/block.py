"""What happens in each block of a live comparison: drawn from a recorded seed, independent of earlier results."""

import random
from collections.abc import Sequence

from harness.records.record import Record
from harness.records.trial import Role

# Two pages: all offsets within one, and both parities.
_MOST_HEAP_PADDING_BYTES = 8192
_MOST_CODE_LAYOUTS = 1_000_000

ROLES = (Role.BASELINE, Role.CONTENDER)
RoleOrder = tuple[Role, Role]


class PairPlan(Record):
    """One timed call on each side, in this order; `repetition` counts the pairs of its metric from 1."""

    metric: str
    repetition: int
    order: RoleOrder


class BlockPlan(Record):
    """Two fresh processes, one per side, started in this order, and the pairs that they measure.

    `code_layouts` are the seeds of the code layouts in which the sides are linked, if that is requested, baseline
    first. `heap_paddings` are bytes that are added to their environments, which moves everything that they allocate.
    """

    number: int
    order: RoleOrder
    pairs: tuple[PairPlan, ...]
    code_layouts: tuple[int, int] = (0, 0)
    heap_paddings: tuple[int, int] = (0, 0)


def plan_block(seed: int, number: int, metrics: Sequence[str], *, pairs: int) -> BlockPlan:
    """Return block `number` (from 1): `pairs` pairs for each metric.

    Independent coins decide which process starts first, which is asked first in each pair, and the order of metrics in
    each round, so that the labels could be swapped without changing any distribution if there is no difference. A fixed
    order (ABBA) gave 5 to 9 % false alarms at a nominal 1 %. Heap paddings make all addresses on the heap vary between
    processes: folder names of different length once made one of two equal sides 1.5 % slower. Code layouts are drawn
    from the same distribution for both sides, so that their cost varies between blocks as well.
    """
    draw = random.Random(f"{seed}/{number}")  # noqa: S311 - to be reproduced, not a secret
    order = _toss(draw)
    planned = [
        PairPlan(metric=metric, repetition=repetition, order=_toss(draw))
        for repetition in range(1, pairs + 1)
        for metric in draw.sample(list(metrics), len(metrics))
    ]
    heap_paddings = (draw.randrange(_MOST_HEAP_PADDING_BYTES), draw.randrange(_MOST_HEAP_PADDING_BYTES))
    code_layouts = (draw.randrange(1, _MOST_CODE_LAYOUTS), draw.randrange(1, _MOST_CODE_LAYOUTS))
    return BlockPlan(
        number=number, order=order, pairs=tuple(planned), code_layouts=code_layouts, heap_paddings=heap_paddings
    )


def _toss(draw: random.Random) -> RoleOrder:
    return ROLES if draw.random() < 0.5 else (Role.CONTENDER, Role.BASELINE)
