"""One number."""

from enum import StrEnum

from harness.records.case import Case
from harness.records.record import Record


class Evidence(StrEnum):
    """Where a number was read: from a child of this harness, or from another's report or the logs beside it."""

    OWN = ""
    REPORT = "report"
    LOG = "log"


class Measurement(Record):
    """One value of one metric (unit: the metric's) of one case, from process number `repetition`."""

    case: Case
    metric: str
    value: float
    repetition: int = 1
    origin: Evidence = Evidence.OWN
