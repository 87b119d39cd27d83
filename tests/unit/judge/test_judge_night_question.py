"""What a night asks: of which suspicions, with which evidence so far, and which commits it has to search."""

import math
from typing import Any

import pytest

from harness.judge.night_question import (
    KnownBisection,
    add_evidence,
    ask_suspicions,
    count_nights,
    is_settled,
    list_searches,
)
from harness.judge.trial_answer import LiveTrial
from harness.records.bisection import BisectVerdict
from harness.records.comparison import ALPHA
from harness.records.history import (
    ChangePoint,
    Event,
    EventKind,
    SeriesChange,
    SeriesKey,
    Suspicion,
)
from harness.records.measurement import Case
from harness.records.night import NightCosts, Question, QuestionCause
from harness.records.raw_history import RunDetail
from harness.records.triage import Triage, TriageState
from harness.stats.symmetry import count_least_blocks
from tests.live_trial import BASE, draw_trial
from tests.unit.judge.test_judge_history import detail

OLD, MIDDLE, NEW = "a" * 40, "c" * 40, "b" * 40
TINY = Case.of("whisper", model="tiny", threads=4, fa=0)
MEMCPY = Case.of("memcpy", threads=4)
CONFIG = "11111111"
COSTS = NightCosts(block_s=10.0)


def suspect(case: Case = BASE, metric: str = "encode", *, score: float = 4.0, change: float = 0.05) -> Suspicion:
    return Suspicion(
        key=SeriesKey(node="node-1", config=CONFIG, case=case, metric=metric),
        raised=21,
        place=ChangePoint(since=20, earliest=19, latest=21, confidence=0.9),
        before=100.0,
        after=105.0,
        change=change,
        low=0.03,
        high=0.07,
        score=score,
        threshold=2.5,
        nights=20,
        precedents=0,
    )


def raised(*suspicions: Suspicion, **fields: Any) -> Event:
    known: dict[str, Any] = {
        "id": "e",
        "kind": EventKind.SUSPICION,
        "node": "node-1",
        "day": "2026-01-21",
        "run": "run-21",
    }
    ends: dict[str, Any] = {"old": OLD, "new": NEW, "open": True}
    return Event(**(known | ends | {"suspicions": suspicions or (suspect(),)} | fields))


def question(**fields: Any) -> Question:
    (known,) = ask_suspicions([raised()], CONFIG)
    return known.replace(**fields)


def look(one: Question, *trials: LiveTrial, details: dict[str, RunDetail] | None = None) -> Question | None:
    found = add_evidence([one], trials, details or {}, COSTS)
    return found[0] if found else None


def test_an_open_suspicion_is_a_question() -> None:
    (found,) = ask_suspicions([raised()], CONFIG)
    assert (found.event, found.cause, found.old, found.new) == ("e", QuestionCause.SUSPICION, OLD, NEW)
    assert (found.cases, found.metrics, found.change) == ((BASE,), ("encode",), 0.05)
    assert found.score == pytest.approx(4.0 / 2.5)
    assert found.threshold == 0.02


@pytest.mark.parametrize(
    "fields",
    [
        {"open": False},
        {"kind": EventKind.NODE},
        {"kind": EventKind.CODE},
        {"triage": Triage(event="e", state=TriageState.ACKNOWLEDGED)},
        {"old": ""},
        {"old": "v1.8.5"},
        {"old": NEW},
        {"suspicions": (suspect(MEMCPY, "copy_rate"),)},
    ],
)
def test_what_is_sorted_decided_or_cannot_be_compared_is_not_asked(fields: dict[str, Any]) -> None:
    assert ask_suspicions([raised(**fields)], CONFIG) == ()


def test_a_suspicion_of_another_config_is_not_asked() -> None:
    assert ask_suspicions([raised()], "another") == ()


def test_only_the_strong_series_are_measured_and_only_what_can_be() -> None:
    others = [Case.of("whisper", model=name, threads=4, fa=0) for name in ("small", "medium", "large")]
    event = raised(
        suspect(MEMCPY, "copy_rate", score=9.0),
        suspect(score=4.0),
        suspect(metric="decode", score=3.9),
        suspect(TINY, score=3.3),
        *(suspect(case, "prompt", score=3.9) for case in others),
    )
    (found,) = ask_suspicions([event], CONFIG)
    assert found.cases == (BASE, *others[:2])
    assert found.metrics == ("encode", "decode", "prompt")


def test_without_evidence_the_time_is_that_of_a_usual_node() -> None:
    found = look(question())
    assert found
    assert (found.nights, found.blocks, found.mde, found.spent_s) == (0, 0, None, 0.0)
    assert found.needed_s == 25 * COSTS.block_s
    fine = look(question(threshold=0.005))
    assert fine
    assert fine.needed_s == 400 * COSTS.block_s
    coarse = look(question(threshold=0.5, cases=(BASE, TINY)))
    assert coarse
    assert coarse.needed_s == count_least_blocks(ALPHA / 2) * 2 * COSTS.block_s


def trial(change: float, number: int = 1, **fields: Any) -> LiveTrial:
    known: dict[str, Any] = {
        "seed": number,
        "start": f"2026-01-{21 + number:02}T03:00:00+00:00",
        "asked_by": "e",
        "threshold": 0.02,
    }
    return draw_trial((OLD, NEW), change, **(known | fields))


def test_evidence_of_several_nights_counts_together() -> None:
    nights = [trial(0.012, number, blocks=6, scatter=0.03) for number in (1, 2, 3)]
    took = detail(22).replace(ended="2026-01-22T03:10:00+00:00")
    found = look(question(), *nights, details={one.runs[0]: took for one in nights})
    assert found
    assert (found.nights, found.blocks, found.spent_s) == (3, 18, 1800.0)
    assert found.mde
    assert found.mde > 0.02
    whole = math.ceil((found.mde * math.sqrt(18) / 0.02) ** 2)
    assert found.needed_s == (whole - 18) * COSTS.block_s


@pytest.mark.parametrize(("change", "scatter"), [(0.05, 0.002), (-0.05, 0.002), (0.0, 0.002), (0.01, 0.0002)])
def test_a_question_with_an_answer_is_not_asked_again(change: float, scatter: float) -> None:
    assert look(question(), trial(change, scatter=scatter)) is None


def test_what_is_open_stays_a_question() -> None:
    assert look(question(), trial(0.018, scatter=0.02))
    assert look(question(), trial(0.0, asked_by="another", cases=(TINY,)))


def test_a_comparison_by_hand_counts() -> None:
    assert look(question(), trial(0.0, asked_by="")) is None
    turned = draw_trial((NEW, OLD), 0.0)
    assert look(question(), turned) is None


def test_blocks_are_not_thrown_away_where_later_points_move_the_old_commit() -> None:
    found = look(question(old=MIDDLE), trial(0.012, blocks=6, scatter=0.03))
    assert found
    assert (found.old, found.blocks) == (OLD, 6)
    by_hand = look(question(old=MIDDLE), trial(0.012, asked_by="", scatter=0.03))
    assert by_hand
    assert (by_hand.old, by_hand.blocks) == (MIDDLE, 0)


def test_a_question_stays_what_its_first_trial_measured() -> None:
    now = question(cases=(TINY, BASE), metrics=("decode", "encode"))
    assert look(now, trial(0.0)) is None, "what showed it best at the time has an answer"
    found = look(now, trial(0.012, blocks=6, scatter=0.03))
    assert found
    assert (found.cases, found.metrics, found.blocks) == ((BASE,), ("encode",), 6)
    both = look(question(cases=(TINY,)), trial(0.012, blocks=6, scatter=0.03, cases=(BASE, TINY)))
    assert both
    assert both.cases == (TINY, BASE), "the strongest first"


def test_the_scatter_of_a_node_is_learned_from_its_trials() -> None:
    other = draw_trial((MIDDLE, NEW), 0.0, scatter=0.2, blocks=20)
    noisy, usual = look(question(), other), look(question())
    assert noisy
    assert usual
    assert noisy.needed_s > 3 * usual.needed_s


def test_only_what_shows_a_question_best_can_clear_it() -> None:
    (comparison,) = (one for one in _judge(trial(0.0)) if one.case == BASE)
    assert is_settled(question(), [comparison])
    assert not is_settled(question(), [comparison.replace(case=TINY)])
    assert not is_settled(question(), [comparison.replace(metric="decode")])
    assert not is_settled(question(), [])


def _judge(one: LiveTrial) -> Any:
    from harness.judge.trial_answer import judge_live

    return judge_live((one,), None, 0.02).comparisons


def test_nights_are_counted_by_what_lies_far_apart() -> None:
    times = ["2026-01-01T22:00:00+00:00", "2026-01-02T01:00:00+00:00", "2026-01-02T22:00:00+00:00"]
    assert count_nights(reversed(times)) == 2
    assert count_nights([]) == 0


def found_code(**fields: Any) -> Event:
    return raised(**({"kind": EventKind.CODE, "trials": ("run-1", "run-2")} | fields))


DETAILS = {"run-1": detail(1).replace(sha=OLD), "run-2": detail(2).replace(sha=NEW)}


def test_a_change_of_the_code_is_searched_between_the_commits_that_were_measured() -> None:
    (found,) = list_searches([found_code(old=MIDDLE)], [], DETAILS)
    assert (found.event, found.old, found.new, found.verdict) == ("e", OLD, NEW, None)
    assert (found.case, found.metric, found.threshold) == (BASE, "encode", 0.02)
    (found,) = list_searches([found_code(trials=("run-2", "run-1"))], [], DETAILS)
    assert (found.old, found.new) == (OLD, NEW), "whichever of them was the baseline"
    (found,) = list_searches([found_code()], [], {})
    assert (found.old, found.new) == (OLD, NEW), "their bundles are gone"


def test_what_only_trials_have_shown_is_searched_as_well() -> None:
    key = SeriesKey(node="node-1", config=CONFIG, case=TINY, metric="decode")
    change = SeriesChange(key=key, point=3, before=1.0, after=1.05, change=0.05)
    event = found_code().replace(suspicions=(), changes=(change,))
    (found,) = list_searches([event], [], DETAILS)
    assert (found.case, found.metric) == (TINY, "decode")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": EventKind.SUSPICION},
        {"kind": EventKind.NODE},
        {"triage": Triage(event="e", state=TriageState.WONTFIX)},
        {"returned": "2026-01-25"},
        {"suspicions": (suspect(MEMCPY, "copy_rate"),)},
    ],
)
def test_nobody_searches_where_it_is_of_no_use(fields: dict[str, Any]) -> None:
    assert list_searches([found_code(**fields)], [], DETAILS) == ()


def test_a_search_has_the_bisection_that_was_begun_for_it() -> None:
    begun = KnownBisection(id="b1", old=OLD, new=NEW, case=BASE, metric="encode", spent_s=600.0)
    done = begun.replace(id="b0", verdict=BisectVerdict.FOUND)
    (found,) = list_searches([found_code()], [begun], DETAILS)
    assert (found.bisection, found.spent_s, found.verdict) == ("b1", 600.0, None)
    (found,) = list_searches([found_code()], [done, begun], DETAILS)
    assert (found.bisection, found.verdict) == ("b0", BisectVerdict.FOUND)
    others = [begun.replace(old=MIDDLE), begun.replace(case=TINY), begun.replace(metric="decode")]
    (found,) = list_searches([found_code()], others, DETAILS)
    assert found.bisection == ""


def test_what_got_slower_is_searched_first() -> None:
    better = found_code(id="better", day="2026-01-01", found=_judge(trial(-0.05)))
    worse = found_code(id="worse", found=_judge(trial(0.05)))
    assert [one.event for one in list_searches([better, worse], [], DETAILS)] == ["worse", "better"]
