"""A share that was counted, with its exact interval."""

import math
from collections.abc import Callable

_FINEST = 1e-9


def bound_share(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the ends of the interval of a share of which `count` of `total` were seen; 0 and 1 for none at all.

    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934), 404: each end is the share at which what was seen, or more of
    it, comes up with half of 1 - `confidence`.
    """
    tail = (1 - confidence) / 2
    low = _solve(lambda share: _reach(count, total, share) >= tail) if count else 0.0
    high = 1 - _solve(lambda share: _reach(total - count, total, share) >= tail) if count < total else 1.0
    return low, high


def _reach(count: int, total: int, share: float) -> float:
    """Return the probability of `count` or more of `total`."""
    return math.fsum(math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(count, total + 1))


def _solve(holds: Callable[[float], bool]) -> float:
    """Return the least share at which it holds, to 1e-9."""
    low, high = 0.0, 1.0
    while high - low > _FINEST:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return (low + high) / 2
