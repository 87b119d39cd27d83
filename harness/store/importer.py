"""Imported runs, stored with the others: many bundles, one after another, made durable together.

A bundle is written under another name and then renamed, so there is always a complete one or none. Files are added to
an existing bundle, which is never moved or replaced, so that nothing ever disappears. Its record is written before the
files that it was read from: as long as files are missing, importing again adds them. Its report is never changed,
because another report is another run. Only the last step makes everything durable: a sync for each file would take
longer than all the rest.
"""

import contextlib
import errno
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.records.node import NO_NAME
from harness.records.record import Record
from harness.records.report import ReportRemark
from harness.records.run import NO_DATE, Run
from harness.store.bundle import LOGS, REPORT, RUN, UNDATED, bundle_folder, encode_run
from harness.store.enclosure import Source, add_files, choose_names, give_name, list_sources, list_stored, write_file
from harness.store.result_tree import ReportEntry, ReportReading, read_entry
from harness.system.foreign import MissingError
from harness.system.fresh import create_file
from harness.system.process.crew import share
from harness.system.scratch import IMPORT, scratch_folder

# Fewer reports than this are read sooner than other processes have started.
_MANY = 500
# Where runs lie whose date was not understood, and what their ids begin with: in early versions, and now.
_UNDATED = (("0000-00", "00000000T000000Z"), (UNDATED, NO_DATE))
# Others may import the same at the same time; each attempt that fails is one that another has won.
_ATTEMPTS = 100
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
# They are not of one folder: whatever comes next would fail, too.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_HINT = "--results DIR  # another folder; or set HARNESS_RESULTS"


class ImportOutcome(StrEnum):
    """The result for a report: new, already known, extended by further files, or not imported."""

    NEW = "new"
    KNOWN = "known"
    RICHER = "richer"
    FAILED = "failed"


class ImportedReport(Record):
    """One report and the result; `what`, `cause` and `hint` are the error if it failed.

    `unfit` says that the report is not to blame: it could not be written, or there was no memory to read it.
    A `nameless` one does not say on which node it was made.
    """

    entry: ReportEntry
    placed: ImportOutcome
    remarks: tuple[ReportRemark, ...] = ()
    what: str = ""
    cause: str = ""
    hint: str = ""
    unfit: bool = False
    nameless: bool = False


def import_entries(
    results: Path, entries: Sequence[ReportEntry], node: str, *, note: Callable[[str], None]
) -> Iterator[ImportedReport]:
    """Read each report, store its bundle in the results, and yield the result for each, in order.

    `node` is the node of reports that no folder names. Raises UnfitError if nothing can be written.
    """
    with open_scratch(results) as aside:
        take = functools.partial(_take, results=results, aside=aside, node=node)
        many = len(entries) >= _MANY
        yield from share(take, entries, fallen=_give_up, note=note) if many else map(take, entries)


@contextlib.contextmanager
def open_scratch(results: Path) -> Iterator[Path]:
    """Yield a folder in the results for what is not whole yet; in the end all that was written there is durable.

    Raises UnfitError where nothing can be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            results.mkdir(parents=True, exist_ok=True)
            aside = stack.enter_context(scratch_folder(results, IMPORT))
        except OSError as error:
            raise UnfitError(f"cannot write to {results}", cause=error.strerror or str(error), hint=_HINT) from None
        if hasattr(os, "sync"):
            stack.callback(os.sync)
        yield aside


def _give_up(entry: ReportEntry) -> ImportedReport:
    cause = "the process that read it was killed twice, probably because memory ran out"
    hint = f"harness import {entry.folder or entry.path}"
    error = UnfitError(f"{entry.path} was not imported", cause=cause, hint=hint)
    return _fail(entry, error)


def _fail(entry: ReportEntry, error: HarnessError) -> ImportedReport:
    unfit = not isinstance(error, UnreadableError)
    return ImportedReport(
        entry=entry, placed=ImportOutcome.FAILED, what=error.what, cause=error.cause, hint=error.hint, unfit=unfit
    )


def _take(entry: ReportEntry, *, results: Path, aside: Path, node: str) -> ImportedReport:
    try:
        return _place(entry, results, aside, node)
    except HarnessError as error:
        return _fail(entry, error)
    except OSError as error:
        if error.errno in _OF_THE_DISK or not error.filename:
            raise
        what = f"{entry.path} was not imported: cannot write {error.filename}"
        return _fail(entry, UnfitError(what, cause=error.strerror or str(error), hint=_HINT))


def _place(entry: ReportEntry, results: Path, aside: Path, node: str) -> ImportedReport:
    reading = read_entry(entry, node)
    final = bundle_folder(results, reading.run)
    refuse_links(results, final)
    try:
        return _settle(entry, reading, results, aside, node)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    with scratch_folder(results / reading.run.node.name, IMPORT) as nearer:  # the node's folder is a disk of its own
        return _settle(entry, reading, results, nearer, node)


def _settle(entry: ReportEntry, reading: ReportReading, results: Path, aside: Path, node: str) -> ImportedReport:
    """Store a run in its place, or add to the run that is there."""
    final = bundle_folder(results, reading.run)
    nameless = reading.run.node.name == NO_NAME
    sources = list_sources(reading)
    remarks = [*reading.run.remarks, *reading.remarks]
    placed = ImportOutcome.KNOWN
    considered: set[str] | None = None
    for _ in range(_ATTEMPTS):
        earlier = _find_earlier(results, reading.run)
        if not final.is_dir():
            placed = ImportOutcome.RICHER if earlier else ImportOutcome.KNOWN
            try:
                new = _put(reading, earlier, final, aside)
            except MissingError:
                if earlier and earlier.is_dir():
                    raise
                continue  # another process has just given it its place
            if new and not earlier:
                return ImportedReport(entry=entry, placed=ImportOutcome.NEW, remarks=tuple(remarks), nameless=nameless)
            continue
        if earlier:
            _unite(earlier, final, aside)
            placed, considered = ImportOutcome.RICHER, set()
        there = set(list_stored(final, LOGS))
        missing = choose_names(sources, final / LOGS)
        if not missing and _has_record(final) and (considered is None or there <= considered):
            return ImportedReport(entry=entry, placed=placed, remarks=tuple(remarks))
        remarks += [_remark(name, path.name) for name, path in missing.items() if name != path.name]
        placed, considered = ImportOutcome.RICHER, there | {path.name for path in missing.values()}
        merged = read_entry(entry, node, beside=str(final / LOGS) if there else "")
        _add(merged, sources, missing, final, aside)
    raise UnfitError(
        f"{entry.path} was not imported", cause=f"other processes keep changing {final}", hint="import it again"
    )


def refuse_links(results: Path, final: Path) -> None:
    """Raise UnfitError for a link in the place of a folder, since its target is not part of the results."""
    for folder in (final, *final.parents):
        if folder == results:
            return
        if folder.is_symlink():
            raise UnfitError(
                f"cannot write to {folder}",
                cause="it is a link",
                hint="replace the link with the folder itself, or mount it there",
            )


def _find_earlier(results: Path, run: Run) -> Path | None:
    """Return where an earlier version stored this run because it could not read its date, or None."""
    _, commit, digest = run.id.rsplit("-", 2)
    places = (results / run.node.name / month / f"{stamp}-{commit}-{digest}" for month, stamp in _UNDATED)
    return next((place for place in places if place.name != run.id and _is_own_folder(place)), None)


def _is_own_folder(place: Path) -> bool:
    """Return whether a bundle exists and no link leads to it, since its contents are moved and removed."""
    return place.is_dir() and not place.is_symlink() and not place.parent.is_symlink()


def _put(reading: ReportReading, earlier: Path | None, final: Path, aside: Path) -> bool:
    """Write the complete bundle of a run, with the files of an `earlier` one.

    Return False if another process stored the same report first.
    """
    with _fresh(aside) as new:
        bundle = new / final.name
        bundle.mkdir()
        write_file(bundle / REPORT, reading.report)
        write_file(bundle / RUN, encode_run(reading.run))
        (bundle / LOGS).mkdir()
        for sources in (list_stored(earlier, LOGS) if earlier else {}, list_sources(reading)):
            for name, path in choose_names(sources, bundle / LOGS).items():
                write_file(path, sources[name])
        final.parent.mkdir(parents=True, exist_ok=True)
        try:
            bundle.rename(final)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            return False
    return True


def _unite(earlier: Path, final: Path, aside: Path) -> None:
    """Move the contents of an earlier bundle to the one in the right place, and remove it."""
    with _fresh(aside) as new, contextlib.suppress(FileNotFoundError, MissingError):  # another process was faster
        sources = list_stored(earlier, LOGS)
        (final / LOGS).mkdir(exist_ok=True)
        add_files(sources, choose_names(sources, final / LOGS), new)
        for other in earlier.iterdir():  # what somebody has put there
            if other.name not in (RUN, REPORT, LOGS) and not os.path.lexists(final / other.name):
                other.rename(final / other.name)
        earlier.rename(new / f"{earlier.name}.old")


def _add(
    merged: ReportReading, sources: Mapping[str, Source], missing: Mapping[str, Path], final: Path, aside: Path
) -> None:
    """Bring a bundle up to date: first its record, then the missing files."""
    with _fresh(aside) as new:
        with create_file(new / RUN) as file:
            file.write(encode_run(merged.run))
            file.flush()
            os.fsync(file.fileno())  # before it replaces the one that is there
        (new / RUN).replace(final / RUN)
        if not os.path.lexists(final / REPORT):
            write_file(new / REPORT, merged.report)
            give_name(new / REPORT, final / REPORT)
        (final / LOGS).mkdir(exist_ok=True)
        add_files(sources, missing, new)


@contextlib.contextmanager
def _fresh(aside: Path) -> Iterator[Path]:
    """Yield a new temporary folder, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(dir=aside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remark(name: str, stored: str) -> ReportRemark:
    what = "a file with this name and other content already exists: both are kept"
    return ReportRemark(line=1, what=what, text=f"{name} is stored as {stored}")


def _has_record(bundle: Path) -> bool:
    """Return whether there is a record; a power loss can leave an empty file."""
    try:
        return (bundle / RUN).lstat().st_size > 0
    except OSError:
        return False
