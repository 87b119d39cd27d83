"""What executing a step left behind."""

from enum import StrEnum

from harness.records.case import Case
from harness.records.measurement import Measurement
from harness.records.record import Record
from harness.records.step import Phase


class Status(StrEnum):
    """How a step, a test or a run ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    SKIPPED = "SKIPPED"

    @property
    def bad(self) -> bool:
        """Whether this is a failure."""
        return self in (Status.FAILED, Status.TIMED_OUT)


class Completed(Record):
    """What a child process left behind; `exit_code` is negative for a signal, as in `subprocess`."""

    argv: tuple[str, ...]
    exit_code: int
    wall_s: float
    user_s: float
    system_s: float
    max_rss_bytes: int
    start: str
    timed_out: bool = False


class Check(Record):
    """One test of whisper.cpp as CTest saw it."""

    name: str
    status: Status
    wall_s: float
    output: str = ""


class StepResult(Record):
    """How one step ended, and the numbers and tests that were read from its output."""

    step: str
    phase: Phase
    status: Status
    reason: str = ""
    reused: bool = False
    completed: Completed | None = None
    case: Case | None = None
    repetition: int = 0
    log: str = ""
    measurements: tuple[Measurement, ...] = ()
    checks: tuple[Check, ...] = ()
