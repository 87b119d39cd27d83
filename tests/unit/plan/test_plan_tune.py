"""The decisions of a search for the best settings."""

import random

import pytest

from harness.plan.axis import name_binary
from harness.plan.tune import (
    are_settled,
    choose_others,
    choose_survivors,
    decide,
    explain_absence,
    find_median,
    find_score,
    judge_duels,
    list_axes,
    score_result,
)
from harness.records.comparison import Verdict
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.sweep import Values
from harness.records.tune import Candidate, Duel, Goal, Stage
from tests import factory

BASE = {"threads": "4", "fa": "0", "llamafile": "off", "blas": "none", "isa": "native", "quant": "f16"}
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


def test_axes_have_the_present_value_first() -> None:
    axes = {axis.name: axis for axis in list_axes(factory.node(), "base", BASE, tuple(BASE))}
    assert axes["threads"].values == ("4", "1", "2")
    assert axes["quant"].values == ("f16", "q8_0", "q5_1", "q5_0")
    assert axes["isa"].values == ("native",)
    assert "no other is worth trying" in axes["isa"].reason
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
    result = factory.result("b", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", 1000.0), (CASE, "decode", 10.0))
    assert score_result(result.replace(case=CASE), goal) == pytest.approx(score)
    assert score_result(result.replace(case=CASE, status=Status.FAILED), goal) is None
    stopped = factory.completed().replace(stopped_s=1.0)
    assert score_result(result.replace(case=CASE, completed=stopped), goal) is None


def test_a_candidate_without_a_score_says_why() -> None:
    good = factory.result("b", Phase.BENCHMARK, Status.PASSED)
    still = good.replace(completed=factory.completed().replace(stopped_s=6.0))
    assert explain_absence([good]) == ""
    assert explain_absence([good, still]) == "the process or the harness was stopped or frozen for 6.0 s"
    assert explain_absence([still, good.replace(status=Status.FAILED, reason="exit code 3")]) == "exit code 3"


def test_a_process_without_its_numbers_has_no_score() -> None:
    result = factory.result("b", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", 1000.0)).replace(case=CASE)
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


START, FOUND, NEXT = ((("fa", "0"),), (("fa", "1"),), (("fa", "2"),))


def duel(against: Values, factor: float, rounds: int = 30, noise: float = 0.005) -> Duel:
    """Return a duel of what was found, at 100 units, with something that takes `factor` times as long."""
    draw = random.Random(f"{against}{factor}")
    ours, theirs = ([level * draw.lognormvariate(0, noise) for _ in range(rounds)] for level in (100, 100 * factor))
    return judge_duels(ours, [("another", against, theirs)])[0]


@pytest.mark.parametrize(
    ("found", "duels", "winner", "why"),
    [
        (FOUND, [(START, 1.2)], FOUND, "certainly better than the start"),
        (FOUND, [(START, 0.8)], START, "the start is kept, because the search's choice is certainly worse"),
        (FOUND, [(START, 1.0)], START, "the start is kept, because the search's choice is practically equal to it"),
        (FOUND, [(START, 1.2, 5)], START, "the start is kept, because the search's choice is not certainly better"),
        (FOUND, [(START, 1.2, 0)], START, "the start is kept, because the search's choice is not certainly better"),
        (FOUND, [(NEXT, 1.0), (START, 1.2)], FOUND, "certainly better than the start"),
        (FOUND, [(NEXT, 0.8), (START, 1.2)], NEXT, "the runner-up is certainly better than the search's choice"),
        (FOUND, [(NEXT, 0.8), (START, 1.0)], START, "the start is kept"),
        (FOUND, [(NEXT, 1.2)], FOUND, "the start could not be measured"),
        (START, [(NEXT, 1.2)], START, "the search found nothing better than the start"),
        (START, [(NEXT, 1.0)], START, "the search found nothing better than the start"),
        (START, [(NEXT, 0.8)], NEXT, "the runner-up is certainly better than the start"),
        (START, [], START, "the search found nothing better than the start"),
    ],
)
def test_the_duels_decide(found: Values, duels: list[tuple[Values, float]], winner: Values, why: str) -> None:
    decided, told = decide(found, START, [duel(*one) for one in duels])
    assert decided == winner
    assert told.startswith(why)


def test_the_number_of_the_winner_is_that_of_its_duels() -> None:
    duels = [duel(NEXT, 1.2, 20), duel(START, 1.5)]
    assert find_median(FOUND, FOUND, duels) == (duels[1].comparison.contender.median, 30)
    for values, level, rounds in ((START, 150, 30), (NEXT, 120, 20)):
        median, count = find_median(values, FOUND, duels) or (0.0, 0)
        assert (round(median / level, 2), count) == (1.0, rounds)
    assert find_median(FOUND, FOUND, [duel(START, 1.5, 0)]) is None
    assert find_median(FOUND, FOUND, []) is None


def test_whom_the_choice_is_measured_against() -> None:
    def stage(*scores: float | None) -> Stage:
        tried = tuple(Candidate(values=(("fa", str(at)),), score=score, n=2) for at, score in enumerate(scores))
        known = [score for score in scores if score is not None]
        return Stage(axis="fa", tried=tried, winner=scores.index(min(known)) if known else None)

    assert choose_others([stage(3.0, 1.0, 2.0)], FOUND, START) == (("the runner-up", NEXT), ("the start", START))
    assert choose_others([stage(2.0, 1.0, 3.0)], FOUND, START) == (("the start", START),), "it is the runner-up, too"
    assert choose_others([stage(1.0, 3.0, 2.0)], START, START) == (("the runner-up", NEXT),)
    assert choose_others([stage(None, 1.0, 2.0)], FOUND, START) == (("the runner-up", NEXT),), "no duel with nothing"
    assert choose_others([Stage(axis="fa", reason="one value")], START, START) == ()
    assert find_score([stage(3.0, 1.0), stage(4.0, None)], START) == 4.0
    assert find_score([stage(3.0, 1.0)], NEXT) is None


def test_a_search_whose_start_was_best_does_not_end_elsewhere() -> None:
    """The start is best by 5 %, seven others are equal, and a process scatters by 5 %."""
    draw = random.Random(20250607)
    refuted = elsewhere = 0
    for _ in range(40):
        costs = [95.0, *[100.0] * 7]
        alive, scores = tuple(range(8)), {number: list[float]() for number in range(8)}
        while len(alive) > 1:
            for number in alive:
                scores[number] += [costs[number] * draw.lognormvariate(0, 0.05) for _ in range(2)]
            alive = choose_survivors({number: scores[number] for number in alive})
        values = [(("fa", str(number)),) for number in range(8)]
        ours, theirs = ([costs[at] * draw.lognormvariate(0, 0.05) for _ in range(50)] for at in (alive[0], 0))
        duels = judge_duels(ours, [("the start", values[0], theirs)] if alive[0] else [])
        refuted += any(one.comparison.verdict is Verdict.REGRESSED for one in duels)
        elsewhere += decide(values[alive[0]], values[0], duels)[0] != values[0]
    assert refuted >= 4, "else the duels decide nothing here"
    assert elsewhere == 0
