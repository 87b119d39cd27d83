"""Samples to medians with intervals, in plain Python, and whether consecutive values are correlated."""

import functools
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence

from harness.records.comparison import Summary

CONFIDENCE = 0.95
# Up to so many values ranks are counted in whole numbers, which have as many digits: the time grows with the square.
_EXACT = 2000
_DEVIATIONS = 10
_SUREST = 1 - 1e-9


def summarize(values: Iterable[float], confidence: float = CONFIDENCE) -> Summary:
    """Return median, extremes, spread and the interval of the median of a sample, in the unit of `values`.

    The interval runs from the r-th smallest to the r-th largest value, with the greatest r whose coverage
    1 - 2 P(B(n, 1/2) < r) reaches `confidence`; it assumes independent values and nothing about their distribution
    (Conover, Practical Nonparametric Statistics, 3.2). At 95 % it needs six values. Raises ValueError for no values
    and for nan and inf.
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


def find_mde(n: int, middle: float, low: float, high: float, power: float = 0.9) -> float:
    """Return the relative change from a level that is known well which a sample would have shown with this `power`.

    `low` and `high` bound the median of its `n` values, as `summarize` does. The interval is taken for one of a normal
    distribution: half of it is z standard errors, and z plus the quantile of `power` of them are shown so surely.
    """
    return (high - low) / 2 / abs(middle) * _stretch(n, power) if middle else math.inf


@functools.cache
def _stretch(n: int, power: float) -> float:
    _, coverage = _median_rank(n, CONFIDENCE)
    normal = statistics.NormalDist()
    z = normal.inv_cdf((1 + min(coverage or CONFIDENCE, _SUREST)) / 2)
    return (z + normal.inv_cdf(power)) / z


def correlate_neighbours(values: Sequence[float]) -> float:
    """Return the lag-1 autocorrelation of a series, 0 for a constant series or fewer than two values.

    It is the usual estimate, sum of d_i d_(i+1) over sum of d_i^2 with the distances d from the mean, which is
    too low by about 1 / n (Box, Jenkins, Reinsel, Ljung, Time Series Analysis, 5th ed., 2.1).
    """
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    distances = [value - mean for value in values]
    total = math.fsum(distance * distance for distance in distances)
    return math.fsum(one * other for one, other in itertools.pairwise(distances)) / total if total else 0.0


def bound_neighbour_correlation(n: int) -> float:
    """Return what the correlation of `n` independent values exceeds about once in fifty times: 2 / sqrt(n)."""
    return 2 / math.sqrt(n) if n else math.inf


def widen_by(correlation: float) -> float:
    """Return the factor by which correlation widens the interval of a median: sqrt((1 + r) / (1 - r)).

    It is exact for the mean of a long first-order autoregressive series, and 1 if the correlation is not positive.
    """
    return math.sqrt((1 + correlation) / (1 - correlation)) if 0 < correlation < 1 else 1.0


@functools.cache
def _median_rank(n: int, confidence: float) -> tuple[int, float]:
    """Return the largest rank whose interval is wide enough, and its coverage; 0 and 0 if there is none."""
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
    """Return the same in floating point, starting ten standard deviations (of sqrt(n) / 2) below the middle.

    Less than 1e-22 of the probability is omitted.
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
