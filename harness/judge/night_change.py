"""Which way an event goes: what its live comparisons certainly found, or else what looks unlike its past."""

from harness.records.comparison import Comparison, Verdict
from harness.records.history import Event, EventKind
from harness.records.measurement import METRICS

_CERTAIN = (Verdict.REGRESSED, Verdict.IMPROVED)


def list_certain(event: Event) -> tuple[Comparison, ...]:
    """Return what the comparisons of an event certainly found, the largest change first."""
    found = [one for one in event.found if one.verdict in _CERTAIN]
    return tuple(sorted(found, key=lambda one: abs(one.change), reverse=True))


def is_slower(event: Event) -> bool:
    """Return whether a change of the code made something slower, by as much as matters.

    Without comparisons the series that raised it count.
    """
    if event.kind is not EventKind.CODE:
        return False
    if found := list_certain(event):
        relevant = [one for one in found if one.relevant]
        return any(one.verdict is Verdict.REGRESSED for one in relevant or found[:1])
    return any(
        (one.change > 0) is METRICS[one.key.metric].lower_is_better
        for one in event.suspicions
        if one.key.metric in METRICS
    )


def is_over(event: Event) -> bool:
    """Return whether an event has an end: what was slower, missing or broken is not so any more."""
    return bool(event.returned)


def is_silent(event: Event) -> bool:
    """Return whether an event says that a node, this one or another, did not report."""
    return event.kind is EventKind.MISSING and not event.run
