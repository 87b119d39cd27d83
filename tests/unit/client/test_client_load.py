"""How a load ends: what was answered counts, what the end itself broke does not."""

import threading
import time

import pytest

from harness.client import load
from harness.client.load import Load, LoadPlan
from harness.client.request import Reply, Upload
from harness.client.server import Ending


class Mortal:
    """A server that ends at the first request."""

    port = 1

    def __init__(self) -> None:
        self.asked, self.seen = threading.Event(), threading.Event()

    def look(self) -> Ending | None:
        if not self.asked.is_set():
            return None
        self.seen.set()
        return Ending(-11, 0)


@pytest.mark.parametrize(("reply", "noted"), [(Reply(5.0, "abc"), 1), (Reply(5.0, refusal="the connection broke"), 0)])
def test_an_answer_that_came_before_the_end_is_noted(monkeypatch: pytest.MonkeyPatch, reply: Reply, noted: int) -> None:
    server, notes = Mortal(), list[Reply]()

    def ask(*_: object) -> Reply:
        server.asked.set()
        server.seen.wait()
        time.sleep(0.05)  # a busy node: the end is seen before the answer is read
        return reply

    monkeypatch.setattr(load, "ask", ask)
    whole = Load(server, Upload(b"", ""), LoadPlan(1, 8, 60.0), lambda *it: notes.append(it[2]))  # type: ignore[arg-type]
    assert not whole.send(time.monotonic() + 60)
    assert notes == [reply] * noted
