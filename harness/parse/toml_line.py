"""The line of a TOML document on which something stands, for complaints: the parser of Python does not say."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(?P<many>\[\[|\[)(?P<path>[^\]]+)\]")
_PART = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^."'\s]+))\s*(?:\.|$)""")


def find_line(text: str, table: Sequence[str], key: str = "", nth: int = 0) -> int:
    """Return the line of a key in a table, else of the table's header, else the first that names either, else 1.

    A table that is repeated (`[[a.b]]`) is named by its number, from 0.
    """
    wanted, path, counts = tuple(table), tuple[str, ...](), dict[tuple[str, ...], int]()
    header, inside = 0, not wanted
    for number, line in enumerate(text.split("\n"), 1):
        if found := _HEADER.match(line):
            path = split_key(found["path"])
            if len(found["many"]) > 1:
                counts[path] = counts.get(path, -1) + 1
            inside = path == wanted and counts.get(path, 0) == nth
            header = header or (number if inside else 0)
        elif inside and key and _begins(line, (key,)):
            return number
        elif key and wanted[: len(path)] == path != wanted and _begins(line, (*wanted[len(path) :], key)):
            return number  # a.b.key = ...
    return header or next((n for n, line in enumerate(text.split("\n"), 1) if key and _begins(line, (key,))), 1)


def split_key(text: str) -> tuple[str, ...]:
    """Return the parts of a dotted key."""
    return tuple(one["double"] or one["single"] or one["bare"] or "" for one in _PART.finditer(text.strip()))


def _begins(line: str, parts: tuple[str, ...]) -> bool:
    """Return whether a line begins with a key of these parts, or one below it."""
    left, equals, _ = line.partition("=")
    return bool(equals) and split_key(left)[: len(parts)] == parts
