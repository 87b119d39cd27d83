"""What a reader must know before trusting a number."""

from harness.records.record import Record

# Something that was asked for has neither a number nor a reason, or nothing has a number: the run has failed.
INCOMPLETE = "incomplete"


class Caveat(Record):
    """A stable `code` for programs and a sentence for people; it rides inside the result it qualifies."""

    code: str
    message: str
