"""The new files of a site take the places of the old ones, also where a process was ended in the middle of that."""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from harness.store.site_manifest import MANIFEST, SiteManifest, load_manifest
from harness.system.fresh import make_folders, sync_file

# New pages wait here; the manifest beside them tells that all are there.
STAGING, PAGES = ".staging", "pages"


def recover(path: Path) -> None:
    """Finish what a process began that ended while files got their places, and remove what is left of another one."""
    staging = path / STAGING
    if staging.is_symlink() or (os.path.lexists(staging) and not staging.is_dir()):
        staging.unlink()
        return
    manifest = load_manifest(staging) if staging.is_dir() else None
    if manifest:
        known = load_manifest(path)
        finish(path, manifest, known.files if known else {})
    if staging.is_dir():
        shutil.rmtree(staging)


def finish(path: Path, manifest: SiteManifest, old: Iterable[str]) -> None:
    """Move new files to their places, remove old ones, and write the manifest: all of it can be done again."""
    pages = path / STAGING / PAGES
    for name in manifest.files:
        new = pages / name
        if new.is_file() and not new.is_symlink():
            make_folders((path / name).parent, within=path)
            new.replace(path / name)
    for name in old:
        if name not in manifest.files:
            _remove(path, name)
    (path / STAGING / MANIFEST).replace(path / MANIFEST)
    sync_file(path)


def _remove(root: Path, name: str) -> None:
    """Remove a page, and the folders that are empty then; nothing behind a link."""
    parents = list((root / name).parents)[: name.count("/")]
    if any(one.is_symlink() for one in parents):
        return
    with contextlib.suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
        (root / name).unlink()
    for folder in parents:
        try:
            folder.rmdir()
        except OSError:
            return
