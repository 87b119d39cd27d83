"""The runs in a folder of results, found by id, prefix, path, `latest` or `all` from the names of their folders."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.records.measurement import METRICS
from harness.records.record import Record
from harness.records.run import OURS, Run
from harness.store.bundle import LOGS, PARTIAL, REPORT, RUN, load_logs, load_run
from harness.store.index.question import ChosenRun
from harness.store.layout import BundlePlace, MonthFolder, find_places, keep_newest, list_months
from harness.store.result_tree import find_entries, read_entry
from harness.system.foreign import list_folder, read_text

LATEST = "latest"
ALL = "all"
_SHOWN = 5
_MOST_IDS = 8

Note = Callable[[str], None]


class StoredRun(Record):
    """A run and its place; `path` is its bundle, or the report that it was read from, whose text is `report`."""

    path: str
    run: Run
    report: str = ""


class FoundRuns(NamedTuple):
    """The runs that words name, and the errors of those of `all` that cannot be read."""

    stored: tuple[StoredRun, ...]
    unread: tuple[UnreadableError, ...] = ()


def find_runs(results: Path, words: Sequence[str], note: Note = lambda _: None) -> FoundRuns:
    """Return the runs that `words` name, each once, in the order of the words.

    A word is an id or the unique beginning of one, with or without NODE/ before it, the path of a bundle or of a
    report, `latest` or `all`. `note` is called with a line for each folder, link or special file that is ignored.
    Raises UsageError for a word that names no run or several, UnreadableError for a run that cannot be read and for two
    bundles that hold one run. A run of `all` that cannot be read is an error only if none can be read.
    """
    months: list[MonthFolder] = []
    paths: dict[Path, bool] = {}  # and whether it was asked for by name
    for word in words:
        if not months and not _is_path(word):
            months = list_months(results, note)
        found = _resolve(results, months, word)
        for path in found:
            folder = (path.parent if path.name == RUN else path).absolute()
            paths[folder] = paths.get(folder, False) or word != ALL
    stored: list[StoredRun] = []
    errors: list[UnreadableError] = []
    for path, named in paths.items():
        try:
            stored += _load(path, note)
        except UnreadableError as error:
            if named:
                raise
            errors.append(error)
    if errors and not stored:
        raise errors[-1]
    _refuse_twins((str(run.path), run.run.node.name, run.run.id) for run in stored)
    return FoundRuns(tuple(stored), tuple(errors))


def find_twins(chosen: Iterable[ChosenRun]) -> UnreadableError | None:
    """Return the error about two bundles that hold one run, or None."""
    try:
        _refuse_twins((one.path, one.node, one.run_id) for one in chosen)
    except UnreadableError as error:
        return error
    return None


def read_logs(stored: StoredRun) -> dict[str, str]:
    """Return the raw logs of a run by name; a bare report has none."""
    path = Path(stored.path)
    return load_logs(path, stored.run) if path.is_dir() else {}


def _resolve(results: Path, months: Sequence[MonthFolder], word: str) -> Sequence[Path]:
    if _is_path(word):
        return [_existing(word)]
    if word in (ALL, LATEST):
        places = find_places(months) if word == ALL else find_places(keep_newest(months, 1))
        if not places:
            raise UsageError(
                f"there are no runs in {results}", hint="harness run  # or --results DIR to look in another folder"
            )
        return [Path(place.path) for place in places]
    node, _, name = word.rpartition("/")
    begun = [place for place in find_places(months, name) if name and node in ("", place.node)]
    found = [place for place in begun if place.name == name] or begun
    names = list(dict.fromkeys(place.name for place in found))
    if len(names) > 1:
        more = len(names) - _MOST_IDS
        shown = "\n         ".join([*names[:_MOST_IDS], *([f"and {more} more"] if more > 0 else [])])
        raise UsageError(
            f"the ids of {len(names)} runs begin with {word!r}", hint=f"a longer part of one of\n         {shown}"
        )
    if len(found) > 1:
        raise _twins([place.path for place in found], names[0])
    if found:
        return [Path(found[0].path)]
    if word and _exists(word):
        return [Path(word)]
    raise _nothing(results, months, word)


def _is_path(word: str) -> bool:
    """Return whether a word can only be a path; NODE/ID looks like one, too."""
    ends = word.endswith((".md", ".json", ".bak"))
    return ends or (os.sep in word and (word.count("/") > 1 or _exists(word)))


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False  # too long, or not even a path


def _existing(word: str) -> Path:
    if not _exists(word):
        raise UsageError(f"no such file or folder: {word}", hint="harness list")
    return Path(word)


def _nothing(results: Path, months: Sequence[MonthFolder], word: str) -> HarnessError:
    partials = sorted(BundlePlace(name, month.path) for month in months for name in month.partials)
    unfinished = next((place for place in partials if word and place.name.startswith(word)), None)
    if unfinished:
        name = unfinished.name.removesuffix(PARTIAL)
        return UsageError(
            f"{name} is not finished", hint=f"harness run --resume {name}  # or its path: {unfinished.path}"
        )
    return UsageError(f"no run in {results} has an id that begins with {word!r}", hint="harness list")


def _load(folder: Path, note: Note) -> Iterator[StoredRun]:
    if not os.path.lexists(folder / RUN):
        tree = find_entries(folder)
        for left in (*tree.left_out, *tree.unread):
            note(f"{left} is ignored")
        for entry in tree.entries:
            reading = read_entry(entry)
            yield StoredRun(path=entry.path, run=reading.run, report=reading.report.decode(errors="replace"))
        return
    run = load_run(folder)
    _name_left_out(folder, note)
    unknown = next(
        (name for name in (one.metric for one in (*run.measurements, *run.counts)) if name not in METRICS), None
    )
    if unknown is not None:
        cause = "it was written by a newer harness, or by hand"
        raise UnreadableError(f"{folder / RUN}: {unknown!r} is not a metric that this harness knows", cause=cause)
    report = "" if run.origin == OURS else _text(folder)
    yield StoredRun(path=str(folder), run=run, report=report)


def _name_left_out(bundle: Path, note: Note) -> None:
    """Report everything in a bundle that is not a regular file; it is neither read nor published."""
    try:
        found = list_folder(bundle)
        there = [(bundle / name, kind) for name, kind in found.others]
        if LOGS in found.folders:
            there += [(bundle / LOGS / name, kind) for name, kind in list_folder(bundle / LOGS, within=bundle).others]
    except UnreadableError as error:
        note(f"{error.line}: it is ignored")
        return
    for path, kind in there[:_SHOWN]:
        note(f"{path} ({kind}) is ignored")
    if len(there) > _SHOWN:
        note(f"and {len(there) - _SHOWN} other links and special files of {bundle} are ignored")


def _text(bundle: Path) -> str:
    try:
        return read_text(bundle / REPORT, within=bundle)
    except UnreadableError:
        return ""


def _refuse_twins(runs: Iterable[tuple[str, str, str]]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for path, node, run_id in runs:
        if (node, run_id) in seen:
            raise _twins([seen[node, run_id], path], run_id)
        seen[node, run_id] = path


def _twins(paths: Sequence[str], run_id: str) -> UnreadableError:
    files = "\n         ".join(f"{path}/{RUN}" for path in paths)
    hint = "name one by NODE/ID or by its path; or remove the copy"
    return UnreadableError(f"{len(paths)} runs have the id {run_id}", cause=f"they are\n         {files}", hint=hint)
