"""The one place that opens files which others may have written: results, logs, trees, settings, weights, recordings.

Only regular files are read, and only up to a limit. Everything else is refused at once: a FIFO or a device has no end,
a socket or a folder is not a file, a link may lead back to itself. Below a foreign folder (`within`) no link is
followed, neither to a file nor to a folder on the way, because it may lead to other people's files. A limit of the
system is not the fault of a file: all functions raise LimitError then.

A pipe is read if it belongs to the caller: standard input, or what a shell passes for `<(command)`.
"""

import contextlib
import errno
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from harness.errors import HarnessError, UnreadableError
from harness.system.limit import limit_of_read

# No log, report or record is as long as this: a log that goes on after 64 MB is cut there, and says so.
MOST_FILE_BYTES = 65 << 20
# No folder holds so many, unless somebody fills the memory of whoever lists it.
MOST_ENTRIES = 2_000_000
_CHUNK_BYTES = 1 << 20
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO that takes the file's place is not waited for
_FOLDER = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY
# A folder on the way need not be one that may be listed.
_ENTER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC | os.O_DIRECTORY
_HANDED = re.compile(r"/dev/std(?:in|out|err)|(?:/dev|/proc/self)/fd/[0-9]+")
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


_HINTS = {
    "a link": "put a copy of the file in its place, or name the file itself",
    "a folder": "name a file in it",
    "a FIFO": "write its output to a file, and name that",
    "a socket": "name a file",
    "a character device": "name a file",
    "a block device": "name a file",
}


class MissingError(UnreadableError):
    """There is no such file."""


class FolderListing(NamedTuple):
    """The contents of a folder: names of regular files, of folders, and of others with their kind; each sorted."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


def open_file(path: Path, *, within: Path | None = None, most_bytes: int = MOST_FILE_BYTES) -> io.BufferedReader:
    """Return a regular file, opened for reading.

    A path that a person named may lead through links. A path `within` a folder may not, from that folder on. Raises
    MissingError if it does not exist, UnreadableError for anything but a regular file, for a link within that folder,
    for a file of more than `most_bytes`, and for one without read permission.
    """
    return _open(path, within, most_bytes, _require_regular)


def _open(path: Path, within: Path | None, most_bytes: int, require: Callable[[Path, int], None]) -> io.BufferedReader:
    handle = -1
    try:
        with _way(path, within) as way:
            require(path, way.look())  # before it is opened: opening a device can do something
            handle = way.open(_READ)
        found = os.fstat(handle)
        require(path, found.st_mode)
        if found.st_size > most_bytes:
            raise UnreadableError(
                f"{path} is too large to be read",
                cause=f"it has {found.st_size} bytes, but at most {most_bytes} are read",
            )
        if stat.S_ISFIFO(found.st_mode):
            os.set_blocking(handle, True)  # what comes through it is waited for
        file, handle = os.fdopen(handle, "rb"), -1
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None
    finally:
        if handle >= 0:
            os.close(handle)
    return file


def read_bytes(path: Path, *, within: Path | None = None, most_bytes: int = MOST_FILE_BYTES) -> bytes:
    """Return the content of a regular file; raises what `open_file` raises, also for one that grows meanwhile.

    A pipe that a shell passed is read to its end.
    """
    require = _require_stream if within is None and is_handed(path) else _require_regular
    with _open(path, within, most_bytes, require) as file:
        try:
            # Memory is taken for all that is asked for, so that is not the bound.
            size = min(os.fstat(file.fileno()).st_size, most_bytes)
            content = file.read(size + 1)
            if len(content) > size:  # it grows, or has no size
                content += file.read(most_bytes + 1 - len(content))
        except OSError as error:
            raise _refusal(path, error) from None
    if len(content) > most_bytes:
        raise UnreadableError(f"{path} is too large to be read", cause=f"at most {most_bytes} bytes are read")
    return content


def read_text(path: Path, *, within: Path | None = None, most_bytes: int = MOST_FILE_BYTES) -> str:
    """Return the content as text, with U+FFFD for what is not UTF-8; raises what `open_file` raises."""
    return read_bytes(path, within=within, most_bytes=most_bytes).decode("utf-8", errors="replace")


def is_regular(path: Path, *, within: Path | None = None) -> bool:
    """Return whether `open_file` would find a regular file; raises LimitError if a limit hides the answer."""
    try:
        with _way(path, within) as way:
            return stat.S_ISREG(way.look())
    except OSError as error:
        if limit := limit_of_read(error, str(path)):
            raise limit from None
        return False
    except ValueError:
        return False


def list_folder(folder: Path, *, within: Path | None = None, most_entries: int = MOST_ENTRIES) -> FolderListing:
    """Return the contents of a folder, without following links.

    The folder itself may be a link, unless it is `within` another one. Raises MissingError if it does not exist,
    UnreadableError for anything but a folder, for one that cannot be opened, and for one with more than `most_entries`.
    """
    files, folders, others = [], [], []
    try:
        with _way(folder, within) as way:
            mode = way.look()
            if not stat.S_ISDIR(mode):
                raise UnreadableError(f"{folder} is {name_kind(mode)}, not a folder")
            handle = way.open(_FOLDER)
        try:
            with os.scandir(handle) as entries:
                for number, entry in enumerate(entries):
                    if number >= most_entries:
                        cause = f"at most {most_entries} are read"
                        raise UnreadableError(f"{folder} holds too many files and folders", cause=cause)
                    if entry.is_file(follow_symlinks=False):
                        files.append(entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    else:
                        others.append((entry.name, name_kind(entry.stat(follow_symlinks=False).st_mode)))
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _refusal(folder, error) from None
    return FolderListing(files=tuple(sorted(files)), folders=tuple(sorted(folders)), others=tuple(sorted(others)))


def walk_tree(root: Path) -> Iterator[tuple[Path, FolderListing, list[str]]]:
    """Yield `root` and each folder below it with its contents and the list of folders to enter, which may be changed.

    No link is followed. Raises what `list_folder` raises for `root`; a folder below it that cannot be listed is yielded
    as one that holds only itself, with the error as its kind.
    """
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            found = list_folder(folder, within=None if folder == root else root)
        except UnreadableError as error:
            if folder == root:
                raise
            found = FolderListing(others=(("", error.line),))
        entered = list(found.folders)
        yield folder, found, entered
        waiting += [folder / name for name in reversed(entered)]


def copy_file(path: Path, target: BinaryIO, *, within: Path | None = None, most_bytes: int = MOST_FILE_BYTES) -> None:
    """Write the content of a regular file to `target`; raises what `read_bytes` raises, OSError for the target."""
    left = most_bytes
    with open_file(path, within=within, most_bytes=most_bytes) as file:
        while chunk := file.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise UnreadableError(f"{path} is too large to be read", cause=f"at most {most_bytes} bytes are read")
            target.write(chunk)


def is_handed(path: Path) -> bool:
    """Return whether a path names a stream that this process was started with, as `<(command)` does."""
    return _HANDED.fullmatch(str(path)) is not None


def name_kind(mode: int) -> str:
    """Return the kind of a file from its mode, with its article."""
    return next((name for fits, name in _KINDS if fits(mode)), "a regular file")


class _Way(NamedTuple):
    """The place of a file: its name in an open folder, or its path; and whether links are followed."""

    name: str
    folder: int | None
    follow: bool

    def look(self) -> int:
        """Return the mode of the file."""
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=self.follow).st_mode

    def open(self, flags: int) -> int:
        """Return a file descriptor."""
        return os.open(self.name, flags if self.follow else flags | os.O_NOFOLLOW, dir_fd=self.folder)


@contextlib.contextmanager
def _way(path: Path, within: Path | None) -> Iterator[_Way]:
    """Yield the place of a file, reached from the folder `within` component by component without following links."""
    if within is None:
        yield _Way(os.fspath(path), None, follow=True)
        return
    if path.parent == within and path.name not in ("", ".."):  # most are, and that is quicker
        yield _Way(os.fspath(path), None, follow=False)
        return
    *before, name = path.relative_to(within).parts or ("..",)
    if ".." in (*before, name):
        raise UnreadableError(f"cannot read {path}", cause=f"it is not inside {within}")
    handle = os.open(within, _ENTER)
    try:
        for part in before:
            below = _enter(handle, part, path)
            os.close(handle)
            handle = below
        yield _Way(name, handle, follow=False)
    finally:
        os.close(handle)


def _enter(handle: int, part: str, path: Path) -> int:
    try:
        return os.open(part, _ENTER | os.O_NOFOLLOW, dir_fd=handle)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        kind = name_kind(os.lstat(part, dir_fd=handle).st_mode)
        raise UnreadableError(f"cannot read {path}", cause=f"{part} is {kind}, not a folder") from None


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = name_kind(mode)
        cause = "links are not followed in folders that others can write to" if stat.S_ISLNK(mode) else ""
        raise UnreadableError(
            f"{path} is {kind}, not a regular file", cause=cause or "only regular files are read", hint=_HINTS[kind]
        )


def _require_stream(path: Path, mode: int) -> None:
    if not stat.S_ISFIFO(mode):
        _require_regular(path, mode)


def _refusal(path: Path, error: OSError | ValueError) -> HarnessError:
    if isinstance(error, ValueError):  # a zero byte
        return MissingError(f"cannot read {str(path)!r}", cause=str(error))
    if limit := limit_of_read(error, str(path)):  # nobody may pass over a file that is there
        return limit
    if error.errno == errno.ELOOP:
        return UnreadableError(
            f"cannot read {path}", cause="it is a link that leads back to itself", hint=f"ls -l {path}"
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return MissingError(f"cannot read {path}", cause=error.strerror or str(error))
    return UnreadableError(f"cannot read {path}", cause=error.strerror or str(error))
