"""The decisions of a search for the best settings."""

import random

import pytest

from harness.plan.axis import name_binary
from harness.plan.tune import (
    are_settled,
    choose_survivors,
    explain_absence,
    judge_duels,
    list_axes,
    score_result,
)
from harness.records.case import Case
from harness.records.comparison import Verdict
from harness.records.outcome import Status
from harness.records.step import Phase
from harness.records.tune import Goal
from tests import factory

BASE = {"threads": "4", "fa": "0", "llamafile": "off", "blas": "none", "isa": "native", "quant": "f16"}
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def test_axes_have_the_present_value_first() -> None:
    axes = {axis.name: axis for axis in list_axes(factory.node(), "base", BASE, tuple(BASE))}
    assert axes["threads"].values == ("4", "1", "2")
    assert axes["quant"].values == ("f16", "q8_0", "q5_1", "q5_0")
    assert axes["isa"].values == ("native",)
    assert "nothing wider" in axes["isa"].reason
    assert list(list_axes(factory.node(), "base", BASE, ("fa",))[0].values) == ["0", "1"]


def test_a_quota_bounds_the_threads() -> None:
    node = factory.node()
    small = node.replace(cpu=node.cpu.replace(cores=node.cpu.cores.replace(quota_cpus=2.5)))
    (threads,) = list_axes(small, "base", BASE | {"threads": "2"}, ("threads",))
    assert threads.values == ("2", "1")


def test_what_makes_another_binary() -> None:
    assert name_binary(tuple(BASE.items())) == (("llamafile", "off"), ("blas", "none"), ("isa", "native"))


@pytest.mark.parametrize(
    ("goal", "score"), [(Goal.LATENCY, 2000.0), (Goal.THROUGHPUT, 4000.0), (Goal.MEMORY, (1 << 20) / 1e6)]
)
def test_the_score_of_a_process(goal: Goal, score: float) -> None:
    result = factory.result("b", Phase.BENCH, Status.PASSED, (CASE, "encode", 1000.0), (CASE, "decode", 10.0))
    assert score_result(result.replace(case=CASE), goal) == pytest.approx(score)
    assert score_result(result.replace(case=CASE, status=Status.FAILED), goal) is None
    stopped = factory.completed().replace(stopped_s=1.0)
    assert score_result(result.replace(case=CASE, completed=stopped), goal) is None


def test_a_candidate_without_a_score_says_why() -> None:
    good = factory.result("b", Phase.BENCH, Status.PASSED)
    still = good.replace(completed=factory.completed().replace(stopped_s=6.0))
    assert explain_absence([good]) == ""
    assert explain_absence([good, still]) == "the process or the harness stood still for 6.0 s"
    assert explain_absence([still, good.replace(status=Status.FAILED, reason="exit code 3")]) == "exit code 3"


def test_a_process_without_its_numbers_has_no_score() -> None:
    result = factory.result("b", Phase.BENCH, Status.PASSED, (CASE, "encode", 1000.0)).replace(case=CASE)
    assert score_result(result, Goal.LATENCY) is None


def test_the_better_half_stays() -> None:
    assert choose_survivors({0: [3.0], 1: [1.0, 9.0, 1.0], 2: [2.0], 3: [4.0], 4: []}) == (1, 2)
    assert choose_survivors({0: [3.0], 1: [1.0]}) == (1,)
    assert choose_survivors({0: []}) == ()


def test_a_duel_says_how_sure_it_is() -> None:
    draw = random.Random(3)
    winner: list[float | None] = [100.0 * draw.lognormvariate(0, 0.01) for _ in range(30)]
    slower: list[float | None] = [120.0 * draw.lognormvariate(0, 0.01) for _ in range(30)]
    same: list[float | None] = [100.0 * draw.lognormvariate(0, 0.01) for _ in range(30)]
    duels = judge_duels(winner, [("slower", (), slower), ("same", (), same)])
    assert [duel.comparison.verdict for duel in duels] == [Verdict.IMPROVED, Verdict.UNCHANGED]
    assert are_settled(winner, [slower, same])
    assert not are_settled(winner[:3], [slower[:3], same[:3]])


def test_a_failed_process_takes_its_pair_out() -> None:
    (duel,) = judge_duels([1.0, None, 2.0], [("other", (), [1.0, 1.0, None])])
    assert duel.comparison.n == 1
    assert duel.comparison.verdict is Verdict.UNRESOLVED
