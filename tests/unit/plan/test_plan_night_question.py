"""Confirmations, bisections and audits of a night: which, for how long, and why."""

import math
from typing import Any

import pytest

from harness.plan.night import plan_night
from harness.plan.night_question import CONFIRMATION_S, LEAST_CONFIRMATION_S, describe_change
from harness.records.bisection import BisectVerdict
from harness.records.measurement import Case
from harness.records.night import NightView, QuestionCause, WorkKind
from tests.unit.plan.night_view import BASE, MEMCPY, TINY, ask, broke, name, pick, ran, search, view

BUILT = tuple(map(name, range(10)))


def quiet(**fields: Any) -> NightView:
    """Return a view whose head is measured, with all builds in the cache."""
    return view(measured=(ran(0), ran(9)), built=BUILT, **fields)


def test_a_question_says_what_it_is_about() -> None:
    (item,) = pick(quiet(questions=(ask(3, 8),)), WorkKind.CONFIRM)
    assert item.reason == "encode of base is 4.8 % slower since c0ffee03 (score 1.6)"
    assert (item.baseline, item.commit, item.asked_by) == (name(3), name(8), "event3-8")
    assert (item.cases, item.metrics, item.threshold) == ((BASE,), ("encode",), 0.02)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cause": QuestionCause.ODD}, "than at c0ffee03, in its newest run (score 1.6)"),
        ({"cause": QuestionCause.CREEP}, "than at c0ffee03, against the anchor (score 1.6)"),
        ({"nights": 2}, "since c0ffee03 (score 1.6), so far measured for 2 nights"),
    ],
)
def test_a_reason_says_where_a_question_comes_from(fields: dict[str, object], words: str) -> None:
    (item,) = pick(quiet(questions=(ask(3, 8, **fields),)), WorkKind.CONFIRM)
    assert item.reason == f"encode of base is 4.8 % slower {words}"


@pytest.mark.parametrize(
    ("cases", "metrics", "change", "words"),
    [
        ((BASE,), ("encode",), -0.02, "encode of base is 2.0 % faster"),
        ((MEMCPY,), ("copy_rate",), -0.02, "copy_rate of memcpy/threads=4 is 2.0 % slower"),
        ((), (), 0.1, "time of the program is 10.0 % slower"),
    ],
)
def test_directions_are_those_of_the_metric(
    cases: tuple[Case, ...], metrics: tuple[str, ...], change: float, words: str
) -> None:
    assert describe_change(cases, metrics, change) == words


def test_the_strongest_comes_first() -> None:
    asked = (ask(3, 8, score=1.2), ask(4, 7, score=3.0), ask(2, 6, score=2.0))
    items = pick(quiet(questions=asked), WorkKind.CONFIRM)
    assert [item.commit for item in items] == [name(7), name(6), name(8)]


def test_questions_of_the_same_commits_are_measured_together() -> None:
    asked = (ask(3, 8), ask(3, 8, event="other", cases=(TINY,), metrics=("decode",), score=3.0, threshold=0.01))
    (item,) = pick(quiet(questions=asked), WorkKind.CONFIRM)
    assert item.asked_by == "other"
    assert (item.cases, item.metrics, item.threshold) == ((TINY, BASE), ("decode", "encode"), 0.01)
    assert "with 1 other question" in item.reason
    for one in asked:
        tried = f"{WorkKind.CONFIRM} {one.event} {name(3)} {name(8)}"
        assert pick(quiet(questions=asked, tried=(tried,)), WorkKind.CONFIRM) == []


def test_two_commits_that_are_one_are_not_compared() -> None:
    assert pick(quiet(questions=(ask(3, 3),)), WorkKind.CONFIRM) == []


def test_a_commit_that_is_no_longer_on_the_branch_is_compared_all_the_same() -> None:
    (item,) = pick(quiet(questions=(ask(77, 8),)), WorkKind.CONFIRM)
    assert item.baseline == name(77)


@pytest.mark.parametrize(("place", "name8"), [(3, "c0ffee03"), (8, "c0ffee08")])
def test_what_does_not_build_is_not_compared(place: int, name8: str) -> None:
    known = quiet(questions=(ask(3, 8),))
    tonight = known.replace(measured=(*known.measured, *broke(place, 0.2)))
    assert pick(tonight, WorkKind.CONFIRM) == []
    assert plan_night(tonight).passed[0].reason == f"not compared with c0ffee03: {name8} does not build"
    yesterday = known.replace(measured=(*known.measured, *broke(place, 1)))
    assert pick(yesterday, WorkKind.CONFIRM)


def test_missing_builds_are_part_of_the_time() -> None:
    known = quiet(questions=(ask(3, 8),))
    (item,) = pick(known, WorkKind.CONFIRM)
    assert item.seconds == 200
    (item,) = pick(known.replace(built=(name(8),)), WorkKind.CONFIRM)
    assert item.seconds == 200 + known.costs.near_build_s
    (item,) = pick(known.replace(built=()), WorkKind.CONFIRM)
    assert item.seconds == 200 + known.costs.near_build_s + known.costs.full_build_s
    assert item.limit_s == CONFIRMATION_S - known.costs.near_build_s - known.costs.full_build_s


def test_a_night_confirms_for_a_quarter_of_an_hour_that_questions_share() -> None:
    one = ask(3, 8, needed_s=5000.0)
    (item,) = pick(quiet(questions=(one,)), WorkKind.CONFIRM)
    assert (item.limit_s, item.seconds) == (CONFIRMATION_S, CONFIRMATION_S)
    first, second = pick(quiet(questions=(one, ask(2, 6, needed_s=5000.0))), WorkKind.CONFIRM)
    assert (first.limit_s, second.limit_s) == (CONFIRMATION_S / 2, CONFIRMATION_S / 2)
    first, second = pick(quiet(questions=(one, ask(2, 6, needed_s=100.0, score=1.1))), WorkKind.CONFIRM)
    assert (first.limit_s, second.limit_s) == (CONFIRMATION_S - LEAST_CONFIRMATION_S, LEAST_CONFIRMATION_S)
    assert second.fits
    (item,) = pick(quiet(questions=(one,), confirmed_s=500.0), WorkKind.CONFIRM)
    assert item.limit_s == CONFIRMATION_S - 500
    (item,) = pick(quiet(questions=(one,), confirmed_s=CONFIRMATION_S), WorkKind.CONFIRM)
    assert not item.fits


def test_half_of_it_waits_for_what_the_head_will_show() -> None:
    known = view(measured=(ran(0),), built=BUILT, questions=(ask(3, 8, needed_s=5000.0),))
    (item,) = pick(known, WorkKind.CONFIRM)
    assert item.limit_s == CONFIRMATION_S / 2


def test_builds_that_take_long_do_not_put_a_question_off_for_ever() -> None:
    known = quiet(questions=(ask(3, 8, needed_s=400.0),))
    known = known.replace(built=(), costs=known.costs.replace(full_build_s=1500.0))
    (item,) = pick(known, WorkKind.CONFIRM)
    assert (item.fits, item.limit_s) == (True, LEAST_CONFIRMATION_S)
    (item,) = pick(known.replace(left_s=1600.0), WorkKind.CONFIRM)
    assert not item.fits


def test_a_question_that_would_take_weeks_is_given_up_after_its_first_night() -> None:
    hard = ask(3, 8, needed_s=20_000.0, mde=0.031)
    assert pick(quiet(questions=(hard,)), WorkKind.CONFIRM)
    plan = plan_night(quiet(questions=(hard.replace(nights=1),)))
    assert not [item for item in plan.items if item.kind is WorkKind.CONFIRM]
    (passed,) = plan.passed
    assert passed.sha == name(8)
    assert passed.reason == (
        "not compared with c0ffee03 any more: after 1 night an answer would take 6 hours more, "
        "and a change of 3.1 % would have been seen"
    )


def test_a_search_takes_what_is_left_and_leaves_the_time_of_the_head() -> None:
    known = quiet(searches=(search(3, 8),), anchored=((name(9), 8),))
    (item,) = pick(known, WorkKind.BISECT)
    assert (item.limit_s, item.bits, item.fits) == (known.left_s, math.log2(5), True)
    assert item.reason == "which of 5 commits changed encode of base since c0ffee03"
    busy = view(measured=(ran(0),), built=BUILT, searches=(search(3, 8),))
    (item,) = pick(busy, WorkKind.BISECT)
    others = pick(busy, WorkKind.HEAD) + pick(busy, WorkKind.ANCHOR)
    assert item.limit_s == busy.left_s - sum(other.seconds for other in others)
    assert all(other.fits for other in others)


def test_a_search_that_was_begun_goes_on() -> None:
    first = pick(quiet(searches=(search(3, 8),)), WorkKind.BISECT)
    again = pick(quiet(searches=(search(3, 8, bisection="b1", spent_s=200.0),)), WorkKind.BISECT)
    assert again[0].reason.endswith(", begun before")
    assert again[0].seconds == first[0].seconds - 200


@pytest.mark.parametrize(("left_s", "fits"), [(599.0, False), (601.0, True)])
def test_a_search_is_not_begun_for_a_few_minutes(left_s: float, *, fits: bool) -> None:
    (item,) = pick(quiet(searches=(search(3, 8),), left_s=left_s), WorkKind.BISECT)
    assert item.fits is fits


def test_a_search_is_not_planned_where_there_is_nothing_to_find() -> None:
    for verdict in BisectVerdict:
        assert pick(quiet(searches=(search(3, 8, verdict=verdict),)), WorkKind.BISECT) == []
    assert pick(quiet(searches=(search(3, 4),)), WorkKind.BISECT) == [], "it is the only one"
    assert pick(quiet(searches=(search(4, 3),)), WorkKind.BISECT) == []


def test_a_search_cannot_go_on_where_the_branch_was_rewritten() -> None:
    plan = plan_night(quiet(searches=(search(77, 8),)))
    assert not [item for item in plan.items if item.kind is WorkKind.BISECT]
    assert (
        plan.passed[0].reason
        == "where event code77-8 began is no longer on the branch, so its commit cannot be searched"
    )


def test_a_search_is_given_up_after_hours() -> None:
    plan = plan_night(quiet(searches=(search(3, 8, bisection="b1", spent_s=6.2 * 3600),)))
    assert not [item for item in plan.items if item.kind is WorkKind.BISECT]
    (passed,) = plan.passed
    assert passed.reason == "the search for the commit of event code3-8 has no answer after 6 hours"


@pytest.mark.parametrize(
    ("confirmations", "audits", "due"), [(9, 0, False), (10, 0, True), (19, 1, False), (20, 1, True), (30, 1, True)]
)
def test_every_tenth_confirmation_is_audited(confirmations: int, audits: int, *, due: bool) -> None:
    asked = ask(3, 8, cases=(TINY,), metrics=("decode",), threshold=0.013)
    items = pick(quiet(confirmations=confirmations, audits=audits, answered=asked), WorkKind.AUDIT)
    assert bool(items) is due
    for item in items:
        assert (item.baseline, item.commit) == (name(9), name(9))
        assert (item.cases, item.metrics, item.threshold) == ((TINY,), ("decode",), 0.013)
