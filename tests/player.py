"""Plays commands of the harness, each in a fork of a process that has imported it once.

Such a fork has its own streams, signals, folder and environment, runs `python -m harness` from its first line, and ends
as Python ends: only the start of Python and the imports are saved, which take longer than most commands. What is to be
proven about these needs a real start (`Kit.fresh`).

A seed that such a fork would draw from the system comes from the name of the test and the number of the call: what one
test found is what it finds again.

The process of the server is one of its own because it has one thread: whoever runs the tests may have several.
"""

import array
import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import runpy
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

ROOT = Path(__file__).parents[1]
# What Python and the dynamic loader read before there is a harness: a fork is too late for them.
_OF_THE_START = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "GLIBC_TUNABLES")
# With what a run imports on top of what every command does.
_IMPORTED = "harness.cli.main harness.cli.completion harness.environment.dependency".split()
_IMPORTED += "archspec.cpu filelock platformdirs psutil".split()
_NUMBER = struct.Struct("i")
# Long enough for anything but a defect.
_PATIENCE_S = 300


def let_signals_through() -> None:
    """Let signals reach what is started, which nohup, or a shell for a job in the background, has ignored.

    What is ignored is so in children too; what has a handler is not. This process stays as deaf as it was made.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


class Played(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Child:
    """A command that was begun: what is used of subprocess.Popen."""

    def __init__(self, args: list[str], line: socket.socket, out: int, err: int, errors: str) -> None:
        self.args = args
        self.returncode: int | None = None
        self.stdout = open(out, encoding="utf-8", errors=errors)  # noqa: SIM115
        self.stderr = open(err, encoding="utf-8", errors=errors)  # noqa: SIM115
        self._line = line
        self._read: dict[io.TextIOWrapper, bytes] = {self.stdout: b"", self.stderr: b""}
        (self.pid,) = _NUMBER.unpack(_receive(line))

    def poll(self) -> int | None:
        """Return the exit code, None where it still runs."""
        return self._settle(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once there is one; raises TimeoutExpired."""
        code = self._settle(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return what was written to both outputs until nobody has them any more; raises TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            for stream in self._read:
                if not stream.closed:
                    selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                for key, _ in selector.select(left):
                    data = os.read(key.fd, 1 << 16)
                    self._read[key.fileobj] += data  # type: ignore[index]
                    if not data:
                        selector.unregister(key.fileobj)
        self.wait(None if deadline is None else max(deadline - time.monotonic(), 0))
        said = [self._take(stream) for stream in self._read]
        return said[0], said[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:  # a moment ago
                self.wait()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _take(self, stream: io.TextIOWrapper) -> str:
        stream.close()
        text = self._read[stream].decode("utf-8", errors=stream.errors or "strict")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _settle(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], timeout)[0]:
            (self.returncode,) = _NUMBER.unpack(_receive(self._line))
            self._line.close()
        return self.returncode


# A command that was begun either way.
Started: TypeAlias = Child | subprocess.Popen[str]


class Player:
    """The server, and the way to ask it."""

    def __init__(self) -> None:
        self._line, other = socket.socketpair()
        self._calling = threading.Lock()
        self._calls: Counter[str] = Counter()
        # Without a locale, as the kits are: what Python makes of that is what it hands on to the forks.
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        with other:
            self._server = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.player", str(other.fileno())],
                pass_fds=[other.fileno()],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
            )

    @staticmethod
    def can_play(environ: Mapping[str, str]) -> bool:
        """Return whether a fork with these variables is what a real start would be."""
        names = [name for name in environ if name.startswith(_OF_THE_START)]
        return names == ["PYTHONPATH"] and environ["PYTHONPATH"] == str(ROOT)

    def start(
        self,
        words: tuple[str, ...],
        environ: Mapping[str, str],
        folder: Path,
        statements: str = "",
        errors: str = "strict",
    ) -> Child:
        """Begin a command in a folder, after these statements; there is no standard input."""
        outputs, inputs = zip(os.pipe(), os.pipe(), strict=True)
        mine, its = socket.socketpair()
        test = os.environ.get("PYTEST_CURRENT_TEST", "")
        self._calls[test] += 1
        call = {
            "words": words,
            "environ": dict(environ),
            "folder": str(folder),
            "statements": statements,
            "seed": zlib.crc32(f"{test} {self._calls[test]}".encode()),
        }
        with its:
            with self._calling:
                descriptors = array.array("i", [its.fileno(), *inputs])
                self._line.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            for number in inputs:
                os.close(number)
            mine.sendall(f"{json.dumps(call)}\n".encode())
        return Child(["harness", *words], mine, *outputs, errors)

    def play(self, words: tuple[str, ...], environ: Mapping[str, str], folder: Path, statements: str = "") -> Played:
        """Run a command in a folder to its end, and to that of what its statements have started."""
        child = self.start(words, environ, folder, statements, errors="replace")
        out, err = child.communicate(timeout=_PATIENCE_S)
        return Played(child.wait(), out, err)

    def close(self) -> None:
        """End the server."""
        self._line.close()
        self._server.wait()


@functools.cache
def the_player() -> Player:
    """Return the one of this process, which ends with it."""
    player = Player()
    atexit.register(player.close)
    return player


def _receive(line: socket.socket) -> bytes:
    data = line.recv(_NUMBER.size)
    if len(data) != _NUMBER.size:
        raise EOFError("the server of tests/player.py has ended")
    return data


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for every call: return, in the fork, what it is to do; None in the server once nobody can call any more."""
    ended, wake = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever runs the tests ends, and then this does
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 1 << 16)
            _report(running)
        if control.fileno() in ready:
            data, descriptors, _, _ = socket.recv_fds(control, 1, 3)
            if not data:
                return None
            line = socket.socket(fileno=descriptors[0])
            with line.makefile(encoding="utf-8") as file:
                call: dict[str, Any] = json.loads(file.readline())
            pid = os.fork()
            if not pid:
                return {**call, "outputs": descriptors[1:]}
            running[pid] = line
            line.sendall(_NUMBER.pack(pid))
            for number in descriptors[1:]:
                os.close(number)


def _report(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with running.pop(pid) as line, contextlib.suppress(OSError):  # nobody waits for it any more
            line.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _become(call: dict[str, Any]) -> None:
    """Arrange for a process that was forked what one that is started finds."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, opened in enumerate(call["outputs"], 1):
        os.dup2(opened, number)
    # Not every number up to the limit, which may be a billion.
    for number in [int(one.name) for one in Path("/dev/fd").iterdir()]:
        if number > 2:
            with contextlib.suppress(OSError):
                os.close(number)
    os.chdir(call["folder"])
    handed_on = {"LC_CTYPE": os.environ["LC_CTYPE"]} if "LC_CTYPE" in os.environ else {}
    os.environ.clear()
    os.environ.update({**call["environ"], **handed_on})
    time.tzset()
    sys.argv = ["harness", *call["words"]]
    sys.modules["harness.cli.main"].draw_seed = lambda: call["seed"]  # type: ignore[attr-defined]
    exec(call["statements"], {"os": os, "signal": signal})
    sys.stdin = sys.__stdin__ = _open(0, "r", "surrogateescape")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _open(1, "w", "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _open(2, "w", "backslashreplace")  # type: ignore[misc]
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python does at its start


def _open(number: int, mode: str, errors: str) -> Any:
    try:
        return open(number, mode, encoding="utf-8", errors=errors, closefd=False)
    except OSError:
        return None


def main() -> None:
    """Serve; in every fork, be the harness."""
    for name in _IMPORTED:
        importlib.import_module(name)
    tuple(importlib.import_module("harness.cli.verb").VERBS.values())  # looking a verb up imports its module
    gc.collect()
    gc.freeze()  # or every fork would copy what it merely looks at
    call = _serve(socket.socket(fileno=int(sys.argv[1])))
    if call is not None:
        _become(call)
        runpy.run_module("harness", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
