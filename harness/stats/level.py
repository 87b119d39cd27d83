"""Where points of a series lie, how they scatter, and how alike neighbours are; few outliers do not change it."""

import bisect
import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.records.history import Level
from harness.stats.summary import CONFIDENCE, summarize, widen_by
from harness.stats.symmetry import measure_spread

# Farther from the level than so many standard deviations, a point counts as if it were that far where it is asked how
# alike neighbours are.
FAR = 3.0
# The same where it is asked whether a level changed; and in a series of which more than one point in so many lies far.
CLIP, WILD, _FEW = 4.0, 2.25, 40
# Neighbours that are more alike than that cannot be told from a walk without a level.
MOST_ALIKE = 0.9
# Of what is new in a point no more than so many standard deviations counts for the scale; the variance of normal values
# is by this smaller then.
_SCALE_CLIP, _CLIPPED = 2.0, 0.9205
# The variance of the mean of the middle half of normal values, in units of that of their mean.
OF_MIDDLES = 1.2


class Noise(NamedTuple):
    """What the points of a series do around their level, in logarithms, as learned from `n` of them.

    `scale` is the standard deviation of what is new in a point, given the one before; `memory` the share of a point's
    distance from the level that the next one keeps. No point counts as more than `clip` standard deviations.
    """

    scale: float
    memory: float
    n: int
    clip: float = CLIP

    @property
    def deviation(self) -> float:
        """The standard deviation of a point."""
        return self.scale / math.sqrt(1 - self.memory * self.memory)


def measure_level(values: Sequence[float]) -> Level | None:
    """Return the level of points with values above 0, in their unit; None for no point.

    The interval is that of the median of independent points, widened by what neighbours have in common.
    """
    if not values:
        return None
    summary = summarize(values)
    level = math.log(summary.median)
    noise = measure_noise([math.log(value) - level for value in values])
    wider = widen_by(noise.memory)
    middle = summary.median
    return Level(
        n=summary.n,
        middle=middle,
        spread=noise.deviation,
        memory=noise.memory,
        low=None if summary.low is None else middle - wider * (middle - summary.low),
        high=None if summary.high is None else middle + wider * (summary.high - middle),
        confidence=0.0 if summary.low is None else CONFIDENCE,
    )


def measure_noise(departures: Sequence[float], finest: float = 0.0) -> Noise:
    """Return the noise of points, given how far each is from its level; no scale is smaller than `finest`.

    The scale is a standard deviation of values that are cut off at two robust ones (a one-step M-estimate of scale,
    P. J. Huber, "Robust statistics", 1981, 5.2): of 120 normal values it is right to 7 %, by quantiles alone to 9 %.
    """
    n = len(departures)
    ordered = sorted(departures)
    spread = max(measure_spread(ordered), finest)
    limit = FAR * spread
    far = bisect.bisect_left(ordered, -limit) + n - bisect.bisect_right(ordered, limit)
    clip = WILD if far > max(1, n // _FEW) else CLIP
    near = [-limit if one < -limit else limit if one > limit else one for one in departures] if far else departures
    memory = estimate_memory(near)
    if memory:
        ordered = sorted([one - memory * before for one, before in zip(departures[1:], near, strict=False)])
        spread *= math.sqrt(1 - memory * memory)
    return Noise(max(_measure_scale(ordered, spread), finest), memory, n, clip)


def _measure_scale(ordered: Sequence[float], spread: float) -> float:
    """Return the standard deviation of ascending values about 0, given a rough one."""
    most = _SCALE_CLIP * spread
    near = ordered[bisect.bisect_right(ordered, -most) : bisect.bisect_left(ordered, most)]
    squares = math.hypot(*near) ** 2 + (len(ordered) - len(near)) * most * most
    return math.sqrt(squares / _CLIPPED / max(1, len(ordered) - 1))


def estimate_memory(departures: Sequence[float]) -> float:
    """Return the lag-1 autocorrelation of departures from a level, between 0 and `MOST_ALIKE`.

    The usual estimate r comes out too low by about (1 + 3 r) / n where the level is estimated, too (M. G. Kendall,
    "Note on bias in the estimation of autocorrelation", Biometrika 41, 1954, 403): that is added.
    """
    n = len(departures)
    squares = math.hypot(*departures) ** 2
    if n < 4 or not squares:
        return 0.0
    # The sum of d_i d_(i+1) over that of d_i^2, by 2 d e = d^2 + e^2 - (d - e)^2: the library has no quicker way to it.
    apart = math.dist(departures[1:], departures[:-1])
    raw = 1 - (apart * apart + departures[0] ** 2 + departures[-1] ** 2) / (2 * squares)
    return min(max(raw + (1 + 3 * raw) / n, 0.0), MOST_ALIKE)


def find_middle(ordered: Sequence[float]) -> float:
    """Return the mean of the middle half of ascending values; ValueError for none."""
    skip = len(ordered) // 4
    half = ordered[skip : len(ordered) - skip]
    if not half:
        raise ValueError("no values have no middle")
    return sum(half) / len(half)
