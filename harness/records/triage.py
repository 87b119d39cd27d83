"""What people decided about events, as they wrote it down."""

from enum import StrEnum

from harness.records.record import Record


class TriageState(StrEnum):
    """What somebody decided about an event."""

    ACKNOWLEDGED = "acknowledged"
    FIXED = "fixed"
    WONTFIX = "wontfix"


class Triage(Record):
    """What somebody decided about an event, which is known by its id."""

    event: str
    state: TriageState
    note: str = ""
    who: str = ""
