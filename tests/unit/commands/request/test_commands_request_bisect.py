"""Searches for a commit as they are asked for, and what is refused before anything is fetched."""

import pytest

from harness.commands.request import bisect
from harness.commands.request.bisect import (
    BisectWords,
    refuse_idle,
    resolve_bisect,
    resolve_kept_bisect,
)
from harness.commands.request.place import open_workplace
from harness.errors import UsageError
from harness.records.bisection import StoredBisection
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.measurement import Case
from harness.records.node import Node
from harness.records.run import SCHEMA
from harness.records.source import Commit
from harness.records.suite import Engine
from harness.run.places import Workplace
from harness.settings.layer import Settings, layer_settings
from harness.settings.recall import list_decisive
from harness.settings.request import BisectRequest
from harness.system.console import Console
from tests import factory

WORDS = BisectWords(commits=("v1.8.4", "v1.8.5"))


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = factory.haswell()
    monkeypatch.setattr(bisect, "resolve_node", lambda settings, environ: node)
    return node


def layered(environ: dict[str, str] | None = None, **flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ=environ or {}, flags={"model": ["tiny"], **flags})


def workplace(settings: Settings) -> Workplace:
    return open_workplace(settings, {}, Console(quiet=True))


def ask(words: BisectWords = WORDS, environ: dict[str, str] | None = None, **flags: object) -> BisectRequest:
    settings = layered(environ, **flags)
    return resolve_bisect(settings, workplace(settings), words)


def test_a_search_is_about_one_number_and_takes_an_hour() -> None:
    request = ask(threads=["2"])
    assert (request.words, request.metric, request.budget_s) == (("v1.8.4", "v1.8.5"), "encode", 3600.0)
    assert request.case == Case.of("whisper", model="tiny", threads=2, fa=0)
    assert request.design.metrics == ("encode",)
    assert request.run.measure.suite.engine is Engine.LIBRARY
    assert ask(budget="10m", metric=["decode"]).budget_s == 600.0
    assert ask(BisectWords(commits=("v1.8.4",))).words == ("v1.8.4", "")


def test_the_source_of_other_verbs_is_none_of_a_search() -> None:
    source = ask(environ={"HARNESS_SOURCE": "/tree"}, repo=None).run.source
    assert (source.ref, source.tree, source.repo) == ("", "", "")
    assert ask(repo="/clone").run.source.repo == "/clone"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"metric": ["encode", "decode"]}, "one metric"),
        ({"model": ["tiny", "base"]}, "--model has several values"),
        ({"model": ["fast"]}, "one model"),
        ({"threads": ["1", "2"]}, "--threads has several values"),
        ({"flash_attn": ["0", "1"]}, "--flash-attn has several values"),
        ({"quant": ["f16", "q5_0"]}, "--quant has several values"),
    ],
)
def test_more_than_one_case_is_refused(flags: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(WORDS, None, **flags)


@pytest.mark.parametrize("commits", [(), ("a", "b", "c")])
def test_a_search_has_two_ends(commits: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"needs two commits, not {len(commits)}"):
        ask(BisectWords(commits=commits))


def test_a_search_that_goes_on_keeps_what_it_was_begun_with() -> None:
    begun = layered(threads=["2"], isa="avx2", define=["GGML_OPENMP=OFF"])
    stored = StoredBisection(
        schema=SCHEMA,
        id="20260101T000000Z-bisect-01234567",
        node="node-1",
        start="2026-01-01T00:00:00+00:00",
        question="0",
        words=("v1.8.4", "v1.8.5"),
        line=CommitLine(good=Commit(sha="a"), commits=(LineCommit(commit=Commit(sha="b")),), repo="/repo"),
        case=Case.of("whisper", model="tiny", threads=2, fa=0),
        metric="decode",
        threshold=0.035,
        seed=7,
        pairs=3,
        relink=False,
        settings=list_decisive(begun),
        backend="cpu",
        engine=Engine.LIBRARY,
    )
    today = layered(metric=["prompt"], threads=["1"], budget="5m")
    request = resolve_kept_bisect(today, workplace(today), stored)
    assert (request.metric, request.budget_s, request.words) == ("decode", 300.0, stored.words)
    assert request.case == stored.case
    design = request.design
    assert design.threshold == pytest.approx(0.035)
    assert (design.pairs, design.seed) == (3, 7)
    assert (request.run.build.isa, request.run.build.defines) == ("avx2", ("GGML_OPENMP=OFF",))


def test_what_is_resumed_takes_no_commits() -> None:
    refuse_idle(BisectWords(resume=""))
    for words in (BisectWords(commits=("a",), resume=""), BisectWords(resume="", renewed=True)):
        with pytest.raises(UsageError, match="--resume cannot be combined"):
            refuse_idle(words)
