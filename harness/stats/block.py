"""How a block of pairs is cleaned before it is used for a bet, so that it says more.

All of it commutes with swapping the two sides inside the block, whatever the change: it depends only on earlier blocks,
and on what the swap leaves unchanged. So the centre of a block stays as symmetric about the change as it was.
"""

import bisect
import math
from collections.abc import Sequence

from harness.stats import symmetry

# Logarithms of (baseline, contender).
Logs = Sequence[tuple[float, float]]
# A pair that is this many times farther from the others than pairs usually lie apart was held up by something.
HELD_UP = 5.0
# Before so many blocks nothing is known of what is usual.
LEAST_BLOCKS = 4
# The effect of the order is taken out where it is known from so many blocks of either order ...
LEAST_OF_AN_ORDER = 3
# ... and is larger than so many standard errors: else its own noise would cost more than it does.
CLEAR = 2.0
# The variance of the median of normal values, in units of that of their mean.
OF_MEDIANS = math.pi / 2


def keep_undisturbed(blocks: Sequence[Logs]) -> list[Logs]:
    """Return the blocks without pairs whose total time, of both sides together, is far from that of the others.

    What counts as far is learned from earlier blocks; of two pairs it is the longer one. The total time of a pair is
    the same if the sides are swapped, so leaving it out favours neither. At least one pair of each block stays.
    """
    kept: list[Logs] = []
    reaches: list[float] = []  # ascending
    for block in blocks:
        times = [here + there for here, there in block]
        middle = sorted(times)[(len(times) - 1) // 2]
        limit = math.inf
        if len(reaches) >= LEAST_BLOCKS:
            limit = HELD_UP * max(_middle(reaches), symmetry.FINEST)
        kept.append([pair for pair, time in zip(block, times, strict=True) if abs(time - middle) <= limit])
        if len(block) > 1:
            bisect.insort(reaches, max(times) - min(times))
    return kept


def remove_order(centres: Sequence[float], starts: Sequence[int]) -> list[float]:
    """Return the centres of blocks without the effect of the order in which their two processes were started.

    `starts` is 1 if the baseline came first, -1 if the contender did, and 0 if that is not known: such a block stays
    unchanged. The effect is half the distance between the medians of the two orders in *earlier* blocks, shrunk towards
    0 by its error. It does not change if all centres move by a constant.
    """
    removed = []
    earlier: dict[int, list[float]] = {1: [], -1: [], 0: []}  # each ascending
    for centre, start in zip(centres, starts, strict=True):
        removed.append(centre - start * _estimate_effect(earlier[1], earlier[-1]))
        bisect.insort(earlier[start], centre)
    return removed


def _estimate_effect(first: Sequence[float], second: Sequence[float]) -> float:
    if min(len(first), len(second)) < LEAST_OF_AN_ORDER:
        return 0.0
    effect = (_middle(first) - _middle(second)) / 2
    variance = OF_MEDIANS / 4 * sum(symmetry.measure_spread(side) ** 2 / len(side) for side in (first, second))
    return effect * (1 - variance / effect**2) if effect**2 > CLEAR**2 * variance else 0.0


def _middle(ordered: Sequence[float]) -> float:
    """Return the median of ascending values."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
