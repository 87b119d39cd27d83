"""A history for people."""

import pytest

from harness.records.history import (
    Cut,
    CutKind,
    Event,
    EventKind,
    History,
    HistoryCommit,
    Point,
    Series,
    SeriesKey,
)
from harness.records.measurement import Case
from harness.render.history import render_history, render_series
from harness.stats.suspicion import judge_node

KEY = SeriesKey(node="desk", config="725ab796", case=Case.of("whisper", model="base"), metric="encode")
CUT = Cut(kind=CutKind.NODE, subject="kernel: 6.1 -> 6.5")


def point(number: int, **changes: object) -> Point:
    one = Point(
        position=number,
        commit=f"{number:040x}",
        run=f"run-{number}",
        day=f"2026-03-{number + 1:02}",
        value=100.0 + number % 3,
        caveats=("load",),
    )
    return one.replace(**changes)


def make(*points: Point, key: SeriesKey = KEY, count: int = 1) -> History:
    series = tuple(
        Series(key=key.replace(case=Case.of(key.case.benchmark, n=number)) if count > 1 else key, points=points)
        for number in range(count)
    )
    commits = tuple(
        HistoryCommit(
            position=one.position,
            name=one.commit,
            sha=one.commit,
            release="v1.9.0" if one.position == 3 else "",
            date=one.day,
            subject=f"subject {one.position}",
        )
        for one in points
    )
    judged = judge_node(series)
    return History(series=series, judgements=judged.judgements, events=judged.events, commits=commits)


def test_a_series_is_a_line() -> None:
    text = render_history(make(*(point(number) for number in range(9))), plain=True)
    first, header, row, *rest = text.splitlines()
    assert first == "desk, config 725ab796: 9 runs, 2026-03-01 to 2026-03-09"
    assert header.split() == ["case", "metric", "unit", "newest", "change", "history", "points", "status"]
    assert row.split()[:4] == ["whisper/model=base", "encode", "ms/pass", "102.0"]
    assert row.endswith("9  steady")
    assert rest == ["", "1 series: 1 steady"]
    assert text.isascii()


def test_intervals_have_a_column_where_there_are_some() -> None:
    points = [point(number, low=99.0, high=103.0, n=7) for number in range(3)]
    _, header, row, *_ = render_history(make(*points)).splitlines()
    assert "interval" in header
    assert "[99.00, 103.0]" in row
    assert row.endswith("too few points")


def test_the_days_are_those_of_runs_whatever_the_order_of_commits() -> None:
    points = (point(0), point(1, day="2026-05-09"), point(2))
    first, *_ = render_history(make(*points)).splitlines()
    assert first.endswith(": 3 runs, 2026-03-01 to 2026-05-09")


def test_a_series_that_was_not_measured_lately_has_its_day() -> None:
    history = make(*(point(number) for number in range(9)), count=2)
    _, header, *_ = render_history(history).splitlines()
    assert "measured" not in header
    old = history.series[1].replace(points=history.series[1].points[:5])
    _, header, row, other, *_ = render_history(history.replace(series=(history.series[0], old))).splitlines()
    assert "measured" in header
    assert ("2026-03-" in row, "2026-03-05" in other) == (False, True)


@pytest.mark.parametrize("width", [0, 70, 80, 100, 140])
def test_a_table_has_the_columns_that_there_is_room_for(width: int) -> None:
    points = [point(number, low=99.0, high=103.0, n=7, value=100.0) for number in range(40)]
    _, header, row, *_ = render_history(make(*points), width=width).splitlines()
    assert ("interval" in header) is ("[99.00, 103.0]" in row) is (width not in (70, 80))
    assert row.split()[0] == "whisper/model=base"
    assert row.endswith("steady")
    assert len(row) <= (width or 140)


def test_what_all_cases_have_in_common_is_shown_once() -> None:
    history = make(*(point(number) for number in range(9)), key=KEY.replace(case=Case.of("mul_mat")), count=2)
    series = tuple(
        one.replace(key=one.key.replace(case=Case.of("mul_mat", n=number, type="f16")))
        for number, one in enumerate(history.series)
    )
    lines = render_history(history.replace(series=series)).splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["mul_mat/n=0", "mul_mat/n=1"]
    assert lines[4] == "  all of mul_mat: type=f16"


def test_steady_crowds_are_left_out_unless_asked_for() -> None:
    history = make(*(point(number) for number in range(9)), key=KEY.replace(case=Case.of("mul_mat")), count=30)
    text = render_history(history)
    assert "30 steady series of mul_mat not shown: --all" in text
    assert "mul_mat/n=7" not in text
    assert "mul_mat/n=7" in render_history(history, full=True)


def test_epochs_are_ruled_lines() -> None:
    points = [point(number, cuts=(CUT,) if number == 5 else ()) for number in range(9)]
    lines = render_series(make(*points), plain=True).splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("  ---"))
    assert "2026-03-06  node: kernel: 6.1 -> 6.5" in lines[rule]
    assert lines[rule + 1].split()[:2] == ["2026-03-06", "00000000"]
    assert "v1.9.0" in "\n".join(lines)
    assert any("|" in line for line in lines[:4]), "the sparkline has a bar there"


def test_caveats_of_all_points_are_shown_once() -> None:
    points = [point(number, caveats=("load", "battery") if number == 4 else ("load",)) for number in range(9)]
    text = render_series(make(*points))
    assert "of all these points: load (harness explain CODE)" in text
    assert text.count("battery") == 1


@pytest.mark.parametrize(("most", "shown"), [(0, 9), (4, 4), (20, 9)])
def test_the_newest_points_are_shown(most: int, shown: int) -> None:
    text = render_series(make(*(point(number) for number in range(9))), most=most)
    assert text.count("subject ") == shown
    assert ("older point" in text) == (shown < 9)


def test_an_epoch_that_begins_with_the_first_point_that_is_shown_has_its_line() -> None:
    points = [point(number, cuts=(CUT,) if number == 5 else ()) for number in range(9)]
    lines = render_series(make(*points), most=4, plain=True).splitlines()
    rule = next(number for number, line in enumerate(lines) if "  node: kernel: 6.1 -> 6.5" in line)
    assert lines[rule - 1].split()[0] == "date"


@pytest.mark.parametrize("width", [0, 60, 80, 200])
def test_a_point_is_one_line(width: int) -> None:
    history = make(*(point(number, cuts=(CUT,) if number == 5 else ()) for number in range(9)))
    commits = tuple(one.replace(subject="a subject of some forty-five characters or so") for one in history.commits)
    lines = render_series(history.replace(commits=commits), width=width).splitlines()
    rows = [line for line in lines if "a subj" in line]
    assert len(rows) == 9
    assert all(len(line) <= (width or 200) for line in rows)
    assert rows[0].endswith(" ..." if width in (60, 80) else "or so")
    rule = next(line for line in lines if line.startswith("  ---"))
    assert len(rule) == min(width or 80, 80)


def test_old_events_are_counted_and_suspicions_come_last() -> None:
    first, *_, last = (point(number) for number in range(9))
    node = Event(id="0a", kind=EventKind.NODE, node="desk", day="2025-03-06", run="r", old="", new="", subject="kernel")
    recent = node.replace(id="0b", day="2026-03-05")
    confirmed = node.replace(id="0c", kind=EventKind.CODE, open=True)
    suspected = recent.replace(id="0d", kind=EventKind.SUSPICION, open=True, subject="")
    text = render_history(make(first, last).replace(events=(node, confirmed, recent, suspected)))
    assert "0a" not in text
    assert "1 more event, older or settled: harness events" in text
    assert text.index("0c") < text.index("0b") < text.index("Suspicions") < text.index("0d")


def test_an_event_that_the_records_name_has_its_reasons() -> None:
    event = Event(
        id="0a", kind=EventKind.NODE, node="desk", day="2026-03-06", run="r", old="", new="ab" * 20, subject=CUT.subject
    )
    text = render_history(make(point(0)).replace(events=(event,)))
    assert "Other events:" in text
    assert "0a  2026-03-06  NODE  desk: between the beginning and abababab" in text
    assert "    kernel: 6.1 -> 6.5" in text


def test_points_are_drawn_beside_their_level_on_a_wide_terminal() -> None:
    history = make(*(point(number) for number in range(9)))
    lines = render_series(history, width=120, plain=True).splitlines()
    head = next(line for line in lines if line.startswith("  date"))
    assert head.split()[4:6] == ["100.0", "102.0"]
    start = head.index("100.0")
    rows = [line[start - 1 : start + 33] for line in lines if line.startswith("  2026")]
    assert all(row.count("o") == 1 for row in rows)
    assert [row.index("o") for row in rows[:3]] == sorted(row.index("o") for row in rows[:3])
    assert "o " not in "".join(line for line in render_series(history, plain=True).splitlines() if "2026-" in line)
