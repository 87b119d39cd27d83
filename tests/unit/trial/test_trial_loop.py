"""The loop of a live comparison, with blocks made up."""

import random
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from harness.judge.comparison import CompareQuestion, judge_trials
from harness.plan.block import ROLES, BlockPlan
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case, Measurement
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.trial import Role, Trial, TrialEnd
from harness.settings.request import TrialDesign
from harness.system.console import Console
from harness.trial import loop
from harness.trial.loop import TrialLoop, TrialTally
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase
from tests import factory

DESIGN = TrialDesign(seed=1, pairs=2, metrics=("encode", "decode"), threshold=0.02, max_time_s=1000.0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at the clock take half a second."""
    now = [0.0]

    def tick() -> float:
        now[0] += 0.5
        return now[0]

    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=tick))


def quantised(model: str) -> Mapping[Role, SideCase]:
    """Return the side cases of `quant=f16` against `quant=q5_0`."""
    names = {Role.BASELINE: model, Role.CONTENDER: f"{model}-q5_0"}
    return {
        role: side_case.replace(case=Case.of("whisper", model=names[role], threads=2, fa=0))
        for role, side_case in side_cases().items()
    }


def side_cases(threads: int = 2) -> Mapping[Role, SideCase]:
    return {
        role: factory.side_case(
            role,
            case=Case.of("whisper", model="tiny", threads=threads, fa=fa),
            threads=threads,
            flash_attn=fa,
        )
        for fa, role in enumerate(ROLES)
    }


class Actor:
    """Plays blocks in which the contender takes longer by so much; `events` come instead, by block number."""

    def __init__(
        self,
        changes: Mapping[str, float],
        events: Mapping[int, object] | None = None,
        *,
        noise: float = 0.003,
        models: Mapping[str, float] | None = None,
    ) -> None:
        self.changes = changes
        self.models = models or {}
        self.noise = {"encode": 0.003, "decode": noise}
        self.events = events or {}
        self.blocks: list[tuple[BlockPlan, Case]] = []
        self._draw = random.Random(1)

    def measure_block(self, block: BlockPlan, side_cases: Mapping[Role, SideCase]) -> BlockOutcome:
        self.blocks.append((block, side_cases[Role.BASELINE].case))
        event = self.events.get(block.number, self.events.get(0))
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, float):
            return LostBlock(reason="it stood still", role=Role.CONTENDER, halted_s=event)
        if isinstance(event, str):
            return LostBlock(reason=event, role=Role.CONTENDER, hopeless=event == "hopeless")
        results = tuple(
            StepResult(
                step=f"block_{block.number}",
                phase=Phase.BENCHMARK,
                status=Status.PASSED,
                case=side_cases[role].case,
                repetition=block.number,
                measurements=tuple(
                    Measurement(
                        case=side_cases[role].case,
                        metric=pair.metric,
                        value=100
                        * self._draw.lognormvariate(
                            (
                                self.changes[pair.metric]
                                + self.models.get(side_cases[Role.BASELINE].case.get("model"), 0)
                            )
                            * ROLES.index(role),
                            self.noise[pair.metric],
                        ),
                        repetition=pair.repetition,
                        process=block.number,
                    )
                    for pair in block.pairs
                ),
            )
            for role in ROLES
        )
        return BlockResult(results=(results[0], results[1]), disturbed=1, retried=2, idle_share=block.number / 1000)


def go(
    actor: Actor, design: TrialDesign = DESIGN, *cases: Mapping[Role, SideCase]
) -> tuple[TrialTally, list[TrialTally]]:
    saved: list[TrialTally] = []
    tally = TrialLoop(design, cases or (side_cases(),), actor, Console(quiet=True, verbose=False), saved.append).go()
    return tally, saved


def test_it_ends_when_everything_is_settled_and_leaves_alone_what_is() -> None:
    actor = Actor({"encode": 0.3, "decode": 0.1}, noise=0.08)
    tally, saved = go(actor)
    assert tally.stopped == TrialEnd.SETTLED
    asked = [{pair.metric for pair in block.pairs} for block, _ in actor.blocks]
    assert asked[0] == {"encode", "decode"}
    assert asked[-1] == {"decode"}, "encode had its answer long before"
    assert len(saved) == len(actor.blocks) == len(tally.results), "saved after every block"
    assert saved[-1] == tally
    assert (tally.disturbed, tally.retried) == (len(actor.blocks), 2 * len(actor.blocks))
    assert tally.idle_share == len(actor.blocks) / 1000


def test_a_calibration_never_ends_early() -> None:
    actor = Actor({"encode": 0.3, "decode": 0.3})
    tally, _ = go(actor, DESIGN.replace(early=False, max_time_s=20.0))
    assert tally.stopped == TrialEnd.TIME_UP
    assert {len(block.pairs) for block, _ in actor.blocks} == {4}


def test_the_time_is_up_before_a_block_that_would_not_end_in_time() -> None:
    tally, _ = go(Actor({"encode": 0.0, "decode": 0.0}), DESIGN.replace(max_time_s=3.1))
    assert (tally.stopped, len(tally.results)) == (TrialEnd.TIME_UP, 6)
    assert tally.wall_s == 3.0


def test_what_stood_still_is_none_of_the_trials_time() -> None:
    """A laptop that was stopped for a second comes back to as many blocks as one that was not."""
    tally, _ = go(Actor({"encode": 0.0, "decode": 0.0}, {1: 1.0}), DESIGN.replace(max_time_s=3.1))
    assert (tally.stopped, len(tally.results), tally.wall_s, tally.halted_s) == (TrialEnd.TIME_UP, 7, 3.0, 1.0)


def test_at_least_one_block_is_played() -> None:
    tally, _ = go(Actor({"encode": 0.0, "decode": 0.0}), DESIGN.replace(max_time_s=0.1))
    assert len(tally.results) == 1


def test_cases_take_turns_until_each_is_settled() -> None:
    actor = Actor({"encode": 0.3, "decode": 0.3})
    tally, _ = go(actor, DESIGN, side_cases(1), side_cases(2))
    assert tally.stopped == TrialEnd.SETTLED
    threads = [case.get("threads") for _, case in actor.blocks]
    assert set(threads[:2]) == {"1", "2"}
    assert abs(threads.count("1") - threads.count("2")) <= 2


@pytest.mark.parametrize(
    ("tiny", "base", "verdicts", "code"),
    [
        (-0.15, 0.03, {"tiny": "IMPROVED", "base": "REGRESSED"}, ExitCode.REGRESSION),
        (-0.15, 0.08, {"tiny": "IMPROVED", "base": "REGRESSED"}, ExitCode.REGRESSION),
        (0.0, 0.06, {"tiny": "UNCHANGED", "base": "REGRESSED"}, ExitCode.REGRESSION),
    ],
)
def test_models_that_are_another_type_on_either_side_are_judged_apart(
    tiny: float, base: float, verdicts: dict[str, str], code: ExitCode
) -> None:
    """All that both sides have in common is the same for both models; their blocks were one sample."""
    design = DESIGN.replace(metrics=("encode",))
    actor = Actor({"encode": 0.0}, models={"tiny": tiny, "base": base})
    tally, _ = go(actor, design, quantised("tiny"), quantised("base"))
    assert tally.stopped == TrialEnd.SETTLED
    suite = factory.suite().replace(threads=(2,))
    pair = [
        factory.run(*(results[side] for results in tally.results)).replace(
            suite=suite.replace(models=tuple(f"{model}{end}" for model in ("tiny", "base"))),
            trial=Trial(id="t", role=role, seed=1, pairs=2),
        )
        for side, (role, end) in enumerate(zip(ROLES, ("", "-q5_0"), strict=True))
    ]
    family = judge_trials([(pair[0], pair[1])], CompareQuestion(threshold=0.02, metrics=frozenset({"encode"})))
    assert {str(one.case): str(one.verdict) for one in family.comparisons} == {
        f"whisper/fa=0/model={model}->{model}-q5_0/threads=2": verdict for model, verdict in verdicts.items()
    }
    assert family.exit_code(strict=True) is code


def test_a_lost_block_is_left_out_and_counted() -> None:
    tally, _ = go(Actor({"encode": 0.3, "decode": 0.3}, {2: "it died", 5: "again"}))
    assert tally.stopped == TrialEnd.SETTLED
    assert [lost.reason for lost in tally.lost] == ["it died", "again"]
    assert not {2, 5} & {one.process for one in tally.measurements(Role.CONTENDER)}


def test_three_lost_in_a_row_are_the_end() -> None:
    actor = Actor({"encode": 0.3, "decode": 0.3}, {1: "one", 3: "x", 4: "y", 5: "z"})
    tally, saved = go(actor)
    assert (tally.stopped, len(actor.blocks), len(tally.results)) == (TrialEnd.LOST, 5, 1)
    assert saved[-1] == tally


def test_what_is_hopeless_is_not_tried_again() -> None:
    actor = Actor({}, {0: "hopeless"})
    tally, _ = go(actor)
    assert (tally.stopped, len(actor.blocks)) == (TrialEnd.LOST, 1)


def test_an_interrupt_keeps_what_there_is() -> None:
    tally, saved = go(Actor({"encode": 0.0, "decode": 0.0}, {4: KeyboardInterrupt()}))
    assert (tally.stopped, len(tally.results), len(saved)) == (TrialEnd.INTERRUPTED, 3, 3)
    assert len(tally.measurements(Role.BASELINE)) == 12


def test_blocks_that_are_asked_for_by_number_are_all_measured_and_no_more() -> None:
    tally, _ = go(Actor({"encode": 0.3, "decode": 0.3}), DESIGN.replace(early=False, blocks=4, max_time_s=100.0))
    assert (tally.stopped, len(tally.results)) == (TrialEnd.ENOUGH, 4)
