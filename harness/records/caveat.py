"""What a reader must know before trusting a number."""

from harness.records.record import Record


class Caveat(Record):
    """A stable `code` for programs and a sentence for people; it rides inside the result it qualifies."""

    code: str
    message: str
