"""Commits made ready to be measured: what is kept of each build, and what stops a search instead."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.bisect import workshop
from harness.bisect.workshop import BrokenEndError, Workshop, refuse_weights
from harness.errors import UnavailableError, UnfitError, UsageError
from harness.records.bisection import BuiltCommit
from harness.records.outcome import OF_NODE, Cause, Status
from harness.records.plan import Phase
from harness.records.source import SourceRequest
from harness.records.trial import Role
from harness.run.builder import BuildResult
from harness.run.places import Workplace
from harness.settings.request import BisectRequest, RunRequest
from harness.trial.side import Side
from tests import factory
from tests.unit.bisect.test_bisect_loop import BAD, GOOD, KEYS, begin

MIDDLE = KEYS[3]
BUILT = factory.result("build_release", Phase.BUILD)


class Yard:
    """Plays preparation and compilation: `fates` says of a commit what its build comes to, or what preparing it raises.

    `quantised` are the checksums of the weights that commits make.
    """

    def __init__(self) -> None:
        self.fates: dict[str, Cause | UsageError | str] = {}
        self.quantised: dict[str, str] = {}
        self.prepared: list[tuple[SourceRequest, bool]] = []
        self.compiled: list[str] = []
        self.moved = ""

    def prepare(self, role: Role, request: RunRequest, _: Workplace, *, drawn: bool) -> Side:
        source = request.source
        self.prepared.append((source, drawn))
        fate = self.fates.get(source.ref)
        if isinstance(fate, UsageError):
            raise fate
        run = factory.run()
        commit = run.source.commit.replace(sha=self.moved or source.ref, changes="")
        plan = SimpleNamespace(sites=[SimpleNamespace(folder=f"/builds/{source.ref}")])
        state = run.replace(source=run.source.replace(commit=commit), weights=self._make_weights(source.ref))
        return Side(role=role, request=request, weights=(), state=state, plan=cast("Any", plan), drawn=drawn)

    def build(self, sides: list[Side], _: Workplace) -> list[BuildResult]:
        (side,) = sides
        sha = side.state.source.commit.sha
        self.compiled.append(sha)
        fate = self.fates.get(sha)
        result = BUILT
        if fate is not None:
            cause = fate if isinstance(fate, Cause) else None
            result = BUILT.replace(status=Status.FAILED, reason="exit code 1", cause=cause)
        run = side.state.replace(results=(result,), suite=side.state.suite.replace(benchmarks=()))
        return [BuildResult(run=run, folder=side.folder, logs="/logs", inventory=cast("Any", None))]

    def _make_weights(self, sha: str) -> tuple[Any, ...]:
        if sha not in self.quantised:
            return (factory.weights("tiny"),)
        made = factory.weights("tiny-q5_0")
        return (made.replace(parent=factory.weights("tiny"), path="/w", sha256=self.quantised[sha]),)


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    yard = Yard()
    monkeypatch.setattr(workshop, "prepare_side", yard.prepare)
    monkeypatch.setattr(workshop, "build_sides", yard.build)
    monkeypatch.setattr(workshop, "hide", lambda *_: None)
    return yard


def make(kept: list[BuiltCommit] | None = None, *, relink: bool = False) -> Workshop:
    stored, keep = begin(), kept if kept is not None else []
    placement = SimpleNamespace(pin="", nice=0, huge_pages=False)
    measure = SimpleNamespace(placement_request=placement, suite=factory.suite())
    run = SimpleNamespace(source=SourceRequest(), measure=measure)
    run.replace = lambda source: SimpleNamespace(source=source, measure=measure)
    design = SimpleNamespace(relink=relink, threshold=0.02, pairs=1)
    request = SimpleNamespace(run=run, design=design, case=stored.case, metric=stored.metric)
    return Workshop(cast("BisectRequest", request), stored, cast("Any", None), keep.append)


def test_a_commit_is_built_once_under_the_path_of_the_line(yard: Yard) -> None:
    kept: list[BuiltCommit] = []
    shop = make(kept)
    assert [shop.build(MIDDLE) for _ in range(2)] == 2 * kept
    assert (kept[0].commit, kept[0].reason, yard.compiled) == (MIDDLE, "", [MIDDLE])
    shop.make_sides((GOOD, MIDDLE))
    assert yard.compiled == [MIDDLE, GOOD]
    (alias,) = {source.alias for source, _ in yard.prepared}
    assert alias.startswith("line-"), "so that a compiler cache knows the files of neighbours"


@pytest.mark.parametrize("cause", sorted(OF_NODE))
@pytest.mark.parametrize("key", [GOOD, MIDDLE])
def test_troubles_of_the_node_are_nobodys_fault(yard: Yard, cause: Cause, key: str) -> None:
    """Where memory or the disk is full, another commit would not build, either: the search stops, and goes on later."""
    kept: list[BuiltCommit] = []
    yard.fates[key] = cause
    with pytest.raises(UnfitError, match=f"the build of {key[:8]} failed: exit code 1") as caught:
        make(kept).build(key)
    assert caught.value.cause == cause.meaning
    assert kept == [], "it is tried again by --resume"


def test_memory_and_disk_are_troubles_of_the_node() -> None:
    assert {Cause.OUT_OF_MEMORY, Cause.KILLED, Cause.DISK_FULL, Cause.READ_ONLY} <= OF_NODE


@pytest.mark.parametrize("fate", [Cause.UNKNOWN_OPTION, "its own code", UsageError("the tree has no option X")])
def test_what_does_not_build_is_kept_with_its_reason(yard: Yard, fate: Cause | UsageError | str) -> None:
    kept: list[BuiltCommit] = []
    yard.fates[MIDDLE] = fate
    built = make(kept).build(MIDDLE)
    expected = fate.line if isinstance(fate, UsageError) else "build_release: exit code 1"
    assert (built.reason, kept) == (expected, [built])


def test_an_end_that_does_not_build_stops_the_search(yard: Yard) -> None:
    yard.fates |= {GOOD: "its own code", BAD: UsageError("the tree has no option X")}
    with pytest.raises(BrokenEndError) as caught:
        make().build(GOOD)
    assert (caught.value.commit, caught.value.built, caught.value.logs) == (GOOD, False, "/logs")
    with pytest.raises(UsageError, match="has no option X"):
        make().build(BAD)


def test_what_cannot_be_measured_is_kept_with_its_reason(yard: Yard) -> None:
    kept: list[BuiltCommit] = []
    shop = make(kept)
    shop.build(MIDDLE)
    shop.give_up(MIDDLE, "it cannot be measured: exit code 1")
    assert shop.build(MIDDLE).reason == kept[-1].reason == "it cannot be measured: exit code 1"
    with pytest.raises(BrokenEndError) as caught:
        shop.give_up(BAD, "exit code 1")
    assert caught.value.built


def test_a_tree_that_changed_is_another_question(yard: Yard) -> None:
    yard.moved = "f" * 40
    with pytest.raises(UsageError, match="has changed since the search began"):
        make().build(BAD)


def test_weights_that_commits_quantise_must_be_equal(yard: Yard) -> None:
    yard.quantised = {GOOD: "one", BAD: "one", MIDDLE: "other"}
    shop = make()
    refuse_weights(*shop.make_sides((GOOD, BAD)))
    with pytest.raises(UnavailableError) as caught:
        refuse_weights(*shop.make_sides((GOOD, MIDDLE)))
    assert caught.value.what == f"{GOOD[:8]} and {MIDDLE[:8]} make different weights of tiny-q5_0"
    assert caught.value.hint == "--weights FILE  # all commits read it"


def test_files_that_no_commit_makes_are_the_same_for_all(yard: Yard) -> None:
    refuse_weights(*make().make_sides((GOOD, BAD)))


def test_builds_that_can_be_relinked_are_asked_for(yard: Yard) -> None:
    for relink in (False, True):
        yard.prepared.clear()
        make(relink=relink).build(MIDDLE)
        assert [drawn for _, drawn in yard.prepared] == [relink]
    assert make(relink=True).ask() != make().ask() == make().ask(), "blocks of the one are of no use to the other"
