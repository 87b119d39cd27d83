"""Requests of several clients at once, each in turn, until there were enough."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.client.request import Reply, Upload, ask
from harness.client.server import ServerProcess

_TICK_S = 0.1
# So long those who wait for an answer have to note it when all is over; a server that has ended lets nobody wait.
_LAST_WORDS_S = 1.0


class LoadPlan(NamedTuple):
    """How many `clients` send how many `requests` in all; after `span_s` seconds only those who have sent none."""

    clients: int
    requests: int
    span_s: float


class Load:
    """One load of a server; `note` gets the number of the client, when it sent a request, and what came of it."""

    def __init__(
        self, server: ServerProcess, upload: Upload, plan: LoadPlan, note: Callable[[int, float, Reply], None]
    ) -> None:
        self._server, self._upload, self._plan, self._note = server, upload, plan, note
        self._lock = threading.Lock()
        self._left = plan.requests
        self._over = threading.Event()
        self._began = 0.0

    def send(self, deadline: float) -> bool:
        """Send everything; return whether that was possible before the server ended, or the deadline came."""
        start = threading.Barrier(self._plan.clients + 1)
        clients = [
            threading.Thread(target=self._be_client, args=(number, start, deadline), daemon=True)
            for number in range(1, self._plan.clients + 1)
        ]
        for client in clients:
            client.start()
        self._began = time.monotonic()
        start.wait()
        for client in clients:
            while client.is_alive():
                if self._server.look() is not None or time.monotonic() > deadline:
                    self._end(clients)
                    return False
                client.join(_TICK_S)
        return self._server.look() is None

    def _end(self, clients: Sequence[threading.Thread]) -> None:
        """Let nobody send another request; answers that have come already are noted, however busy the node is."""
        self._over.set()
        until = time.monotonic() + _LAST_WORDS_S
        for client in clients:
            client.join(max(0.0, until - time.monotonic()))

    def _be_client(self, number: int, start: threading.Barrier, deadline: float) -> None:
        start.wait()
        sent = 0
        while self._take(sent):
            began = time.monotonic()
            reply = ask(self._server.port, self._upload, deadline)
            if self._over.is_set() and reply.refusal:
                return  # that is the end, and no answer
            self._note(number, (began - self._began) * 1000, reply)
            sent += 1

    def _take(self, sent: int) -> bool:
        """Return whether a client that has `sent` so many requests may send another one."""
        with self._lock:
            late = time.monotonic() - self._began > self._plan.span_s
            if self._over.is_set() or not self._left or (late and sent):
                return False
            self._left -= 1
            return True
