"""The one place that starts processes.

argv lists and no shell; a session of its own for every child; stdin closed; output straight to a file, so that the
harness is not in the measured path; `os.wait4` for this child's own memory and CPU time. A non-zero exit code is a
value, not an exception.
"""

import contextlib
import os
import resource
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from harness.errors import UnfitError
from harness.records.outcome import Completed
from harness.records.record import Record

GRACE_S = 3.0
_WATCH_INTERVAL_S = 0.25
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024

Watcher = Callable[[bytes], None]
Reaped = tuple[int, resource.struct_rusage]


class Captured(Record):
    """The exit code and the whole output of a short child."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the child exited with 0."""
        return self.exit_code == 0


def execute(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    timeout_s: float,
    watch: Watcher | None = None,
    started: Callable[[int], None] | None = None,
) -> Completed:
    """Run `argv` to its end and return what it left behind.

    The log is appended to: the echoed command, then stdout and stderr as they come. `watch` receives new output
    about four times a second, and empty bytes when there is none; `started` receives the process (and group) id.
    At the time-out, and on KeyboardInterrupt, the whole process group is interrupted, then terminated, then killed,
    `GRACE_S` seconds apart; the interrupt is raised again. `max_rss_bytes` is at least the harness's own size at the
    time of the fork (Linux keeps the high-water mark over exec). Raises UnfitError when the program cannot be started.
    """
    start = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    follower = _Follower(log, watch) if watch else None
    with log.open("ab") as output:
        output.write(f"+ {shlex.join(argv)}\n".encode())
        output.flush()
        child = _spawn(argv, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT)
    timed_out = False
    try:
        if started:
            started(child.pid)
        reaped = _wait(child.pid, began + timeout_s, follower)
        if reaped is None:
            timed_out = True
            reaped = _stop(child.pid)
    except BaseException:
        with contextlib.suppress(ChildProcessError):  # it may have been reaped just before
            _stop(child.pid)
        raise
    finally:
        child.returncode = 0  # reaped here, not by Popen
        _signal_group(child.pid, signal.SIGKILL)  # whatever it left running
        if follower:
            follower.close()
    wait_status, usage = reaped
    return Completed(
        argv=tuple(argv),
        exit_code=os.waitstatus_to_exitcode(wait_status),
        wall_s=time.monotonic() - began,
        user_s=usage.ru_utime,
        system_s=usage.ru_stime,
        max_rss_bytes=usage.ru_maxrss * _RSS_UNIT_BYTES,
        start=start,
        timed_out=timed_out,
    )


def capture(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout_s: float = 60,
) -> Captured:
    """Run a short child and return its output, decoded with replacement characters.

    A child that cannot be started or does not end in `timeout_s` seconds comes back with exit code 127 or 124 and
    the reason as its stderr.
    """
    try:
        child = _spawn(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except UnfitError as error:
        return Captured(exit_code=127, stdout="", stderr=str(error))
    try:
        stdout, stderr = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)
        child.communicate()
        return Captured(exit_code=124, stdout="", stderr=f"no answer within {timeout_s:g} s")
    except BaseException:
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        raise
    return Captured(exit_code=child.returncode, stdout=_text(stdout), stderr=_text(stderr))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _spawn(
    argv: Sequence[str], *, cwd: Path | None, env: Mapping[str, str], stdout: int | BinaryIO, stderr: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        raise UnfitError(f"cannot start {argv[0]}", cause=f"{error.strerror or error}") from None


class _Follower:
    """Hands the growth of a log file to a watcher."""

    def __init__(self, log: Path, watch: Watcher) -> None:
        self._watch = watch
        self._file = log.open("ab+")
        self._file.seek(0, os.SEEK_END)

    def poll(self) -> None:
        self._watch(self._file.read())

    def close(self) -> None:
        try:
            self.poll()
        finally:
            self._file.close()


def _wait(pid: int, deadline: float, follower: _Follower | None) -> Reaped | None:
    """Return wait status and resource usage, or None at the deadline."""
    with contextlib.ExitStack() as stack:
        pidfd = _open_pidfd(pid)
        if pidfd is not None:
            stack.callback(os.close, pidfd)
        while True:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                return status, usage
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            interval = _WATCH_INTERVAL_S if follower or pidfd is None else left
            _sleep_until_exit(pidfd, min(interval, left))
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
        reaped = _wait(pid, time.monotonic() + GRACE_S, None)
        if reaped is not None:
            return reaped
    _signal_group(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage


def _signal_group(pid: int, signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal_number)
