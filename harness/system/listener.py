"""What a short child says: read until it ends, or to a deadline, and no more than can be an answer."""

import os
import selectors
import time
from collections.abc import Callable, Sequence
from typing import IO

from harness.records.outcome import MOST_BYTES

_LISTEN_S = 0.5
_CHUNK_BYTES = 1 << 16


class TooMuchError(Exception):
    """The child goes on saying things."""


def listen(streams: Sequence[IO[bytes]], ended: Callable[[], bool], deadline: float) -> list[bytes]:
    """Return what comes on each of these pipes until all are closed, or until the deadline.

    Where the child has `ended`, a daemon of its own may hold a pipe: what has come is the answer. Raises TooMuchError.
    """
    said = {stream.fileno(): bytearray() for stream in streams}
    ended_s = 0.0
    with selectors.SelectSelector() as selector:  # no further file: there may be none left
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and (now_s := time.monotonic()) < deadline:
            if not ended_s and ended():
                ended_s = now_s
            if ended_s and now_s > ended_s + _LISTEN_S:
                break
            for key, _ in selector.select(min(_LISTEN_S, deadline - now_s)):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                said[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fileobj)
            if sum(map(len, said.values())) > MOST_BYTES:
                raise TooMuchError
    return [bytes(one) for one in said.values()]
