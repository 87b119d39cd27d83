"""The numbers that stand for a sample."""

from harness.records.record import Record


class Summary(Record):
    """A sample of `n` values: median, its confidence interval, extremes.

    `low` and `high` are None where n is too small for an interval of the confidence asked for; `confidence` is what
    the interval really has, 0 without one. `spread` is (maximum - minimum) / median, 0 for a median of zero.
    """

    n: int
    median: float
    minimum: float
    maximum: float
    spread: float
    low: float | None = None
    high: float | None = None
    confidence: float = 0.0
