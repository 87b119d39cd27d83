"""How large a step stored numbers leave room for, at a place that is known from elsewhere."""

import math
from collections.abc import Sequence

from harness.stats.level import find_middle, measure_noise
from harness.stats.shift import bound_change, measure_change

# So many points on either side say something, and of so many altogether their noise is known.
LEAST_SIDE, LEAST = 4, 10
# The points nearest to the place count, no more than so many on a side: others may belong to other levels.
MOST = 20


def bound_step(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float] | None:
    """Return the relative change from some values to those after them, with its interval of 95 %, if noise is normal.

    Values are above 0, the nearest ones next to each other. None for too few of them. The place is given, not chosen by
    these values: so nothing has to be paid for a choice.
    """
    before, after = before[-MOST:], after[:MOST]
    if min(len(before), len(after)) < LEAST_SIDE or len(before) + len(after) < LEAST:
        return None
    sides = [[math.log(value) for value in side] for side in (before, after)]
    departures = [one - find_middle(sorted(side)) for side in sides for one in side]
    noise = measure_noise(departures)
    logs = [*sides[0], *sides[1]]
    if not noise.scale:
        return (change := math.expm1(logs[-1] - logs[0])), change, change
    return bound_change(measure_change(logs, len(before), noise))
