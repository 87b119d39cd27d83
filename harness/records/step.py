"""What will be executed: pure data."""

from enum import StrEnum

from harness.records.case import Case
from harness.records.placement import Placement
from harness.records.record import Record
from harness.records.suite import Engine


class Phase(StrEnum):
    """What kind of work a step is; it decides the exit code of a failure and the section of the report.

    QUANTISE makes weights that a benchmark needs. ROOF is the measuring of the node itself, which never fails a run.
    """

    CONFIGURE = "configure"
    LIST = "list"
    BUILD = "build"
    TEST = "test"
    PROBE = "probe"
    QUANTISE = "quantise"
    ROOF = "roof"
    BENCH = "bench"


# The step that asks the bench program what was compiled in; planned, read and looked up by this name.
FEATURES = "features"
# Likewise, the step that asks which BLAS library the build brings in.
BLAS_LIBRARY = "blas_library"
# And the step that asks what drives the GPUs.
GPU_DRIVER = "gpu_driver"


class Step(Record):
    """One child process.

    `argv` may hold placeholders (`harness.plan.bind`) for what only the built tree can tell: the bench program,
    its dialect, the tests. `title` is what people are shown. `needs` names the steps whose failure blocks this one.
    `log` is the file under `logs/` that takes stdout and stderr. The work is already done when the file `stamp`
    holds `key` and the `products` are there. `wipe` is a folder removed before the
    work starts, `output` a file in `cwd` that the child writes and that is kept beside the log. `engine` tells
    which program's words the log of a benchmark holds, `backend` what must have computed for its numbers to count,
    `placement` where it is put.
    """

    name: str
    title: str
    phase: Phase
    argv: tuple[str, ...]
    cwd: str
    log: str
    timeout_s: float
    env: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    case: Case | None = None
    repetition: int = 0
    stamp: str = ""
    key: str = ""
    products: tuple[str, ...] = ()
    wipe: str = ""
    output: str = ""
    min_memory_bytes: int = 0
    engine: Engine = Engine.BENCH
    backend: str = ""
    placement: Placement | None = None
