"""Stored numbers become series: in the order of commits, cut where the yardstick or the machine changed."""

import itertools
import math
import random

import pytest

from harness.judge.history import order_commits, trace_series
from harness.records.history import CutKind, Series
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.stats.summary import find_mde

KEY = RawSeriesKey("node-1", "11111111", "memcpy/threads=2", "copy_rate", "")
MACHINES = {
    "m1": (("CPU", "A"), ("kernel", "6.1")),
    "m2": (("CPU", "A"), ("kernel", "6.5")),
    "m3": (("CPU", "A"),),
}


def detail(number: int, **changes: str | tuple[str, ...]) -> RunDetail:
    day = f"2026-01-{number:02}"
    return RunDetail(
        path=f"/r/{number}",
        run_id=f"run-{number}",
        start=f"{day}T03:00:00+00:00",
        earliest=f"{day}T03:00:00+00:00",
        node="node-1",
        sha=f"{number:040x}",
        release="",
        changes="",
        commit_date=f"{day}T01:00:00+00:00",
        subject="",
        repo="",
        origin="harness",
        engine="bench",
        purpose="night",
        caveats=("load",),
        machine="m1",
    ).replace(**changes)


def history(*details: RunDetail, yardsticks: dict[int, str] | None = None) -> RawHistory:
    """Return a history of one series, shuffled, in which the value of run `n` is `n`."""
    series: dict[RawSeriesKey, list[RawPoint]] = {}
    for number, _ in enumerate(details):
        key = KEY._replace(yardstick=(yardsticks or {}).get(number, ""))
        series.setdefault(key, []).append(RawPoint(number, 7, float(number + 1), number + 0.9, number + 1.2))
    for points in series.values():
        random.Random(1).shuffle(points)
    return RawHistory(series, dict(enumerate(details)), MACHINES)


def only(found: tuple[Series, ...]) -> Series:
    (series,) = found
    return series


def values(found: tuple[Series, ...]) -> list[float]:
    return [point.value for point in only(found).points]


def test_points_are_in_the_order_of_dates() -> None:
    series = only(trace_series(history(*(detail(day) for day in range(1, 6)))))
    assert [point.value for point in series.points] == [1, 2, 3, 4, 5]
    assert [point.position for point in series.points] == [0, 1, 2, 3, 4]
    first = series.points[0]
    assert (first.commit, first.run, first.day) == (f"{1:040x}", "run-1", "2026-01-01")
    assert (first.n, first.low, first.high, first.caveats, first.purpose) == (7, 0.9, 1.2, ("load",), "night")
    assert first.mde == pytest.approx(find_mde(7, 1.0, 0.9, 1.2))
    assert not any(point.cuts for point in series.points)


def test_dates_of_other_zones_are_compared_as_moments() -> None:
    one = detail(1, commit_date="2026-01-02T01:00:00+03:00")
    other = detail(2, commit_date="2026-01-01T23:00:00+00:00")
    assert values(trace_series(history(other, one))) == [2, 1]


def test_the_order_of_git_is_the_order() -> None:
    details = [detail(day) for day in (1, 2, 3)]
    order = {details[0].sha: 7, details[1].sha: 3, details[2].sha: 5}
    assert values(trace_series(history(*details), order)) == [2, 3, 1]


def test_commits_that_git_does_not_know_lie_between_the_others_by_their_dates() -> None:
    details = [detail(day) for day in range(1, 7)]
    order = {details[number].sha: number for number in (0, 2, 4)}
    assert values(trace_series(history(*details), order)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("seed", range(5))
def test_an_order_is_one_whatever_is_known(seed: int) -> None:
    draw = random.Random(seed)
    details = [detail(draw.randrange(1, 29)).replace(sha=f"{number:040x}") for number in range(20)]
    order = {one.sha: number for number, one in enumerate(draw.sample(details, 9))}
    found = order_commits(details, order)
    assert sorted(found.values()) == list(range(20))
    known = sorted(order, key=lambda sha: order[sha])
    assert [found[sha] for sha in known] == sorted(found[sha] for sha in known)
    shuffled = draw.sample(details, len(details))
    assert order_commits(shuffled, order) == found


def test_runs_of_one_commit_have_one_position_and_the_order_of_their_starts() -> None:
    one = detail(3)
    again = detail(5, sha=one.sha, commit_date=one.commit_date)
    series = only(trace_series(history(again, one, detail(9))))
    assert [(point.position, point.day) for point in series.points] == [
        (0, "2026-01-03"),
        (0, "2026-01-05"),
        (1, "2026-01-09"),
    ]


def test_trees_with_changes_and_without_a_commit_are_left_out() -> None:
    found = trace_series(
        history(detail(1), detail(2, changes="abc"), detail(3, sha=""), detail(4, sha="", release="v1.9"))
    )
    assert values(found) == [1, 4]
    assert trace_series(history(detail(1, changes="abc"))) == ()


def test_a_new_yardstick_cuts_and_the_series_goes_on() -> None:
    names = {0: "heat-up: once", 1: "heat-up: once", 2: "heat-up: twice", 3: "heat-up: twice"}
    series = only(trace_series(history(*(detail(day) for day in range(1, 5)), yardsticks=names)))
    assert [len(point.cuts) for point in series.points] == [0, 0, 1, 0]
    (cut,) = series.points[2].cuts
    assert (cut.kind, cut.subject) == (CutKind.YARDSTICK, "heat-up: once -> twice")
    assert series.key.yardstick == "heat-up: twice"


def test_what_only_one_of_two_runs_knows_cuts_nothing() -> None:
    names = {0: "heat-up: once", 1: "", 2: "heat-up: once"}
    details = (detail(1), detail(2, machine="m3"), detail(3))
    assert not any(point.cuts for point in only(trace_series(history(*details, yardsticks=names))).points)


def test_another_machine_under_the_same_name_cuts() -> None:
    series = only(trace_series(history(detail(1), detail(2, machine="m2"), detail(3, machine="m2"))))
    assert [[(cut.kind, cut.subject) for cut in point.cuts] for point in series.points] == [
        [],
        [(CutKind.NODE, "kernel: 6.1 -> 6.5")],
        [],
    ]


def test_a_change_is_seen_across_a_run_that_does_not_know() -> None:
    series = only(trace_series(history(detail(1), detail(2, machine="m3"), detail(3, machine="m2"))))
    assert [len(point.cuts) for point in series.points] == [0, 0, 1]


def test_dates_that_are_none() -> None:
    details = [detail(1, commit_date="yesterday"), detail(2, commit_date="", start="", earliest=""), detail(3)]
    assert values(trace_series(history(*details))) == [2, 1, 3]


def test_series_of_all_nodes_cases_and_metrics() -> None:
    keys = [
        KEY._replace(node=node, metric=metric) for node, metric in itertools.product(("b", "a"), ("load", "encode"))
    ]
    found = trace_series(RawHistory({key: [RawPoint(0, 1, 1.0, None, None)] for key in keys}, {0: detail(1)}, MACHINES))
    assert [(one.key.node, one.key.metric) for one in found] == [
        ("a", "encode"),
        ("a", "load"),
        ("b", "encode"),
        ("b", "load"),
    ]
    assert found[0].points[0].mde is None


def test_the_smallest_change_that_a_run_would_have_shown() -> None:
    # Half the interval is z standard errors; at z = 1.96 nine of ten cases need 1.28 more.
    assert find_mde(1000, 100.0, 98.04, 101.96) == pytest.approx(0.01 * (1.96 + 1.2816), rel=0.01)
    assert find_mde(6, 100.0, 98.0, 102.0) < find_mde(6, 100.0, 97.0, 103.0)
    assert find_mde(6, 0.0, 0.0, 0.0) == math.inf


@pytest.mark.parametrize("purpose", ["trial", "confirmation", "anchor", "bisection", "audit", "manual"])
def test_sides_of_live_comparisons_are_no_points_whatever_they_were_for(purpose: str) -> None:
    series = only(trace_series(history(detail(1), detail(2, purpose=purpose, trial="t"), detail(3, purpose="history"))))
    assert [point.run for point in series.points] == ["run-1", "run-3"]


def test_a_search_for_settings_is_no_point() -> None:
    series = only(trace_series(history(detail(1), detail(2, purpose="tune"), detail(3, purpose="sweep"))))
    assert [point.run for point in series.points] == ["run-1", "run-3"]
