"""SHA-256 sums of large files, remembered while a file is unchanged."""

import contextlib
import hashlib
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.records.record import Record, short_hash
from harness.system.foreign import list_folder, open_file, read_bytes
from harness.system.fresh import write_atomic

# Ten times the largest model; no sum of a file with a hole of a terabyte is waited for.
MOST_MODEL_BYTES = 32 << 30


class _Stamp(Record):
    """The state of a file when its sum was computed; any write or rename changes it."""

    path: str
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class _Digest(Record):
    stamp: _Stamp
    sha256: str


def file_sha256(path: Path, *, memory: Path) -> str:
    """Return the SHA-256 of the file's content; known sums are in the folder `memory`.

    Raises UnreadableError for a file that cannot be read, is not a regular file, or is larger than any model.
    """
    try:
        stamp = _stamp(path)
        known = _recall(path, memory)
        if known is not None and known.stamp == stamp:
            return known.sha256
        with open_file(path, most_bytes=MOST_MODEL_BYTES) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableError(f"cannot read {path}", cause=error.strerror or str(error)) from None
    if _stamp(path) == stamp:
        remember_sha256(path, sha256, memory=memory)
    return sha256


def remember_sha256(path: Path, sha256: str, *, memory: Path) -> None:
    """Store the sum of a file that has just been written; if that fails, it only costs time later."""
    digest = _Digest(stamp=_stamp(path), sha256=sha256)
    with contextlib.suppress(OSError):
        memory.mkdir(parents=True, exist_ok=True)
        write_atomic(_note(path, memory), msgspec.json.encode(digest))


def list_known(memory: Path) -> list[tuple[Path, str]]:
    """Return the files whose sums were stored, each with its sum; any of them may be gone or changed by now."""
    try:
        notes = [memory / name for name in sorted(list_folder(memory).files)]
    except UnreadableError:
        return []
    found = (_read_note(note) for note in notes)
    return [(Path(one.stamp.path), one.sha256) for one in found if one]


def _recall(path: Path, memory: Path) -> _Digest | None:
    return _read_note(_note(path, memory))


def _read_note(note: Path) -> _Digest | None:
    try:
        return msgspec.json.decode(read_bytes(note), type=_Digest)
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _note(path: Path, memory: Path) -> Path:
    return memory / f"{short_hash(str(path.resolve()))}.json"


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return _Stamp(
        path=str(path.resolve()),
        size_bytes=found.st_size,
        mtime_ns=found.st_mtime_ns,
        ctime_ns=found.st_ctime_ns,
        inode=found.st_ino,
    )
