"""The loop of a bisection over commits that are made up: real records in a real folder, without builds and programs."""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.bisect import loop
from harness.bisect.answer import read_answer
from harness.bisect.loop import BisectLoop
from harness.bisect.workshop import BrokenEndError
from harness.errors import UnavailableError
from harness.plan.block import ROLES, BlockPlan
from harness.records.bisection import Bisection, BisectVerdict, BuiltCommit, StoredBisection
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.measurement import Case, Measurement
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import SCHEMA
from harness.records.source import Commit
from harness.records.suite import Engine
from harness.records.trial import Role, TrialEnd, TrialPurpose
from harness.run.places import Workplace
from harness.settings.request import BisectRequest, Places, TrialDesign
from harness.store.bisection_file import find_unfinished
from harness.store.bundle import load_run
from harness.system.console import Console
from harness.trial import open_trial
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase
from tests import factory

CASE = Case.of("whisper", model="tiny", threads=2, fa=0)
KEYS = tuple(f"{number:x}" * 40 for number in range(8))
GOOD, BAD = KEYS[0], KEYS[-1]


@dataclass
class World:
    """Commits, and what comes of building and measuring them; `slow` are those with the change."""

    slow: set[str] = field(default_factory=lambda: set(KEYS[4:]))
    broken: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ("encode", "decode", "batchd", "prompt")
    change: float = 0.2
    stop_after: int = 1000
    lost_when_tried: set[str] = field(default_factory=set)
    built: list[str] = field(default_factory=list)
    blocks: list[tuple[str, str]] = field(default_factory=list)
    draw: random.Random = field(default_factory=lambda: random.Random(1))

    def measure(self, key: str) -> float:
        return 100 * (1 + (self.change if key in self.slow else 0)) * self.draw.lognormvariate(0, 0.002)


class Shop:
    """What stands for the workshop: nothing is compiled."""

    has_compiler_cache = True

    def __init__(
        self, world: World, _: object, stored: StoredBisection, __: object, keep: Callable[[BuiltCommit], None]
    ) -> None:
        self.world, self.keep = world, keep
        self.ends = stored.line.ends
        self.known = {one.commit: one for one in stored.built}

    def build(self, key: str) -> BuiltCommit:
        if key not in self.known:
            self.world.built.append(key)
            reason = "build_release: exit code 1" if key in self.world.broken else ""
            if reason and key in self.ends:
                raise BrokenEndError(key, reason)
            self.learn(BuiltCommit(commit=key, code=self.world.codes.get(key, key), seconds=9.0, reason=reason))
        return self.known[key]

    def learn(self, built: BuiltCommit) -> None:
        self.known[built.commit] = built
        self.keep(built)

    def give_up(self, key: str, reason: str) -> None:
        if key in self.ends:
            raise BrokenEndError(key, reason, built=True)
        self.learn(self.known[key].replace(reason=reason))

    def make_sides(self, keys: tuple[str, str]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        sides = [
            SimpleNamespace(
                role=role, folder=key, state=factory.run(), suite=factory.suite(), request=SimpleNamespace(used=())
            )
            for key, role in zip(keys, ROLES, strict=True)
        ]
        built = [
            SimpleNamespace(key=key, ok=key not in self.world.gone, run=factory.run().replace(weights=()))
            for key in keys
        ]
        return (sides[0], sides[1]), (built[0], built[1])

    def close(self) -> None:
        pass


class Engine1:
    """Measures the blocks of one trial as the world has it."""

    def __init__(self, world: World, keys: tuple[str, str]) -> None:
        self.world, self.keys = world, keys

    def measure_block(self, block: BlockPlan, _: Mapping[Role, SideCase]) -> BlockOutcome:
        if len(self.world.blocks) >= self.world.stop_after:
            raise KeyboardInterrupt
        tried = GOOD not in self.keys and self.world.blocks[-1] == self.keys
        lost_by_now = self.world.lost | (self.world.lost_when_tried if tried else set())
        if lost := [at for at, key in enumerate(self.keys) if key in lost_by_now]:
            return LostBlock(reason="exit code 1", role=ROLES[lost[0]])
        self.world.blocks.append(self.keys)
        here, there = (self._measure(key, block) for key in self.keys)
        return BlockResult(results=(here, there))

    def _measure(self, key: str, block: BlockPlan) -> StepResult:
        made = tuple(
            Measurement(
                case=CASE, metric=pair.metric, value=self.world.measure(key), repetition=1, process=block.number
            )
            for pair in block.pairs
            if pair.metric in self.world.metrics
        )
        return StepResult(
            step=f"block_{block.number}",
            phase=Phase.BENCHMARK,
            status=Status.PASSED,
            case=CASE,
            repetition=block.number,
            measurements=made,
        )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()

    def make_cases(_: object, built: tuple[Any, Any], *__: object) -> tuple[list[Any], list[Any]]:
        sides = {role: factory.side_case(role, case=CASE, root=one.key) for role, one in zip(ROLES, built, strict=True)}
        return [factory.run().replace(results=()) for _ in built], [sides]

    def choose_engine(side: Any, *_: object) -> Engine1:
        return Engine1(world, keys[id(side)])

    keys: dict[int, tuple[str, str]] = {}

    def open_one(task: open_trial.TrialTask, *rest: Any) -> open_trial.OpenTrial:
        folders = [side.folder for side in task.sides]
        keys[id(task.sides[0])] = (folders[0], folders[1])
        return opening(task, *rest)

    opening = open_trial.open_trial
    monkeypatch.setattr(open_trial, "_make_cases", make_cases)
    monkeypatch.setattr(open_trial, "_compare_code", lambda *_: False)
    monkeypatch.setattr(open_trial, "_choose_engine", choose_engine)
    monkeypatch.setattr(open_trial, "_look_again", lambda trial, _: [run for run, _ in trial.runs])
    monkeypatch.setattr(open_trial, "caveat_trial", lambda _: ())
    monkeypatch.setattr(open_trial, "ConstancyCheck", lambda _: SimpleNamespace(begin=lambda *_, **__: None))
    monkeypatch.setattr(open_trial, "FreshFiles", lambda *_: SimpleNamespace(provide=lambda _, side_cases: side_cases))
    monkeypatch.setattr(loop, "open_trial", open_one)
    monkeypatch.setattr(loop, "Workshop", partial(Shop, world))
    return world


def begin(*, metric: str = "encode", threshold: float = 0.02) -> StoredBisection:
    commits = [Commit(sha=key, message=f"commit {key[0]}", author="Ann") for key in KEYS]
    return StoredBisection(
        schema=SCHEMA,
        id="20260101T000000Z-bisect-01234567",
        node=factory.node().name,
        start="2026-01-01T00:00:00+00:00",
        question="q",
        words=("a", "b"),
        line=CommitLine(
            good=commits[0],
            commits=tuple(LineCommit(commit=one, files=("src/whisper.cpp",)) for one in commits[1:]),
            repo="/repo",
        ),
        case=CASE,
        metric=metric,
        threshold=threshold,
        seed=1,
        pairs=1,
        relink=False,
        settings=(),
        backend="cpu",
        engine=Engine.LIBRARY,
    )


def sit(tmp_path: Path, stored: StoredBisection, *, budget_s: float = 3600.0, relink: bool = False) -> BisectLoop:
    """Return a loop that has taken up what earlier ones measured."""
    request = BisectRequest(
        words=stored.words,
        run=cast("Any", None),
        design=TrialDesign(
            seed=1, pairs=1, metrics=(stored.metric,), threshold=stored.threshold, max_time_s=budget_s, relink=relink
        ),
        case=stored.case,
        metric=stored.metric,
        budget_s=budget_s,
    )
    monitor = SimpleNamespace(counters=None, retries=0, wait=lambda: None, caveat=None)
    setup = cast("Any", SimpleNamespace(monitor=monitor, describe=lambda _: (), place=lambda side_case: side_case))
    work = Workplace(places(tmp_path), {}, Console(quiet=True))
    made = BisectLoop(request, stored, setup, work, tmp_path)
    made.take_up()
    return made


def places(tmp_path: Path) -> Places:
    return Places(results=tmp_path / "results", cache=tmp_path / "cache")


def search(tmp_path: Path, stored: StoredBisection | None = None, **changes: Any) -> tuple[BisectLoop, Bisection]:
    made = sit(tmp_path, stored or begin(), **changes)
    _, _, answer = made.go()
    made.seal()
    return made, answer


def name_suspects(answer: Bisection) -> list[list[str]]:
    return [[one.commit for one in culprit.suspects] for culprit in answer.culprits]


def test_the_culprit_is_found_and_every_block_is_kept(world: World, tmp_path: Path) -> None:
    made, answer = search(tmp_path)
    assert (answer.verdict, name_suspects(answer)) == (BisectVerdict.FOUND, [[KEYS[4]]])
    assert math.isclose(answer.culprits[0].final.change, 0.2, abs_tol=0.01)
    assert world.built[:2] == [GOOD, BAD]
    assert len(world.built) == len(set(world.built)) < len(KEYS), "each is built once, and not all are needed"
    report = read_answer(tmp_path / "results", made.stored, print)
    assert (report.verdict, name_suspects(report)) == (answer.verdict, name_suspects(answer))
    assert report.ends_blocks + report.search_blocks + report.final_blocks == len(world.blocks)
    assert report.others, "GOOD and BAD are compared in every metric"
    runs = [load_run(path) for path in (tmp_path / "results").glob("*/*/*") if path.is_dir()]
    assert {run.trial.purpose for run in runs if run.trial} == set(TrialPurpose)
    assert {run.trial.bisection for run in runs if run.trial} == {made.stored.id}
    numbers = [one.repetition for run in runs if run.trial and run.trial.role is ROLES[0] for one in run.results]
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "each block has a number, and coins, of its own"


def test_nothing_is_an_answer(world: World, tmp_path: Path) -> None:
    world.change = 0.0
    _, answer = search(tmp_path)
    assert (answer.verdict, answer.search_blocks) == (BisectVerdict.NOTHING, 0)
    assert set(world.blocks) == {(GOOD, BAD)}


def test_equal_ends_are_not_measured(world: World, tmp_path: Path) -> None:
    world.codes = dict.fromkeys(KEYS, "code")
    made, answer = search(tmp_path)
    assert (answer.verdict, answer.why) == (BisectVerdict.NOTHING, "GOOD and BAD have the same machine code")
    assert (world.built, world.blocks, made.stored.trials) == ([GOOD, BAD], [], ())


def test_commits_with_equal_code_are_measured_once(world: World, tmp_path: Path) -> None:
    world.codes = dict.fromkeys(KEYS[:4], "old") | dict.fromkeys(KEYS[4:], "new")
    _, answer = search(tmp_path)
    assert name_suspects(answer) == [[KEYS[4]]]
    assert set(answer.culprits[0].suspects[0].merged) == set(KEYS[5:])
    assert (answer.search_blocks, answer.final_blocks) == (0, 0), "the ends are the culprit and its parent"


def test_what_does_not_build_or_cannot_be_measured_stays_a_suspect(world: World, tmp_path: Path) -> None:
    world.broken, world.lost = {KEYS[4]}, {KEYS[3]}
    world.slow = set(KEYS[5:])
    made, answer = search(tmp_path)
    (suspects,) = name_suspects(answer)
    assert set(suspects) == {KEYS[3], KEYS[4], KEYS[5]}
    reasons = {one.commit: one.reason for one in made.stored.built if one.reason}
    assert reasons == {KEYS[4]: "build_release: exit code 1", KEYS[3]: "it cannot be measured: exit code 1"}
    lost = [run for path in (tmp_path / "results").glob("*/*/*-*") if path.is_dir() and (run := load_run(path)).trial]
    assert {TrialEnd.LOST} <= {run.trial.stopped for run in lost if run.trial}


def test_what_fails_in_its_final_trial_is_not_tried_again(world: World, tmp_path: Path) -> None:
    world.lost_when_tried = {KEYS[3]}
    _, answer = search(tmp_path)
    (suspects,) = name_suspects(answer)
    assert suspects == [KEYS[4]]
    assert world.blocks.count((KEYS[3], KEYS[4])) == 1
    assert answer.culprits[0].baseline == KEYS[2]


@pytest.mark.parametrize("fate", ["broken", "lost", "gone"])
@pytest.mark.parametrize("end", [GOOD, BAD])
def test_an_end_is_needed(world: World, tmp_path: Path, end: str, fate: str) -> None:
    setattr(world, fate, {end})
    with pytest.raises(BrokenEndError) as caught:
        search(tmp_path)
    assert caught.value.commit == end
    assert caught.value.built is (fate != "broken")


def test_a_metric_that_is_not_printed(world: World, tmp_path: Path) -> None:
    world.metrics = ("encode",)
    with pytest.raises(UnavailableError, match="decode was not measured") as caught:
        search(tmp_path, begin(metric="decode"))
    assert "--engine library" in caught.value.hint


@pytest.mark.parametrize("stop_after", [0, 3, 11, 17])
def test_what_was_stopped_goes_on(world: World, tmp_path: Path, stop_after: int) -> None:
    world.stop_after = stop_after
    first = sit(tmp_path, begin())
    with pytest.raises(KeyboardInterrupt):
        first.go()
    assert len(first.bundles) == 2 * len(first.stored.trials) > 0
    if stop_after:
        running = read_answer(tmp_path / "results", first.stored, pytest.fail)
        assert running.ends_blocks + running.search_blocks + running.final_blocks == stop_after
        assert running.why == "there is no answer yet"
    first.seal(interrupted=True)
    stored = find_unfinished(tmp_path / "results", factory.node().name, "", print)
    assert stored == first.stored
    seen = read_answer(tmp_path / "results", stored, print)
    assert seen.verdict is BisectVerdict.UNRESOLVED
    assert seen.why == "there is no answer yet"
    assert len(seen.runs) == 2 * len(stored.trials)
    world.stop_after = 1000
    built = len(world.built)
    _, answer = search(tmp_path, stored)
    assert name_suspects(answer) == [[KEYS[4]]]
    assert answer.ends_blocks + answer.search_blocks + answer.final_blocks == len(world.blocks)
    assert built == len(set(world.built[:built]))
    assert len(world.built) == len(set(world.built)), "nothing is built again"


def test_a_budget_that_is_up_is_said(world: World, tmp_path: Path) -> None:
    made, answer = search(tmp_path, budget_s=0.001)
    assert (answer.verdict, world.blocks) == (BisectVerdict.UNRESOLVED, [])
    assert answer.why == "the time was up before GOOD against BAD had a verdict"
    assert made.stored.trials == ()


def test_each_block_of_a_relinked_search_is_recorded_so(world: World, tmp_path: Path) -> None:
    made, answer = search(tmp_path, relink=True)
    assert name_suspects(answer) == [[KEYS[4]]]
    runs = [
        load_run(next((tmp_path / "results").glob(f"*/*/{name}"))) for one in made.stored.trials for name in one.runs
    ]
    assert all(run.trial and run.trial.relinked for run in runs)
