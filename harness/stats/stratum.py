"""Runs of two sides that were not measured in turns, by day."""

import bisect
import functools
import math
from collections.abc import Sequence
from statistics import median

from harness.stats.evidence import is_usable
from harness.stats.rank import BETS, RankOrder, average, weigh
from harness.stats.symmetry import measure_spread

# The share of the stakes that is on days as units; the rest is on the runs within days. Six days still suffice for a
# verdict at 1 %, and seven at 0.25 %.
DAYS_SHARE = 0.75

Dated = tuple[str, float]


class UnpairedEvidence:
    """Values of runs on both sides; runs of one day share the conditions of that day.

    `days` name the day of each value; without them each value has its own day. Two bets share the stakes. One takes the
    runs of a side on a day as one unit, their median, and orders the units. The other orders the runs within each day,
    and multiplies the results of days; a day with one side only says nothing there. If nothing differs, days are
    exchangeable, and runs are exchangeable within their day, both are martingales from day to day, and so is their
    mean.
    """

    def __init__(
        self,
        baseline: Sequence[float],
        contender: Sequence[float],
        baseline_days: Sequence[str] = (),
        contender_days: Sequence[str] = (),
    ) -> None:
        sides = (_date(baseline, baseline_days, "b"), _date(contender, contender_days, "c"))
        kept = [[(day, value) for day, value in side if is_usable(value)] for side in sides]
        self.baseline, self.contender = ([value for _, value in side] for side in kept)
        self.left_out = len(baseline) + len(contender) - len(self.baseline) - len(self.contender)
        grouped = [_group(side) for side in kept]
        self._units = [sorted(map(median, days.values())) for days in grouped]
        self._order = RankOrder(*self._units)
        self._shared = [(grouped[0][day], grouped[1][day]) for day in grouped[0] if day in grouped[1]]
        self._days = [RankOrder(*sides) for sides in self._shared]
        self.n = max(min(map(len, self._units)), sum(min(len(one), len(other)) for one, other in self._shared))

    @property
    def _is_within(self) -> bool:
        """Whether the runs within days say more than those between days."""
        return self.n > min(map(len, self._units))

    @functools.cached_property
    def _differences(self) -> list[float]:
        orders = self._days if self._is_within else [self._order]
        return sorted(difference for order in orders for difference in order.differences)

    @functools.cached_property
    def centre(self) -> float:
        """Return the median of all differences of units, or within days; 0 for none (Hodges and Lehmann 1963)."""
        return median(self._differences) if self._differences else 0.0

    @functools.cached_property
    def error(self) -> float:
        """Return the standard error of `centre`, from robust spreads."""
        if self._is_within:
            sizes = [sum(len(sides[side]) for sides in self._shared) for side in (0, 1)]
            return measure_spread(self._differences) * math.sqrt(sum(1 / size for size in sizes) / 2)
        return math.hypot(*(measure_spread(units) / math.sqrt(max(1, len(units))) for units in self._units))

    @functools.cached_property
    def p(self) -> float:
        """Return the anytime p-value of "no shift"."""
        return min(1.0, 2 / max(self._measure(0.0, up=True), self._measure(0.0, up=False)))

    def p_beyond(self, low: float, high: float) -> float:
        """Return the anytime p-value of "the shift is `low` or less, or `high` or more"."""
        return min(1.0, 1 / min(self._measure(low, up=True), self._measure(high, up=False)))

    def bound(self, level: float, landmarks: Sequence[float]) -> tuple[float, float] | None:  # noqa: ARG002
        """Return the ends of the confidence sequence, which are exact everywhere, or None for too few runs."""
        ends = sorted({difference for order in (self._order, *self._days) for difference in order.differences})
        if not ends or 2 / self._measure(-math.inf, up=True) > level or 2 / self._measure(math.inf, up=False) > level:
            return None
        places = range(len(ends) - 1)  # if none of these is plausible, the last one is
        low = bisect.bisect_right(places, level, key=lambda at: 2 / self._measure(ends[at], up=True))
        high = bisect.bisect_right(places, level, key=lambda at: 2 / self._measure(ends[-1 - at], up=False))
        return ends[low], ends[-1 - high]

    def lack(self, level: float) -> str:
        """Return a sentence about the number of runs and days, and how many an interval takes."""
        sizes, days = (
            f"{one} and {other}" for one, other in (map(len, (self.baseline, self.contender)), map(len, self._units))
        )
        least = count_least(level)
        if sizes == days and not self._shared:
            return f"runs: {sizes}; an interval takes at least {least} of each side"
        return (
            f"runs: {sizes}, on {days} days; an interval takes at least {least} days of each side, or "
            f"{count_least(level, days=1)} runs of each side in turns on one day"
        )

    def _measure(self, shift: float, *, up: bool) -> float:
        """Return the likelihood ratio of the order if the contender is beyond `shift`; it is monotone in `shift`."""
        within = [0.0] * BETS
        for day in self._days:
            within = [one + more for one, more in zip(within, day.measure_ratios(shift, up=up), strict=True)]
        return _mix(self._order.measure_ratios(shift, up=up), within)


@functools.cache
def count_least(level: float, days: int = 0) -> int:
    """Return the smallest number of runs of each side for a verdict at `level`, each on its own day.

    With `days` = 1, all of them are on one day.
    """
    size = 1
    while True:
        apart, alone = weigh([size] * size, size), weigh([1], 1)
        if 2 / (_mix(alone, apart) if days else _mix(apart, [0.0] * BETS)) <= level:
            return size
        size += 1


def _mix(between: Sequence[float], within: Sequence[float]) -> float:
    return DAYS_SHARE * average(between) + (1 - DAYS_SHARE) * average(within)


def _date(values: Sequence[float], days: Sequence[str], side: str) -> list[Dated]:
    """Return values with their days; a value without a day gets one of its own."""
    named = days or [f"{side}{number}" for number in range(len(values))]
    return list(zip(named, values, strict=True))


def _group(values: Sequence[Dated]) -> dict[str, list[float]]:
    """Return the logarithms of each day."""
    found: dict[str, list[float]] = {}
    for day, value in values:
        found.setdefault(day, []).append(math.log(value))
    return found
