"""The one place that starts processes.

Argument lists and no shell; a separate session for every child; stdin closed; output directly to a file, so that the
harness is not in the measured path; `os.wait4` for the memory and CPU time of just this child. A non-zero exit code is
a value, not an exception.
"""

import contextlib
import errno
import functools
import os
import resource
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from harness.errors import UnfitError
from harness.records.outcome import FLOODED, MOST_LOG_BYTES, CompletedProcess
from harness.records.plan import Placement
from harness.records.secret import without_secrets
from harness.system.fresh import open_log
from harness.system.limit import limit_of_start
from harness.system.process.listener import CapturedOutput, LogFollower, TooMuchError, Watcher, listen
from harness.system.process.memory import own_peak_bytes
from harness.system.process.placement import place_child
from harness.system.process.pulse import Pulse

GRACE_S = 3.0
PIPE = subprocess.PIPE
_WATCH_INTERVAL_S = 0.25
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024

Reaped = tuple[int, resource.struct_rusage]


class ChildStart(NamedTuple):
    """What a child was started with, and when: in UTC, and in seconds of the monotonic clock."""

    argv: tuple[str, ...]
    start: str
    began: float


class CannotStartError(UnfitError):
    """The program does not exist or cannot be executed; `number` is the error number of the system."""

    def __init__(self, program: str, cause: str, *, number: int) -> None:
        super().__init__(f"cannot start {program}", cause=cause)
        self.number = number


def execute(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    timeout_s: float,
    watch: Watcher | None = None,
    placement: Placement | None = None,
) -> CompletedProcess:
    """Run `argv` to its end and return the result.

    The log is appended to: the echoed command, then stdout and stderr. `watch` receives new output about four times a
    second, and empty bytes if there is none. Raises OSError for a log that is not a regular file. `placement` is
    applied as soon as the child exists, before it has threads. A child that never stops printing is killed; the log
    keeps the first `MOST_LOG_BYTES` and ends with FLOODED. At the time-out, and on KeyboardInterrupt, the whole process
    group is interrupted, then terminated, then killed, `GRACE_S` seconds apart; the interrupt is raised again. Seconds
    in which the harness itself is stopped do not count towards the time-out. Raises what `spawn` raises.
    """
    begun = note_start(argv)
    follower = LogFollower(log, watch or (lambda _: None))
    child = _start(argv, cwd, env, log, follower)
    timed_out = False
    try:
        pulse = Pulse(child.pid, fresh=True)
        if placement:
            place_child(child.pid, placement)
        reaped = _wait(child.pid, begun.began + timeout_s, pulse, follower)
        if reaped is None:
            timed_out = True
            reaped = _stop(child.pid)
    except TooMuchError:
        reaped = _kill(child.pid)
    except BaseException:
        with contextlib.suppress(ChildProcessError):  # it may have been reaped just before
            _stop(child.pid)
        raise
    finally:
        child.returncode = 0  # reaped here, not by Popen
        _signal_group(child.pid, signal.SIGKILL)  # whatever it left running
        with contextlib.suppress(TooMuchError):
            follower.close()
    bound_log(log)
    return conclude_child(begun, reaped, pulse, timed_out=timed_out)


def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path, follower: LogFollower
) -> subprocess.Popen[bytes]:
    """Return a child that writes to a log, after the echoed command."""
    with open_log(log) as file:
        file.write(f"+ {shlex.join(argv)}\n".encode())
        file.flush()
        try:
            return spawn(argv, cwd=cwd, env=env, stdout=file, stderr=subprocess.STDOUT)
        except BaseException:
            follower.close()
            raise


def bound_log(log: Path) -> None:
    """Truncate a log that a child has flooded, with a last line that says so; leave any other unchanged."""
    if log.lstat().st_size > MOST_LOG_BYTES:
        with open_log(log) as file:
            os.ftruncate(file.fileno(), MOST_LOG_BYTES)
            file.write(f"\n{FLOODED}\n".encode())


def end_child(pid: int, wait_s: float) -> Reaped:
    """Return the result of a child, which is stopped if it does not end within `wait_s` seconds."""
    reaped = _wait(pid, time.monotonic() + wait_s) or _stop(pid)
    _signal_group(pid, signal.SIGKILL)  # whatever it left running
    return reaped


def note_start(argv: Sequence[str]) -> ChildStart:
    """Return the start of a child that is started now."""
    return ChildStart(tuple(argv), datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic())


def conclude_child(
    begun: ChildStart, reaped: Reaped, pulse: Pulse | None = None, *, timed_out: bool = False
) -> CompletedProcess:
    """Return the record of an ended child; without a `pulse` it is not known whether it was stopped."""
    wait_status, usage = reaped
    # Linux keeps the high-water mark over exec: a child never shows less than the process that forked it.
    peak = usage.ru_maxrss * _RSS_UNIT_BYTES
    return CompletedProcess(
        argv=begun.argv,
        exit_code=os.waitstatus_to_exitcode(wait_status),
        wall_s=time.monotonic() - begun.began,
        user_s=usage.ru_utime,
        system_s=usage.ru_stime,
        max_rss_bytes=peak if peak > own_peak_bytes() else 0,
        start=begun.start,
        timed_out=timed_out,
        stopped_s=pulse.stopped_s if pulse else None,
        suspended_s=pulse.suspended_s if pulse else None,
    )


def capture(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float = 60,
    trusted: bool = False,
) -> CapturedOutput:
    """Run a short child and return its output, decoded with replacement characters.

    Variables in `env` that look like secrets are not passed on, unless it is `trusted`. A child that cannot be started
    has exit code 127; one that does not end in `timeout_s` seconds or prints too much has 124, and the reason as its
    stderr. Processes that it leaves running, with its output still open, are not waited for. Raises LimitError if the
    system refuses another process or file, which says nothing about the child.
    """
    try:
        given = env if trusted else without_secrets(env)
        child = spawn(argv, cwd=cwd, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except CannotStartError as error:
        return CapturedOutput(exit_code=127, stdout="", stderr=error.line, refused=error.number)
    return attend(child, timeout_s)


def attend(child: subprocess.Popen[bytes], timeout_s: float) -> CapturedOutput:
    """Return the output of a short child that writes to pipes, as `capture` does."""
    try:
        pulse, deadline = Pulse(), time.monotonic() + timeout_s
        pipes = [stream for stream in (child.stdout, child.stderr) if stream]
        stdout, stderr = listen(pipes, lambda: child.poll() is not None, deadline, pulse)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(deadline + pulse.absent_s - time.monotonic(), 0.0))
    except TooMuchError:
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        return CapturedOutput(exit_code=124, stdout="", stderr=f"it printed more than {MOST_LOG_BYTES >> 20} MB")
    except BaseException:
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        raise
    finally:
        for stream in (child.stdout, child.stderr):
            if stream:
                stream.close()
    if child.poll() is None:
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        return CapturedOutput(exit_code=124, stdout="", stderr=f"no answer within {timeout_s:g} s", late=True)
    return CapturedOutput(exit_code=child.returncode, stdout=_text(stdout), stderr=_text(stderr))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def spawn(
    argv: Sequence[str],
    *,
    cwd: Path | None,
    env: Mapping[str, str],
    stdout: int | BinaryIO,
    stderr: int | BinaryIO,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Return a started child in a new session.

    Raises CannotStartError if the program does not exist or cannot be executed, LimitError if the system allows no more
    processes, files or memory.
    """
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        cause = error.strerror or str(error)
        if limit := limit_of_start(argv[0], error):
            raise limit from None
        absent = error.filename in (None, argv[0])
        number = error.errno or errno.ENOEXEC if absent else errno.EIO
        raise CannotStartError(argv[0], cause if absent else f"{cause}: {error.filename}", number=number) from None


def _wait(pid: int, deadline: float, pulse: Pulse | None = None, follower: LogFollower | None = None) -> Reaped | None:
    """Return wait status and resource usage, or None at the deadline, which moves while the harness is stopped."""
    pulse = pulse or Pulse()
    with contextlib.ExitStack() as stack:
        pidfd = _open_pidfd(pid)
        if pidfd is not None:
            stack.callback(os.close, pidfd)
        while True:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                return status, usage
            left = deadline + pulse.absent_s - time.monotonic()
            if left <= 0:
                return None
            interval = _WATCH_INTERVAL_S if follower or pidfd is None else left
            pulse.wait(functools.partial(_sleep_until_exit, pidfd), min(interval, left))
            if follower:
                follower.poll()


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # macOS, or an old kernel
        return None


def _sleep_until_exit(pidfd: int | None, seconds: float) -> None:
    if pidfd is None:
        time.sleep(min(seconds, 0.01))
    else:
        select.select([pidfd], [], [], seconds)


def _stop(pid: int) -> Reaped:
    for stage in (signal.SIGINT, signal.SIGTERM):
        _signal_group(pid, stage)
        reaped = _wait(pid, time.monotonic() + GRACE_S)
        if reaped is not None:
            return reaped
    return _kill(pid)


def _kill(pid: int) -> Reaped:
    _signal_group(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage


def _signal_group(pid: int, signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal_number)
