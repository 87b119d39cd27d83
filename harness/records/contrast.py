"""Stored runs against each other: the whole answer, and all that differs beside what was asked."""

from harness.records.comparison import Family
from harness.records.record import Record


class Difference(Record):
    """One circumstance in which the runs of a comparison are not alike, with the values of each side as text.

    `group` is the word that lets such runs be compared all the same, empty where nobody has to be asked.
    """

    subject: str
    baseline: str
    contender: str
    group: str = ""


class Contrast(Record):
    """What `harness compare` answers: the runs of each side by id, what differs, and the verdicts."""

    baseline: str
    contender: str
    baseline_runs: tuple[str, ...]
    contender_runs: tuple[str, ...]
    differences: tuple[Difference, ...]
    family: Family
