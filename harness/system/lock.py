"""Locks between processes; the kernel releases them when their holder dies."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnfitError

_EVERYBODY = 0o666


@contextlib.contextmanager
def hold(path: Path, *, busy: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path` for the length of the block; where another process has it, call `busy` and wait."""
    import filelock

    lock = filelock.FileLock(path, mode=_EVERYBODY)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        busy()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def node_lock(*, wait: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Hold the node: two measurements at once would time each other. Raises UnfitError if it is busy and not `wait`.

    The lock lies in the folder for temporary files (TMPDIR), not in the cache: runs with different caches share the
    processor all the same.
    """

    def busy() -> None:
        if not wait:
            cause = "two benchmarks at once would measure each other"
            raise UnfitError("another run is busy on this node", cause=cause, hint="leave out --no-wait")
        note("another run is busy on this node: waiting for it to end (Ctrl-C to give up)")

    with hold(Path(tempfile.gettempdir()) / "whisper-harness-node.lock", busy=busy):
        yield
