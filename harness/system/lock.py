"""Locks between processes; the kernel releases them when their holder dies."""

import contextlib
import errno
import fcntl
import os
import platform
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnfitError
from harness.records.record import short_hash

_EVERYBODY = 0o666
_PID, _PLACE = 4, 5


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


def seize(path: Path) -> int | None:
    """Return a handle that holds the lock file `path` until it is closed; None where another process has it.

    For folders that others may write to: no link is followed, and nothing is emptied. A file that was removed before it
    was locked is not held. Raises OSError where the file cannot be made, is not a regular file or cannot be locked.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, _EVERYBODY)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:
            return handle
    except BlockingIOError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


class FolderClaim:
    """A folder that is held, until this is closed or dropped, or the process ends, however it ends."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def close(self) -> None:
        """Let go of the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        """Let go of the folder."""
        self.close()


def claim_folder(path: Path) -> FolderClaim | None:
    """Return the hold of a folder itself, which leaves nothing behind and goes with it where it is renamed.

    None where another process has it, and where that cannot be told, as on some network file systems.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    claim = FolderClaim(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return claim


def is_claimed(path: Path) -> bool:
    """Return whether another process holds a folder; where it cannot be asked, nobody is known to."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def is_lock(path: Path) -> bool:
    """Return whether a path is a lock file: a regular one, without content."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


def is_held(path: Path) -> bool:
    """Return whether another process holds the lock file `path`; where it cannot be asked, nobody is assumed to."""
    import filelock

    if not is_lock(path):  # to ask would empty it
        return False
    try:
        with filelock.FileLock(path, mode=_EVERYBODY, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # a read-only cache
        return False


def find_holder(path: Path, table: Path = Path("/proc/locks")) -> str:
    """Return which process holds the lock file `path`, as ` (process 4711)`; empty where the kernel does not tell."""
    try:
        inode = str(path.stat().st_ino)
        rows = [row.split() for row in table.read_text(encoding="ascii", errors="replace").splitlines()]
    except OSError:
        return ""
    # NUMBER: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END; one who waits has an arrow behind the number.
    for row in rows:
        if row[1:2] == ["FLOCK"] and len(row) > _PLACE and row[_PLACE].rpartition(":")[2] == inode:
            return f" (process {row[_PID]})" if int(row[_PID]) > 0 else ""
    return ""


def node_lock_path() -> Path:
    """Return the lock that a run holds: in the folder for temporary files, for all caches share the processor."""
    return Path(tempfile.gettempdir()) / "whisper-harness-node.lock"


def cache_lock_name() -> str:
    """Return the name of the lock that runs of one machine with one cache share, whatever their temporary folders."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = platform.node()
    return f"node-{short_hash(machine, length=8)}.lock"


def answer_busy(*, wait: bool, note: Callable[[str], None]) -> Callable[[], None]:
    """Return what happens where another run is busy on this node: a word and a wait, or UnfitError if not `wait`."""

    def busy() -> None:
        if not wait:
            cause = "two benchmarks at once would disturb each other"
            raise UnfitError("another run is in progress on this node", cause=cause, hint="leave out --no-wait")
        note("waiting for another run on this node to end (Ctrl-C to give up)")

    return busy


@contextlib.contextmanager
def node_lock(*, wait: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Hold the node: two measurements at once would time each other. Raises UnfitError if it is busy and not `wait`."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(node_lock_path(), busy=answer_busy(wait=wait, note=note)))
        except OSError as error:
            cause = f"{error.strerror or error}: {error.filename}" if error.filename else error.strerror or str(error)
            hint = "remove what is in the way, or set TMPDIR to another folder"
            raise UnfitError("the node cannot be locked", cause=cause, hint=hint) from None
        yield
