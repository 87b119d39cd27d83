"""What is in a folder of results: the list of its runs, and runs found by id, prefix, path, `latest` or `all`.

Folders are found by their names alone; of a run in the list only what identifies it is decoded, half of the whole.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.records.card import Card
from harness.records.metric import METRICS
from harness.records.outcome import Status
from harness.records.record import Record
from harness.records.run import OURS, Run, SystemInfo
from harness.render.word import config_words
from harness.store.bundle import PARTIAL, REPORT, RUN, load_logs, load_run
from harness.store.json_file import read_run
from harness.store.result_tree import find_entries, read_entry

LATEST = "latest"
ALL = "all"
_SHOWN = 5


class Stored(Record):
    """A run and where it is: `path` is its bundle's folder, or the report that it was read from, text in `report`."""

    path: str
    run: Run
    report: str = ""


class _Node(msgspec.Struct):
    name: str


class _Commit(msgspec.Struct):
    sha: str
    release: str = ""
    changes: str = ""


class _Source(msgspec.Struct):
    commit: _Commit


class _Suite(msgspec.Struct):
    models: tuple[str, ...]


class _Result(msgspec.Struct):
    status: Status


class _Head(msgspec.Struct):
    """The fields of run.json that a `Card` needs; the others are skipped."""

    schema: int
    id: str
    start: str
    node: _Node
    source: _Source
    suite: _Suite
    system_info: SystemInfo | None = None
    results: tuple[_Result, ...] = ()
    origin: str = OURS


def list_folders(results: Path) -> list[Path]:
    """Return the bundles under results/<node>/<yyyy-mm>/, finished ones alone, in the order of their ids."""
    found = _bundles(results)
    return sorted((path for path in found if not path.name.endswith(PARTIAL)), key=lambda path: (path.name, path))


def iter_cards(results: Path) -> Iterator[Card | UnreadableError]:
    """Answer with a card for each bundle, oldest first, or with the reason why it cannot be read."""
    for folder in list_folders(results):
        try:
            yield _read_card(folder)
        except UnreadableError as error:
            yield error


def find_runs(results: Path, words: Sequence[str]) -> tuple[Stored, ...]:
    """Return the runs that `words` name, each once, in the order of the words.

    A word is an id or the unique beginning of one, with NODE/ before it or not, the path of a bundle or of a report,
    `latest` or `all`. Raises UsageError for a word that names nothing or too much, UnreadableError for a run that
    cannot be read and for two bundles that hold one run.
    """
    folders: list[Path] = []
    paths: dict[Path, None] = {}
    for word in words:
        if not folders and not _is_path(word):
            folders = list_folders(results)
        found = _resolve(results, folders, word)
        paths |= dict.fromkeys((path.parent if path.name == RUN else path).absolute() for path in found)
    stored = tuple(run for path in paths for run in _load(path))
    _refuse_twins((str(run.path), run.run.node.name, run.run.id) for run in stored)
    return stored


def find_twins(cards: Iterable[Card]) -> UnreadableError | None:
    """Return the complaint about two bundles that hold one run, if there are any."""
    try:
        _refuse_twins((card.path, card.node, card.id) for card in cards)
    except UnreadableError as error:
        return error
    return None


def read_logs(stored: Stored) -> dict[str, str]:
    """Return the raw logs of a run by their names; a bare report has none."""
    path = Path(stored.path)
    return load_logs(path, stored.run) if path.is_dir() else {}


def _resolve(results: Path, folders: Sequence[Path], word: str) -> Sequence[Path]:
    if _is_path(word):
        return [_existing(word)]
    if word in (ALL, LATEST):
        if not folders:
            raise UsageError(f"there is no run in {results}", hint="harness run, or --results DIR for another folder")
        return folders if word == ALL else folders[-1:]
    node, _, name = word.rpartition("/")
    mine = [folder for folder in folders if node in ("", folder.parent.parent.name)]
    exact = [folder for folder in mine if folder.name == name]
    if len(exact) > 1:
        raise _twins([str(folder) for folder in exact], name)
    if exact:
        return exact
    begun = [folder for folder in mine if name and folder.name.startswith(name)]
    names = list(dict.fromkeys(folder.name for folder in begun))
    if len(names) > 1:
        shown = "\n         ".join([*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])])
        raise UsageError(f"{word!r} is the beginning of {len(names)} runs", hint=f"more of one of\n         {shown}")
    if len(begun) > 1:
        raise _twins([str(folder) for folder in begun], names[0])
    if begun:
        return begun
    if word and _exists(word):
        return [Path(word)]
    raise _nothing(results, word)


def _is_path(word: str) -> bool:
    """Return whether a word can be nothing but a path; NODE/ID looks like one, too."""
    ends = word.endswith((".md", ".json", ".bak"))
    return ends or (os.sep in word and (word.count("/") > 1 or _exists(word)))


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False  # too long, or not even a path


def _existing(word: str) -> Path:
    if not _exists(word):
        raise UsageError(f"no such file or folder: {word}", hint="harness runs lists what there is")
    return Path(word)


def _nothing(results: Path, word: str) -> HarnessError:
    unfinished = min((path for path in _bundles(results) if word and path.name.startswith(word)), default=None)
    if unfinished:
        name = unfinished.name.removesuffix(PARTIAL)
        return UsageError(f"{name} is not finished", hint=f"harness run --resume {name}, or its path: {unfinished}")
    return UsageError(f"no run in {results} has an id that begins with {word!r}", hint="harness runs lists them")


def _load(folder: Path) -> Iterator[Stored]:
    if not (folder / RUN).is_file():
        for entry in find_entries(folder):
            reading = read_entry(entry)
            yield Stored(path=entry.path, run=reading.run, report=reading.report.decode(errors="replace"))
        return
    run = load_run(folder)
    unknown = next((name for name in (one.metric for one in run.measurements) if name not in METRICS), None)
    if unknown is not None:
        cause = "it was written by a newer harness, or by hand"
        raise UnreadableError(f"{folder / RUN}: {unknown!r} is no metric that this harness knows", cause=cause)
    report = "" if run.origin == OURS else _text(folder / REPORT)
    yield Stored(path=str(folder), run=run, report=report)


def _read_card(folder: Path) -> Card:
    head = read_run(folder / RUN, _Head)
    commit = head.source.commit
    name = (commit.sha or commit.changes or commit.release)[:7]
    bad = any(result.status.bad for result in head.results)
    return Card(
        path=str(folder),
        id=head.id,
        start=head.start,
        node=head.node.name,
        sha=commit.sha,
        commit=f"{name}+" if commit.sha and commit.changes else name,
        release=commit.release,
        config=config_words(head.system_info),
        models=head.suite.models,
        status=Status.FAILED if bad else Status.PASSED,
        origin=head.origin,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _refuse_twins(runs: Iterable[tuple[str, str, str]]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for path, node, run_id in runs:
        if (node, run_id) in seen:
            raise _twins([seen[node, run_id], path], run_id)
        seen[node, run_id] = path


def _twins(paths: Sequence[str], run_id: str) -> UnreadableError:
    files = "\n         ".join(f"{path}/{RUN}" for path in paths)
    hint = "name one as NODE/ID or by its path, or remove the copy"
    return UnreadableError(
        f"{len(paths)} runs have the id {run_id}", cause=f"it stands in\n         {files}", hint=hint
    )


def _bundles(results: Path) -> Iterator[Path]:
    return (bundle for node in _folders(results) for month in _folders(node) for bundle in _folders(month))


def _folders(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path) as entries:
            yield from [Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return
