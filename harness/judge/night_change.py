"""Which way an event goes: what its live comparison certainly found, or else what looks unlike its past."""

from collections.abc import Sequence

from harness.records.comparison import Comparison, Verdict
from harness.records.history import Event, EventKind
from harness.records.measurement import METRICS
from harness.records.night_report import NightReport

_CERTAIN = (Verdict.REGRESSED, Verdict.IMPROVED)


def list_certain(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons that certainly found a difference, the largest first."""
    found = [one for one in comparisons if one.verdict in _CERTAIN]
    return tuple(sorted(found, key=lambda one: abs(one.change), reverse=True))


def is_slower(event: Event, comparisons: Sequence[Comparison]) -> bool:
    """Return whether a CODE event made something slower that matters.

    Without its comparisons the series that raised it count.
    """
    if event.kind is not EventKind.CODE:
        return False
    if found := list_certain(comparisons):
        return any(one.verdict is Verdict.REGRESSED and one.relevant for one in found)
    return any(
        (one.change > 0) is METRICS[one.key.metric].lower_is_better
        for one in event.suspicions
        if one.key.metric in METRICS
    )


def find_answers(report: NightReport, event: Event) -> tuple[Comparison, ...]:
    """Return the comparisons of an event in a report."""
    return next((found for name, found in report.answers if name == event.id), ())


def is_over(event: Event) -> bool:
    """Return whether an event has an end: what was slower, missing or broken is not so any more."""
    return bool(event.returned)
