"""One measurement at a time on a node: two would time each other."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnfitError


@contextlib.contextmanager
def node_lock(*, wait: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Hold the node for the length of the block; raises UnfitError when it is busy and `wait` is false.

    The lock lies in the folder for temporary files, not in the cache: users with different caches share the
    processor all the same. The kernel releases it when its holder dies.
    """
    import filelock

    lock = filelock.FileLock(Path(tempfile.gettempdir()) / "whisper-harness-node.lock", mode=0o666)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if not wait:
            cause = "two benchmarks at once would measure each other"
            raise UnfitError("another run is busy on this node", cause=cause, hint="leave out --no-wait") from None
        note("another run is busy on this node: waiting for it to end (Ctrl-C to give up)")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
