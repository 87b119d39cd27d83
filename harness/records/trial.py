"""What two runs have in common that were measured in turns."""

from enum import StrEnum

from harness.records.record import Record


class Role(StrEnum):
    """Which of the two sides a run was."""

    BASELINE = "baseline"
    CONTENDER = "contender"


class Trial(Record):
    """Ties the two runs of one live comparison together.

    Measurements of the same case, metric, `process` and `repetition` were taken right after each other, in an order
    drawn from `seed`; equal `process` numbers mean two samplers that lived side by side. `pairs` is the number of timed
    pairs that one such block holds for each metric, `builds` the number of different code layouts of each side, whose
    seeds are this side's `layouts`, `discarded` the blocks that were lost with a sampler, `stopped` says why the trial
    ended.
    """

    id: str
    role: Role
    seed: int
    pairs: int
    builds: int = 1
    layouts: tuple[int, ...] = ()
    discarded: int = 0
    stopped: str = ""
