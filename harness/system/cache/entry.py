"""Cache entries: folders keyed by their content, valid only with a completion stamp.

An entry is made in a sibling folder and renamed, so that a killed process leaves nothing that looks complete; a lock
for each entry keeps two processes from making the same one.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.records.record import Record
from harness.system.foreign import read_bytes
from harness.system.fresh import create_file
from harness.system.lock import find_holder, hold

CONTENT = "tree"
STAMP = "complete.json"

Note = Callable[[str], None]
Facts = TypeVar("Facts", bound=Record)


class FolderExtent(Record):
    """The number of files below a folder, and their size in bytes."""

    files: int
    bytes: int


class _Stamp(Record):
    extent: FolderExtent
    facts: msgspec.Raw


def obtain_entry(
    folder: Path, facts: type[Facts], make: Callable[[Path], Facts], *, note: Note, generated: frozenset[str]
) -> Facts:
    """Return the facts of the entry at `folder`, whose content is `folder/tree`; make it first if it is incomplete.

    `make` receives a path that does not exist, fills it and returns the facts to store. Its files are write-protected
    afterwards. `generated` are relative paths in the content that others may write to, and that are not checked. Raises
    what `make` raises, and UnfitError if the cache cannot be written.
    """
    found = load_entry(folder, facts, generated=generated)
    if found is not None:
        return found
    with locked(folder, note=note):
        found = load_entry(folder, facts, generated=generated)
        if found is not None:
            return found
        if folder.exists():
            note(f"{folder.name} in the cache is damaged, and is made again")
        _remove_leftovers(folder)
        return _make_entry(folder, make, generated=generated)


def load_entry(folder: Path, facts: type[Facts], *, generated: frozenset[str]) -> Facts | None:
    """Return the facts of the entry at `folder`, or None if it is missing or incomplete."""
    try:
        stamp = msgspec.json.decode(read_bytes(folder / STAMP), type=_Stamp)
        if measure_extent(folder / CONTENT, without=generated) != stamp.extent:
            return None
        return msgspec.json.decode(stamp.facts, type=facts)
    except (OSError, UnreadableError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def measure_extent(folder: Path, *, without: frozenset[str] = frozenset()) -> FolderExtent:
    """Return the extent of `folder` without the relative paths `without`."""
    files = 0
    size = 0
    for path, status in _walk(folder):
        if path.relative_to(folder).as_posix() not in without:
            files += 1
            size += status.st_size
    return FolderExtent(files=files, bytes=size)


@contextlib.contextmanager
def locked(path: Path, *, note: Note) -> Iterator[None]:
    """Hold the lock of `path` (a file beside it); print a note once if another process has it.

    Raises UnfitError if the lock cannot be made.
    """
    with contextlib.ExitStack() as stack:
        with _writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_name(f"{path.name}.lock")
            waiting = f"waiting for another process, which is making {path.name}"
            stack.enter_context(hold(lock, busy=lambda: note(f"{waiting}{find_holder(lock)}")))
        yield


def _make_entry(folder: Path, make: Callable[[Path], Facts], *, generated: frozenset[str]) -> Facts:
    with _writing(folder.parent):
        partial = Path(tempfile.mkdtemp(prefix=_partial_prefix(folder), dir=folder.parent))
    try:
        with _writing(folder.parent):
            content = partial / CONTENT
            facts = make(content)
            _protect(content)
            stamp = _Stamp(
                extent=measure_extent(content, without=generated),
                facts=msgspec.Raw(msgspec.json.encode(facts)),
            )
            _write_through(partial / STAMP, msgspec.json.encode(stamp))
            partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return facts


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except HarnessError:
        raise
    except OSError as error:
        raise UnfitError(
            f"cannot write to the cache at {folder}",
            cause=error.strerror or str(error),
            hint="harness cache prune --older 30d  # or choose another folder with --cache",
        ) from None


def _partial_prefix(folder: Path) -> str:
    return f".{folder.name}.partial-"


def _remove_leftovers(folder: Path) -> None:
    """Remove a damaged entry and the leftovers of killed processes, protected by the lock."""
    for leftover in [folder, *folder.parent.glob(f"{_partial_prefix(folder)}*")]:
        if leftover.exists():
            with _writing(folder.parent):
                shutil.rmtree(leftover)


def _protect(folder: Path) -> None:
    # Files only: CMake's configure_file writes beside them and renames.
    for path, status in _walk(folder):
        if stat.S_ISREG(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) & ~0o222)


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*files, *links):
            path = Path(parent) / name
            yield path, path.lstat()


def _write_through(path: Path, content: bytes) -> None:
    with create_file(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
