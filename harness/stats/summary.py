"""Samples to medians with intervals, in plain Python."""

import functools
import math
import statistics
from collections.abc import Iterable

from harness.records.summary import Summary

CONFIDENCE = 0.95
# Up to so many values ranks are counted in whole numbers, which have as many digits: the time grows with the square.
_EXACT = 2000
_DEVIATIONS = 10


def summarize(values: Iterable[float], confidence: float = CONFIDENCE) -> Summary:
    """Return median, extremes, spread and the interval of the median of a sample, in the unit of `values`.

    The interval runs from the r-th smallest to the r-th largest value, with the greatest r whose coverage
    1 - 2 P(B(n, 1/2) < r) reaches `confidence`; it assumes independent values and nothing of their distribution
    (Conover, Practical Nonparametric Statistics, 3.2). At 95 % it needs six values. Raises ValueError for no values at
    all and for nan and inf.
    """
    ordered = sorted(values)
    if not ordered or not all(math.isfinite(value) for value in ordered):
        raise ValueError("a summary needs at least one value, and finite ones")
    middle = statistics.median(ordered)
    rank, coverage = _median_rank(len(ordered), confidence)
    return Summary(
        n=len(ordered),
        median=middle,
        minimum=ordered[0],
        maximum=ordered[-1],
        spread=(ordered[-1] - ordered[0]) / abs(middle) if middle else 0.0,
        low=ordered[rank - 1] if rank else None,
        high=ordered[-rank] if rank else None,
        confidence=coverage,
    )


@functools.cache
def _median_rank(n: int, confidence: float) -> tuple[int, float]:
    """Return the greatest rank whose interval is wide enough, and its coverage; 0 and 0 where there is none."""
    if n > _EXACT:
        return _median_rank_of_many(n, confidence)
    rank, coverage = 0, 0.0
    total = 2**n
    term, outside = 1, 0  # in samples of `total`: C(n, r - 1), and those whose median lies below the r-th value
    for candidate in range(1, n // 2 + 1):
        outside += term
        reached = 1 - 2 * outside / total
        if reached < confidence:
            break
        rank, coverage = candidate, reached
        term = term * (n - candidate + 1) // candidate
    return rank, coverage


def _median_rank_of_many(n: int, confidence: float) -> tuple[int, float]:
    """Return the same in floating point, from where ten standard deviations (of sqrt(n) / 2) lie below the middle on.

    Less than 1e-22 of the probability is left out.
    """
    first = max(1, n // 2 - math.ceil(_DEVIATIONS * math.sqrt(n) / 2))
    logarithm = math.lgamma(n + 1) - math.lgamma(first) - math.lgamma(n - first + 2) - n * math.log(2)
    rank, coverage = 0, 0.0
    term, outside = math.exp(logarithm), 0.0  # P(B(n, 1/2) = r - 1), and P(B(n, 1/2) < r)
    for candidate in range(first, n // 2 + 1):
        outside += term
        reached = 1 - 2 * outside
        if reached < confidence:
            break
        rank, coverage = candidate, reached
        term *= (n - candidate + 1) / candidate
    return rank, coverage
