"""How to recognise that the harness made an entry of the cache: by its content, or the lock of its makers beside it.

A name alone proves nothing: users may have put their own folders into the cache.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.records.cache_contents import CacheEntryKind
from harness.system.cache.entry import STAMP
from harness.system.foreign import open_file, read_bytes, read_text
from harness.system.lock import is_lock

_CMAKE_CACHE = "CMakeCache.txt"
_PLACE = re.compile(r"^CMAKE_CACHEFILE_DIR:INTERNAL=(.+)$", re.MULTILINE)
_ADDRESS = re.compile(r"^\s*url = ", re.MULTILINE)
_WAVE = re.compile(rb"RIFF....WAVEfmt ", re.DOTALL)
_RECORD = "run.json"
_RECORDINGS = "audio"


def is_ours(kind: CacheEntryKind, path: Path, lock: str) -> bool:
    """Return whether the harness made an entry of this kind; `lock` is the file whose lock its makers hold, if any."""
    try:
        return _TELLING[kind](path) if kind in _TELLING else is_lock(Path(lock)) or _is_left(kind, path)
    except (UnreadableError, OSError, msgspec.MsgspecError):
        return False


def _is_source(path: Path) -> bool:
    return "facts" in msgspec.json.decode(read_bytes(path / STAMP, within=path), type=dict[str, msgspec.Raw])


def _is_clone(path: Path) -> bool:
    return bool(_ADDRESS.search(read_text(path / "config", within=path)))


def _is_record(path: Path) -> bool:
    return b'"schema"' in read_bytes(path / _RECORD, within=path)


def _is_audio(path: Path) -> bool:
    with open_file(path, within=path.parent, most_bytes=sys.maxsize) as file:
        return bool(_WAVE.match(file.read(16)))


def _is_left(kind: CacheEntryKind, path: Path) -> bool:
    """Return whether an entry can be recognised without a lock: logs, recordings and old builds have none."""
    if kind is not CacheEntryKind.LEFTOVERS:
        return _is_build(path)
    return _is_audio(path) if path.parent.name == _RECORDINGS else _is_record(path)


def _is_build(path: Path) -> bool:
    """Return whether CMake has configured a build in this very folder."""
    found = _PLACE.search(read_text(path / _CMAKE_CACHE, within=path))
    return found is not None and Path(found[1]).name == path.name


_TELLING: dict[CacheEntryKind, Callable[[Path], bool]] = {
    CacheEntryKind.SOURCES: _is_source,
    CacheEntryKind.REPOSITORIES: _is_clone,
    CacheEntryKind.LOGS: _is_record,
    CacheEntryKind.AUDIO: _is_audio,
}
