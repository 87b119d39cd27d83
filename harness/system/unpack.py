"""Unpacking results that somebody packed: zip, and tar with any compression that Python reads.

Nothing of an archive is trusted: names must stay inside, links and devices are refused, and there is a limit to what
comes out of it.
"""

import bz2
import errno
import gzip
import io
import lzma
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from harness.errors import UnreadableError
from harness.records.record import Record
from harness.system.foreign import open_file
from harness.system.fresh import create_file

_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1
# What the readers of Python raise for a damaged archive; the last four without meaning to.
_BAD = (
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    LookupError,
    struct.error,
)
# What a file system says of a name that it does not take.
_IMPOSSIBLE = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)
_GZIP, _BZIP2, _XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"
_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_MAGIC = ((0, _ZIP), (0, _EMPTY_ZIP), (0, _GZIP), (0, _BZIP2), (0, _XZ), (257, b"ustar"))
# Two empty blocks end a tar. A header with a long name is read at once; one larger than this is an attack.
_END_BYTES = 1024
_MOST_AT_ONCE_BYTES = 4 << 20
_HEAD_BYTES = 262


class UnpackLimit(Record):
    """How much may come out of an archive, `members` files and folders and `bytes` in all, and its own `file_bytes`."""

    members: int = 1_000_000
    bytes: int = 16 << 30
    file_bytes: int = 16 << 30


class _Member(NamedTuple):
    """A file or folder in an archive: its name, its content (None for a folder), or why it is refused."""

    name: str
    content: IO[bytes] | None
    flaw: str = ""


def is_archive(path: Path) -> bool:
    """Return whether a file begins as a zip or tar archive does, whatever it is called."""
    try:
        with open_file(path, most_bytes=UnpackLimit().file_bytes) as file:
            head = file.read(_HEAD_BYTES)
    except UnreadableError:
        return False
    return any(head[place : place + len(magic)] == magic for place, magic in _MAGIC)


def unpack(archive: Path, destination: Path, limit: UnpackLimit | None = None) -> None:
    """Unpack the plain files of an archive below `destination`, which must not exist.

    Raises UnreadableError for an archive that is damaged, encrypted or too large, for a name that leads out, stands
    there twice or cannot be a file's, and for a link or a special file; OSError where nothing can be written. What is
    unpacked by then is left for the caller to remove.
    """
    limit = limit or UnpackLimit()
    destination.mkdir()
    members, left = 0, limit.bytes
    try:
        with _open(archive, limit) as found:
            for member in found:
                members += 1
                if members > limit.members:
                    raise _refuse(archive, f"it holds more than {limit.members} files and folders")
                if flaw := member.flaw or _find_flaw(member.name):
                    raise _refuse(archive, f"{member.name!r} {flaw}")
                left = _write(member, destination / PurePosixPath(member.name), left)
                if left < 0:
                    raise _refuse(archive, f"it holds more than {limit.bytes} bytes", "unpack it yourself")
    except _BAD as error:
        raise _refuse(archive, f"it is damaged: {error}") from None
    except OSError as error:
        if cause := _blame(error):
            raise _refuse(archive, cause) from None
        raise


def _blame(error: OSError) -> str:
    """Return what is wrong with an archive, or an empty text if it is the disk that has an error."""
    name = Path(error.filename or "").name
    if isinstance(error, FileExistsError):
        return f"it holds {name!r} twice"
    if isinstance(error, NotADirectoryError):
        return f"{name!r} lies below a plain file"
    if error.errno in _IMPOSSIBLE:
        return f"it holds a name that cannot be a file's here: {error.strerror}"
    return "" if error.errno else f"it is damaged: {error}"  # bz2 says so, and not the system


@contextmanager
def _open(archive: Path, limit: UnpackLimit) -> Iterator[Iterator[_Member]]:
    with open_file(archive, most_bytes=limit.file_bytes) as file:
        if zipfile.is_zipfile(file):
            file.seek(0)
            with zipfile.ZipFile(file) as packed:
                yield _list_zip(packed)
            return
        file.seek(0)
        if file.peek(len(_ZIP)).startswith((_ZIP, _EMPTY_ZIP)):
            raise zipfile.BadZipFile("its end is missing")
        with _decompress(file) as plain:
            head = plain.read(tarfile.BLOCKSIZE)
            plain.seek(0)
            if not _is_header(head):
                raise _refuse(archive, "what it holds is not a tar archive", "unpack it, and import what comes out")
            stream = _Forward(plain)
            with tarfile.TarFile(fileobj=cast("IO[bytes]", stream), encoding="utf-8") as tar:
                yield _list_tar(tar)
            stream.finish()


def _decompress(file: io.BufferedReader) -> IO[bytes]:
    magic = file.peek(_HEAD_BYTES)
    if magic.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if magic.startswith(_BZIP2):
        return cast("IO[bytes]", bz2.BZ2File(file))
    return cast("IO[bytes]", lzma.LZMAFile(file)) if magic.startswith(_XZ) else file


def _is_header(head: bytes) -> bool:
    """Return whether a tar can begin so: with a member, or with its end."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return not head.strip(b"\0")
    return True


class _Forward:
    """A stream for tarfile that only goes forward, reads no large header, and knows whether it came to its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._place = 0
        self._tail = b""

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> int:
        while self._place < place and self.read(min(place - self._place, _CHUNK_BYTES)):
            pass
        if self._place != place:
            raise tarfile.ReadError("unexpected end of data")
        return place

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE_BYTES:
            raise tarfile.ReadError("a header has more bytes than any name")
        data = self._stream.read(size)
        self._place += len(data)
        self._tail = (self._tail + data)[-_END_BYTES:]
        return data

    def finish(self) -> None:
        """Read to the end, where checksums are compared; raises tarfile.ReadError if the end of the tar is not there.

        tarfile takes a damaged header for the end, and a file that is cut off between two members for a whole one.
        """
        if self._tail[-tarfile.BLOCKSIZE :].strip(b"\0"):
            raise tarfile.ReadError("the header of one of its files")
        while self.read(_CHUNK_BYTES):
            pass
        if len(self._tail) < _END_BYTES or self._tail.strip(b"\0"):
            raise tarfile.ReadError("its end is missing")


def _list_zip(packed: zipfile.ZipFile) -> Iterator[_Member]:
    for info in packed.infolist():
        mode = info.external_attr >> 16
        kind = stat.S_IFMT(mode)
        if info.flag_bits & _ENCRYPTED:
            yield _Member(info.filename, None, "is encrypted")
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            yield _Member(info.filename, None, "is a link or a special file")
        elif not info.filename or info.is_dir():  # it fails where there is no name
            yield _Member(info.filename, None)
        else:
            with packed.open(info) as content:
                yield _Member(info.filename, content)


def _list_tar(tar: tarfile.TarFile) -> Iterator[_Member]:
    for info in tar:
        if info.isdir():
            yield _Member(info.name, None)
        elif info.isfile():
            yield _Member(info.name, tar.extractfile(info))
        else:
            yield _Member(info.name, None, "is a link or a special file")


def _find_flaw(name: str) -> str:
    parts = name.rstrip("/").split("/")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        return "has a name with control characters, or with bytes that are not UTF-8"
    if not name.strip("/") or name.startswith("/") or "\\" in name or ".." in parts:
        return "" if name in (".", "./") else "leads out of it"
    return ""


def _write(member: _Member, target: Path, left: int) -> int:
    """Write a file or make a folder, and return how many bytes are left of those that may be; below 0 it stopped."""
    if member.content is None:
        target.mkdir(parents=True, exist_ok=True)
        return left
    target.parent.mkdir(parents=True, exist_ok=True)
    with create_file(target) as file:
        while left >= 0 and (chunk := member.content.read(_CHUNK_BYTES)):
            left -= len(chunk)
            if left >= 0:
                file.write(chunk)
    return left


def _refuse(archive: Path, cause: str, hint: str = "") -> UnreadableError:
    return UnreadableError(f"{archive} is not unpacked", cause=cause, hint=hint)
