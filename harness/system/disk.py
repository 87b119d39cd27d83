"""Free space, new folders, and whether programs can be executed."""

import os
import shlex
import shutil
from pathlib import Path

from harness.errors import UnfitError

_SPARE_BYTES = 64 << 20


def expand_home(path: str | Path) -> Path:
    """Return a path with `~` at its beginning replaced by the home folder; unchanged if there is none.

    `Path.expanduser` raises RuntimeError there.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111


def free_bytes(folder: Path) -> int:
    """Return the bytes that this user can still write in `folder`, which need not exist yet."""
    return shutil.disk_usage(_find_existing(folder)).free


def forbids_programs(folder: Path) -> bool:
    """Return whether `folder`, which need not exist yet, is on a file system that is mounted noexec.

    Linux reports it in statvfs; on a system that does not report it, the answer is no.
    """
    return bool(os.statvfs(_find_existing(folder)).f_flag & getattr(os, "ST_NOEXEC", 0))


def require_programs(cache: Path) -> None:
    """Raise UnfitError if programs that are built in `cache` could not be executed."""
    builds = cache / "builds"
    if forbids_programs(builds):
        raise UnfitError(
            f"programs cannot be executed in the cache {cache}",
            cause=f"its file system is mounted noexec (findmnt -T {shlex.quote(str(_find_existing(builds)))})",
            hint="--cache DIR  # on another file system; or, as root: mount -o remount,exec",
        )


def _find_existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())


def require_free(folder: Path, needed_bytes: int, *, what: str) -> None:
    """Raise UnfitError unless `folder` has room for `needed_bytes` more and a reserve of 64 MiB."""
    free = free_bytes(folder)
    if free < needed_bytes + _SPARE_BYTES:
        raise UnfitError(
            f"not enough space for {what}",
            cause=f"{folder} needs {needed_bytes / 1e6:,.0f} MB, but has {free / 1e6:,.0f} MB free",
            hint="harness cache prune --older 30d  # or --cache DIR on another disk",
        )


def make_folder(folder: Path) -> None:
    """Create `folder` and its parents; raises UnfitError if that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnfitError(f"cannot create {folder}", cause=error.strerror or str(error)) from None


def make_empty(folder: Path) -> None:
    """Create `folder` empty, removing an old one; raises UnfitError if that is not allowed."""
    if folder.exists():
        shutil.rmtree(folder)
    make_folder(folder)
