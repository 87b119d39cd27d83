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


class Step(Record):
    """One child process.

    `argv` may hold placeholders (`harness.plan.bind`) for what only the built tree can tell: the bench program,
    its dialect, the tests. `needs` names the steps that must have PASSED. `stamp` is a file that proves the
    step's work is already done. `log` is the file under `logs/` that takes stdout and stderr, `console` the name
    shown while it runs.
    """

    name: str
    phase: Phase
    argv: tuple[str, ...]
    cwd: str
    log: str
    timeout_s: float
    title: str = ""
    env: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    case: Case | None = None
    repetition: int = 0
    stamp: str = ""
    min_memory_bytes: int = 0
