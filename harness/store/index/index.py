"""The index of one results folder, kept true to its bundles, and the questions to it.

A month's folder is believed to hold what it held for as long as it has the same times: bundles are added, removed and
replaced by renaming. Where they changed, every run.json of that month is compared by size and times, and what is new is
read. What is shown is compared in any case (`confirm`).
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import UnreadableError
from harness.records.card import Card, RunFilter
from harness.store.bundle import RUN
from harness.store.index.database import DatabaseLink
from harness.store.index.folder import describe_frozen, find_folder
from harness.store.index.piece import gather, read_pieces
from harness.store.index.question import EVERYTHING, ChosenRun, IndexedFolder, choose_runs, chunk, load_cards
from harness.store.index.reader import BundleAddress, is_settled, read_batch, stamp_file
from harness.store.index.sweep_row import read_sweep_row
from harness.store.index.table import make_tables
from harness.store.layout import MonthFolder, list_month, list_month_folders

# What was changed so shortly before it was looked at may change again and keep its times.
_SETTLED_NS = 2_000_000_000
# So many bundles are read before what is known of them is written, and others who write get their turn.
_BATCH = 2000
# So many are one piece of work for one of several processes, and fewer than so many pieces are not worth those.
_PIECE, _PIECES = 50, 10
# More than so many of the newest are a question about all.
MOST_NEWEST = 1000

Progress = Callable[[int, int], None]
Note = Callable[[str], None]


class _Known(NamedTuple):
    """A month in the database, the stamp at which all of it was known, and how many runs it has."""

    id: int
    stamp: str
    runs: int


class _Stale(NamedTuple):
    """A month of which something may have changed: its stamp before it was listed, and what is in it."""

    id: int
    stamp: str
    month: MonthFolder
    clean: bool


class RunIndex:
    """The index of a results folder.

    `read` counts the bundles that had to be read, `there` those that there are; `errors` tell of those that could not
    be read when it was last brought up to date. `folder` is its number in the database, `folders` are the paths of its
    months by theirs. `frozen` says why nothing can be added here, so that it is taken as it is; empty where it can.
    `results` is the folder, which may be another one than was asked for where that is not on this computer.
    """

    def __init__(
        self,
        link: DatabaseLink,
        results: Path,
        note: Note = lambda _: None,
        progress: Progress = lambda _done, _total: None,
    ) -> None:
        self.read = 0
        self.there = 0
        self.errors: list[UnreadableError] = []
        self.link = link
        self.note = note
        self.progress = progress
        self._fresh: dict[str, str] = {}  # the stamps of the bundles that this process has read
        self.folder, self.results, self.frozen = find_folder(link, results)
        self.folders: dict[int, str] = {}

    def refresh(self, newest: int = 0) -> None:
        """Bring the index up to date: all of it, or as far as is needed to know the `newest` so many runs."""
        tables = make_tables()
        known = self._load_months()  # first: what others add later would look as if it were gone
        if self.frozen:
            self.folders = {month.id: path for path, month in known.items()}
            self.there = sum(month.runs for month in known.values())
            self.note(describe_frozen(self.link, self.folder, self.frozen))
            return
        folders = list_month_folders(self.results, self.note)
        stamps = {path: stamp_file(path) for path in folders}
        gone = [month.id for path, month in known.items() if path not in stamps]
        missing = [path for path in folders if path not in known]
        if gone or missing:
            with self.link.writing() as connection:
                self._forget(connection, gone)
                rows = [{"folder": self.folder, "node": node, "name": name} for node, name in map(_split, missing)]
                if rows:
                    connection.execute(self.link.insert(tables.month), rows)
            known = self._load_months()
            folders = [path for path in folders if path in known]  # another process may have seen it go
        self.folders = {month.id: path for path, month in known.items()}
        stale = [self._look(known[path], path, stamps[path]) for path in folders if stamps[path] != known[path].stamp]
        self.there = sum(known[path].runs for path in folders if stamps[path] == known[path].stamp)
        self.there += sum(len(one.month.names) for one in stale)
        self._bring(stale, self._choose_newest(stale, newest) if newest else None)

    def choose(self, wanted: RunFilter = EVERYTHING, newest: int = 0, *, unmeasured: bool = False) -> list[ChosenRun]:
        """Return the runs that are wanted, or the `newest` so many of them, oldest first.

        The numbers of `unmeasured` ones are not known yet.
        """
        return choose_runs(self.link, IndexedFolder(self.folder, self.folders), wanted, newest, unmeasured=unmeasured)

    def load_cards(self, chosen: Sequence[ChosenRun]) -> list[Card]:
        """Return the cards of runs, in order; raises DamagedError where a row is not what was written."""
        return load_cards(self.link, IndexedFolder(self.folder, self.folders), chosen)

    def confirm(self, chosen: Iterable[ChosenRun]) -> bool:
        """Return whether these runs are what is on disk now; those that are not will be read again.

        What nothing can be added to is taken as it is.
        """
        if self.frozen:
            return True
        wrong = [one for one in chosen if not self.is_current(one)]
        if wrong:
            by_path = {path: number for number, path in self.folders.items()}
            tables = make_tables()
            months = {by_path[one.path.rpartition(os.sep)[0]] for one in wrong}
            with self.link.writing() as connection:
                for ids in chunk([one.row for one in wrong]):
                    connection.execute(tables.run.update().where(tables.run.c.id.in_(ids)).values(stamp=""))
                connection.execute(tables.month.update().where(tables.month.c.id.in_(months)).values(stamp=""))
        return not wrong

    def is_current(self, one: ChosenRun) -> bool:
        """Return whether a run is on disk what the index says: as this process has read it, or another one since."""
        now = stamp_file(f"{one.path}{os.sep}{RUN}")
        return bool(now) and now in (self._fresh.get(one.path), one.stamp)

    def _load_months(self) -> dict[str, _Known]:
        """Return the months in the database by their paths; one that lacks a row is not known as a whole."""
        import sqlalchemy as sa

        tables = make_tables()
        month, run = tables.month, tables.run
        asked = sa.select(month.c.node, month.c.name, month.c.id, month.c.stamp, month.c.runs)
        counted = sa.select(run.c.month, sa.func.count()).group_by(run.c.month)
        with self.link.reading() as connection:
            rows = connection.execute(asked.where(month.c.folder == self.folder)).all()
            counts: dict[int, int] = {row[0]: row[1] for row in connection.execute(counted)}
        root = f"{self.results}{os.sep}"
        return {
            f"{root}{os.fsdecode(node)}{os.sep}{os.fsdecode(name)}": _Known(
                number, stamp if counts.get(number, 0) == runs else "", runs
            )
            for node, name, number, stamp, runs in rows
        }

    def _look(self, known: _Known, path: str, stamp: str) -> _Stale:
        """Return what is in a month; one in which something was left out is looked at every time, to say so."""
        noted: list[str] = []
        month = list_month(path, noted.append)
        for line in noted:
            self.note(line)
        return _Stale(known.id, stamp, month, clean=not noted)

    def _choose_newest(self, stale: Sequence[_Stale], newest: int) -> set[BundleAddress]:
        """Return those of the newest runs that lie in months of which something may have changed."""
        listed = [(os.fsencode(name), one.month.path, name) for one in stale for name in one.month.names]
        listed.sort(reverse=True)
        if len(listed) > newest:
            del listed[newest:]
        return {(path, name) for _, path, name in listed}

    def _bring(self, stale: Sequence[_Stale], needed: set[BundleAddress] | None) -> None:
        """Read what is new or changed in some months, all of it or what is `needed`, and forget what is gone."""
        import sqlalchemy as sa

        self.errors = []
        if not stale:
            return
        tables = make_tables()
        run = tables.run
        wanted: list[BundleAddress] = []
        rows: dict[int, dict[bytes, tuple[int, str]]] = {one.id: {} for one in stale}
        with self.link.reading() as connection:
            for ids in chunk(list(rows)):
                asked = sa.select(run.c.month, run.c.name, run.c.id, run.c.stamp).where(run.c.month.in_(ids))
                for month, name, number, stamp in connection.execute(asked):
                    rows[month][name] = (number, stamp)
        gone: list[int] = []
        former: dict[BundleAddress, int] = {}
        for one in stale:
            known, path = rows[one.id], one.month.path
            for name in one.month.names:
                row = known.pop(os.fsencode(name), None)
                if needed is not None and (path, name) not in needed:
                    continue
                if row is None or row[1] != stamp_file(f"{path}{os.sep}{name}{os.sep}{RUN}"):
                    wanted.append((path, name))
                    former |= {(path, name): row[0]} if row else {}
            # Another process may have added one since this month was listed.
            gone += [number for name, (number, _) in known.items() if not _is_there(path, name)]
        if gone:
            with self.link.writing() as connection:
                _delete(connection, run, gone)
        unsettled = self._read(wanted, former)
        if needed is None:
            self._settle(stale, unsettled)

    def _read(self, places: Sequence[BundleAddress], former: Mapping[BundleAddress, int]) -> set[str]:
        """Read bundles and keep their rows; return the months in which one could not be read or may change again.

        The `former` row of a bundle gives way to the new one in one step: others may be looking for it.
        """
        months = {path: number for number, path in self.folders.items()}
        unsettled: set[str] = set()
        done = 0
        if places:
            self.progress(done, len(places))
        for batch in gather(read_pieces(read_batch, places, _PIECE, _PIECES, self.note), _BATCH):
            rows, now_ns = [], time.time_ns()
            replaced = [former[place] for place, _ in batch if place in former]
            for (month, name), row in batch:
                done += 1
                if done % _PIECE == 0:
                    self.progress(done, len(places))
                if isinstance(row, UnreadableError):
                    self.errors.append(row)
                    unsettled.add(month)
                    continue
                self._fresh[f"{month}{os.sep}{name}"] = str(row["stamp"])
                if not is_settled(str(row["stamp"]), now_ns, _SETTLED_NS):
                    row["stamp"] = ""
                    unsettled.add(month)
                rows.append(row | {"month": months[month]})
            if rows or replaced:
                with self.link.writing() as connection:
                    _delete(connection, make_tables().run, replaced)
                    self.link.add(connection, make_tables().run, rows)
        self.read += done
        return unsettled

    def _settle(self, stale: Sequence[_Stale], unsettled: set[str]) -> None:
        """Keep the stamps of months of which all is known, and the sweeps in them."""
        tables, now_ns = make_tables(), time.time_ns()
        sweeps = [(one.id, name, one.month.path) for one in stale for name in one.month.sweeps]
        rows = [row | {"month": month} for month, name, path in sweeps if (row := read_sweep_row(path, name))]
        with self.link.writing() as connection:
            for one in stale:
                settled = is_settled(one.stamp, now_ns, _SETTLED_NS) and one.clean and one.month.path not in unsettled
                values = {"stamp": one.stamp if settled else "", "runs": len(one.month.names)}
                connection.execute(tables.month.update().where(tables.month.c.id == one.id).values(**values))
            connection.execute(tables.sweep.delete().where(tables.sweep.c.month.in_([one.id for one in stale])))
            self.link.add(connection, tables.sweep, rows)

    def _forget(self, connection: Any, months: Sequence[int]) -> None:
        tables = make_tables()
        for ids in chunk(months):
            connection.execute(tables.run.delete().where(tables.run.c.month.in_(ids)))
            connection.execute(tables.sweep.delete().where(tables.sweep.c.month.in_(ids)))
            connection.execute(tables.month.delete().where(tables.month.c.id.in_(ids)))


def _split(path: str) -> tuple[bytes, bytes]:
    """Return the names of the folders of a node and a month."""
    _, node, month = path.rsplit(os.sep, 2)
    return os.fsencode(node), os.fsencode(month)


def _is_there(month: str, name: bytes) -> bool:
    """Return whether there is a bundle of this name in a month."""
    return bool(stamp_file(f"{month}{os.sep}{os.fsdecode(name)}{os.sep}{RUN}"))


def _delete(connection: Any, table: Any, ids: Sequence[int]) -> None:
    for some in chunk(ids):
        connection.execute(table.delete().where(table.c.id.in_(some)))
