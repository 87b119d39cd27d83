"""What will be executed: pure data."""

from enum import StrEnum

from harness.records.case import Case
from harness.records.record import Record


class Phase(StrEnum):
    """What kind of work a step is; it decides the exit code of a failure and the section of the report."""

    CONFIGURE = "configure"
    LIST = "list"
    BUILD = "build"
    TEST = "test"
    PROBE = "probe"
    BENCH = "bench"


# The step that asks the bench program what was compiled in; planned, read and looked up by this name.
FEATURES = "features"


class Step(Record):
    """One child process.

    `argv` may hold placeholders (`harness.plan.bind`) for what only the built tree can tell: the bench program,
    its dialect, the tests. `title` is what people are shown. `needs` names the steps whose failure blocks this one.
    `log` is the file under `logs/` that takes stdout and stderr. The work is already done when the file `stamp`
    holds `key` and the `products` are there. `wipe` is a folder removed before the
    work starts, `output` a file in `cwd` that the child writes and that is kept beside the log.
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
