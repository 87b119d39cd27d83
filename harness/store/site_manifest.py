"""What is known of a site on disk: its manifest, which names every file that the harness wrote there."""

import hashlib
import stat
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.errors import UnreadableError
from harness.records.record import Record
from harness.records.site import SITE_SCHEMA, SiteNode
from harness.system.foreign import read_bytes

MANIFEST = "site.json"
_T = TypeVar("_T")


class SiteFile(Record, gc=False):
    """A file of a site: a digest of its content and of the values that it shows, its size, and when it was written."""

    digest: str
    size: int
    mtime_ns: int
    values: str = ""


class SiteManifest(Record):
    """All files of a site by their paths. `version` is that of the harness, `made_by` a digest of what made them.

    `about` is a digest of all that the site shows.
    """

    schema: int
    version: str
    made_by: str
    files: dict[str, SiteFile]
    about: str = ""


class _AnyManifest(msgspec.Struct):
    """What the manifests of all versions of the harness have."""

    schema: int
    made_by: str
    files: dict[str, msgspec.Raw]


def has_manifest(folder: Path) -> bool:
    """Return whether a site of the harness, of whatever version, is in a folder: others name files `site.json`, too."""
    return _read(folder / MANIFEST, folder, _AnyManifest) is not None


def load_manifest(folder: Path) -> SiteManifest | None:
    """Return the manifest of a site; None where there is none, or one that cannot be used."""
    found = _read(folder / MANIFEST, folder, SiteManifest)
    return found if found and all(map(is_inside, found.files)) else None


def load_site_node(folder: Path, path: str) -> SiteNode | None:
    """Return a node as it is stored beside the pages; None where that cannot be used."""
    found = _read(folder / path, folder, SiteNode)
    return found if found and found.schema == SITE_SCHEMA else None


def _read(path: Path, folder: Path, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(read_bytes(path, within=folder), type=kind)
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def is_inside(path: str) -> bool:
    """Return whether a path leads to a file below the root of a site, by words that have no second meaning."""
    parts = path.split("/")
    return all(part and not part.startswith(".") and "\\" not in part and "\0" not in part for part in parts)


def digest_content(content: bytes) -> str:
    """Return what a content is known by."""
    return hashlib.sha256(content).hexdigest()[:32]


def is_whole(folder: Path, path: str, known: SiteFile) -> bool:
    """Return whether a file is on disk as it was written; its content is read where its time is another one."""
    place = folder / path
    try:
        status = place.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != known.size:
            return False
        return status.st_mtime_ns == known.mtime_ns or digest_content(read_bytes(place, within=folder)) == known.digest
    except (OSError, UnreadableError):
        return False
