"""Gaps in a history: the widest stretch that nobody measured is split first."""

import math
from typing import Any

import pytest

from harness.plan import night_gap
from harness.plan.night_bits import weigh_commits
from harness.records.night import WorkKind
from tests.unit.plan.night_view import ask, broke, line, name, pick, ran, search, view


@pytest.fixture(autouse=True)
def fill_narrow_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_gap, "LEAST_BITS", 0.0)


def gaps(count: int = 20, **fields: Any) -> list[int]:
    """Return the numbers of the commits that fill gaps, in order."""
    shas = [name(number) for number in range(count)]
    return [shas.index(item.commit) for item in pick(view(count, left_s=1e6, **fields), WorkKind.GAP)]


def test_the_widest_gap_is_split_in_its_middle() -> None:
    found = gaps(measured=(ran(2), ran(6), ran(19)))
    assert found[:3] == [12, 15, 9]
    assert set(found) == {*range(3, 6), *range(7, 19)}


def test_a_gap_says_what_it_tells() -> None:
    item = pick(view(20, measured=(ran(2), ran(6), ran(19))), WorkKind.GAP)[0]
    assert item.reason == "in the middle of 12 commits that were not measured"
    assert item.bits == math.log2(13) * weigh_commits(12)
    assert item.seconds == 240 + 300


def test_nothing_is_older_than_the_oldest_run() -> None:
    assert gaps() == []
    assert gaps(measured=(ran(15), ran(19))) == [17, 16, 18]


def test_only_commits_that_compile_something_count() -> None:
    idle = (*range(3, 12),)
    assert gaps(commits=line(20, idle=idle), measured=(ran(2), ran(19)))[0] == 15
    assert set(gaps(commits=line(20, idle=idle), measured=(ran(2), ran(14), ran(19)))) == {12, 13, 15, 16, 17, 18}
    assert gaps(6, commits=line(6, idle=(1, 2, 3, 4)), measured=(ran(0), ran(5))) == []


def test_the_gap_before_a_head_that_is_not_measured_yet_is_one() -> None:
    assert gaps(measured=(ran(10),))[0] == 14
    assert 19 not in gaps(measured=(ran(10),)), "that is the head's own item"


def test_where_an_event_is_open_the_search_looks_closer() -> None:
    measured = (ran(2), ran(6), ran(19))
    assert set(gaps(measured=measured, questions=(ask(6, 19),))) == {3, 4, 5}
    assert set(gaps(measured=measured, searches=(search(2, 6),))) == {*range(7, 19)}
    assert set(gaps(measured=measured, questions=(ask(77, 19),))) == {3, 4, 5, *range(7, 19)}


def test_what_did_not_build_once_is_not_built_again() -> None:
    found = gaps(measured=(ran(2), ran(6), ran(19), *broke(12, 30), *broke(13, 30)))
    assert found[0] == 11
    assert not {12, 13} & set(found)


def test_equal_code_is_no_gap() -> None:
    measured = (ran(2, code="a"), ran(6, code="b"), ran(19, code="b"))
    assert set(gaps(measured=measured)) == {3, 4, 5}
    found = gaps(measured=(ran(2, code="a"), ran(19, code="b")), codes=((name(12), "b"),))
    assert found[0] == 7, "12 has the code of 19"
    assert set(found) == {*range(3, 12)}


def test_what_tells_little_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_gap, "LEAST_BITS", 1.0)
    assert gaps(14, measured=(ran(0), ran(13))) == []
    assert gaps(40, measured=(ran(0), ran(39))) == [19, 29, 9]
    wide = pick(view(40, measured=(ran(0), ran(39)), left_s=1e6), WorkKind.GAP)
    assert min(item.bits for item in wide) >= 1


def test_a_plan_names_no_more_gaps_than_there_is_time_for() -> None:
    known = view(1000, measured=(ran(0), ran(999)), left_s=3600.0)
    items = pick(known, WorkKind.GAP)
    assert [item.fits for item in items].count(False) <= 1
    assert len(pick(known.replace(left_s=1e6), WorkKind.GAP)) == 20
