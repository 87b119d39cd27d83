"""Who uses the cache now, and when and for what each entry was last used: small files in `used/`.

The times of the entries themselves do not show this: builds, sources and weights are not written to when they are used,
and sources are write-protected.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnreadableError
from harness.system.foreign import read_text
from harness.system.fresh import write_atomic
from harness.system.lock import answer_busy, cache_lock_name, hold, is_held, is_lock

_FOLDER = "used"
_GATE = "gate.lock"
_HOLDERS = "holder-*.lock"
_HOLDER = re.compile(r"holder-[0-9]+-[0-9a-f]{8}\.lock")


@contextlib.contextmanager
def occupy(cache: Path, *, note: Callable[[str], None]) -> Iterator[None]:
    """Keep every other process from pruning the cache for the duration of the block.

    If nothing can be written, nothing is locked: nobody can prune there either.
    """
    folder = cache / _FOLDER
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with hold(folder / _GATE, busy=lambda: note("waiting for harness cache prune to end")):
                holder = folder / _HOLDERS.replace("*", f"{os.getpid()}-{secrets.token_hex(4)}")
                stack.enter_context(hold(holder, busy=lambda: None))
                stack.callback(holder.unlink, missing_ok=True)
        yield


@contextlib.contextmanager
def hold_machine(cache: Path, *, wait: bool, note: Callable[[str], None]) -> Iterator[None]:
    """Lock the machine against runs with the same cache but another temporary folder, as in two containers.

    They do not see each other's lock of the node, would disturb each other, and build one tree of the user in the same
    folder. If nothing can be written, nothing is locked. Raises UnfitError if the machine is busy and not `wait`.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(hold(cache / _FOLDER / cache_lock_name(), busy=answer_busy(wait=wait, note=note)))
        yield


@contextlib.contextmanager
def close_gate(cache: Path, *, note: Callable[[str], None]) -> Iterator[None]:
    """Keep others from using the cache for the duration of the block, and remove the files of killed processes."""
    folder = cache / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder / _GATE, busy=lambda: note("waiting for another harness cache prune to end")):
        for holder in _find_holders(cache):
            if not is_held(holder):
                holder.unlink(missing_ok=True)
        yield


def is_occupied(cache: Path) -> bool:
    """Return whether a live process uses the cache."""
    return any(is_held(holder) for holder in _find_holders(cache))


def _find_holders(cache: Path) -> list[Path]:
    """Return the lock files of processes that use the cache, or did; a file with content is not one of them."""
    found = (cache / _FOLDER).glob(_HOLDERS)
    return [path for path in found if _HOLDER.fullmatch(path.name) and is_lock(path)]


def mark_used(cache: Path, path: Path, purpose: str) -> None:
    """Note that the entry which holds `path` is used now; do nothing outside the cache or if it is read-only."""
    note = _note(cache, path)
    if note is None:
        return
    with contextlib.suppress(OSError):  # a read-only cache serves as well
        note.parent.mkdir(parents=True, exist_ok=True)
        if read_purpose(cache, path) == purpose:
            os.utime(note)
        else:
            write_atomic(note, purpose.encode(), durable=False)


def last_use_s(cache: Path, path: Path) -> float:
    """Return the last use of an entry, in seconds since 1970: as noted, else when its first level was last written."""
    note = _note(cache, path)
    with contextlib.suppress(OSError):
        if note:
            return note.stat().st_mtime
    return max(_times(path), default=0.0)


def read_purpose(cache: Path, path: Path) -> str:
    """Return what an entry was used for, or an empty string."""
    note = _note(cache, path)
    try:
        return read_text(note) if note else ""
    except UnreadableError:
        return ""


def forget_use(cache: Path, path: Path) -> None:
    """Remove the note of an entry that no longer exists."""
    note = _note(cache, path)
    with contextlib.suppress(OSError):
        if note:
            note.unlink()


def _note(cache: Path, path: Path) -> Path | None:
    """Return the path of the note about the entry FOLDER/NAME that holds `path`, or None outside the cache."""
    try:
        parts = path.absolute().relative_to(cache.absolute()).parts
    except ValueError:
        return None
    return cache / _FOLDER / "--".join(parts[:2]) if len(parts) > 1 and ".." not in parts else None


def _times(path: Path) -> list[float]:
    with contextlib.suppress(OSError):
        found = [path.lstat().st_mtime]
        if path.is_dir() and not path.is_symlink():
            with os.scandir(path) as children:
                found += [child.stat(follow_symlinks=False).st_mtime for child in children]
        return found
    return []
