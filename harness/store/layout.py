"""Where bundles are, from names alone: no file is opened, so that even a hundred thousand take only a moment."""

import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnfitError
from harness.store.bundle import PARTIAL, SWEEP
from harness.system.limit import limit_of_read

Note = Callable[[str], None]


class BundlePlace(NamedTuple):
    """The name of a bundle, which begins with its time and so gives the order of runs, and the path of its month."""

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


class MonthFolder(NamedTuple):
    """A folder results/<node>/<yyyy-mm>/: its path, and the names of the bundles in it, finished and unfinished.

    `sweeps` are the names of the files of sweeps.
    """

    path: str
    names: list[str]
    partials: list[str]
    sweeps: Sequence[str] = ()


def list_months(results: Path, note: Note = lambda _: None) -> list[MonthFolder]:
    """Return the months of all nodes; empty if there are no results.

    `note` is called with a line for each folder that is ignored: one that cannot be opened, and a link, which may lead
    outside the results. Raises UnfitError if the results folder itself cannot be opened, LimitError if the system
    allows no more open files.
    """
    return [list_month(path, note) for path in list_month_folders(results, note)]


def list_month_folders(results: Path, note: Note = lambda _: None) -> list[str]:
    """Return the paths of the months of all nodes, without a look at what is in them, as `list_months` finds them."""
    return [
        f"{results}{os.sep}{node}{os.sep}{month}"
        for node in _folders(str(results), note, top=True)
        for month in _folders(f"{results}{os.sep}{node}", note)
    ]


def list_month(path: str, note: Note = lambda _: None) -> MonthFolder:
    """Return what is in the folder of a month."""
    sweeps: list[str] = []
    names = _folders(path, note, sweeps=sweeps)
    partials = [name for name in names if name.endswith(PARTIAL)]
    finished = [name for name in names if not name.endswith(PARTIAL)] if partials else names
    return MonthFolder(path, finished, partials, sweeps)


def find_places(months: Sequence[MonthFolder], beginning: str = "") -> list[BundlePlace]:
    """Return the places of finished bundles whose names begin with a prefix, oldest first."""
    return sorted(
        BundlePlace(name, month.path) for month in months for name in month.names if name.startswith(beginning)
    )


def keep_newest(months: Sequence[MonthFolder], count: int) -> list[MonthFolder]:
    """Return the months with only their newest `count` bundles."""
    kept: dict[str, list[str]] = {}
    for name, path in heapq.nlargest(count, _pairs(months)):
        kept.setdefault(path, []).append(name)
    return [MonthFolder(path, names, []) for path, names in kept.items()]


def _pairs(months: Sequence[MonthFolder]) -> Iterator[tuple[str, str]]:
    return ((name, month.path) for month in months for name in month.names)


def _folders(path: str, note: Note, *, top: bool = False, sweeps: list[str] | None = None) -> list[str]:
    """Return the names of the folders in one, and add those of the files of sweeps to `sweeps`."""
    names: list[str] = []
    try:
        with os.scandir(path) as entries:
            # What begins so is kept by an editor, a Mac or a NAS beside the files of others.
            for entry in entries:
                if entry.name[0] in ".@#":
                    continue
                if _is_folder(entry, note):
                    names.append(entry.name)
                elif sweeps is not None and entry.name.endswith(SWEEP) and entry.is_file(follow_symlinks=False):
                    sweeps.append(entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        if limit := limit_of_read(error, path):  # what could not be listed may hold runs
            raise limit from None
        cause = error.strerror or str(error)
        if top:
            hint = "--results DIR  # another folder; or set HARNESS_RESULTS"
            raise UnfitError(f"cannot open the results folder {path}", cause=cause, hint=hint) from None
        note(f"{path} cannot be opened ({cause}): it is ignored")
    return names


def _is_folder(entry: "os.DirEntry[str]", note: Note) -> bool:
    """Return whether an entry is a folder; report links, and entries that cannot be read."""
    try:
        if entry.is_dir(follow_symlinks=False):
            return True
        if entry.is_symlink():
            note(f"{entry.path} is a link: it is ignored")
    except OSError as error:
        note(f"{entry.path} cannot be read ({error.strerror or error}): it is ignored")
    return False
