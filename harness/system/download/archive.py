"""Unpacking an untrusted archive."""

import errno
import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from harness.errors import UnavailableError
from harness.records.record import Record

_CHUNK_BYTES = 1 << 20
_TOO_MUCH = "it holds more bytes than a source tree can have"


class ArchiveLimit(Record):
    """How much an archive may hold: `members` entries, and `bytes` once decompressed, headers included."""

    members: int = 20_000
    bytes: int = 1 << 30


def unpack_archive(archive: Path, destination: Path, *, subtree: str, limit: ArchiveLimit | None = None) -> int:
    """Unpack the members under `*/subtree/` of a gzipped tar into `destination` and return the number of files.

    `destination` must not exist. Only folders and plain files are unpacked, with their executable bit and otherwise the
    mode of the umask; times are those of unpacking. Nothing is written through a link, as none is made.
    Raises UnavailableError for a member with an absolute path, `..` or a backslash, for a link, a device or a
    duplicate, for more than `limit`, for an archive without the subtree, and for a damaged one; the caller
    removes what is already unpacked.
    """
    limit = limit or ArchiveLimit()
    destination.mkdir()
    files = members = size = 0
    try:
        with gzip.open(archive, "rb") as plain:
            counted = _Counted(plain, limit.bytes)
            for tar, member in _members(counted):
                members += 1
                if members > limit.members:
                    raise _Refused(f"it holds more than {limit.members} members")
                size += member.size
                if size > limit.bytes:  # told before it fills the disk
                    raise _Refused(_TOO_MUCH)
                inside = _inside(_safe_path(member), subtree)
                if inside is not None:
                    files += _write(tar, member, destination / inside)
            while counted.read(_CHUNK_BYTES):
                pass  # gzip compares its checksum at the very end, after the end of the tar
    except (_Refused, tarfile.TarError, EOFError, zlib.error, ValueError, OSError) as error:
        reason = _explain(error)
        if not reason:
            raise
        raise _refusal(archive, reason) from None
    if not files:
        raise _refusal(archive, f"it holds no folder {subtree!r}")
    return files


def _members(counted: "_Counted") -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with tarfile.open(fileobj=cast("IO[bytes]", counted), mode="r|", encoding="utf-8") as tar:
        for member in tar:
            yield tar, member


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    pass


def _refusal(archive: Path, cause: str) -> UnavailableError:
    return UnavailableError(f"{archive.name} cannot be unpacked", cause=cause)


def _explain(error: Exception) -> str:
    """Return what is wrong with the archive, or an empty string if the disk is to blame."""
    if isinstance(error, _Refused):
        return f"{error}"
    if isinstance(error, FileExistsError):
        return f"it holds {Path(error.filename).name!r} twice"
    if isinstance(error, NotADirectoryError):
        return f"{Path(error.filename).name!r} is inside something that is not a folder"
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return "it holds a path that is too long for this file system"
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return ""
    return f"it is damaged: {error}"


class _Counted:
    """The decompressed stream, cut off at a limit that stops decompression bombs."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, limit_bytes: int) -> None:
        self._stream = stream
        self._left = limit_bytes

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _Refused(_TOO_MUCH)
        return data


def _safe_path(member: tarfile.TarInfo) -> PurePosixPath:
    name = member.name
    if not name or name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise _Refused(f"the path {name!r} leads outside")
    if member.issym() or member.islnk():
        raise _Refused(f"{name!r} is a link")
    if not (member.isfile() or member.isdir()):
        raise _Refused(f"{name!r} is neither a file nor a folder")
    return PurePosixPath(name)


def _inside(path: PurePosixPath, subtree: str) -> PurePosixPath | None:
    # <name>-<version>/<subtree>/...
    top = PurePosixPath(*path.parts[:1]) / subtree
    return path.relative_to(top) if path.is_relative_to(top) and path != top else None


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> int:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is None:
        raise _Refused(f"{member.name!r} has no content")
    with target.open("xb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            file.write(chunk)
    if target.stat().st_size != member.size:
        raise _Refused(f"{member.name!r} is cut short")
    if member.mode & 0o111:
        mode = target.stat().st_mode & 0o777
        target.chmod(mode | (mode & 0o444) >> 2)  # for those who may read it by the user's umask
    return 1
