"""A site on disk: new pages are written beside the old ones, and take their places when the last one is complete.

SITE/{index.html, ..., site.json}, and while it is written SITE/.staging/{pages/, site.json}. A process that ends while
pages are written leaves the old site as it was. From the moment when .staging/site.json is there, the new one counts:
whoever comes next finishes what was begun. The lock is SITE/.lock.
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness import __version__
from harness.errors import UnfitError, UnreadableError, UsageError
from harness.records.site import SITE_SCHEMA, SiteNode
from harness.store.site_manifest import (
    MANIFEST,
    SiteFile,
    SiteManifest,
    digest_content,
    has_manifest,
    is_inside,
    is_whole,
    load_manifest,
    load_site_node,
)
from harness.store.site_switch import PAGES, STAGING, finish, recover
from harness.system.foreign import read_bytes
from harness.system.fresh import create_file, make_folders, sync_file, write_atomic
from harness.system.lock import seize

_LOCK = ".lock"
_POLL_S = 0.1
_UNTOUCHED = "free some space, or -o DIR with another folder; the site that was there has not changed"
_BEGUN = "the same command again, which finishes what was begun"
_SHOWN = 5


class SiteCount(NamedTuple):
    """How many files of a site were written, and stayed as they were; how many were removed, and how many it has."""

    written: int
    kept: int
    removed: int
    size_bytes: int


class SiteFolder:
    """A folder that holds a site and is locked; see `open_site`.

    Every file of the new site is either put or kept; `commit` makes it what people see.
    """

    def __init__(self, path: Path, made_by: str) -> None:
        self.path = path
        known = load_manifest(path)
        self._old = known.files if known else {}
        self._is_same = known is not None and (known.schema, known.made_by) == (SITE_SCHEMA, made_by)
        self._made_by = made_by
        self._old_about = self._about = known.about if known and self._is_same else ""
        self._new: dict[str, SiteFile] = {}
        self._staged: list[str] = []
        self._folders: set[Path] = set()

    def load_node(self, path: str) -> SiteNode | None:
        """Return the node that is stored at a path, if it was written by the same code."""
        return load_site_node(self.path, path) if self._is_same and path in self._old else None

    def read_node(self, path: str) -> SiteNode:
        """Return the node at a path of the new site, which was put or kept there."""
        staged = self._find_staged(path)
        found = load_site_node(staged.parent, staged.name) or load_site_node(self.path, path)
        if found is None:
            raise self.refuse(path)
        return found

    def read_new(self, path: str) -> bytes:
        """Return the content of a file of the new site, which was put or kept."""
        staged = self._find_staged(path)
        try:
            return read_bytes(staged if staged.exists() else self.path / path, within=self.path)
        except UnreadableError:
            raise self.refuse(path) from None

    def refuse(self, path: str) -> UnfitError:
        """Return the error for a file that is not what was put or kept."""
        cause = "it was changed or removed while the site was made"
        return UnfitError(f"{self.path / path} cannot be read", cause=cause, hint="run the same command again")

    def knows(self, path: str) -> bool:
        """Return whether the manifest of the old site names a file."""
        return path in self._old

    def holds(self, path: str) -> bool:
        """Return whether a file of the new site was put or kept at a path."""
        return path in self._new

    def keep(self, path: str, values: str) -> bool:
        """Keep a page that is as it was written, by the same code and of the same `values`; return whether it is."""
        known = self._old.get(path)
        return bool(known and values and known.values == values) and self._keep(path)

    def _keep(self, path: str) -> bool:
        known = self._old.get(path)
        if known is None or not self._is_same:
            return False
        if not is_whole(self.path, path, known):
            return False
        self._new[path] = known
        return True

    def keep_all(self, paths: Iterable[str]) -> bool:
        """Keep files that are as they were written, all of them or none; return whether they are."""
        chosen = list(paths)
        if chosen and all(map(self._keep, chosen)):
            return True
        for path in chosen:
            self._new.pop(path, None)
        return False

    def keep_rest(self, about: str) -> bool:
        """Keep all other files if the old site is `about` the same, and they are as they were written."""
        same = bool(about) and self._about == about
        self._about = about
        return same and self.keep_all([path for path in self._old if path not in self._new])

    def list_below(self, folder: str) -> list[str]:
        """Return the files below a folder that the manifest names."""
        return [path for path in self._old if path.startswith(folder)]

    def put(self, path: str, content: bytes, values: str = "") -> None:
        """Write a file beside the old ones, unless it is the same as before."""
        if not is_inside(path) or path in self._new:
            raise ValueError(path)
        digest = digest_content(content)
        known = self._old.get(path)
        if known and known.digest == digest and is_whole(self.path, path, known):
            self._new[path] = known.replace(values=values)
            return
        with _refusing(self.path, _UNTOUCHED):
            self._stage(path, content)
        mtime_ns = self._find_staged(path).stat().st_mtime_ns
        self._new[path] = SiteFile(digest=digest, size=len(content), mtime_ns=mtime_ns, values=values)
        self._staged.append(path)

    def _find_staged(self, path: str) -> Path:
        return self.path / STAGING / PAGES / path

    def _stage(self, path: str, content: bytes) -> None:
        place = self._find_staged(path)
        if place.parent not in self._folders:
            make_folders(place.parent, within=self.path)
            self._folders.add(place.parent)
        with create_file(place) as file:
            file.write(content)

    def commit(self) -> SiteCount:
        """Give all new files their places, and remove those of the old site that the new one does not have."""
        gone = [path for path in self._old if path not in self._new]
        manifest = SiteManifest(
            schema=SITE_SCHEMA,
            version=__version__,
            made_by=self._made_by,
            files=dict(sorted(self._new.items())),
            about=self._about,
        )
        if self._staged or gone or not self._is_same or (self._new, self._about) != (self._old, self._old_about):
            with _refusing(self.path, _UNTOUCHED):
                self._prepare(manifest)
            with _refusing(self.path, _BEGUN):
                finish(self.path, manifest, self._old)
        return SiteCount(
            written=len(self._staged),
            kept=len(self._new) - len(self._staged),
            removed=len(gone),
            size_bytes=sum(one.size for one in self._new.values()),
        )

    def _prepare(self, manifest: SiteManifest) -> None:
        for path in self._staged:  # whatever can go wrong does so before the first file has its place
            place = self.path / path
            make_folders(place.parent, within=self.path)
            if place.is_dir() and not place.is_symlink():
                raise IsADirectoryError(errno.EISDIR, "a folder is in the way of a page", str(place))
        staging = self.path / STAGING
        staging.mkdir(exist_ok=True)
        write_atomic(staging / MANIFEST, msgspec.json.encode(manifest) + b"\n")
        sync_file(staging)


@contextlib.contextmanager
def open_site(path: Path, made_by: str, *, force: bool, note: Callable[[str], None]) -> Iterator[SiteFolder]:
    """Lock a folder and repair it if a process ended in the middle; it is made if there is none.

    Waits for another process that writes there. Raises UsageError for a folder that holds something else unless
    `force`, which keeps those files, and UnfitError if nothing can be written there.
    """
    with contextlib.ExitStack() as stack:
        with _refusing(path):
            path.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_hold(path / _LOCK, note))
            recover(path)
            _require_ours(path, force=force, note=note)
        stack.callback(_discard, path)
        yield SiteFolder(path, made_by)


@contextlib.contextmanager
def _refusing(path: Path, hint: str = "-o DIR with another folder") -> Iterator[None]:
    """Raise UnfitError for what the system does not let be written."""
    try:
        yield
    except OSError as error:
        raise refuse_site(path, error, hint=hint) from None


def refuse_site(path: Path, error: OSError, *, hint: str) -> UnfitError:
    """Return the error for a site that cannot be written."""
    cause = "a file is there" if isinstance(error, FileExistsError) else error.strerror or str(error)
    where = "" if error.filename is None or str(error.filename) in (str(path), cause) else f": {error.filename}"
    return UnfitError(f"cannot write the site in {path}", cause=f"{cause}{where}", hint=hint)


@contextlib.contextmanager
def _hold(path: Path, note: Callable[[str], None]) -> Iterator[None]:
    handle = seize(path)
    if handle is None:
        note(f"waiting for another process that writes the site in {path.parent}")
    while handle is None:
        time.sleep(_POLL_S)
        handle = seize(path)
    try:
        yield
    finally:
        os.close(handle)


def _require_ours(path: Path, *, force: bool, note: Callable[[str], None]) -> None:
    """Refuse a folder with files of others, unless there is a site already; what begins with a dot is no page."""
    if has_manifest(path):
        return
    foreign = sorted(one.name for one in path.iterdir() if not one.name.startswith(".") and not _is_empty(one))
    if not foreign:
        return
    more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
    names = f"{', '.join(foreign[:_SHOWN])}{more}"
    if not force:
        raise UsageError(
            f"{path} holds other files", cause=names, hint="-o DIR  # another folder; or --force to write there"
        )
    note(f"kept beside the site: {names}; a file with the name of a page is replaced")


def _is_empty(path: Path) -> bool:
    """Return whether a path is a folder with nothing but such folders in it: what a process leaves that was ended."""
    return path.is_dir() and not path.is_symlink() and all(map(_is_empty, path.iterdir()))


def _discard(path: Path) -> None:
    staging = path / STAGING
    if staging.is_dir() and not staging.is_symlink() and not (staging / MANIFEST).exists():
        shutil.rmtree(staging, ignore_errors=True)
