"""What ties together two runs that were measured in turns."""

from enum import StrEnum

from harness.records.record import ExplainedWord, Record


class Role(StrEnum):
    """Which of the two sides a run was."""

    BASELINE = "baseline"
    CONTENDER = "contender"


class TrialEnd(ExplainedWord):
    """Why a trial ended, in the words that its record keeps."""

    SETTLED = "every case is settled", "Every case has an answer, so more blocks would change nothing."
    TIME_UP = "the time was up", "--max-time was reached before every case was settled."
    ENOUGH = "as many blocks as were asked for", "As many blocks as --max-blocks allows were measured."
    INTERRUPTED = "interrupted", "Somebody, or the system, stopped it; the blocks so far are judged."
    LOST = "the workers kept failing", "The measuring processes failed again and again."
    KILLED = "the harness was killed", "The harness was killed or the power failed; what was on disk is kept."
    ELSEWHERE = (
        "the bisection has measured what it needed",
        "The bisection knew enough about this commit, and measured another one.",
    )


class TrialPurpose(StrEnum):
    """What a bisection measures a trial for: ENDS asks whether there is anything to find, FINAL whether it was found.

    SEARCH asks whether a commit has the change.
    """

    ENDS = "ends"
    SEARCH = "search"
    FINAL = "final"


class Trial(Record):
    """The link between the two runs of one live comparison.

    Measurements of the same case, metric, `process` and `repetition` were taken right after each other, in an order
    drawn from `seed`; equal `process` numbers mean two workers that lived side by side. `pairs` is the number of timed
    pairs in such a block for each metric, `discarded` the number of blocks that were lost with a worker, `stopped` says
    why the trial ended. `threshold` is the relative change that mattered, 0 in older records. `relinked` says that
    every block was linked in its own code layout. A trial that a bisection measured has the id of that `bisection`, and
    its `purpose` there. In records of older versions each side may have several `builds` with the code layouts
    `layouts`, drawn once for the whole trial.
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
    bisection: str = ""
    purpose: TrialPurpose | None = None
    threshold: float = 0.0
