"""The newest commit in the plan of a night: its run, its blocks against the anchor, and the cases without a number."""

from typing import Any

import pytest

from harness.plan.night import plan_night
from harness.plan.night_head import ANCHOR_BLOCKS, ENOUGH_BLOCKS
from harness.records.measurement import Case
from harness.records.night import MeasuredCommit, NightView, WorkKind
from tests.unit.plan.night_view import BASE, CELLS, MEMCPY, ago, broke, line, name, pick, ran, view


def heads(**fields: Any) -> list[str]:
    """Return why the head is run, nothing if it is not."""
    return [item.reason for item in pick(view(**fields), WorkKind.HEAD)]


def passed(known: NightView) -> list[tuple[str, str]]:
    return [(one.reason, one.like) for one in plan_night(known).passed if one.sha == known.commits[-1].sha]


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        ((), "the newest commit has not been measured yet"),
        ((ran(8),), "the newest commit has not been measured yet"),
        ((ran(9, 0.3),), ""),  # tonight
        ((ran(9, 1),), "the code of the newest commit is measured on three nights, to see a small change"),
        ((ran(9, 2), ran(9, 1)), "the code of the newest commit is measured on three nights, to see a small change"),
        ((ran(9, 3), ran(9, 2), ran(9, 1)), ""),
        ((ran(9, 8.5), ran(9, 7.7), ran(9, 6.9)), ""),
        ((ran(9, 7.1),), "the code of the newest commit was not measured for more than a week"),
        ((ran(9, 9), ran(9, 8), ran(9, 7.1)), "the code of the newest commit was not measured for more than a week"),
        ((ran(9, -2),), ""),  # by a clock that was ahead: it has its numbers
        ((ran(9, tests=0),), "the tests of the newest commit have not run yet"),
        ((ran(9, 3, tests=0), ran(9, 2, tests=0), ran(9, 1, tests=0)), ""),  # once more, but not every night
    ],
)
def test_the_head_is_run_unless_it_was_measured(measured: tuple[MeasuredCommit, ...], why: str) -> None:
    assert heads(measured=measured) == ([why] if why else [])


def test_who_wants_no_tests_is_not_given_a_run_for_them() -> None:
    assert heads(measured=(ran(9, tests=0),), wants_tests=False) == []


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        ((0.3,), ""),  # tonight
        ((1,), "did not build, and is tried again"),
        ((1, 2), "did not build, and is tried again"),
        ((1, 2, 3), ""),  # three nights agree
        ((6.9, 8, 9), ""),
        ((7.1, 8, 9), "did not build, and is tried again"),  # once a week
        ((1.0, 1.1, 1.2), "did not build, and is tried again"),  # one night, however often
        ((-3, 1), "did not build, and is tried again"),  # the clock was ahead then
    ],
)
def test_a_head_that_does_not_build_is_tried_on_three_nights_then_once_a_week(
    failed: tuple[float, ...], why: str
) -> None:
    found = heads(measured=broke(9, *failed))
    assert [why in one for one in found] == ([True] if why else [])
    if not why:
        assert passed(view(measured=broke(9, *failed))) == [("it does not build", "")]


def test_a_head_that_builds_by_now_is_measured() -> None:
    assert heads(measured=(*broke(9, 3), ran(9, 0.4))) == []
    stale = (*broke(9, 20), ran(9, 10))
    assert heads(measured=stale) == ["the code of the newest commit was not measured for more than a week"]
    assert heads(measured=(*stale, *broke(9, 0.3))) == []
    assert heads(measured=(*stale, *broke(9, 1))) == ["the newest commit did not build, and is tried again"]


def test_a_commit_that_compiles_nothing_has_the_code_of_the_one_before() -> None:
    known = view(commits=line(10, idle=(8, 9)), measured=(ran(7),))
    assert pick(known, WorkKind.HEAD) == []
    assert passed(known) == [("its code is that of c0ffee07, which was measured", name(7))]
    assert pick(known.replace(measured=(ran(7, 7.1),)), WorkKind.HEAD)
    assert pick(known.replace(measured=(ran(7, -3),)), WorkKind.HEAD), "nobody knows when that was"
    assert pick(known.replace(measured=(ran(6),)), WorkKind.HEAD)


def test_equal_code_is_known_from_builds() -> None:
    known = view(measured=(ran(5, code="abc"), ran(8, code="def")))
    assert pick(known, WorkKind.HEAD)
    equal = known.replace(codes=((name(9), "abc"),))
    assert pick(equal, WorkKind.HEAD) == []
    assert passed(equal) == [("its code is that of c0ffee05, which was measured", name(5))]
    assert pick(known.replace(codes=((name(9), "xyz"),)), WorkKind.HEAD)


def test_unknown_code_is_equal_to_nothing() -> None:
    assert pick(view(measured=(ran(5, code=""),), codes=((name(9), ""),)), WorkKind.HEAD)


def test_the_anchor_is_measured_every_night_until_its_blocks_are_enough() -> None:
    (item,) = pick(view(), WorkKind.ANCHOR)
    assert (item.baseline, item.commit, item.blocks, item.cases) == (name(0), name(9), ANCHOR_BLOCKS, (BASE,))
    some = view(measured=(ran(9),), anchored=((name(9), ENOUGH_BLOCKS - 1),))
    assert pick(some, WorkKind.ANCHOR)
    assert pick(some.replace(anchored=((name(9), ENOUGH_BLOCKS),)), WorkKind.ANCHOR) == []
    (item,) = pick(some.replace(anchored_tonight=3), WorkKind.ANCHOR)
    assert item.blocks == 1
    assert pick(some.replace(anchored_tonight=4), WorkKind.ANCHOR) == []


def test_blocks_of_another_head_with_the_same_code_count() -> None:
    known = view(commits=line(10, idle=(9,)), measured=(ran(8),), anchored=((name(8), 4), (name(9), 4)))
    assert pick(known, WorkKind.ANCHOR) == []
    assert pick(known.replace(anchored=((name(7), 8),)), WorkKind.ANCHOR)


def test_the_anchor_needs_another_commit_that_builds() -> None:
    assert pick(view(anchor=name(9)), WorkKind.ANCHOR) == []
    assert pick(view(anchor=""), WorkKind.ANCHOR) == []
    assert pick(view(codes=((name(0), "abc"), (name(9), "abc"))), WorkKind.ANCHOR) == []
    assert pick(view(anchor=name(77), codes=((name(77), "abc"), (name(9), "abc"))), WorkKind.ANCHOR) == []
    assert pick(view(measured=broke(9, 1, 2, 3)), WorkKind.ANCHOR) == []
    assert pick(view(cells=(MEMCPY,)), WorkKind.ANCHOR) == []
    lost = view(measured=broke(0, 1, 2, 3))
    assert pick(lost, WorkKind.ANCHOR) == []
    assert "the anchor does not build with the compiler of today" in {one.reason for one in plan_night(lost).passed}


def test_cases_without_a_number_are_measured_once_a_night() -> None:
    half = ran(9, 0.6, cells=(BASE,))
    (item,) = pick(view(measured=(half,)), WorkKind.CELLS)
    assert (item.commit, item.cases) == (name(9), (MEMCPY,))
    assert item.reason == "1 case without a number: memcpy/threads=4"
    tonight = ran(9, 0, cells=(BASE,))
    assert pick(view(measured=(half, tonight)), WorkKind.CELLS) == []
    assert pick(view(measured=(tonight,)), WorkKind.CELLS) == [], "it failed, and would again"
    stale = view(measured=(ran(9, 8, cells=(BASE,)),))
    assert pick(stale, WorkKind.HEAD), "it has all cases"
    assert pick(stale, WorkKind.CELLS) == []
    rest = ran(9, 1, cells=(MEMCPY,))
    assert pick(view(measured=(half, rest)), WorkKind.CELLS) == []
    assert pick(view(measured=(ran(9, cells=CELLS),)), WorkKind.CELLS) == []


def test_a_run_of_tomorrow_does_not_put_off_what_is_missing() -> None:
    assert pick(view(measured=(ran(9, -1, cells=(BASE,)),)), WorkKind.CELLS)


def test_a_case_that_never_works_is_tried_on_three_nights_then_once_a_week() -> None:
    half = [ran(9, days, cells=(BASE,)) for days in (5, 4, 3, 2)]
    assert pick(view(measured=tuple(half[:3])), WorkKind.CELLS)
    assert pick(view(measured=tuple(half)), WorkKind.CELLS) == []
    assert pick(view(measured=(*half, ran(9, 1, cells=(BASE,)))), WorkKind.CELLS) == []


def test_many_cases_are_not_all_named() -> None:
    more = tuple(Case.of("memcpy", threads=number) for number in range(1, 8))
    (item,) = pick(view(measured=(ran(9, cells=(BASE,)),), cells=(BASE, *more)), WorkKind.CELLS)
    assert item.reason.endswith("memcpy/threads=1, memcpy/threads=2, memcpy/threads=3 and 4 more")


def test_the_cases_of_a_head_that_was_passed_over_are_those_of_its_code() -> None:
    known = view(commits=line(10, idle=(9,)), measured=(ran(8, cells=(BASE,)),))
    (item,) = pick(known, WorkKind.CELLS)
    assert (item.commit, item.cases) == (name(9), (MEMCPY,))


def test_a_view_of_before_the_clock_was_set_back_hides_nothing() -> None:
    known = view(measured=(ran(0), ran(8, -1)), now=ago(0), began=ago(0))
    assert pick(known, WorkKind.HEAD)
    assert pick(known.replace(measured=(ran(0), ran(9, -1))), WorkKind.HEAD) == []
