"""What an A/A trial tells of a node."""

from harness.records.case import Case
from harness.records.record import Record


class Need(Record):
    """Blocks, and minutes of such a trial, in which nine of ten resamples found `change`; None for not at all."""

    change: float
    blocks: int | None
    minutes: float | None


class Spread(Record):
    """How one metric of one case scatters, as robust relative standard deviations.

    `calls` is that of single calls within a process, `processes` that of the processes' medians, `blocks` that of the
    differences between two processes which were measured in turns: what verdicts rest on.
    """

    case: Case
    metric: str
    n: int
    calls: float
    processes: float
    blocks: float
    needs: tuple[Need, ...]


class Calibration(Record):
    """An A/A trial resampled: false families of all resamples, and the spread of each metric."""

    resamples: int
    false_families: int
    alpha: float
    spreads: tuple[Spread, ...]

    @property
    def false_rate(self) -> float:
        """The share of A/A families in which a difference was found."""
        return self.false_families / self.resamples if self.resamples else 0.0
