"""Room on the disk."""

import shutil
from pathlib import Path

from harness.errors import UnfitError

_SPARE_BYTES = 64 << 20


def free_bytes(folder: Path) -> int:
    """Return the bytes that this user can still write in `folder`, which need not exist yet."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free


def require_free(folder: Path, needed_bytes: int, *, what: str) -> None:
    """Raise UnfitError unless `folder` can take `needed_bytes` more, and 64 MiB to spare."""
    free = free_bytes(folder)
    if free < needed_bytes + _SPARE_BYTES:
        raise UnfitError(
            f"no room for {what}",
            cause=f"{needed_bytes / 1e6:,.0f} MB are needed in {folder}, {free / 1e6:,.0f} MB are free",
            hint="free some space, or name another cache folder",
        )


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents; raises UnfitError where that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnfitError(f"cannot create {folder}", cause=error.strerror or str(error)) from None


def make_empty(folder: Path) -> None:
    """Create `folder` anew without anything in it; raises UnfitError where that is not allowed."""
    if folder.exists():
        shutil.rmtree(folder)
    make_folder(folder)
