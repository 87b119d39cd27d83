"""Several tests at once."""

from collections.abc import Sequence


def adjust_holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values: the probability of any error in rejecting those up to alpha is at most alpha.

    Step-down: the r-th smallest of m is multiplied by m - r + 1 and never falls below its predecessors (Holm,
    Scand. J. Statist. 6, 1979). The tests may depend on each other in any way.
    """
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(_order(p_values)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def assign_levels(p_values: Sequence[float], alpha: float) -> tuple[float, ...]:
    """Return the level of each test: p <= level exactly if Holm's procedure rejects.

    A rejected test keeps the level of its step, alpha / (m - r + 1). All others get alpha / m, the level of the first
    step: intervals at it hold together for the whole family, and none of them excludes what was not rejected.
    """
    count = len(p_values)
    levels = [alpha / max(1, count)] * count
    for rank, index in enumerate(_order(p_values)):
        level = alpha / (count - rank)
        if p_values[index] > level:
            break
        levels[index] = level
    return tuple(levels)


def _order(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=p_values.__getitem__)
