"""A short child that gets a file on its standard input."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from harness.system.process.child import PIPE, CannotStartError, attend, spawn
from harness.system.process.listener import CapturedOutput


def hand_over(argv: Sequence[str], file: BinaryIO, *, env: Mapping[str, str], timeout_s: float) -> CapturedOutput:
    """Start a child that reads `file`, and return its output, as `capture` does; it gets all variables of `env`."""
    try:
        child = spawn(argv, cwd=None, env=env, stdin=file.fileno(), stdout=PIPE, stderr=PIPE)
    except CannotStartError as error:
        return CapturedOutput(exit_code=127, stdout="", stderr=error.line, refused=error.number)
    return attend(child, timeout_s)
