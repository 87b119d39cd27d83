"""One number."""

from harness.records.case import Case
from harness.records.record import Record


class Measurement(Record):
    """One value of one metric (unit: the metric's) of one case, from process number `repetition`."""

    case: Case
    metric: str
    value: float
    repetition: int = 1
