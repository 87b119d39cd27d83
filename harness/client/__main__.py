"""The client: it starts a server, puts it under load, stops it, and prints a line of JSON for each event.

    python -m harness.client --audio FILE --clients N --requests N --span SECONDS --seconds SECONDS -- SERVER [WORD]...

    start     the `port`; the server gets --host and --port after its own words
    ready     after so many `seconds`
    warm      the first request, which does not count: `ms`, `digest` of its text, or `refusal`
    request   the number of the `client`, `sent_ms` after the load began, then as above
    load      it is over: whether it was `finished`, before the time was over and the server at its end
    failure   why there was no load, or only a part of it: `reason`
    end       the `exit_code` of the server, its `max_rss_bytes`, and whether it ended `early`, by itself

The server's own output goes to the same places as ours. Each event but the last is printed as soon as it happens.
`--requests` are sent by all clients together; after `--span` seconds nobody sends another one. The server is stopped
after `--seconds` at the latest, and on any signal that ends this program.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from harness.client.load import Load, LoadPlan
from harness.client.request import Reply, ask, read_upload
from harness.client.server import ServerError, ServerProcess, start_server

PROTOCOL = 1
_OPTIONS = ("--audio", "--clients", "--requests", "--span", "--seconds")
_USAGE = f"usage: python -m harness.client {' '.join(f'{name} VALUE' for name in _OPTIONS)} -- SERVER [WORD]..."
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# After its time, a load ends by itself; so much later, whatever is still going on is interrupted.
_GRACE_S = 0.5
_writing = threading.Lock()


class Order(NamedTuple):
    """What is asked for: the words of the server, the recording, the load, and the seconds that all may take."""

    words: tuple[str, ...]
    audio: Path
    plan: LoadPlan
    seconds: float


class Stopped(BaseException):
    """A signal asked this program to end."""


def main(argv: Sequence[str]) -> int:
    """Put a server under load; return 0 whatever came of it, 1 for a signal, 2 for a wrong call."""
    order = read_order(argv)
    if order is None:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    for number in _SIGNALS:
        signal.signal(number, _stop)
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, order.seconds + _GRACE_S)
    servers: list[ServerProcess] = []
    gently = False
    try:
        gently = _measure(order, servers)
    except ServerError as error:
        _tell("failure", reason=str(error))
    except Stopped:
        return 1
    finally:
        for number in (*_SIGNALS, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)  # nothing interrupts the end
        for server in servers:
            early = server.look() is not None
            ending = server.stop(gently=gently)
            if server is servers[-1]:
                _tell("end", exit_code=ending.exit_code, max_rss_bytes=ending.max_rss_bytes, early=early)
    return 0


def read_order(argv: Sequence[str]) -> Order | None:
    """Return what the command line asks for, None for a wrong one."""
    own, words = list(argv[: 2 * len(_OPTIONS)]), tuple(argv[2 * len(_OPTIONS) + 1 :])
    values = dict(zip(own[::2], own[1::2], strict=False))
    if set(values) != set(_OPTIONS) or not words:
        return None
    try:
        plan = LoadPlan(int(values["--clients"]), int(values["--requests"]), float(values["--span"]))
        order = Order(words, Path(values["--audio"]), plan, float(values["--seconds"]))
    except ValueError:
        return None
    return order if plan.clients > 0 and plan.requests > 0 else None


def _measure(order: Order, servers: list[ServerProcess]) -> bool:
    """Put a server under load; return whether there is time left to stop it gently."""
    deadline = time.monotonic() + order.seconds
    try:
        upload = read_upload(order.audio)
    except OSError as error:
        raise ServerError(f"the recording cannot be read: {error.strerror}") from None
    server = start_server(order.words, deadline, servers.append)
    _tell("start", protocol=PROTOCOL, port=server.port)
    _tell("ready", seconds=round(time.monotonic() - server.began, 3))
    first = ask(server.port, upload, deadline)
    _tell("warm", **_describe(first))
    if not first.refusal:
        _tell("load", finished=Load(server, upload, order.plan, _note).send(deadline))
    return time.monotonic() < deadline


def _note(client: int, sent_ms: float, reply: Reply) -> None:
    _tell("request", client=client, sent_ms=round(sent_ms, 3), **_describe(reply))


def _describe(reply: Reply) -> dict[str, object]:
    return {"ms": round(reply.ms, 3), "digest": reply.digest, "refusal": reply.refusal}


def _tell(event: str, **facts: object) -> None:
    with _writing:
        sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
        sys.stdout.flush()


def _stop(_: int, __: FrameType | None) -> None:
    raise Stopped


def _give_up(_: int, __: FrameType | None) -> None:
    """End what waits for a server that sends a byte now and then: no single wait is too long for a socket."""
    raise ServerError("the first request was not answered in time")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
