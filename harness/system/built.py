"""The files of a build that are measured: whether they change, and copies of them."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import UnreadableError
from harness.system.digest import MOST_MODEL_BYTES
from harness.system.foreign import copy_file, open_file
from harness.system.fresh import create_file

_LIBRARY = re.compile(r"lib(?:whisper|ggml)[^/]*\.(?:so|dylib)[.\d]*")
_MEASURED = re.compile(rf"{_LIBRARY.pattern}|whisper-bench|bench|whisper-cli|main")
_OBJECT = re.compile(r"[^/]+\.(?:o|a)")
# CMake's own folders: objects, and programs by which it tries what the compiler can do.
_OBJECTS = "CMakeFiles"
_SKIPPED = frozenset({"Testing", "_deps", "layouts"})
_NOT_MEASURED = _SKIPPED | {_OBJECTS}
# Larger ones hold the kernels of a GPU, which are read into its own memory.
_MOST_COPIED_BYTES = 64 << 20
_PERMISSIONS = 0o777

# The stamps of a build (`plan.run`): without the first of them it is begun with an empty folder.
MARKS = (".harness-configured", ".harness-built")

# Of a file: what writing to it, or putting another in its place, changes; the time that moving it away and back changes
# as well; and what else changes that time, and is neither: its mode, its owner, and how many names it has.
FileState = tuple[int, int, int, int, int, int, int, int]
# A link to a file, and the file itself.
FileStates = tuple[FileState | None, FileState | None]


class BuiltFiles:
    """A snapshot of the libraries and programs in the folder of a build.

    If the build is `linked` again for every measurement, a snapshot of its object files instead.
    """

    def __init__(self, folder: Path, *, linked: bool = False) -> None:
        self._folder = folder
        found = _find(folder, _OBJECT, _SKIPPED) if linked else _find(folder, _MEASURED, _NOT_MEASURED)
        self._known = {path: (look(path), _sum(path)) for path in found}

    @property
    def sums(self) -> tuple[tuple[str, str], ...]:
        """Each file by its name in the folder, with a digest of its content, as in `Run.built`."""
        return tuple(sorted((str(path.relative_to(self._folder)), known) for path, (_, known) in self._known.items()))

    def find_other(self) -> str:
        """Return the first file below the folder that has changed or no longer exists, or an empty string."""
        for path, (seen, known) in self._known.items():
            now = look(path)
            if now != seen:
                if not known or _sum(path) != known:
                    return str(path.relative_to(self._folder))
                self._known[path] = (now, known)  # or it would be read again after every measurement
        return ""


def distrust(folder: Path) -> None:
    """Remove the stamps of a build that somebody wrote to, so that it is made again before the next use."""
    for name in MARKS:
        with contextlib.suppress(OSError):
            (folder / name).unlink()


def copy_built(folder: Path, into: Path, program: str = "") -> None:
    """Copy the libraries of a build into a new folder, each at its path in the build, and its program of this path.

    Every copy is a separate file, with its own pages in memory. Links stay links; files that are too large to copy for
    each block become links. Raises OSError, and UnreadableError for files that cannot be read.
    """
    programs = [Path(program)] if program else []
    for path in (*_find(folder, _LIBRARY, _NOT_MEASURED), *programs):
        copy = into / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() and path.readlink().parent == Path():
            copy.symlink_to(path.readlink())
        elif path.stat().st_size > _MOST_COPIED_BYTES:
            copy.symlink_to(path.resolve())
        else:
            _copy(path, copy)


def _copy(path: Path, copy: Path) -> None:
    try:
        with create_file(copy, mode=path.stat().st_mode & _PERMISSIONS) as file:
            copy_file(path, file, most_bytes=_MOST_COPIED_BYTES)
    except OSError as error:
        error.filename = error.filename or str(copy)  # a failed write does not tell where
        raise


def find_shared(loaded: Sequence[str], root: str) -> str:
    """Return the first library that a process has loaded from outside the copies below `root`, or an empty string."""
    if not root:
        return ""
    own = os.path.realpath(root)
    links = {os.path.realpath(path) for path in Path(root).rglob("*") if path.is_symlink()}
    return next((path for path in loaded if not Path(path).is_relative_to(own) and path not in links), "")


def _find(folder: Path, wanted: re.Pattern[str], skipped: frozenset[str]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in skipped]
        yield from (Path(parent) / name for name in files if wanted.fullmatch(name))


def look(path: Path) -> FileState | None:
    """Return inode, length, times, mode, names and owner of a file, or of a link, or None."""
    try:
        found = path.lstat()
    except OSError:
        return None
    content = (found.st_ino, found.st_size, found.st_mtime_ns)
    return *content, found.st_ctime_ns, found.st_mode, found.st_nlink, found.st_uid, found.st_gid


def look_through(path: str) -> FileStates:
    """Return the state of a path, and of the target if it is a link; None for what does not exist."""
    return look(Path(path)), look(Path(os.path.realpath(path)))  # Path.resolve raises an error for a loop of links


def is_touched(before: FileState | None, now: FileState | None) -> bool:
    """Return whether the content of a file may have changed, even temporarily.

    A change of mode or owner, or a further name such as a backup creates, does not count.
    """
    if before is None or now is None or before[:3] != now[:3]:
        return before != now
    return before[3] != now[3] and before[4:] == now[4:]


def _sum(path: Path) -> str:
    """Return a digest of a file, or the target of a link; empty if it cannot be read."""
    try:
        if path.is_symlink():
            return f"to {path.readlink()}"
        with open_file(path, most_bytes=MOST_MODEL_BYTES) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (UnreadableError, OSError):
        return ""
