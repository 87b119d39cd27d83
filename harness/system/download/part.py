"""The received part of a download."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import UnreadableError
from harness.system.foreign import read_bytes
from harness.system.fresh import open_part, write_atomic


class PartialDownload:
    """`<destination>.part`, open for appending, with the running SHA-256 of its content.

    A file beside it holds the server's name for the content (ETag), so that a later process can ask for the rest of the
    same file.
    """

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._path = destination.with_name(f"{destination.name}.part")
        self._etag_path = destination.with_name(f"{destination.name}.part.etag")

    def __enter__(self) -> Self:
        self._file = open_part(self._path)
        self._sum = hashlib.file_digest(self._file, "sha256")
        self.size = self._file.seek(0, os.SEEK_END)
        self.etag = _read_etag(self._etag_path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.size == 0:
            self.discard()

    @property
    def sha256(self) -> str:
        """The sum of the received part."""
        return self._sum.hexdigest()

    def restart(self, etag: str) -> None:
        """Discard the received part and begin again with the name `etag`; weak names do not allow resuming."""
        self._file.seek(0)
        self._file.truncate()
        self._sum = hashlib.sha256()
        self.size = 0
        self.etag = "" if etag.startswith("W/") else etag
        write_atomic(self._etag_path, self.etag.encode("ascii", errors="ignore"), durable=False)

    def append(self, chunk: bytes) -> None:
        """Append received data."""
        self._file.write(chunk)
        self._sum.update(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """Rename the part to the destination."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._destination)
        self._etag_path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the part."""
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._etag_path.unlink(missing_ok=True)


def _read_etag(path: Path) -> str:
    try:
        return read_bytes(path).decode("ascii", errors="ignore")
    except UnreadableError:
        return ""
