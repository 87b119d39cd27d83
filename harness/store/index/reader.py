"""What the index keeps of a bundle for a list, read from its run.json: half of the whole is decoded."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.records.card import Card
from harness.records.caveat import CaveatCode
from harness.records.outcome import Status
from harness.records.run import OURS, SystemInfo
from harness.records.source import name_project
from harness.records.trial import Role
from harness.render.config_column import config_words
from harness.store.bundle import RUN
from harness.store.index.checksum import check_texts, sum_texts
from harness.store.json_file import read_run

# The columns that a bundle's checksum is made of; the first of them are what its card has, in this order.
TEXTS = (
    "run_id start earliest node sha commit_name release config models status origin project trial role sweep"
).split()
_FIELDS = "id start earliest node sha commit release config models status origin project".split()
# A folder has few different configs and lists of models, however many runs.
_WORDS = 4096
# Where a bundle is: the path of its month's folder, and its name there.
BundleAddress = tuple[str, str]
# A row of a table by the names of its columns.
TableRow = dict[str, object]


class _Node(msgspec.Struct):
    name: str


class _Commit(msgspec.Struct):
    sha: str
    release: str = ""
    changes: str = ""
    repo: str = ""


class _Source(msgspec.Struct):
    commit: _Commit


class _Suite(msgspec.Struct):
    models: tuple[str, ...]
    benchmarks: tuple[str, ...]


class _Result(msgspec.Struct):
    status: Status


class _Caveat(msgspec.Struct):
    code: str


class _Trial(msgspec.Struct):
    id: str
    role: Role


class _Head(msgspec.Struct):
    """The fields of run.json that a list needs; the others are skipped."""

    schema: int
    id: str
    start: str
    node: _Node
    source: _Source
    suite: _Suite
    system_info: SystemInfo | None = None
    results: tuple[_Result, ...] = ()
    caveats: tuple[_Caveat, ...] = ()
    origin: str = OURS
    earliest: str = ""
    trial: _Trial | None = None
    sweep: str = ""


def read_batch(places: tuple[BundleAddress, ...]) -> list[TableRow | UnreadableError]:
    """Return the rows of bundles, in order; one that cannot be read is answered for by its error."""
    return [_try(*place) for place in places]


def _try(month: str, name: str) -> TableRow | UnreadableError:
    try:
        return read_row(month, name)
    except UnreadableError as error:
        return error


def read_row(month: str, name: str) -> TableRow:
    """Return the row of a bundle in the table `run`, but for the month; raises UnreadableError."""
    folder = f"{month}{os.sep}{name}"
    stamp = stamp_file(f"{folder}{os.sep}{RUN}")  # first: what is changed from here on has another
    head = read_run(Path(folder) / RUN, _Head)
    commit = head.source.commit
    short = (commit.sha or commit.changes or commit.release)[:7]
    bad = any(result.status.bad for result in head.results)
    # All that a list can know of what is missing without the whole record.
    bad = bad or any(caveat.code == CaveatCode.INCOMPLETE for caveat in head.caveats)
    row = {
        "run_id": tame(head.id),
        "start": tame(head.start),
        "earliest": tame(head.earliest or head.start),
        "node": tame(head.node.name),
        "sha": tame(commit.sha),
        "commit_name": tame(f"{short}+" if commit.sha and commit.changes else short),
        "release": tame(commit.release),
        "config": write_words(config_words(head.system_info)),
        "models": write_words(head.suite.models),
        "status": str(Status.FAILED if bad else Status.PASSED),
        "origin": tame(head.origin),
        "project": tame(name_project(commit.repo, whisper=head.origin == OURS or bool(head.suite.benchmarks))),
        "trial": tame(head.trial.id) if head.trial else "",
        "role": str(head.trial.role) if head.trial else "",
        "sweep": tame(head.sweep),
    }
    return {"name": os.fsencode(name), "stamp": stamp, "checksum": sum_texts([str(row[name]) for name in TEXTS]), **row}


def make_card(path: str, checksum: int, texts: Sequence[str]) -> Card:
    """Return the card of the bundle in a folder, given what its row has in the columns `TEXTS`.

    Raises DamagedError for a row that was not written so.
    """
    check_texts(texts, checksum)
    fields: dict[str, object] = dict(zip(_FIELDS, texts, strict=False))
    words = {name: read_words(str(fields[name])) for name in ("config", "models")}
    return msgspec.convert(fields | words | {"path": path}, Card)


def stamp_file(path: str) -> str:
    """Return size and times of a file or folder: of its content, and of the last change of anything of it.

    Empty where there is none.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - a hundred thousand times; a Path takes longer than the call
    except (OSError, ValueError):  # a name that a database made up may hold a zero byte
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def is_settled(stamp: str, now_ns: int, margin_ns: int) -> bool:
    """Return whether what has this stamp was left alone for so long that it cannot change again and keep its times."""
    return bool(stamp) and all(int(word) < now_ns - margin_ns for word in stamp.split()[1:])


def tame(text: str) -> str:
    """Return a text as every database takes it: without the character of code zero."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def write_words(words: tuple[str, ...]) -> str:
    """Return words as one text in which `quote_word` finds each of them, and nothing else."""
    return f",{''.join(f'{_encode(word)},' for word in words)}"


def quote_word(word: str) -> str:
    """Return a word as it stands in the text of `write_words`: a comma or a quote in a word looks otherwise."""
    return f",{_encode(word)},"


@functools.lru_cache(maxsize=_WORDS)
def read_words(text: str) -> tuple[str, ...]:
    """Return the words that `write_words` wrote."""
    return msgspec.json.decode(f"[{text.strip(',')}]", type=tuple[str, ...])


def _encode(word: str) -> str:
    return msgspec.json.encode(word).decode()
