"""How a series stands at its newest point."""

import pytest

from harness.records.history import (
    ChangePoint,
    Cut,
    CutKind,
    Event,
    EventKind,
    Point,
    Series,
    SeriesKey,
    SeriesStatus,
    Suspicion,
)
from harness.records.measurement import Case
from harness.stats.judgement import judge_series

KEY = SeriesKey(node="n", config="c", case=Case.of("memcpy"), metric="copy_rate")
CUT = Cut(kind=CutKind.NODE, subject="kernel 6.1 -> 6.12")


def make(values: list[float], cut: int = 0) -> Series:
    points = [
        Point(position=night, commit=f"c{night}", run=f"r{night}", day=f"d{night}", value=value)
        for night, value in enumerate(values)
    ]
    if cut:
        points[cut] = points[cut].replace(cuts=(CUT,))
    return Series(key=KEY, points=tuple(points))


def suspect(since: int, returned: int | None = None) -> Suspicion:
    place = ChangePoint(since=since, earliest=since, latest=since, confidence=0.9)
    return Suspicion(
        key=KEY, raised=since + 1, place=place, before=10.0, after=12.0, change=0.2, low=0.1, high=0.3,
        score=5.0, threshold=3.4, nights=since, precedents=0, returned=returned,
    )  # fmt: skip


def test_the_level_is_that_after_the_newest_suspicion_and_the_change_that_before_the_oldest() -> None:
    one = judge_series(make([10.0] * 10 + [12.0] * 10 + [15.0] * 10), [suspect(10), suspect(20).replace(before=12.0)])
    assert one.status is SeriesStatus.SUSPICION
    assert one.change == pytest.approx(0.5)
    (epoch,) = one.epochs
    assert epoch.level is not None
    assert (epoch.level.n, epoch.level.middle) == (10, 15)


def test_points_away_from_the_level_are_not_part_of_it() -> None:
    one = judge_series(make([10.0] * 10 + [12.0] * 5 + [10.0] * 10), [suspect(10, returned=15)])
    assert (one.status, one.change) == (SeriesStatus.STEADY, 0.0)
    level = one.epochs[0].level
    assert level is not None
    assert (level.n, level.middle, level.spread) == (20, 10, 0)


def test_a_suspicion_of_an_earlier_epoch_stands_no_more() -> None:
    one = judge_series(make([10.0] * 10 + [12.0] * 20, cut=20), [suspect(10)])
    assert (one.status, one.change) == (SeriesStatus.STEADY, 0.0)
    assert [(epoch.first, epoch.last, epoch.cuts) for epoch in one.epochs] == [(0, 19, ()), (20, 29, (CUT,))]


@pytest.mark.parametrize(
    ("points", "cut", "missing"), [(0, 0, 8), (5, 0, 3), (8, 0, 0), (30, 27, 1), (30, 26, 0), (6, 4, 6)]
)
def test_how_many_points_are_missing(points: int, cut: int, missing: int) -> None:
    one = judge_series(make([10.0] * points, cut=cut), [])
    assert one.missing == missing
    assert (one.status is SeriesStatus.TOO_FEW) is (missing > 0)


def test_a_new_epoch_has_too_few_points_at_first() -> None:
    one = judge_series(make([10.0] * 30, cut=27), [])
    assert (one.status, one.change) == (SeriesStatus.TOO_FEW, None)
    assert one.epochs[1].level is not None


def test_a_suspicion_is_open_for_a_while() -> None:
    values = [10.0] * 10 + [12.0] * 40
    for count, status, change in ((41, SeriesStatus.SUSPICION, 0.2), (42, SeriesStatus.STEADY, 0.0)):
        one = judge_series(make(values[:count]), [suspect(10)])
        assert one.status is status, count
        assert one.change == pytest.approx(change)
    known = {11: event(EventKind.CODE, suspect(10))}
    assert judge_series(make(values), [suspect(10)], known).status is SeriesStatus.CONFIRMED


def test_a_long_series_has_the_level_of_its_newest_points() -> None:
    level = judge_series(make([10.0] * 300 + [11.0] * 250), []).epochs[0].level
    assert level is not None
    assert (level.n, level.middle) == (250, 11)


def event(kind: EventKind, *suspicions: Suspicion) -> Event:
    return Event(id="abc", kind=kind, node="n", day="d", run="r", old="o", new="n", suspicions=suspicions)


def test_where_the_node_changed_an_epoch_begins() -> None:
    series, suspicion = make([10.0] * 10 + [12.0] * 20), suspect(10)
    one = judge_series(series, [suspicion], {11: event(EventKind.NODE, suspicion)})
    assert (one.status, one.change) == (SeriesStatus.STEADY, 0.0)
    assert [(epoch.first, epoch.last) for epoch in one.epochs] == [(0, 9), (10, 29)]
    assert one.epochs[1].cuts == (Cut(kind=CutKind.EVENT, subject="abc"),)
    assert [epoch.level and epoch.level.middle for epoch in one.epochs] == [10, 12]


def test_a_change_of_code_stands_until_the_series_is_back() -> None:
    series, suspicion = make([10.0] * 10 + [12.0] * 20), suspect(10)
    known = {11: event(EventKind.CODE, suspicion)}
    one = judge_series(series, [suspicion], known)
    assert one.status is SeriesStatus.CONFIRMED
    assert one.change == pytest.approx(0.2)
    again = judge_series(series, [suspicion, suspect(20)], known)
    assert again.status is SeriesStatus.SUSPICION, "one more that nobody has sorted"
    assert judge_series(series, [suspect(10, returned=25)], known).status is SeriesStatus.STEADY
