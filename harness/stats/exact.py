"""Exact intervals and tests of counts: nothing is assumed about how large they are.

Sources: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial", Biometrika 26 (1934), 404; F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936),
437; Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
Psychometrika 12 (1947), 153, with the binomial distribution itself; the continued fraction is 8.17.22 of the NIST
Digital Library of Mathematical Functions, evaluated as W. J. Lentz did (Applied Optics 15, 1976, 668).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

CONFIDENCE = 0.95
_STEPS = 100
_FRACTIONS = 10_000
_TINY = 1e-300
_FINEST = 1e-15
# So many standard deviations.
_FAR = 12
# Of the level of an interval of a difference: so much is for which side has the errors, the rest for how many there
# are.
_SPLIT = 0.8


class BoundedDifference(NamedTuple):
    """What one side has more than the other, with the ends of its interval."""

    difference: float
    low: float
    high: float


def bound_share(count: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the interval of a share of which `count` of `total` were seen; 0 and 1 if `total` is 0.

    Each end is the share at which the observed count, or a more extreme one, has the probability (1 - `confidence`) / 2
    (Clopper and Pearson).
    """
    tail = (1 - confidence) / 2
    low = _solve(lambda share: _reach(count, total, share) >= tail, 1.0) if count else 0.0
    high = 1 - _solve(lambda share: _reach(total - count, total, share) >= tail, 1.0) if count < total else 1.0
    return low, high


def bound_count(count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the interval of the mean of a Poisson distribution of which `count` was seen (Garwood)."""
    tail = (1 - confidence) / 2
    most = count + 10 * math.sqrt(count + 1) - 2 * math.log(tail) + 10
    low = _solve(lambda mean: 1 - _fall_short(count, mean) >= tail, most) if count else 0.0
    return low, _solve(lambda mean: _fall_short(count + 1, mean) <= tail, most)


def weigh_sides(one: int, other: int) -> float:
    """Return how often chance alone divides this many errors at least so unevenly between two sides (McNemar).

    The errors are those that only one of both has.
    """
    total = one + other
    rarer, ways = 0, 1
    for k in range(min(one, other) + 1):
        rarer += ways
        ways = ways * (total - k) // (k + 1)
    return min(1.0, 2 * rarer / (1 << total))


def find_p(one: int, other: int) -> float:
    """Return the p-value that belongs to the interval of `bound_difference`: it excludes 0 exactly below this level."""
    return min(1.0, weigh_sides(one, other) / _SPLIT)


def bound_difference(one: int, other: int, size: int, confidence: float) -> BoundedDifference:
    """Return what the `other` side has more of the errors that only one side has, over `size`, with its interval.

    The share of the other side is bounded by Clopper and Pearson, the number of all such errors by Garwood, both
    together with at least this confidence.
    """
    total, level = one + other, 1 - confidence
    shares = bound_share(other, total, 1 - _SPLIT * level)
    counts = bound_count(total, 1 - (1 - _SPLIT) * level)
    ends = [count * (2 * share - 1) / size for count in counts for share in shares]
    return BoundedDifference((other - one) / size, min(ends), max(ends))


def _solve(holds: Callable[[float], bool], most: float) -> float:
    """Return the smallest number up to `most` for which a condition holds."""
    low, high = 0.0, most
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2


def _reach(count: int, total: int, share: float) -> float:
    """Return the probability of `count` or more of `total`: the regularised incomplete beta function."""
    if count <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    a, b = count, total - count + 1
    logs = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(share) + b * math.log1p(-share)
    if share < (a + 1) / (a + b + 2):
        return math.exp(logs) * _continue(a, b, share) / a
    return 1 - math.exp(logs) * _continue(b, a, 1 - share) / b


def _continue(a: float, b: float, x: float) -> float:
    upper, lower = 1.0, 1 / _guard(1 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, _FRACTIONS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            lower, upper = 1 / _guard(1 + term * lower), _guard(1 + term / upper)
            step = lower * upper
            value *= step
        if abs(step - 1) < _FINEST:
            break
    return value


def _guard(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _fall_short(count: int, mean: float) -> float:
    """Return the probability that a Poisson number with this mean is less than `count`."""
    if mean <= 0:
        return 1.0
    # What is farther below is too rare to be seen among 64-bit numbers.
    least = max(0, int(min(count, mean) - _FAR * math.sqrt(mean)))
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(least, count))
    return min(1.0, math.fsum(math.exp(one) for one in logs))
