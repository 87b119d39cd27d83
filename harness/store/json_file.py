"""Records read from JSON files; errors name the file and, if possible, the line."""

import re
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from harness import __version__
from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.records.run import OLDEST_SCHEMA, SCHEMA
from harness.system.foreign import read_bytes

_BYTE = re.compile(r"\(byte (\d+)\)")


class HasSchema(Protocol):
    """A record with a schema number."""

    @property
    def schema(self) -> int:
        """The number of the schema."""


class _Versioned(msgspec.Struct):
    schema: int


_T = TypeVar("_T")
_V = TypeVar("_V", bound=HasSchema)


def read_record(path: Path, kind: type[_T]) -> _T:
    """Return the record in a file, which must not be a link; raises UnreadableError."""
    return _decode(str(path), read_bytes(path, within=path.parent), kind)


def read_run(path: Path, kind: type[_V]) -> _V:
    """Return the run, a part of it, or the sweep in a file; raises UnreadableError, also for an unknown schema."""
    return decode_run(read_bytes(path, within=path.parent), str(path), kind)


def decode_run(raw: bytes, name: str, kind: type[_V]) -> _V:
    """Return the run in `raw`, as `read_run` does for the file called `name`."""
    try:
        record = _decode(name, raw, kind)
    except UnreadableError:
        _require_schema(name, _decode(name, raw, _Versioned))  # nothing of another schema can be expected to fit
        raise
    _require_schema(name, record)
    return record


def _decode(path: str, raw: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNDECODABLE as error:
        where = path if isinstance(error, msgspec.ValidationError) else f"{path}:{_line(raw, error)}"
        cause = str(error) if raw.strip() else "the file is empty"
        raise UnreadableError(f"{where} cannot be understood", cause=cause) from None


def _line(raw: bytes, error: Exception) -> int:
    """Return the line of the invalid byte, or the last line if the end is missing."""
    found = _BYTE.search(str(error))
    offset = int(found[1]) if found else len(raw.rstrip(b"\n"))
    if isinstance(error, UnicodeDecodeError):  # its offset is one in a string of the file
        offset = _first_broken(raw)
    return raw.count(b"\n", 0, offset) + 1


def _first_broken(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _require_schema(path: str, record: HasSchema) -> None:
    if not OLDEST_SCHEMA <= record.schema <= SCHEMA:
        cause = f"this harness ({__version__}) reads schemas {OLDEST_SCHEMA} to {SCHEMA}"
        raise UnreadableError(f"{path} has schema {record.schema}", cause=cause, hint="use the harness that wrote it")
