"""Files that are made anew: never through a link, never into what is there already, and whole before they are seen."""

import contextlib
import errno
import fcntl
import io
import os
import re
import secrets
import stat
from pathlib import Path

from harness.system.foreign import is_handed, name_kind

# Behind the name of a file that is being written, after a word of its own.
TEMPORARY = ".tmp"
_WORD = re.compile(r"\.[0-9a-f]{8}")
_NEW = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LOG = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MODE = 0o666  # and the umask
_ATTEMPTS = 100
# Devices that take whatever is written to them: terminals, and those that are there for it.
_STREAMS = ("/dev/null", "/dev/full", "/dev/tty", "/dev/pts/", "/dev/console")


def create_file(path: Path, *, mode: int = _MODE) -> io.BufferedRandom:
    """Return a new file, opened for writing and reading; raises FileExistsError where anything has that name."""
    return os.fdopen(os.open(path, os.O_RDWR | _NEW, mode), "w+b")


def write_atomic(path: Path, content: bytes, *, durable: bool = True, mode: int = _MODE) -> None:
    """Replace `path` as a whole: readers see the old content or the new, never a part.

    Its `mode` is what the umask leaves of this one.
    What is `durable` is on the disk before it gets its name: a power loss cannot leave an empty file under it. What a
    killed process left of an earlier try is removed.
    """
    _clear(path)
    file, temporary = _create_beside(path, mode)
    try:
        with file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
            file.flush()
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_file(path: Path) -> None:
    """Make a file or folder durable; what else was put there is neither followed nor waited for.

    Some file systems of networks have no such thing as a durable folder.
    """
    mode = path.lstat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.fsync(handle)
    except OSError as error:
        if stat.S_ISREG(mode) or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def make_folders(path: Path, *, within: Path) -> None:
    """Make a folder below `within`, and those on the way; raises OSError where one of them is a link or a file.

    `within` itself, which is made too, is a path that a person named, and may lead through links.
    """
    within.mkdir(parents=True, exist_ok=True)
    here = within
    for part in path.relative_to(within).parts:
        if part == os.pardir:
            raise OSError(errno.EINVAL, f"it is not inside {within}", str(path))
        here /= part
        with contextlib.suppress(FileExistsError):
            here.mkdir()
            continue
        mode = here.lstat().st_mode
        if not stat.S_ISDIR(mode):
            raise OSError(errno.EINVAL, f"{here} is {name_kind(mode)}, not a folder", str(path))


def write_output(path: Path, content: bytes) -> None:
    """Write what a person named: a file as a whole, through links; a pipe that somebody reads; a terminal; /dev/null.

    A file that is named as /dev/stdout or /dev/fd/N may hold something already: that is kept, and the content added.
    Raises OSError for anything else, a device above all, and for links that go round.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    real = os.path.realpath(path)
    if stat.S_ISREG(mode) and not is_handed(path):
        write_atomic(Path(real), content)
        return
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or (stat.S_ISCHR(mode) and real.startswith(_STREAMS))):
        raise OSError(errno.EINVAL, f"it is {name_kind(mode)}, not a file", str(path))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a FIFO without a reader", str(path)) from None
        raise
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def open_log(path: Path, *, mode: int = _MODE) -> io.FileIO:
    """Return a log, made if there is none, opened for reading and for adding to its end.

    Raises OSError where it cannot be opened, and for what is not a regular file, at once.
    """
    handle = _open_regular(path, _LOG, mode)
    os.set_blocking(handle, True)  # the child that gets it expects nothing else
    return os.fdopen(handle, "ab+", buffering=0)


def open_part(path: Path) -> io.BufferedRandom:
    """Return a file that is being made and goes on where it ended, made if there is none.

    Raises what `open_log` raises.
    """
    return os.fdopen(_open_regular(path, _LOG & ~os.O_APPEND, _MODE), "r+b")


def _open_regular(path: Path, flags: int, mode: int) -> int:
    with contextlib.suppress(FileNotFoundError):
        _require_regular(path, os.lstat(path).st_mode)
    handle = os.open(path, flags, mode)
    try:
        _require_regular(path, os.fstat(handle).st_mode)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {name_kind(mode)}, not a regular file", str(path))


def _create_beside(path: Path, mode: int) -> tuple[io.BufferedRandom, Path]:
    """Return a new file beside `path`, locked as long as it is open, and its name."""
    for _ in range(_ATTEMPTS):
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
        try:
            file = create_file(temporary, mode=mode)
        except FileExistsError:
            continue
        if _lock(file.fileno()) and os.fstat(file.fileno()).st_nlink:
            return file, temporary
        file.close()  # taken for a leftover in the moment before it was locked
        temporary.unlink(missing_ok=True)
    raise FileExistsError(f"no temporary file can be made beside {path}")


def _lock(handle: int) -> bool:
    """Hold the lock of a new file; return whether nobody else does."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nothing is taken for a leftover there
        return True
    return True


def _clear(path: Path) -> None:
    """Remove what killed processes left beside `path`: nobody holds its lock."""
    with contextlib.suppress(OSError):
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(f"{path.name}.")]
        for name in names:
            if name.endswith(TEMPORARY) and _WORD.fullmatch(name[len(path.name) : -len(TEMPORARY)]):
                _remove_dead(path.with_name(name))


def _remove_dead(path: Path) -> None:
    with contextlib.suppress(OSError):
        # For writing, as network file systems lock nothing else.
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
