"""One side of one case, ready to be measured, and the outcome of a block of two of them."""

from harness.records.measurement import Case
from harness.records.outcome import Cause, StepResult
from harness.records.plan import Placement, Step
from harness.records.record import Record
from harness.records.trial import Role
from harness.records.weights import Weights


class SideCase(Record):
    """One side of a case: its build, and how to measure it.

    `build` is the build folder and `library` the libwhisper that workers load; trials with whisper-bench have a
    `bench_step` with filled placeholders instead. `backend` is the backend that must compute. In a block, library and
    program are fresh files, with all libraries below `root`, linked in the code layout `code_layout` (0 for copies).
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
    """A measured block: the result of each side, baseline first.

    `disturbed` counts the pairs still disturbed by other processes after all retries, `retried` the repetitions for
    that reason, `stood` the repetitions because a side, the harness or the node was stopped; `halted_s` are the seconds
    of the block in which a side or the harness was stopped, which count in no time limit. `idle_share` is the largest
    CPU time that a side used during the other's turns, as a fraction of that time. `shared` is a library that was not a
    fresh file of the block, if that is known.
    """

    results: tuple[StepResult, StepResult]
    disturbed: int = 0
    retried: int = 0
    stood: int = 0
    idle_share: float = 0.0
    halted_s: float = 0.0
    shared: str = ""


class LostBlock(Record):
    """A block without a result; `hopeless` if another attempt would fail, too; `halted_s` as in `BlockResult`.

    `cause` is why a program failed, None if that is not known.
    """

    reason: str
    role: Role
    hopeless: bool = False
    halted_s: float = 0.0
    cause: Cause | None = None


BlockOutcome = BlockResult | LostBlock
