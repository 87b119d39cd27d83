"""Unpacking an archive that nobody has vouched for."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from harness.errors import UnavailableError
from harness.records.record import Record

_CHUNK_BYTES = 1 << 20


class Limit(Record):
    """How much an archive may hold: `members` entries, and `bytes` once decompressed, headers included."""

    members: int = 20_000
    bytes: int = 1 << 30


def unpack_archive(archive: Path, destination: Path, *, subtree: str, limit: Limit | None = None) -> int:
    """Unpack the members under `*/subtree/` of a gzipped tar into `destination` and return how many files they were.

    `destination` must not exist. Only folders and plain files come out, their executable bit kept and every other
    mode bit dropped; times are those of unpacking. Nothing is written through a link because none is ever made.
    Raises UnavailableError for a member with an absolute path, `..` or a backslash, for a link, a device or a
    duplicate, for more than `limit`, for an archive without the subtree, and for a damaged one; what is already
    unpacked is left for the caller to remove.
    """
    limit = limit or Limit()
    destination.mkdir()
    files = 0
    members = 0
    try:
        with gzip.open(archive, "rb") as plain:
            counted = _Counted(plain, limit.bytes)
            for tar, member in _members(counted):
                members += 1
                if members > limit.members:
                    raise _Refused(f"it holds more than {limit.members} members")
                inside = _inside(_safe_path(member), subtree)
                if inside is not None:
                    files += _write(tar, member, destination / inside)
            while counted.read(_CHUNK_BYTES):
                pass  # gzip compares its checksum at the very end, after the end of the tar
    except _Refused as refused:
        raise _refusal(archive, f"{refused}") from None
    except FileExistsError as error:
        raise _refusal(archive, f"it holds {Path(error.filename).name!r} twice") from None
    except NotADirectoryError as error:
        raise _refusal(archive, f"{Path(error.filename).name!r} lies below a plain file") from None
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError, ValueError) as error:
        raise _refusal(archive, f"it is damaged: {error}") from None
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
    return UnavailableError(f"{archive.name} is not unpacked", cause=cause)


class _Counted:
    """The decompressed stream, cut off where a bomb would begin."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, limit_bytes: int) -> None:
        self._stream = stream
        self._left = limit_bytes

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise _Refused("it holds more bytes than a source tree can have")
        return data


def _safe_path(member: tarfile.TarInfo) -> PurePosixPath:
    name = member.name
    if not name or name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise _Refused(f"the path {name!r} leads out of it")
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
    target.chmod(0o755 if member.mode & 0o111 else 0o644)
    return 1
