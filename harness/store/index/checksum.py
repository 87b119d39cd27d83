"""Checksums of rows: a database finds what is wrong in its own structure alone, and not a number that was altered."""

import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from harness.store.index.table import DamagedError

# The numbers of a series and of a run; how many values the median is of; its interval, where there is one.
PointRow = tuple[int, int, int, float, float | None, float | None]
_POINT = struct.Struct("<qqqddd")


def sum_texts(texts: Sequence[str]) -> int:
    """Return the checksum (CRC-32) of texts in this order."""
    return zlib.crc32("\0".join(texts).encode())


def sum_point(point: PointRow) -> int:
    """Return the checksum (CRC-32) of a run's value in a series."""
    series, run, n, median, low, high = point
    return zlib.crc32(
        _POINT.pack(series, run, n, median, math.nan if low is None else low, math.nan if high is None else high)
    )


def check_texts(texts: Sequence[str], checksum: int) -> None:
    """Raise DamagedError if texts are not those that were written."""
    try:
        damaged = checksum != sum_texts(texts)
    except TypeError:  # SQLite keeps anything in any column
        damaged = True
    if damaged:
        raise DamagedError("a row of texts")


def check_points(rows: Sequence[tuple[Any, ...]]) -> None:
    """Raise DamagedError if a value is not what was written; each row is a `PointRow` and its checksum."""
    try:
        damaged = any(sum_point(row[:-1]) != row[-1] for row in rows)
    except (TypeError, ValueError, struct.error):
        damaged = True
    if damaged:
        raise DamagedError("a number")
