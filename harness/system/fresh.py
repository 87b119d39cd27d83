"""New files: never written through a link or into an existing file, and complete before they get their name."""

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
    """Return a new file, opened for writing and reading; raises FileExistsError if the name is taken."""
    return os.fdopen(os.open(path, os.O_RDWR | _NEW, mode), "w+b")


def write_atomic(path: Path, content: bytes, *, durable: bool = True, mode: int = _MODE) -> None:
    """Replace `path` atomically: readers see the old content or the new, never a part.

    `mode` is subject to the umask. A `durable` file is on the disk before it gets its name, so that a power loss cannot
    leave an empty file. Leftovers of killed processes are removed.
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
    """Make a file or folder durable; links are not followed, and FIFOs are not waited for.

    Some network file systems cannot make folders durable.
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
    """Make a folder below `within` with its parents; raises OSError if one of them is a link or a file.

    `within` itself, which is made as well, is a path that a person named, and may lead through links.
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
    """Write to what a person named: a file, atomically and through links; a pipe with a reader; a terminal; /dev/null.

    A file that is named as /dev/stdout or /dev/fd/N may have content, which is kept and appended to. Raises OSError for
    anything else, such as a device, and for links that lead back to themselves.
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
    """Return a log, made if there is none, opened for reading and appending.

    Raises OSError if it cannot be opened, and at once for anything but a regular file.
    """
    handle = _open_regular(path, _LOG, mode)
    os.set_blocking(handle, True)  # the child that gets it expects nothing else
    return os.fdopen(handle, "ab+", buffering=0)


def open_part(path: Path) -> io.BufferedRandom:
    """Return an unfinished file, opened for appending, made if there is none.

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
    """Return a new file beside `path`, locked while it is open, and its name."""
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
    """Lock a new file; return whether no other process holds the lock."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nothing is taken for a leftover there
        return True
    return True


def _clear(path: Path) -> None:
    """Remove leftovers of killed processes beside `path`, which nobody locks."""
    with contextlib.suppress(OSError):
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(f"{path.name}.")]
        for name in names:
            if name.endswith(TEMPORARY) and _WORD.fullmatch(name[len(path.name) : -len(TEMPORARY)]):
                remove_dead(path.with_name(name))


def remove_dead(path: Path) -> None:
    """Remove what a killed process was writing; nothing if another process is writing it now."""
    with contextlib.suppress(OSError):
        # For writing, as network file systems lock nothing else.
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
