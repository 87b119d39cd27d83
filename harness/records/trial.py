"""What two runs have in common that were measured in turns."""

from enum import StrEnum

from harness.records.record import Record


class Role(StrEnum):
    """Which of the two sides a run was."""

    BASELINE = "baseline"
    CONTENDER = "contender"


class TrialEnd(StrEnum):
    """Why a trial ended, in the words that its record keeps."""

    SETTLED = "every case is settled"
    TIME_UP = "the time was up"
    INTERRUPTED = "interrupted"
    LOST = "the workers kept failing"
    KILLED = "the harness was killed"


class Trial(Record):
    """Ties the two runs of one live comparison together.

    Measurements of the same case, metric, `process` and `repetition` were taken right after each other, in an order
    drawn from `seed`; equal `process` numbers mean two workers that lived side by side. `pairs` is the number of timed
    pairs that one such block holds for each metric, `discarded` the blocks that were lost with a worker, `stopped`
    says why the trial ended, in the words of `TrialEnd`. `relinked` tells that every block was linked in a code layout
    of its own. In records of older harnesses each side may have had several `builds`, drawn once for the whole trial,
    of the code layouts `layouts`.
    """

    id: str
    role: Role
    seed: int
    pairs: int
    builds: int = 1
    layouts: tuple[int, ...] = ()
    discarded: int = 0
    stopped: str = ""
    relinked: bool = False
