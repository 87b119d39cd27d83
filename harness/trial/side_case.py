"""One side of one case, ready to be measured, and what a block of two of them left behind."""

from harness.records.measurement import Case
from harness.records.outcome import Cause, StepResult
from harness.records.plan import Placement, Step
from harness.records.record import Record
from harness.records.trial import Role
from harness.records.weights import Weights


class SideCase(Record):
    """A side of a case: the build that it uses, and how it is asked.

    `build` is the folder of the build, `library` the libwhisper that workers load, `bench_step` what trials with
    whisper-bench have instead: a step of whisper-bench with its placeholders filled in. `backend` is what must compute.
    In a block, library and program are files of the block's own, the libraries all below `root`, linked in the code
    layout `code_layout` (0 for copies).
    """

    role: Role
    case: Case
    weights: Weights
    threads: int
    flash_attn: int
    environment: tuple[tuple[str, str], ...]
    build: str = ""
    library: str = ""
    bench_step: Step | None = None
    root: str = ""
    code_layout: int = 0
    plant: float = 0.0
    backend: str = ""
    placement: Placement | None = None


class BlockResult(Record):
    """A block that was measured: the result of each side, baseline first.

    `disturbed` counts the pairs that stayed under the load of others after all retries, `retried` those measured again
    for it, `stood` those measured again because a side, the harness or the node stood still; `halted_s` are the
    seconds of the block in which a side or the harness did, which no budget of time counts.
    `idle_share` is the most CPU time that a side used while it was the other's turn, as a share of that time. `shared`
    is a library that was not the block's own, as far as that is known.
    """

    results: tuple[StepResult, StepResult]
    disturbed: int = 0
    retried: int = 0
    stood: int = 0
    idle_share: float = 0.0
    halted_s: float = 0.0
    shared: str = ""


class LostBlock(Record):
    """A block that came to nothing, and whether another attempt could not fare better; `halted_s` as in `BlockResult`.

    `cause` is that of a program that failed, None where it is not known.
    """

    reason: str
    role: Role
    hopeless: bool = False
    halted_s: float = 0.0
    cause: Cause | None = None


BlockOutcome = BlockResult | LostBlock
