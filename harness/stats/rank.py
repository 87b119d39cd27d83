"""Two independent samples, by ranks: exact, and nothing assumed of their distribution but one shape for both."""

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

# Beyond it (smaller x smaller x larger size) counting takes seconds and the normal approximation is as good.
_MOST_WORK = 500_000


def subtract_all(baseline: Sequence[float], contender: Sequence[float]) -> list[float]:
    """Return every contender value less every baseline value, in ascending order."""
    return sorted(there - here for here in baseline for there in contender)


def measure_p(differences: Sequence[float], n: int, m: int) -> float:
    """Return the two-sided p-value of "no shift" for all `differences` of samples of `n` and `m` values.

    Mann and Whitney's test (Ann. Math. Statist. 18, 1947), twice the smaller tail. A tie counts against a shift in
    either direction, so ties never make p too small.
    """
    not_above = sum(difference <= 0 for difference in differences)
    not_below = sum(difference >= 0 for difference in differences)
    return min(1.0, 2 * tail_probability(min(not_above, not_below), n, m))


def measure_p_beyond(differences: Sequence[float], n: int, m: int, low: float, high: float) -> float:
    """Return the p-value of "the shift is `low` or less, or `high` or more": the larger of two one-sided ones.

    A tie with a limit counts for it. Moses' interval at twice a level lies between the limits exactly where the p-value
    is that level or less.
    """
    not_above = sum(difference <= low for difference in differences)
    not_below = sum(difference >= high for difference in differences)
    return tail_probability(max(not_above, not_below), n, m)


def bound_shift(differences: Sequence[float], n: int, m: int, level: float) -> tuple[float, float] | None:
    """Return Moses' interval of the shift: it leaves out 0 exactly where the p-value is `level` or less.

    It runs from the r-th smallest to the r-th largest difference, with the greatest r for which 2 P(U < r) <= level
    (Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 4.3). None where there is no such r.
    """
    rank = 0
    while 2 * rank < n * m and 2 * tail_probability(rank, n, m) <= level:
        rank += 1
    return (differences[rank - 1], differences[-rank]) if rank else None


def count_least_runs(level: float) -> int:
    """Return how many values on either side a verdict at `level` takes at the very least."""
    size = 1
    while 2 / math.comb(2 * size, size) > level:
        size += 1
    return size


def tail_probability(u: int, n: int, m: int) -> float:
    """Return P(U <= u) for the number U of pairs in which the one sample exceeds the other, if nothing differs.

    Exact; for large samples the normal approximation with continuity correction.
    """
    small, large = sorted((n, m))
    if small * small * large > _MOST_WORK:
        deviation = math.sqrt(n * m * (n + m + 1) / 12)
        return NormalDist().cdf((u + 0.5 - n * m / 2) / deviation)
    tails = _count_tails(small, large)
    return tails[min(u, len(tails) - 1)] / tails[-1]


@functools.lru_cache(maxsize=64)
def _count_tails(small: int, large: int) -> tuple[int, ...]:
    """Return for each u how many of all orders of the two samples have U <= u.

    Their generating function is the Gaussian binomial coefficient: the product over i of
    (1 - q^(large + i)) / (1 - q^i).
    """
    size = small * large + 1
    counts = [1] + [0] * (size - 1)
    for step in range(1, small + 1):
        for u in range(size - 1, large + step - 1, -1):
            counts[u] -= counts[u - large - step]
        for u in range(step, size):
            counts[u] += counts[u - step]
    for u in range(1, size):
        counts[u] += counts[u - 1]
    return tuple(counts)
