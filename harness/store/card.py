"""The card of a run, read from its run.json, of which only half is decoded."""

from pathlib import Path

import msgspec

from harness.records.card import Card
from harness.records.caveat import CaveatCode
from harness.records.outcome import Status
from harness.records.run import OURS, SystemInfo
from harness.records.source import name_project
from harness.render.config_column import config_words
from harness.store.bundle import RUN
from harness.store.json_file import read_run


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
    caveats: tuple[_Caveat, ...] = ()
    origin: str = OURS
    earliest: str = ""


def read_card(folder: str) -> Card:
    """Return the card of a bundle folder; raises UnreadableError."""
    head = read_run(Path(folder) / RUN, _Head)
    commit = head.source.commit
    name = (commit.sha or commit.changes or commit.release)[:7]
    bad = any(result.status.bad for result in head.results)
    # All that a list can know of what is missing without the whole record.
    bad = bad or any(caveat.code == CaveatCode.INCOMPLETE for caveat in head.caveats)
    return Card(
        path=folder,
        id=head.id,
        start=head.start,
        earliest=head.earliest or head.start,
        node=head.node.name,
        sha=commit.sha,
        commit=f"{name}+" if commit.sha and commit.changes else name,
        release=commit.release,
        config=config_words(head.system_info),
        models=head.suite.models,
        status=Status.FAILED if bad else Status.PASSED,
        origin=head.origin,
        project=name_project(commit.repo, whisper=head.origin == OURS or bool(head.suite.benchmarks)),
    )
