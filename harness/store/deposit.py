"""Imported runs put among the others: many bundles, one after another, durable together.

A bundle is written aside and renamed, so whatever happens there is a whole one or none; one that is there already is
added to, and never moved. Only the last step makes them durable: a sync for each file would take longer than all the
rest.
"""

import concurrent.futures
import errno
import functools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from harness.errors import UnfitError, UnreadableError
from harness.records.record import Record
from harness.records.report import Remark
from harness.records.run import NO_DATE, Run
from harness.store.bundle import LOGS, REPORT, RUN, UNDATED, bundle_folder, encode_run
from harness.store.result_tree import BACKUP, Entry, Reading, read_entry
from harness.system.foreign import copy_file
from harness.system.fresh import create_file, write_atomic

# Fewer reports than this are read sooner than other processes have started.
_MANY = 500
# Where runs lie whose date was not understood, and what their ids begin with: in early versions, and now.
_UNDATED = (("0000-00", "00000000T000000Z"), (UNDATED, NO_DATE))
_CHUNK = 50
_MAX_PROCESSES = 8


class Placed(StrEnum):
    """What became of a report: new here, known already, known with fewer files and now added to, or unreadable."""

    NEW = "new"
    KNOWN = "known"
    RICHER = "richer"
    FAILED = "failed"


class Taken(Record):
    """One report and what became of it; `what`, `cause` and `hint` are the complaint about an unreadable one."""

    entry: Entry
    placed: Placed
    remarks: tuple[Remark, ...] = ()
    what: str = ""
    cause: str = ""
    hint: str = ""


def deposit(results: Path, entries: Sequence[Entry], node: str) -> Iterator[Taken]:
    """Read each report, put its bundle into the results, and answer with what became of it, in order.

    `node` names reports that no folder names. Raises UnfitError where nothing can be written.
    """
    try:
        results.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".import-", dir=results))
    except OSError as error:
        hint = "choose another folder with --results DIR or HARNESS_RESULTS"
        raise UnfitError(f"cannot write to {results}", cause=error.strerror or str(error), hint=hint) from None
    take = functools.partial(_take, results=results, aside=aside, node=node)
    try:
        yield from map(take, entries) if len(entries) < _MANY else _take_in_parallel(take, entries)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if hasattr(os, "sync"):
            os.sync()


def _take_in_parallel(take: "functools.partial[Taken]", entries: Sequence[Entry]) -> Iterator[Taken]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool = concurrent.futures.ProcessPoolExecutor(min(usable, _MAX_PROCESSES), initializer=_leave_signals_to_parent)
    try:
        yield from pool.map(take, entries, chunksize=_CHUNK)
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_signals_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _take(entry: Entry, *, results: Path, aside: Path, node: str) -> Taken:
    try:
        reading = read_entry(entry, node)
    except UnreadableError as error:
        return Taken(entry=entry, placed=Placed.FAILED, what=error.what, cause=error.cause, hint=error.hint)
    final = bundle_folder(results, reading.run)
    redated = _redate(results, reading.run, final)
    there, mine = _list_files(final / LOGS), _list_names(reading)
    if there is not None and mine <= there and not redated:
        return Taken(entry=entry, placed=Placed.KNOWN, remarks=(*reading.run.remarks, *reading.remarks))
    if there and not there <= mine:  # each place has some of them
        reading = read_entry(entry, node, beside=str(final / LOGS))
    place = _put if there is None else _add
    return Taken(entry=entry, placed=place(reading, final, aside), remarks=(*reading.run.remarks, *reading.remarks))


def _redate(results: Path, run: Run, final: Path) -> bool:
    """Give a run its place that an earlier harness imported without a date; return whether there was one."""
    _, commit, digest = run.id.rsplit("-", 2)
    for month, stamp in _UNDATED:
        earlier = results / run.node.name / month / f"{stamp}-{commit}-{digest}"
        if earlier != final and earlier.is_dir() and not final.exists():
            final.parent.mkdir(parents=True, exist_ok=True)
            earlier.rename(final)
            return True
    return False


def _add(reading: Reading, final: Path, aside: Path) -> Placed:
    """Add the files that a bundle has not.

    The record is before them in its place: as long as files are missing, importing again adds them.
    """
    missing = (_list_names(reading) | {BACKUP}) - (_list_files(final / LOGS) or set())
    new = aside / f"{final.name}.{os.getpid()}"
    _write_files(new, reading)
    write_atomic(final / RUN, encode_run(reading.run))
    for path in new.iterdir():
        if path.name in missing:
            path.replace(final / LOGS / path.name)
    shutil.rmtree(new)
    return Placed.RICHER


def _put(reading: Reading, final: Path, aside: Path) -> Placed:
    """Write the bundle of a run, as a whole."""
    new = aside / f"{final.name}.{os.getpid()}"
    _write(new, reading)
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        new.rename(final)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        shutil.rmtree(new)  # the same report, in another place, was faster
        return Placed.KNOWN
    return Placed.NEW


def _write(bundle: Path, reading: Reading) -> None:
    bundle.mkdir()
    (bundle / REPORT).write_bytes(reading.report)
    (bundle / RUN).write_bytes(encode_run(reading.run))
    _write_files(bundle / LOGS, reading)


def _write_files(folder: Path, reading: Reading) -> None:
    folder.mkdir()
    for name, content in reading.files.items():
        (folder / name).write_bytes(content)
    for path in reading.others:
        with create_file(folder / Path(path).name) as file:
            copy_file(Path(path), file, within=Path(path).parent)


def _list_names(reading: Reading) -> set[str]:
    """Return the names of the files beside a report, without the copy of the Output."""
    return {*reading.files, *(Path(path).name for path in reading.others)} - {BACKUP}


def _list_files(folder: Path) -> set[str] | None:
    """Return the names of the files in a folder, without the copy of the Output, None where there is no such folder."""
    try:
        return {path.name for path in folder.iterdir()} - {BACKUP}
    except FileNotFoundError:
        return None
