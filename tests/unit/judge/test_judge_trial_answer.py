"""Live comparisons of the same two commits are one piece of evidence, over however many nights they were made."""

import random
from itertools import pairwise

import pytest

from harness.judge.trial_answer import (
    BY_HAND,
    LiveTrial,
    StoredTrial,
    answer_pool,
    list_trials,
    pool_by_commits,
    read_trial,
)
from harness.records.comparison import ALPHA, Verdict
from harness.records.measurement import Case
from harness.records.run import Run
from harness.records.trial import Role, Trial
from harness.stats.verdict import PairedSample, judge_pairs
from tests import factory
from tests.live_trial import BASE, draw_trial
from tests.unit.judge.test_judge_comparison import timing
from tests.unit.judge.test_judge_history import detail

OLD, NEW = "a" * 40, "b" * 40
TINY = Case.of("whisper", model="tiny", threads=4, fa=0)


def store(**changes: str) -> StoredTrial:
    side = detail(28, trial="t", purpose=BY_HAND, **changes)
    return StoredTrial(sides=(side.replace(sha=NEW, run_id="baseline"), side.replace(sha=OLD, run_id="contender")))


def measure(role: Role, factor: float, isa: str = "native") -> Run:
    draw = random.Random(str(role))
    values = [timing(BASE, "encode", factor * draw.lognormvariate(4.6, 0.002), 1, block) for block in range(1, 31)]
    return factory.run(*values).replace(
        id=str(role),
        config=factory.config().replace(isa=isa),
        trial=Trial(id="t", role=role, seed=7, pairs=1, threshold=0.013),
    )


def test_only_live_comparisons_for_an_answer_count() -> None:
    asked = [detail(2, trial="c", purpose="confirmation", asked_by="e", run_id=name) for name in "ba"]
    other = [
        detail(3, trial=purpose, purpose=purpose, run_id=f"{purpose}{side}")
        for purpose in ("bisection", "audit", "anchor", "tune")
        for side in "ab"
    ]
    half = detail(4, trial="half", purpose=BY_HAND)
    changed = [detail(5, trial="dirty", purpose=BY_HAND, changes="x", run_id=name) for name in "cd"]
    found = list_trials([detail(1), half, *store().sides, *other, *asked, *changed])
    assert [(one.asked_by, one.sides[0].run_id) for one in found] == [("e", "a"), ("", "baseline")]
    (anchor,) = list_trials(other, ("anchor",))
    assert anchor.sides[0].trial == "anchor"
    assert anchor.asked_by == "", "the commit that it was measured for is no event"


def test_a_stored_one_is_read_with_its_sides_in_order() -> None:
    runs = [measure(Role.CONTENDER, 1.05), measure(Role.BASELINE, 1.0)]
    found = read_trial(store(options="-D A=b"), runs)
    assert found is not None
    assert (found.baseline, found.contender, found.runs) == (NEW, OLD, ("baseline", "contender"))
    assert (found.seed, found.threshold, found.options, found.config) == (7, 0.013, "-D A=b", factory.config().id)
    ((case, blocks),) = [(one.case, one.blocks) for one in found.samples]
    assert case == BASE
    assert len(blocks) == 30
    assert all(there > here for ((here, there),) in blocks)
    assert read_trial(store(), [runs[0], runs[0]]) is None
    assert read_trial(store(), [measure(Role.BASELINE, 1.0, "avx2"), runs[0]]) is None


def test_evidence_of_nights_adds_up_to_a_verdict_that_no_night_has() -> None:
    nights = [
        draw_trial((OLD, NEW), 0.03, blocks=7, seed=night, asked_by="e", start=f"2026-01-{night:02}")
        for night in range(1, 4)
    ]
    for one in nights:
        (alone,) = pool_by_commits([one])
        assert {it.verdict for it in answer_pool(alone, "e").family.comparisons} == {Verdict.UNRESOLVED}
    (pool,) = pool_by_commits(nights[::-1])
    answer = answer_pool(pool, "e")
    (found,) = answer.family.comparisons
    assert (found.verdict, found.relevant, found.n) == (Verdict.REGRESSED, True, 21)
    assert answer.runs == tuple(run for one in nights for run in one.runs), "oldest first"
    assert answer.family.seeds == (1, 2, 3)
    p_values = []
    for count in range(1, 4):
        (part,) = pool_by_commits(nights[:count])
        p_values.append(answer_pool(part, "e").family.comparisons[0].p)
    assert all(later < earlier for earlier, later in pairwise(p_values)), "wealth carries over"


def test_a_trial_that_ended_before_its_first_block_asks_nothing() -> None:
    empty = draw_trial((OLD, NEW), 0.03, blocks=1, seed=1, asked_by="e", start="2026-01-01").replace(samples=())
    full = draw_trial((OLD, NEW), 0.03, blocks=30, seed=2, asked_by="e", start="2026-01-02")
    (pool,) = pool_by_commits([empty, full])
    assert [one.verdict for one in answer_pool(pool, "e").family.comparisons] == [Verdict.REGRESSED]
    (pool,) = pool_by_commits([empty])
    assert answer_pool(pool, "e").family.comparisons == ()


def test_a_coin_counts_once_and_sides_may_be_exchanged() -> None:
    first = draw_trial((OLD, NEW), 0.03, blocks=8)
    (pool,) = pool_by_commits([first, first.replace(start="later", runs=("x", "y"))])
    assert answer_pool(pool).family.comparisons[0].n == 8
    (pool,) = pool_by_commits([first, first.turn().replace(start="later", seed=2)])
    (found,) = answer_pool(pool).family.comparisons
    assert found.n == 16
    assert found.change == pytest.approx(0.03, abs=0.005)
    assert (pool.old, pool.new) == (OLD, NEW)
    (turned,) = answer_pool(pool.turn()).family.comparisons
    assert turned.change == pytest.approx(1 / 1.03 - 1, abs=0.005)
    assert turned.verdict is Verdict.IMPROVED


def test_what_is_not_the_same_question_is_apart() -> None:
    one = draw_trial((OLD, NEW), 0.0)
    others = [one.replace(node="n"), one.replace(config="c"), one.replace(contender="c" * 40)]
    assert len(pool_by_commits([one, *others, one.replace(contender=OLD)])) == 4
    # A night asked about the tiny model; the base model in another trial does not make its family larger.
    asked = draw_trial((OLD, NEW), 0.03, blocks=9, cases=[TINY], asked_by="e", threshold=0.01, start="2026-02-01")
    by_hand = draw_trial((OLD, NEW), 0.03, blocks=9, cases=[BASE, TINY], seed=5, start="2026-02-02")
    (pool,) = pool_by_commits([asked, by_hand])
    answer = answer_pool(pool, "e")
    assert [(one.case, one.n) for one in answer.family.comparisons] == [(TINY, 18)]
    assert answer.family.threshold == 0.01
    assert [one.case for one in answer_pool(pool).family.comparisons] == [TINY, BASE]


def test_nothing_differs_for_ten_nights() -> None:
    """Of 120 pairs of equal commits, looked at after each of ten nights, no more than one ever gets a verdict.

    Every night has a noise of its own: another scatter, another speed, heavy tails, and an effect of the order of the
    sides. Whether there is another night depends on what the evidence says: no answer yet, or a p-value that is close.
    """
    false = looks = 0
    for pair in range(120):
        draw = random.Random(f"nights {pair}")
        trials: list[LiveTrial] = []
        for night in range(10):
            trials.append(_draw_night(draw, night))
            (pool,) = pool_by_commits(trials)
            found = answer_pool(pool, "e").family.comparisons
            looks += 1
            if any(one.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) for one in found):
                false += 1
                break
            if all(one.verdict is Verdict.UNCHANGED for one in found):
                break
    assert looks > 360, "most pairs take several nights"
    assert false <= 1


def _draw_night(draw: random.Random, night: int) -> LiveTrial:
    """Return a night's blocks of two equal commits, both with two metrics."""
    scatter, tail, order = draw.choice((0.005, 0.02, 0.08)), draw.choice((0.0, 0.1)), draw.choice((0.0, 0.01))
    coins = [draw.choice((1, -1)) for _ in range(8)]
    samples = []
    for metric in ("encode", "decode"):
        blocks = []
        for coin in coins:
            sides = [draw.gauss(0, scatter) + (draw.random() < tail) * draw.expovariate(3) for _ in range(2)]
            sides[coin == 1] += order  # the process that is started second
            blocks.append(tuple((100 + here, 100 + there) for here, there in [[100 * one for one in sides]]))
        samples.append(
            PairedSample(
                case=BASE, metric=metric, blocks=tuple(blocks), numbers=tuple(range(1, 9)), starts=tuple(coins)
            )
        )
    return draw_trial((OLD, NEW), 0.0, start=f"2026-03-{night + 1:02}", asked_by="e").replace(
        seed=night, samples=tuple(samples), threshold=0.02
    )


def test_one_night_is_what_it_was() -> None:
    one = draw_trial((OLD, NEW), 0.01, blocks=12, cases=[BASE, TINY])
    (pool,) = pool_by_commits([one])
    alone = judge_pairs(one.samples, alpha=ALPHA, threshold=0.02)
    assert answer_pool(pool, threshold=0.02).family == alone.replace(seeds=(1,))
