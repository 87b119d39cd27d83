"""Running a program that sets up the environment, such as pip: its output, and ending it on an interrupt."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from types import FrameType

_GRACE_S = 5.0


def run_child(argv: list[str], *, keep: int) -> tuple[int, str]:
    """Run `argv` and return its exit code and its output; the file descriptor `keep` stays open in it.

    An interrupt ends it and its children and raises KeyboardInterrupt. Raises OSError if it cannot be started.
    """
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # `user = true` in pip's configuration fails in an environment; the variable overrides the file.
        env={**read_environ(), "PIP_USER": "0"},
        pass_fds=(keep,),
        start_new_session=True,
    )
    try:
        output, _ = child.communicate()
    except BaseException:
        _end(child)
        raise
    return child.returncode, output.decode(errors="replace")


def read_environ() -> dict[str, str]:
    """Return the caller's environment variables without those that would hide the locked packages."""
    others = {"PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    return {name: value for name, value in os.environ.items() if name not in others}


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGINT, SIGQUIT, SIGTERM and SIGHUP raise KeyboardInterrupt in the block, unless they are ignored."""
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(child: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.communicate(timeout=_GRACE_S)
            return
