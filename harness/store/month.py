"""Where bundles are, by their names alone: no file is opened, so that a hundred thousand are a matter of a moment."""

import errno
import heapq
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.store.bundle import PARTIAL


class Place(NamedTuple):
    """A bundle's name, which begins with the time and so is the order of runs, and the path of its month's folder."""

    name: str
    month: str

    @property
    def path(self) -> str:
        """The bundle's folder."""
        return f"{self.month}{os.sep}{self.name}"

    @property
    def node(self) -> str:
        """The name of the node's folder."""
        return self.month.rsplit(os.sep, 2)[-2]


class Month(NamedTuple):
    """A folder results/<node>/<yyyy-mm>/: its path, and the names of the bundles in it, finished and unfinished."""

    path: str
    names: list[str]
    partials: list[str]


def list_months(results: Path) -> list[Month]:
    """Return the months of all nodes; none where there are no results."""
    months = []
    for node in _folders(str(results)):
        for month in _folders(f"{results}{os.sep}{node}"):
            path = f"{results}{os.sep}{node}{os.sep}{month}"
            names = _folders(path)
            partials = [name for name in names if name.endswith(PARTIAL)]
            finished = [name for name in names if not name.endswith(PARTIAL)] if partials else names
            months.append(Month(path, finished, partials))
    return months


def find_places(months: Sequence[Month], beginning: str = "") -> list[Place]:
    """Return where the finished bundles are whose names begin so, oldest first."""
    return sorted(Place(name, month.path) for month in months for name in month.names if name.startswith(beginning))


def keep_newest(months: Sequence[Month], count: int) -> list[Month]:
    """Return the months with their newest `count` bundles alone."""
    kept: dict[str, list[str]] = {}
    for name, path in heapq.nlargest(count, _pairs(months)):
        kept.setdefault(path, []).append(name)
    return [Month(path, names, []) for path, names in kept.items()]


def _pairs(months: Sequence[Month]) -> Iterator[tuple[str, str]]:
    return ((name, month.path) for month in months for name in month.names)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return False  # links that lead to each other hold nothing


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.name[0] != "." and _is_folder(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
