"""On which day each run was made, and whether the runs of two sides are mixed in time."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from harness.records.caveat import Caveat, CaveatCode
from harness.records.run import Run
from harness.records.wording import format_count

# A drift of the node over the time of all runs moves the one side against the other by half of this share of it.
MOST_CORRELATION = 1 / 3
# And by no more standard deviations of a random order than that, however many runs there are.
_MOST_DEVIATIONS = 2.0
# Where a side has more than so many times the other's runs a day, the medians of its days scatter by too much less.
_UNLIKE = 2.0


def find_start(run: Run) -> datetime | None:
    """Return when a run began, or None if its record does not say."""
    try:
        start = datetime.fromisoformat(run.start)
    except ValueError:
        return None
    return (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)


def name_day(run: Run) -> str:
    """Return the node and the UTC date on which a run began; for a run without a start, its name.

    Runs of one node and day share the conditions of that day.
    """
    start = find_start(run)
    return f"{run.node.name} {start:%Y-%m-%d}" if start else f"{run.node.name} {run.id}"


def correlate_time(baseline: Sequence[datetime], contender: Sequence[datetime]) -> float:
    """Return the rank correlation of side and time: 1 if all contenders came after all baselines, -1 if before.

    It is 2 U / (n m) - 1 with the number U of pairs whose contender came later (Cureton, Psychometrika 21, 1956, 287),
    and 0 for an empty side.
    """
    if not baseline or not contender:
        return 0.0
    ordered = sorted(baseline)
    later = sum(bisect_left(ordered, one) + bisect_right(ordered, one) - len(ordered) for one in contender)
    return later / (len(baseline) * len(contender))


def bound_time_correlation(n: int, m: int) -> float:
    """Return the correlation up to which `n` and `m` runs count as mixed in time."""
    return min(MOST_CORRELATION, _MOST_DEVIATIONS * math.sqrt((n + m + 1) / (3 * n * m)))


def caveat_time(baseline: Sequence[Run], contender: Sequence[Run]) -> Iterator[Caveat]:
    """Yield what a reader must know about when the runs of both sides were made."""
    here, there = ([start for run in side if (start := find_start(run))] for side in (baseline, contender))
    correlation = correlate_time(here, there)
    advice = "a change of the node in between looks like a change of the code; harness ab measures both sides in turns"
    if abs(correlation) == 1:
        which = "all runs of one side were made before all runs of the other"
        yield Caveat(code=CaveatCode.NOT_INTERLEAVED, message=f"{which}: {advice}")
    elif here and there and abs(correlation) > bound_time_correlation(len(here), len(there)) + 1e-9:
        later = "contender" if correlation > 0 else "baseline"
        most = bound_time_correlation(len(here), len(there))
        message = (
            f"the runs of the two sides are not mixed in time: those of the {later} tend to be later (rank correlation "
            f"of side and start time {correlation:+.2f}; the limit is {most:.2f} either way): {advice}"
        )
        yield Caveat(code=CaveatCode.NOT_INTERLEAVED, message=message)
    yield from _caveat_days(baseline, contender)


def _caveat_days(baseline: Sequence[Run], contender: Sequence[Run]) -> Iterator[Caveat]:
    days = [set(map(name_day, side)) for side in (baseline, contender)]
    if all(len(some) == len(side) for some, side in zip(days, (baseline, contender), strict=True)):
        return
    described = " and ".join(
        f"{len(side)} runs of the {name} on {format_count(len(some), 'day')}"
        for name, some, side in zip(("baseline", "contender"), days, (baseline, contender), strict=True)
    )
    both = len(days[0] & days[1])
    shared = (
        f"within the {both} days that have runs of both sides, single runs are compared as well"
        if both > 1
        else (
            "within the day that has runs of both sides, single runs are compared as well"
            if both
            else "no day has runs of both sides"
        )
    )
    rates = [len(side) / max(1, len(some)) for some, side in zip(days, (baseline, contender), strict=True)]
    unlike = (
        "; the number of runs a day differs between the sides, so their medians scatter differently, and a false "
        "difference can be about twice as likely as it should be"
    )
    message = (
        f"{described}: runs of one day share its conditions, so each day counts once, by its median; {shared}"
        f"{unlike if max(rates) > _UNLIKE * min(rates) else ''}"
    )
    yield Caveat(code=CaveatCode.BY_DAY, message=message)
