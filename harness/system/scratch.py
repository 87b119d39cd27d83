"""Temporary folders for files that get their names later: beside their destination, and locked.

Leftovers of a killed process are removed by the next one. A lock shows who is alive, never the age of a folder: if the
lock cannot be taken, or there is none, nothing is removed.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.system.lock import seize

IMPORT, EXPORT, BLOCK = "import", "export", "block"
LOCK = "lock"
_ATTEMPTS = 100


def is_scratch(name: str) -> bool:
    """Return whether a folder with this name is temporary, of a living or a dead process."""
    return name.startswith(tuple(_prefix(purpose) for purpose in (IMPORT, EXPORT, BLOCK)))


@contextlib.contextmanager
def scratch_folder(place: Path, purpose: str) -> Iterator[Path]:
    """Yield a new folder `.<purpose>-*` in `place` and remove it afterwards; raises OSError if it cannot be made."""
    clear_scratch(place, purpose)
    with contextlib.ExitStack() as stack:
        yield _make(place, purpose, stack)


def _make(place: Path, purpose: str, stack: contextlib.ExitStack) -> Path:
    """Return a new folder, locked if locks are available; `stack` removes it."""
    for _ in range(_ATTEMPTS):
        folder = place / f"{_prefix(purpose)}{secrets.token_hex(4)}"
        with contextlib.ExitStack() as here:
            here.callback(_remove_quietly, folder)
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                here.pop_all()
                continue
            try:
                handle = seize(folder / LOCK)
            except FileNotFoundError:
                continue  # taken for a leftover in the moment before it was locked
            except OSError:
                if not (folder / LOCK).is_file():
                    raise
            else:
                if handle is None:
                    continue  # likewise
                here.callback(os.close, handle)
            stack.enter_context(here.pop_all())
            return folder
    raise FileNotFoundError(f"{place}: every new folder is removed immediately")


def _remove_quietly(folder: Path) -> None:
    with contextlib.suppress(OSError):  # what cannot be removed now is removed by the next one
        _remove(folder)


def clear_scratch(place: Path, purpose: str) -> None:
    """Remove the leftovers of killed processes."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        left = [entry.name for entry in entries if entry.name.startswith(_prefix(purpose))]
        for name in left:
            with contextlib.suppress(OSError):
                _clear_one(place / name)


def _clear_one(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    if not os.path.lexists(folder / LOCK):
        folder.rmdir()  # raises where anything is in it: an earlier harness made it, and it may hold a run
        return
    handle = seize(folder / LOCK)
    if handle is not None:
        try:
            _remove(folder)
        finally:
            os.close(handle)


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last, so that its state is known until the end."""
    with os.scandir(folder) as entries:
        children = [entry for entry in entries if entry.name != LOCK]
        for child in children:
            if child.is_dir(follow_symlinks=False):
                shutil.rmtree(child.path, ignore_errors=True)
            else:
                os.unlink(child)  # noqa: PTH108 - an entry, not a path
    (folder / LOCK).unlink(missing_ok=True)
    folder.rmdir()


def _prefix(purpose: str) -> str:
    return f".{purpose}-"
