"""Servers that answer what no server should: the client gives a reason, and ends when its time is over."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.client.request import Upload, ask

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
# It is ready at once, and then answers with a byte now and then, each of them soon enough for a socket.
DRIPPING = """
import socket, sys, time
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
place.bind(("127.0.0.1", int(sys.argv[-1])))
place.listen()
while True:
    caller = place.accept()[0]
    asked = caller.recv(1 << 16)
    caller.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n")
    while asked.startswith(b"POST"):
        time.sleep(0.05)
        caller.sendall(b" ")
    caller.close()
"""


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """Answer one request with these bytes, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as place:

        def serve() -> None:
            caller = place.accept()[0]
            caller.recv(1 << 16)
            caller.sendall(answer)
            caller.close()

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield place.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (CHUNKED + b"-5\r\nabc\r\n", "the connection broke (ValueError)"),
        (CHUNKED + b"zz\r\n", "the connection broke (IncompleteRead)"),
        (HEAD + b"A: b\r\n" * 200 + b"\r\n", "the connection broke (HTTPException)"),
        (HEAD + b"A" * 70_000 + b"\r\n\r\n", "the connection broke (LineTooLong)"),
        (b"HTTP/1.1 abc\r\n\r\n", "the connection broke (BadStatusLine)"),
        (HEAD + b"Content-Length: -7\r\n\r\n{}", "the answer has no text"),
    ],
)
def test_what_is_no_answer_is_refused(answer: bytes, refusal: str) -> None:
    with listening(answer) as port:
        assert ask(port, Upload(b"x", "text/plain"), time.monotonic() + 60).refusal == refusal


def test_a_server_that_drips_is_given_up_when_the_time_is_over(tmp_path: Path) -> None:
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF")
    options = ("--clients", "1", "--requests", "1", "--span", "1", "--seconds", "2")
    words = (
        sys.executable,
        "-m",
        "harness.client",
        "--audio",
        str(audio),
        *options,
        "--",
        sys.executable,
        "-c",
        DRIPPING,
    )
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] in (["start", "ready", "failure", "end"], ["failure", "end"])
    assert "in time" in events[-2]["reason"], done.stderr
    assert not done.stderr
