"""What the numbers of a node do over nights: scatter, drift or step, and how sure that is; few outliers change nothing.

The slope is that of Theil and Sen, the median of the slopes of all pairs; its interval is that of Sen (P. K. Sen,
"Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63, 1968, 1379), widened by what
neighbours have in common. A step is not a drift: where two levels describe the numbers better than a line does, only
those behind the step count.
"""

import bisect
import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from harness.records.node_health import BoundedShare
from harness.stats.level import measure_noise
from harness.stats.summary import widen_by

# What is said of a node holds with this confidence: many nodes are looked at, every day.
CONFIDENCE = 0.99
REACH = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
MONTH = 30.4
# A level has at least so many nights; a step is at least so many standard errors, and leaves at most so much of the
# distances from a line.
_LEAST_LEVEL, _STEEP, _BETTER = 4, 5.0, 0.85
# No more steps than that are looked for.
_STEPS = 3
# Less than that is the resolution of what is measured.
_FINEST = 1e-5


class Scatter(NamedTuple):
    """How nights scatter around a level or a line: a standard deviation, how alike neighbours are, of how many."""

    deviation: float
    memory: float
    n: int

    @property
    def effective(self) -> float:
        """How many independent nights would say as much about a level."""
        return max(1.0, self.n * (1 - self.memory) / (1 + self.memory))


class StepFound(NamedTuple):
    """A step: the number of the first value behind it, and its size in logarithms."""

    first: int
    size: float


def fit_slope(days: Sequence[float], logs: Sequence[float], scatter: Scatter) -> BoundedShare | None:
    """Return the change in a month with its interval; None for fewer than two different days."""
    slopes = sorted(
        (there - here) / (later - day)
        for number, (day, here) in enumerate(zip(days, logs, strict=True))
        for later, there in zip(days[number + 1 :], logs[number + 1 :], strict=True)
        if later != day
    )
    if not slopes:
        return None
    n = len(logs)
    spread = math.sqrt(n * (n - 1) * (2 * n + 5) / 18) * widen_by(scatter.memory)
    reach = REACH * spread / 2
    middle = len(slopes) / 2
    low, high = slopes[max(0, math.floor(middle - reach))], slopes[min(len(slopes) - 1, math.ceil(middle + reach))]
    value = statistics.median(slopes)
    value, low, high = (math.expm1(MONTH * one) for one in (value, low, high))
    return BoundedShare(value=value, low=low, high=high)


def measure_scatter(days: Sequence[float], logs: Sequence[float]) -> Scatter:
    """Return how values scatter around the line that fits them best."""
    departures = _leave_line(days, logs)
    noise = measure_noise(departures, _FINEST)
    return Scatter(max(noise.deviation, _FINEST), noise.memory, len(logs))


def bound_scatter(scatter: Scatter) -> BoundedShare:
    """Return a spread with its interval: that of the standard deviation of so many normal values, by its logarithm."""
    squares = scatter.memory * scatter.memory
    independent = max(2.0, scatter.n * (1 - squares) / (1 + squares) - 1)
    # A robust scale of normal values has three quarters of the efficiency of the usual one.
    error = math.sqrt(1 / (2 * independent) / 0.75)
    factor = math.exp(REACH * error)
    return BoundedShare(value=scatter.deviation, low=scatter.deviation / factor, high=scatter.deviation * factor)


def find_last_step(days: Sequence[float], logs: Sequence[float]) -> StepFound | None:
    """Return the newest step of some nights; None where levels do not describe them clearly better than a line does."""
    costs = _list_costs(logs)
    line = former = sum(map(abs, _leave_line(days, logs)))
    found = None
    for steps in range(1, _STEPS + 1):
        places = _split(costs, len(logs), steps)
        if places is None:
            break
        cost = sum(costs[start][stop] for start, stop in itertools.pairwise(places))
        if cost <= _BETTER * min(line, former) and (step := _check(logs, places)):
            found = step
        former = cost
    return found


def _list_costs(logs: Sequence[float]) -> list[dict[int, float]]:
    """Return for each first value, by where a level ends, the sum of distances from the middle of its values."""
    costs: list[dict[int, float]] = []
    for start in range(len(logs)):
        ordered: list[float] = []
        own: dict[int, float] = {}
        for stop, log in enumerate(logs[start:], start + 1):
            bisect.insort(ordered, log)
            if len(ordered) >= _LEAST_LEVEL:
                half = len(ordered) // 2
                own[stop] = sum(ordered[-half:]) - sum(ordered[:half])
        costs.append(own)
    return costs


def _split(costs: Sequence[Mapping[int, float]], n: int, steps: int) -> list[int] | None:
    """Return where levels begin and end so that distances are least (dynamic programming); None for too few values."""
    best: dict[int, tuple[float, list[int]]] = {stop: (cost, [0, stop]) for stop, cost in costs[0].items()} if n else {}
    for _ in range(steps):
        longer: dict[int, tuple[float, list[int]]] = {}
        for start, (known, places) in best.items():
            for stop, cost in costs[start].items() if start < n else ():
                if stop not in longer or known + cost < longer[stop][0]:
                    longer[stop] = (known + cost, [*places, stop])
        best = longer
    return best[n][1] if n in best else None


def _check(logs: Sequence[float], places: Sequence[int]) -> StepFound | None:
    """Return the last step of some levels, if all of their steps are far beyond the noise around them."""
    levels = [logs[start:stop] for start, stop in itertools.pairwise(places)]
    middles = [statistics.median(level) for level in levels]
    noise = measure_noise([log - middle for level, middle in zip(levels, middles, strict=True) for log in level])
    deviation = max(noise.deviation, _FINEST) * widen_by(noise.memory)
    pairs = zip(itertools.pairwise(levels), itertools.pairwise(middles), strict=True)
    for (before, after), (low, high) in pairs:
        if abs(high - low) < _STEEP * deviation * math.sqrt(1 / len(before) + 1 / len(after)):
            return None
    return StepFound(places[-2], middles[-1] - middles[-2])


def _leave_line(days: Sequence[float], logs: Sequence[float]) -> list[float]:
    """Return how far values are from the line through their middle with the median slope."""
    slopes = [
        (logs[later] - logs[number]) / (days[later] - days[number])
        for number in range(len(logs))
        for later in range(number + 1, len(logs))
        if days[later] != days[number]
    ]
    slope = statistics.median(slopes) if slopes else 0.0
    level = statistics.median(log - slope * day for day, log in zip(days, logs, strict=True))
    return [log - slope * day - level for day, log in zip(days, logs, strict=True)]
