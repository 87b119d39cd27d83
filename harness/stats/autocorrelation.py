"""Whether the noise of neighbouring values is alike: an interval that takes them for independent is too narrow then."""

import itertools
import math
from collections.abc import Sequence


def correlate_neighbours(values: Sequence[float]) -> float:
    """Return the lag-1 autocorrelation of a series, 0 for a constant one or fewer than two values.

    It is the usual estimate, sum of d_i d_(i+1) over sum of d_i^2 with the distances d from the mean, which comes out
    too low by about 1 / n (Box, Jenkins, Reinsel, Ljung, Time Series Analysis, 5th ed., 2.1).
    """
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    distances = [value - mean for value in values]
    total = math.fsum(distance * distance for distance in distances)
    return math.fsum(one * other for one, other in itertools.pairwise(distances)) / total if total else 0.0


def bound_correlation(n: int) -> float:
    """Return what the correlation of `n` independent values exceeds about once in fifty times: 2 / sqrt(n)."""
    return 2 / math.sqrt(n) if n else math.inf


def widen_by(correlation: float) -> float:
    """Return by what factor neighbours that are alike widen the interval of a middle: sqrt((1 + r) / (1 - r)).

    It is exact for the mean of a long series of first-order autoregression. 1 where the correlation is not positive.
    """
    return math.sqrt((1 + correlation) / (1 - correlation)) if 0 < correlation < 1 else 1.0
