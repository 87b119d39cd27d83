"""What A/A trials tell of a node."""

from harness.records.comparison import Family
from harness.records.measurement import Case
from harness.records.record import Record


class BlocksNeeded(Record):
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
    needs: tuple[BlocksNeeded, ...]


class AATrial(Record):
    """A build against itself: the runs of both sides by id, the seed of its coins, and what it said."""

    runs: tuple[str, ...]
    seed: int
    blocks: int
    wall_s: float
    family: Family

    @property
    def lied(self) -> bool:
        """Whether it found a difference, where there is none; also one that is too small to matter."""
        return any(one.p <= self.family.alpha for one in self.family.comparisons)


class Calibration(Record):
    """Trials of a build against itself, and what other trials on this node need.

    `lied` of the trials found a difference; the true share of such trials lies between `low` and `high` (95 %).
    `spreads` come from the blocks of all trials together. There are none while blocks are `missing` for a forecast.
    """

    trials: tuple[AATrial, ...]
    alpha: float
    lied: int
    low: float
    high: float
    missing: int
    spreads: tuple[Spread, ...]

    @property
    def blocks(self) -> int:
        """The blocks of all trials together."""
        return sum(trial.blocks for trial in self.trials)

    @property
    def wall_s(self) -> float:
        """The seconds of all trials together."""
        return sum(trial.wall_s for trial in self.trials)
