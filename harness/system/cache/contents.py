"""The contents of the cache folder, and their removal: only recognised entries, only in the cache, each as a whole.

A name is not enough: the content of an entry, or the lock of its makers beside it, must show that the harness made it.

An entry is renamed before it is deleted, so that a killed process leaves nothing that looks complete; what is left of
it is recognised the next time. Symbolic links are never followed, and never removed.
"""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.records.cache_contents import CacheContents, CacheEntry, CacheEntryKind, Removal
from harness.system.cache.entry import STAMP, measure_extent
from harness.system.cache.mark import is_ours
from harness.system.cache.usage import forget_use, last_use_s, read_purpose
from harness.system.disk import free_bytes
from harness.system.foreign import read_bytes, read_text
from harness.system.git import redact_url
from harness.system.lock import hold, is_held, is_lock
from harness.system.scratch import LOCK, is_scratch

# The folder of what results are compared with.
REFERENCES = "references"
_BUILD = r"[\w.-]+-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}"
# The first pattern that fits a name in one of these folders tells what it is.
_SHELVES: dict[str, tuple[tuple[str, CacheEntryKind], ...]] = {
    "sources": ((r"(sdist|git)-[0-9a-f]{12}", CacheEntryKind.SOURCES),),
    "repositories": ((r"[0-9a-f]{12}\.git", CacheEntryKind.REPOSITORIES),),
    "builds": ((rf"roof-{_BUILD}", CacheEntryKind.ROOFLINES), (_BUILD, CacheEntryKind.BUILDS)),
    "logs": ((_BUILD, CacheEntryKind.LOGS),),
    "weights": ((r".+\.bin", CacheEntryKind.WEIGHTS), (r".+\.bin\.part", CacheEntryKind.DOWNLOADS)),
    REFERENCES: ((r"(check|speech)-.+-[0-9a-f]{12}\.ref", CacheEntryKind.REFERENCES),),
    "audio": ((r"[0-9a-f]{16}\.wav", CacheEntryKind.AUDIO),),
}
_COMPANIONS = {
    CacheEntryKind.WEIGHTS: (".sha256", ".made"),
    CacheEntryKind.DOWNLOADS: (".etag",),
    CacheEntryKind.REFERENCES: (".made",),
}
_FILES = (
    CacheEntryKind.WEIGHTS,
    CacheEntryKind.AUDIO,
    CacheEntryKind.REFERENCES,
    CacheEntryKind.DOWNLOADS,
    CacheEntryKind.ARCHIVES,
)
# Whoever makes such an entry holds a lock beside it.
_LOCKED = (
    CacheEntryKind.SOURCES,
    CacheEntryKind.REPOSITORIES,
    CacheEntryKind.BUILDS,
    CacheEntryKind.ROOFLINES,
    *_FILES,
)
_ARCHIVES, _SUM = "archives", r"[0-9a-f]{64}"
_LEFTOVER = re.compile(r"\.(.+)\.(partial|pruned)-\w+")
# What has the lock of the file that it belongs to.
_BESIDE = re.compile(r"(?:\.part)?(?:\.etag|\.sha256|\.made)?$")
_ASIDE = "pruned"
# What a run needs until it ends. Archives, clones and what makes sources are used under their locks alone.
_MEASURED = frozenset(
    {
        CacheEntryKind.SOURCES,
        CacheEntryKind.BUILDS,
        CacheEntryKind.ROOFLINES,
        CacheEntryKind.WEIGHTS,
        CacheEntryKind.AUDIO,
        CacheEntryKind.REFERENCES,
        CacheEntryKind.LOGS,
    }
)


class _BusyError(Exception):
    """Another process holds the lock."""


def probe_contents(
    cache: Path, *, now_s: float, needed: Collection[tuple[str, str]] = (), busy: bool = False
) -> CacheContents:
    """Return all entries of the cache, the largest first.

    `needed` are paths, each with the reason why it is needed; `busy` says that a run is in progress, whatever it uses.
    """
    entries = [_look(cache, entry, now_s, needed, busy=busy) for entry in _find(cache)]
    ordered = sorted(entries, key=lambda entry: (-entry.size_bytes, entry.path))
    return CacheContents(folder=str(cache), entries=tuple(ordered), free_bytes=free_bytes(cache))


def remove_entry(cache: Path, entry: CacheEntry) -> Removal:
    """Remove an entry that is not locked, and return the result."""

    def busy() -> None:
        raise _BusyError

    path = Path(entry.path)
    if path.is_symlink() or Path(entry.lock).is_symlink() or not _lies_in(path, cache):
        return Removal(entry=entry, kept="it is not inside the cache")
    if entry.lock and os.path.lexists(entry.lock) and not is_lock(Path(entry.lock)):
        return Removal(entry=entry, kept=f"{entry.lock} is not a lock file")  # to lock it would empty it
    try:
        if entry.lock:
            with hold(Path(entry.lock), busy=busy):
                aside = _set_aside(path, entry)
        else:
            aside = _set_aside(path, entry)
        for gone in aside:
            _delete(gone)
    except _BusyError:
        return Removal(entry=entry, kept="another process holds its lock")
    except OSError as error:
        return Removal(entry=entry, kept=error.strerror or str(error))
    forget_use(cache, path)
    return Removal(entry=entry)


def _set_aside(path: Path, entry: CacheEntry) -> list[Path]:
    """Rename an entry and its companions to unused names, and return these."""
    moved = []
    for one in (path, *map(Path, entry.companions)):
        if one == path or (one.is_file() and not one.is_symlink()):
            bare = _LEFTOVER.fullmatch(one.name)
            aside = one.with_name(f".{bare[1] if bare else one.name}.{_ASIDE}-{secrets.token_hex(4)}")
            _move(one, aside)
            moved.append(aside)
    return moved


def _move(path: Path, aside: Path) -> None:
    """Rename an entry; a folder in a lower layer of overlayfs, which cannot be renamed, loses its stamp instead."""
    try:
        path.rename(aside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        aside.mkdir()
        for one in path.iterdir():
            if one.is_symlink() or not one.is_dir():
                one.rename(aside / one.name)
        shutil.rmtree(path)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _lies_in(path: Path, cache: Path) -> bool:
    """Return whether the folder of `path` is really inside the cache, without a link on the way."""
    try:
        return path.parent.resolve(strict=True) == cache.resolve(strict=True) / path.parent.relative_to(cache)
    except (OSError, ValueError):
        return False


def _find(cache: Path) -> Iterator[CacheEntry]:
    """Yield every entry, without its size and age."""
    for child in _children(cache):
        if child.name in (*_SHELVES, _ARCHIVES) and _is_folder(child):
            for one in _children(child):
                yield from _find_archives(one) if child.name == _ARCHIVES else _recognise(one)
        elif is_scratch(child.name) and _is_folder(child):
            yield _entry(CacheEntryKind.LEFTOVERS, child, lock=str(child / LOCK))
        else:
            yield _entry(CacheEntryKind.OTHER, child)


def _find_archives(folder: Path) -> Iterator[CacheEntry]:
    if not (_is_folder(folder) and re.fullmatch(_SUM, folder.name)):
        yield _entry(CacheEntryKind.OTHER, folder)
        return
    children = list(_children(folder))
    locks = [str(child) for child in children if child.name.endswith(".lock")]
    for child in children:
        left = _is_folder(child) and re.fullmatch(r"tmp\w{8}", child.name)
        if str(child) in locks:
            continue
        if left or (_LEFTOVER.fullmatch(child.name) and not child.is_symlink()):
            yield _entry(CacheEntryKind.LEFTOVERS, child, lock=next(iter(locks), ""))
        else:
            plain = child.is_file() and not child.is_symlink()
            yield _entry(CacheEntryKind.ARCHIVES if plain else CacheEntryKind.OTHER, child)


def _recognise(path: Path) -> Iterator[CacheEntry]:
    left = _LEFTOVER.fullmatch(path.name)
    if path.is_symlink():
        yield _entry(CacheEntryKind.OTHER, path)
    elif left:
        yield _entry(
            CacheEntryKind.LEFTOVERS, path, lock=str(path.with_name(f"{_BESIDE.sub('', left[1], count=1)}.lock"))
        )
    else:
        kinds = (kind for pattern, kind in _SHELVES[path.parent.name] if re.fullmatch(pattern, path.name))
        kind = next((kind for kind in kinds if _is_folder(path) is (kind not in _FILES)), None)
        if kind:
            yield _entry(kind, path)
        elif not path.name.endswith((".lock", ".sha256", ".made", ".part.etag")) and path.name != "sums":
            yield _entry(CacheEntryKind.OTHER, path)


def _entry(kind: CacheEntryKind, path: Path, *, lock: str = "") -> CacheEntry:
    if not lock and kind in _LOCKED:
        lock = f"{str(path).removesuffix('.part')}.lock"
    if kind is not CacheEntryKind.OTHER and not is_ours(kind, path, lock):
        kind, lock = CacheEntryKind.OTHER, ""
    companions = tuple(f"{path}{ending}" for ending in _COMPANIONS.get(kind, ()))
    return CacheEntry(
        kind=kind, name=path.name, path=str(path), size_bytes=0, age_s=0.0, lock=lock, companions=companions
    )


def _look(
    cache: Path, entry: CacheEntry, now_s: float, needed: Collection[tuple[str, str]], *, busy: bool
) -> CacheEntry:
    path = Path(entry.path)
    reason = next((why for place, why in needed if Path(place).is_relative_to(path)), "")
    if not reason and entry.lock and is_held(Path(entry.lock)):
        reason = "another process holds its lock"
    if not reason and busy and entry.kind in _MEASURED:
        reason = "a run is in progress"
    size_bytes = measure_extent(path).bytes if _is_folder(path) else _size(path)
    return entry.replace(
        size_bytes=size_bytes + sum(_size(Path(one)) for one in entry.companions),
        age_s=max(0.0, now_s - last_use_s(cache, path)),
        purpose=read_purpose(cache, path) or _read_purpose(entry.kind, path),
        in_use=reason,
    )


def _read_purpose(kind: CacheEntryKind, path: Path) -> str:
    """Return the purpose of an entry from its content: the release of a source, the address of a clone."""
    try:
        if kind is CacheEntryKind.SOURCES:
            commit = msgspec.json.decode(read_bytes(path / STAMP, within=path))["facts"]["commit"]
            return str(commit.get("release") or commit["sha"][:8])
        if kind is CacheEntryKind.REPOSITORIES:
            text = read_text(path / "config", within=path)
            return redact_url(next(iter(re.findall(r"^\s*url = (\S+)", text, re.MULTILINE)), ""))
    except (UnreadableError, msgspec.MsgspecError, LookupError, TypeError, AttributeError):
        return ""
    return ""


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(Path(child.path) for child in os.scandir(folder))
    except OSError:
        return []
