"""What A/A trials tell about a node."""

from harness.records.comparison import Family
from harness.records.measurement import Case
from harness.records.record import Record


class BlocksNeeded(Record):
    """The blocks and minutes after which nine of ten resamples found `change`; None if they never do."""

    change: float
    blocks: int | None
    minutes: float | None


class Spread(Record):
    """How one metric of one case scatters, as robust relative standard deviations.

    `calls` is the deviation of single calls within a process, `processes` of the medians of processes, `blocks` of the
    differences between two processes that were measured in turns, on which verdicts rest.
    """

    case: Case
    metric: str
    n: int
    calls: float
    processes: float
    blocks: float
    needs: tuple[BlocksNeeded, ...]


class AATrial(Record):
    """A trial of a build against itself: the ids of the runs of both sides, the seed of its coins, and its verdicts."""

    runs: tuple[str, ...]
    seed: int
    blocks: int
    wall_s: float
    family: Family

    @property
    def found_difference(self) -> bool:
        """Whether it found a difference although there is none, even one that is too small to matter."""
        return any(one.p <= self.family.alpha for one in self.family.comparisons)


class Calibration(Record):
    """Trials of a build against itself, and how long other trials on this node take.

    `false_trials` of the trials found a difference; the true share of such trials is between `low` and `high` (95 %).
    `spreads` come from the blocks of all trials together; they are empty while blocks are `missing` for a forecast.
    """

    trials: tuple[AATrial, ...]
    alpha: float
    false_trials: int
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
