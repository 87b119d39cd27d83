"""The way to the index of a results folder: where it is kept, and what is done where it cannot be."""

import contextlib
import functools
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from harness import __version__
from harness.build import behaviour
from harness.errors import UnfitError, UnreadableError
from harness.judge import machine
from harness.records import card, measurement, outcome, source
from harness.records.record import Record, short_hash
from harness.render import config_column
from harness.settings import recall
from harness.settings.request import Places
from harness.stats import summary
from harness.store.index import checksum, numbers, reader, sweep_row, table
from harness.store.index.database import Database, is_damage, open_file, open_memory, open_server, prepare
from harness.store.index.index import Note, Progress, RunIndex
from harness.store.index.table import ClashError, DamagedError
from harness.system.foreign import list_folder, read_bytes, read_text
from harness.system.fresh import write_atomic

_FOLDER = "index"
_RESULTS = "results"
_ENDING = ".sqlite3"
_OURS = re.compile(r"[0-9a-f]{12}\.sqlite3(?:-wal|-shm|-journal)?")
# An index of other code is kept for so long: somebody may use both.
_OTHERS_S = 7 * 86_400
# A server is asked once more than that where other processes are in the way; after so long where it was lost.
_PAUSES_S = (0.5, 1.0, 2.0, 3.0, 3.5)
# The modules that decide what the rows say.
CODE = (
    reader,
    numbers,
    sweep_row,
    table,
    checksum,
    card,
    outcome,
    source,
    measurement,
    config_column,
    behaviour,
    machine,
    summary,
    recall,
)
_T = TypeVar("_T")


def index_folder(places: Places) -> Path:
    """Return the folder of the cache in which the index of the results is kept."""
    return places.cache / _FOLDER / _name(os.fsencode(places.results))


def index_file(places: Places) -> Path:
    """Return the file of SQLite; every version of the code that fills it has one of its own."""
    return index_folder(places) / f"{name_code()}{_ENDING}"


class IndexEffort(Record):
    """What a question to an index took: so many bundles had to be read.

    `trouble` says why what was read could not be kept, and is empty where it could.
    """

    read: int
    trouble: str = ""


class _Question(NamedTuple, Generic[_T]):
    """What is asked of an index, and who is told of what happens meanwhile."""

    places: Places
    ask: Callable[[RunIndex], _T]
    note: Note
    progress: Progress
    rebuild: bool

    def put(self, database: Database, trouble: str = "") -> tuple[_T, IndexEffort]:
        """Return the answer of the index in a database."""
        with database.connect() as link:
            prepare(link, name_code(), rebuild=self.rebuild)
            index = RunIndex(link, self.places.results, self.note, self.progress)
            return self.ask(index), IndexEffort(read=index.read, trouble=trouble)


def consult(
    places: Places,
    ask: Callable[[RunIndex], _T],
    *,
    note: Note = lambda _: None,
    progress: Progress = lambda _done, _total: None,
    rebuild: bool = False,
) -> tuple[_T, IndexEffort]:
    """Return what `ask` makes of the index of a results folder, and how that went.

    `ask` may be called again. A damaged file is made anew; where the cache cannot be written, or another process does
    not let go of the file, the answer comes from the bundles, as slowly as that is. Raises UnfitError where a server
    cannot be used.
    """
    said: set[str] = set()

    def note_once(line: str) -> None:
        if line not in said:
            said.add(line)
            note(line)

    question = _Question(places, ask, note_once, progress, rebuild)
    if places.database:
        return _ask_server(question)
    import sqlalchemy as sa

    trouble = ""
    for attempt in range(2):
        try:
            if attempt or rebuild:
                _remove(index_file(places))
            _make_folder(places)
            return question.put(open_file(index_file(places)))
        except (DamagedError, msgspec.MsgspecError, UnicodeError, sa.exc.SQLAlchemyError, OSError) as error:
            cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
            trouble = f"{index_folder(places)}: {cause}"
            if isinstance(error, OSError) or (isinstance(error, sa.exc.DBAPIError) and not is_damage(error)):
                break
    return question.put(open_memory(), trouble)


def _ask_server(question: _Question[_T]) -> tuple[_T, IndexEffort]:
    """Return the answer of the index on a server.

    It is asked again where other processes were in the way, and where a server is gone that was there: it may have
    been started anew.
    """
    url, lost = question.places.database, False
    for pause_s in (*_PAUSES_S, None):
        try:
            return question.put(open_server(url))
        except ClashError as clash:
            lost, refusal = clash.lost, clash.refusal
        except UnfitError as error:
            if not lost:
                raise
            refusal = error
        if pause_s is None:
            raise refusal
        if lost:
            time.sleep(pause_s)
    raise AssertionError("the last attempt returns or raises")


@functools.cache
def name_code() -> str:
    """Return a digest of the code that fills the tables: what another one wrote may say something else."""
    files = [Path(module.__file__ or "") for module in CODE]
    try:
        return short_hash(__version__, *(read_text(file) for file in files))
    except UnreadableError:
        return short_hash(__version__)


def _name(results: bytes) -> str:
    """Return the name of the folder for the index of a results folder."""
    return short_hash(results.hex())


def _make_folder(places: Places) -> None:
    """Make the folder of an index that is not there yet, and remove those of results and of code that are gone."""
    if index_file(places).exists():
        return
    folder = index_folder(places)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / _RESULTS, os.fsencode(places.results), durable=False)
    with contextlib.suppress(OSError, UnreadableError):
        for name in list_folder(folder).files:
            path = folder / name
            if _OURS.fullmatch(name) and path.stat().st_mtime < time.time() - _OTHERS_S:
                _remove(path)
    with contextlib.suppress(OSError):
        for other in folder.parent.iterdir():
            with contextlib.suppress(UnreadableError, OSError, ValueError):
                results = read_bytes(other / _RESULTS, within=other)
                if other.name == _name(results) and not Path(os.fsdecode(results)).is_dir():
                    _forget(other)


def _forget(folder: Path) -> None:
    """Remove the index of a results folder that is gone, and nothing that somebody else has put there."""
    if folder.is_symlink():
        return
    for name in list_folder(folder).files:
        if _OURS.fullmatch(name):
            _remove(folder / name)
    (folder / _RESULTS).unlink()
    folder.rmdir()


def _remove(path: Path) -> None:
    """Remove a file of SQLite with what lies beside it; raises OSError."""
    for ending in ("", "-wal", "-shm", "-journal"):
        beside = path.with_name(f"{path.name}{ending}")
        if beside.is_dir() and not beside.is_symlink():
            continue
        beside.unlink(missing_ok=True)
