"""whisper-server as a child: started on a free port of this machine, ready or not, and stopped whatever happens."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

HOST = "127.0.0.1"
_TICK_S = 0.02
# So often it is started: with exit code 1 it says that it could not get its port.
_STARTS = 3
_NO_PORT = 1
# A release without this page says so, and that it listens.
_PAGE = "/health"
_READY = (200, 404)
_INTERRUPT_S, _TERMINATE_S = 5.0, 2.0
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
_PR_SET_PDEATHSIG = 1


class ServerError(Exception):
    """The reason why a server cannot be used."""


class Ending(NamedTuple):
    """How a server ended: its exit code (minus the signal that killed it), and the most memory that it used."""

    exit_code: int
    max_rss_bytes: int


class ServerProcess:
    """One server; whoever makes one must `stop` it."""

    def __init__(self, words: Sequence[str], *, reserved: bool) -> None:
        self.began = time.monotonic()
        self._ending: Ending | None = None
        self._place = _take_port(reserved=reserved)
        self.port: int = self._place.getsockname()[1]
        if not reserved:
            self._place.close()
        try:
            self._child = subprocess.Popen(
                [*words, "--host", HOST, "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - no other thread runs yet
            )
        except OSError as error:
            self._place.close()
            raise ServerError(f"the server cannot be started: {error.strerror}") from None

    def look(self) -> Ending | None:
        """Return how it ended, or None while it runs."""
        if self._ending is None:
            done, status, usage = os.wait4(self._child.pid, os.WNOHANG)
            if done:
                self._ending = Ending(os.waitstatus_to_exitcode(status), usage.ru_maxrss * _RSS_UNIT_BYTES)
                self._child.returncode = self._ending.exit_code  # reaped here, not by Popen
        return self._ending

    def answers(self) -> bool:
        """Return whether it is ready for requests."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", _PAGE, headers={"Connection": "close"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return status in _READY and self.look() is None

    def stop(self, *, gently: bool) -> Ending:
        """End it, `gently` by an interrupt first, and return how it ended."""
        stages = [(signal.SIGINT, _INTERRUPT_S), (signal.SIGTERM, _TERMINATE_S)] if gently else []
        for number, patience_s in stages:
            self._send(number)
            until = time.monotonic() + patience_s
            while self.look() is None and time.monotonic() < until:
                time.sleep(_TICK_S)
        while (ending := self.look()) is None:
            self._send(signal.SIGKILL)
            time.sleep(_TICK_S)
        self._place.close()
        return ending

    def _send(self, number: int) -> None:
        if self.look() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, number)


def start_server(words: Sequence[str], deadline: float, keep: Callable[[ServerProcess], None]) -> ServerProcess:
    """Return a server that is ready; `keep` gets each as soon as it exists. Raises ServerError if none gets ready."""
    for start in range(1, _STARTS + 1):
        server = ServerProcess(words, reserved=start == 1)
        keep(server)
        while server.look() is None and time.monotonic() < deadline:
            if server.answers():
                return server
            time.sleep(_TICK_S)
        ending = server.look()
        if ending is None:
            raise ServerError("the server was not ready in time")
        if ending.exit_code != _NO_PORT or start == _STARTS:
            raise ServerError("the server ended before it was ready")
    raise ServerError("the server was never started")


def _take_port(*, reserved: bool) -> socket.socket:
    """Return a socket that has a free port; while it is open, only those who share ports with it get that one.

    whisper-server does: so nobody else can take the port between now and its start.
    """
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if reserved and hasattr(socket, "SO_REUSEPORT"):
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    place.bind((HOST, 0))
    return place


def _die_with_parent() -> Callable[[], object] | None:
    """Return what makes a child end with this process, whatever ends that; None where the system cannot."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
