"""What people decided about events, as they wrote it down."""

from harness.records.record import ExplainedWord, Record


class TriageState(ExplainedWord):
    """What somebody decided about an event."""

    ACKNOWLEDGED = "acknowledged", "Somebody has seen it and is looking into it."
    FIXED = "fixed", "A commit is known that takes the change back; the note may name it."
    WONTFIX = "wontfix", "The change stays: it is meant, or the price of something else."


class Triage(Record):
    """What somebody decided about an event, which is known by its id."""

    event: str
    state: TriageState
    note: str = ""
    who: str = ""
