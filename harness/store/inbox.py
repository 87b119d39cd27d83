"""The results of a node as they are before they are collected: what is new in them, looked at and not yet copied.

Names come first: what the results hold already is known by the name and the size of its record. Nothing in a folder of
a node is trusted: links are not followed, and a folder with too many entries is refused as a whole.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import UnreadableError
from harness.records.collection import FoundItem
from harness.records.node import NO_NAME
from harness.store.bundle import BISECTION, NIGHT, PARTIAL, RUN, SWEEP, TUNING
from harness.store.json_file import read_run
from harness.store.stored_import import is_unfinished
from harness.system.foreign import FolderListing, MissingError, list_folder

# A node with a run every five minutes has so many in two months.
MOST_ENTRIES = 20_000
_FILES = (SWEEP, BISECTION, NIGHT, TUNING)
# What is passed over everywhere: of editors, file servers, and what is not whole yet.
_HIDDEN = (".", "@", "#")


class _Named(msgspec.Struct):
    name: str = ""


class _Tuned(msgspec.Struct):
    node: str = ""
    end: str = ""


class _Head(msgspec.Struct):
    """What the records of runs, sweeps, bisections, nights and searches say of themselves; the rest is skipped."""

    schema: int
    node: _Named | str = ""
    start: str = ""
    began: str = ""
    end: str = ""
    ended: str = ""
    job: str = ""
    harness: str = ""
    tuning: _Tuned | None = None


class Inbox(NamedTuple):
    """What lies in the folder of a node: new bundles and files, how many things are known, and what cannot be read."""

    bundles: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    known: int = 0
    errors: tuple[UnreadableError, ...] = ()


def list_nodes(folder: Path) -> tuple[str, ...]:
    """Return the names of the nodes that have a folder in a results folder; none where there is no such folder."""
    try:
        listing = list_folder(folder, most_entries=MOST_ENTRIES)
    except MissingError:
        return ()
    return tuple(name for name in listing.folders if not name.startswith(_HIDDEN))


def look_into(folder: Path, node: str, results: Path) -> Inbox:
    """Return what lies in the folder of a node in the results folder `folder`, against what is in `results`."""
    found = Inbox()
    errors: list[UnreadableError] = []
    for month, listing in _list_months(folder / node, errors):
        there = results / node / month.name
        names = [name for name in listing.folders if not name.startswith(_HIDDEN) and not name.endswith(PARTIAL)]
        fresh = [month / name for name in names if not _is_known(month / name / RUN, there / name / RUN)]
        files = [month / name for name in listing.files if name.endswith(_FILES) and not name.startswith(_HIDDEN)]
        own = [one for one in files if not _is_known(one, there / one.name)]
        found = found._replace(
            bundles=(*found.bundles, *fresh),
            files=(*found.files, *(one for one in own if not is_unfinished(one))),
            known=found.known + len(names) - len(fresh) + len(files) - len(own),
        )
    return found._replace(errors=tuple(errors))


def find_newest(results: Path, node: str, now: str) -> Path | None:
    """Return the bundle of the newest run of a node, by its name; None where there is none.

    What began after `now`, written as in a name (`20261128T013000Z`), counts only where there is nothing else: else one
    night with a wrong clock would be the newest for years.
    """
    months = [(month, listing) for month, listing in _list_months(results / node, []) if month.name[0].isdigit()]
    later: Path | None = None
    for month, listing in reversed(months):
        names = [name for name in listing.folders if not name.startswith(_HIDDEN) and not name.endswith(PARTIAL)]
        past = [name for name in names if name[: len(now)] <= now]
        if past:
            return month / max(past)
        later = later or (month / max(names) if names else None)
    return later


def read_item(path: Path) -> FoundItem:
    """Return what a bundle or a file says of itself; raises UnreadableError for one that cannot be used."""
    bundle = path.suffix != ".json"
    try:
        head = read_run(path / RUN if bundle else path, _Head)
    except MissingError as error:
        hint = "a copy that is under way or broke off: finish or remove it"
        raise UnreadableError(f"{path} cannot be collected", cause=f"it has no {RUN}", hint=hint) from error
    node = head.node.name if isinstance(head.node, _Named) else head.node
    tuned = head.tuning or _Tuned()
    return FoundItem(
        path=str(path),
        folder=path.parents[1].name,
        node=node or tuned.node or NO_NAME,
        start=head.start or head.began,
        end=head.end or head.ended or tuned.end,
        job=head.job,
        harness=head.harness,
    )


def _list_months(folder: Path, errors: list[UnreadableError]) -> Iterator[tuple[Path, FolderListing]]:
    """Yield the months of a node, oldest first; what cannot be listed is an error."""
    try:
        months = list_folder(folder, most_entries=MOST_ENTRIES).folders
    except MissingError:
        return
    except UnreadableError as error:
        errors.append(error)
        return
    for name in months:
        if not name.startswith(_HIDDEN):
            try:
                yield folder / name, list_folder(folder / name, within=folder, most_entries=MOST_ENTRIES)
            except UnreadableError as error:
                errors.append(error)


def _is_known(path: Path, there: Path) -> bool:
    """Return whether the results hold a record of this name and size, or one that was not fetched for that reason."""
    try:
        size = there.lstat().st_size
    except OSError:
        return False
    try:
        return path.lstat().st_size == size
    except FileNotFoundError:
        return True
    except OSError:
        return False
