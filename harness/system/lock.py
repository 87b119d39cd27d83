"""Locks between processes, which the kernel releases when their holder dies."""

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
    """Hold the lock file `path` for the duration of the block; if another process has it, call `busy` and wait."""
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
    """Return a descriptor that holds the lock file `path` until it is closed, or None if another process has it.

    For folders that others can write to: no link is followed, and nothing is truncated. A file that was removed before
    it was locked does not count. Raises OSError if the file cannot be made or locked, or is not a regular file.
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
    """The lock of a folder, held until this object is closed or dropped, or the process ends."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def close(self) -> None:
        """Release the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        """Release the lock."""
        self.close()


def claim_folder(path: Path) -> FolderClaim | None:
    """Return the lock of a folder itself, which leaves no file behind and follows a renaming.

    None if another process has it, or if that cannot be determined, as on some network file systems.
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
    """Return whether another process has locked a folder; False if that cannot be determined."""
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
    """Return whether a path is a lock file: a regular file without content."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


def is_held(path: Path) -> bool:
    """Return whether another process holds the lock file `path`; False if that cannot be determined."""
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
    """Return which process holds the lock file `path`, as ` (process 4711)`, or an empty string."""
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
    """Return the lock that a run holds, in the folder for temporary files, because all caches share the processor."""
    return Path(tempfile.gettempdir()) / "whisper-harness-node.lock"


def cache_lock_name() -> str:
    """Return the name of the lock shared by runs on one machine with one cache, whatever their temporary folders."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = platform.node()
    return f"node-{short_hash(machine, length=8)}.lock"


def answer_busy(*, wait: bool, note: Callable[[str], None]) -> Callable[[], None]:
    """Return what to call if another run is in progress: a note before waiting, or UnfitError if not `wait`."""

    def busy() -> None:
        if not wait:
            cause = "two benchmarks at once would disturb each other"
            raise UnfitError("another run is in progress on this node", cause=cause, hint="leave out --no-wait")
        note("waiting for another run on this node to end (Ctrl-C to give up)")

    return busy


@contextlib.contextmanager
def node_lock(*, wait: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Lock the node, since two measurements at once would disturb each other; raises UnfitError if not `wait`."""
    with _placed(node_lock_path(), "the node cannot be locked", busy=answer_busy(wait=wait, note=note)):
        yield


def night_lock_path() -> Path:
    """Return the lock that a night's watch holds from its first look to its report."""
    return Path(tempfile.gettempdir()) / "whisper-harness-night.lock"


@contextlib.contextmanager
def night_lock(*, wait: bool = False, note: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Keep other nights from this node: wait for the one that is in progress, or raise UnfitError, which names it."""
    path = night_lock_path()

    def busy() -> None:
        if wait:
            note(f"waiting for another night on this node to end{find_holder(path)}")
            return
        hint = "wait until it has ended; a night that was stopped goes on by itself with the next one"
        cause = "two nights would do the same work"
        raise UnfitError(f"another night is in progress on this node{find_holder(path)}", cause=cause, hint=hint)

    with _placed(path, "the night cannot be locked", busy=busy):
        yield


@contextlib.contextmanager
def _placed(path: Path, what: str, *, busy: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file in the folder for temporary files; raises UnfitError, saying `what`, if it cannot be made."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(path, busy=busy))
        except OSError as error:
            cause = f"{error.strerror or error}: {error.filename}" if error.filename else error.strerror or str(error)
            hint = "remove what is in the way, or set TMPDIR to another folder"
            raise UnfitError(what, cause=cause, hint=hint) from None
        yield
