"""The nights of a node, a mark for each day."""

from datetime import date, timedelta

import pytest

from harness.records.site import SiteRun
from harness.render.figure.nights import NightState, draw_nights, list_days
from tests.figure import HOSTILE, check_figure, list_tips, list_words

FIRST = date(2026, 1, 5)


def night(day: int, *caveats: str, status: str = "PASSED", purpose: str = "night") -> SiteRun:
    start = f"{FIRST + timedelta(days=day)}T01:00:00+00:00"
    return SiteRun(
        id=f"run-{day}", path="", start=start, commit="c", purpose=purpose, status=status, caveats=tuple(caveats)
    )


def test_each_day_has_the_state_of_its_night() -> None:
    runs = [
        night(0),
        night(1, "under-load", "smt"),
        night(2, status="FAILED"),
        night(4, purpose="manual"),
        night(5),
        night(6, purpose="manual"),
        night(5, status="FAILED", purpose="confirmation"),
    ]
    days = {(one.day - FIRST).days: one for one in list_days(runs)}
    assert {day: one.state for day, one in days.items()} == {
        0: NightState.MEASURED,
        1: NightState.DISTURBED,
        2: NightState.FAILED,
        3: NightState.MISSED,
        4: NightState.OTHER,
        5: NightState.MEASURED,
        6: NightState.OTHER,
    }
    assert days[1].words == "1 run, under-load"
    assert days[2].words == "1 run, run-2 failed"


def test_node_without_a_watch_misses_nothing() -> None:
    days = list_days([night(0, purpose="manual"), night(30, purpose="manual")])
    assert [one.state for one in days] == [NightState.MEASURED] * 2


@pytest.mark.parametrize("count", [0, 1, 6, 100, 1000])
@pytest.mark.parametrize("width", [360, 1000])
def test_nights_of_any_number_are_within_their_frame(count: int, width: int) -> None:
    runs = [night(day) for day in range(count) if day % 9 != 4]
    figure = draw_nights("node-1", runs, width=width)
    root = check_figure(figure)
    assert figure.width <= width
    assert len(list_tips(root)) <= count
    assert len(figure.table.rows) == min(200, count)
    assert figure == draw_nights("node-1", runs, width=width)


def test_words_say_what_is_seen() -> None:
    runs = [night(0), night(1, "steal"), night(3)]
    figure = draw_nights("node-1", runs)
    assert figure.summary == "2026-01-05 to 2026-01-08: 2 measured, 1 not quiet, 1 missed."
    words = list_words(check_figure(figure))
    assert {"measured", "not quiet", "missed", "Mon", "Jan 2026"} <= set(words)
    assert "failed" not in words, "only marks that are there are explained"
    assert "2026-01-06: not quiet, 1 run, steal" in list_tips(check_figure(figure))
    assert figure.table.rows[0] == ("2026-01-08", "measured", "1 run")


def test_newest_weeks_are_shown() -> None:
    figure = draw_nights("node-1", [night(day) for day in range(1000)])
    assert figure.summary.endswith("The newest 58 weeks are shown.")
    newest = (FIRST + timedelta(days=999)).isoformat()
    assert any(tip.startswith(newest) for tip in list_tips(check_figure(figure)))


def test_hostile_words_and_dates_do_no_harm() -> None:
    runs = [night(0).replace(start=HOSTILE), night(1).replace(start=""), night(2).replace(id=HOSTILE, status="FAILED")]
    figure = draw_nights(HOSTILE, runs)
    assert max(map(len, list_words(check_figure(figure)))) < 200
    assert draw_nights("", [runs[0]]).summary == "No run of this node has a date."
