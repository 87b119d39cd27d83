"""Every way in which the harness itself can fail, with the exit code on the class.

Failure of the thing measured (a build, a test, a benchmark) is data in a `Run`, not an exception.
"""

from harness.records.exit_code import ExitCode
from harness.records.secret import redact


class HarnessError(Exception):
    """What happened, its likely cause, and the next command to try."""

    exit_code: ExitCode = ExitCode.DEFECT

    def __init__(self, what: str, *, cause: str = "", hint: str = "") -> None:
        # What a program complained of may quote a URL with a login.
        self.what = redact(what)
        self.cause = redact(cause)
        self.hint = redact(hint)
        super().__init__(self.what)

    @property
    def line(self) -> str:
        """What happened and why, on one line."""
        return f"{self.what}: {self.cause}" if self.cause else self.what

    def __str__(self) -> str:
        lines = [self.what]
        if self.cause:
            lines.append(f"  cause: {self.cause}")
        if self.hint:
            lines.append(f"  try:   {self.hint}")
        return "\n".join(lines)


class UsageError(HarnessError):
    """The command line, a setting or an environment variable asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class UnfitError(HarnessError):
    """The environment cannot do this: no compiler, no disk space, no memory, a read-only folder, a busy node."""

    exit_code = ExitCode.UNFIT


class PartlyUnfitError(UnfitError):
    """The environment cannot do this one thing, such as two workers of a large model; others it can."""


class NoisyError(UnfitError):
    """The node is too noisy for a measurement now, and may be quiet later: a scheduler may try again (EX_TEMPFAIL)."""

    exit_code = ExitCode.NOISY


class LimitError(HarnessError):
    """The system refused another file, process or piece of memory; what was asked for may exist all the same.

    It is not an UnfitError, so that it is never mistaken for a missing program.
    """

    exit_code = ExitCode.UNFIT


class UnavailableError(HarnessError):
    """Sources or weights are unavailable, or are not what was pinned."""

    exit_code = ExitCode.UNAVAILABLE


class UnreadableError(HarnessError):
    """An input file cannot be understood."""

    exit_code = ExitCode.UNREADABLE


class InterruptedRunError(HarnessError):
    """The person at the keyboard (or the system) asked the run to stop; its state is on disk."""

    exit_code = ExitCode.INTERRUPTED
