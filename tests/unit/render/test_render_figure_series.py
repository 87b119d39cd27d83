"""A series as a figure, and its numbers for the script of a page."""

import json
import math
import random
import re

import pytest

from harness.judge.site_state import find_event_state
from harness.records.history import (
    ChangePoint,
    Cut,
    CutKind,
    Event,
    EventKind,
    SeriesChange,
    Suspicion,
)
from harness.records.measurement import COPY_RATE, Case
from harness.records.site import SiteState
from harness.render.figure.figure import write_element
from harness.render.figure.series import draw_series, open_series
from harness.render.figure.series_data import SeriesLinks, SeriesTrial, write_series_data
from harness.render.figure.series_sheet import SeriesSheet, describe_cuts, place_events
from harness.render.figure.thinning import thin_points
from tests.figure import HOSTILE, check_figure, list_positions, list_tips, list_words
from tests.figured import KEY, make_sheet, slower

# Columns of the script's numbers that have one value for each point, or none at all.
COLUMNS = ("position", "value", "low", "high", "day", "n", "commit", "subject", "run", "paged", "caveats")


def walk(count: int, level: float = 100.0) -> list[float]:
    draw = random.Random(count)
    return [level * draw.lognormvariate(0, 0.01) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 40, 300, 1000])
@pytest.mark.parametrize("width", [360, 1000])
def test_series_of_any_length_is_within_its_frame(count: int, width: int) -> None:
    sheet = make_sheet(walk(count), cut=count // 2, events=[slower(count // 2)] if count >= 40 else [])
    figure = draw_series(sheet, width=width)
    check_figure(figure)
    assert figure == draw_series(sheet, width=width), "the same numbers make the same picture"
    assert len(write_element(figure)) < 60_000
    assert len(figure.table.rows) == min(count, 200)


@pytest.mark.parametrize(
    "values",
    [
        (math.nan, 1.0, math.inf, 2.0),
        (1e300, 1.0, -1e300),
        (1.7e308, -1.7e308),
        (0.0, 0.0),
        (-5.0,),
        (math.nan,),
        (5e-324, 1e-300),
    ],
)
def test_series_takes_any_numbers(values: tuple[float, ...]) -> None:
    figure = draw_series(make_sheet(values))
    root = check_figure(figure)
    drawn = [tip for tip in list_tips(root) if "run" in tip or "commit" in tip]
    assert len(drawn) == sum(map(math.isfinite, values))

    assert len(figure.table.rows) == len(values), "what cannot be drawn is in the table"


def test_words_say_what_is_seen() -> None:
    sheet = make_sheet(walk(30), cut=10, events=[slower(20)]).replace(state=SiteState.SLOWER)
    figure = draw_series(sheet)
    words = list_words(check_figure(figure))
    assert figure.title == "encode of base (fa=0, threads=4) on node-1"
    assert figure.summary.startswith("30 points from 2026-01-03 to 2026-02-01; the newest is ")
    assert figure.summary.endswith("+0.3 % against the level before; 1 event. State: slower.")
    assert {"encode, ms/pass · lower is better", "kernel: 6.1 -> 6.12", "+4.1 %", "% of level"} <= set(words)
    assert any(tip.startswith("slower: +4.1 %, event e0123456") for tip in list_tips(check_figure(figure)))
    assert (
        figure.command
        == f"harness history encode whisper/fa=0/model=base/threads=4 --node node-1 {sheet.series.key.config} --all"
    )
    newest = figure.table.rows[0]
    assert newest[0] == "2026-02-01"
    assert any("slower +4.1 %" in row[-1] for row in figure.table.rows)
    assert any("kernel: 6.1 -> 6.12" in row[-1] for row in figure.table.rows)


def test_rate_says_that_higher_is_better() -> None:
    sheet = make_sheet(walk(5))
    key = KEY.replace(case=Case.of("memcpy", threads=4), metric=COPY_RATE.name)
    found = draw_series(sheet.replace(series=sheet.series.replace(key=key)))
    assert "copy rate, GB/s · higher is better" in list_words(check_figure(found))


def test_metric_that_is_not_known_is_drawn() -> None:
    sheet = make_sheet(walk(5))
    found = draw_series(sheet.replace(series=sheet.series.replace(key=KEY.replace(metric="joule"))))
    assert "joule" in list_words(check_figure(found))


def test_hostile_words_do_no_harm() -> None:
    sheet = make_sheet(walk(8), cut=4)
    (first, last) = sheet.judgement.epochs
    cut = Cut(kind=CutKind.NODE, subject=HOSTILE)
    sheet = sheet.replace(
        series=sheet.series.replace(key=KEY.replace(node=HOSTILE)),
        judgement=sheet.judgement.replace(epochs=(first, last.replace(cuts=(cut,)))),
        commits=tuple(one.replace(release=HOSTILE) for one in sheet.commits),
    )
    words = list_words(check_figure(draw_series(sheet)))
    assert max(map(len, words)) < 200


def test_newest_point_carries_its_state() -> None:
    sheet = make_sheet(walk(12)).replace(state=SiteState.SUSPICION)
    assert list_tips(check_figure(draw_series(sheet)))[-1].endswith(", suspicion")
    assert "hollow" in draw_series(sheet).marks


def test_wide_intervals_do_not_hide_the_points() -> None:
    sheet = make_sheet(walk(20))
    points = tuple(point.replace(low=-1e9, high=1e9) for point in sheet.series.points)
    plot = open_series(sheet.replace(series=sheet.series.replace(points=points)))
    values = [point.value for point in points]
    assert plot.up.place(min(values)) - plot.up.place(max(values)) > (plot.bottom - plot.top) / 5
    check_figure(draw_series(sheet.replace(series=sheet.series.replace(points=points))))


def test_points_that_were_not_measured_are_gaps() -> None:
    whole = draw_series(make_sheet(walk(12)))
    sheet = make_sheet(walk(12))
    points = tuple(
        point if number < 6 else point.replace(position=point.position + 5)
        for number, point in enumerate(sheet.series.points)
    )
    gap = draw_series(sheet.replace(series=sheet.series.replace(points=points)))
    assert gap.marks.count('<path class="stroke-line-1 thin faint"') == 1 + whole.marks.count(
        '<path class="stroke-line-1 thin faint"'
    )


@pytest.mark.parametrize("count", [601, 10_000])
def test_thinning_keeps_the_least_and_the_greatest(count: int) -> None:
    values = walk(count)
    values[count // 3], values[count // 2] = 1.0, 1000.0
    places = [50 + 900 * number / count for number in range(count)]
    columns = thin_points(places, values, 600)
    kept = {number for one in columns for number in one.numbers}
    assert len(columns) <= 600
    assert {count // 3, count // 2} <= kept
    assert [one.x for one in columns] == sorted(one.x for one in columns)
    for one in columns:
        assert values[one.least] <= values[one.middle] <= values[one.greatest]
    drawn = {round(y, 1) for _, y in list_positions(check_figure(draw_series(make_sheet(values))))}
    plot = open_series(make_sheet(values))
    assert {round(plot.up.place(one), 1) for one in (1.0, 1000.0)} <= drawn


def test_few_points_are_not_thinned() -> None:
    assert [one.numbers for one in thin_points([1.0, 2.0, 2.0], [5.0, 6.0, 7.0], 600)] == [(0,), (1,), (2,)]
    assert thin_points([], [], 600) == []
    assert len(thin_points([3.0] * 1000, walk(1000), 600)) == 1


def test_script_gets_every_point_as_columns() -> None:
    sheet = make_sheet([*walk(700), math.nan], cut=300, events=[slower(500)])
    links = SeriesLinks(
        run_root="../runs/",
        pages={"run-3": "run-3.html"},
        trials=(SeriesTrial(old="a", new="b", words="slower"),),
        compare="harness ab {old} {new}",
    )
    data = json.loads(json.dumps(write_series_data(sheet, links), allow_nan=False))
    assert all(len(data[name]) == 701 for name in COLUMNS)
    assert data["value"][-1] is None
    assert data["low"][0] == pytest.approx(sheet.series.points[0].low, rel=1e-5)
    assert {number: one for number, one in enumerate(data["paged"]) if one} == {3: "run-3.html"}
    assert data["epochs"][1] == {
        "first": 300,
        "last": 700,
        "label": "kernel: 6.1 -> 6.12",
        "level": pytest.approx(sheet.series.points[300].value, rel=1e-5),
    }
    assert data["events"] == [
        {
            "state": "slower",
            "label": "+4.1 %",
            "page": "../events/e0123456.html",
            "since": 500,
            "earliest": 498,
            "latest": 502,
        }
    ]
    plot = open_series(sheet)
    assert data["frame"]["left"] == round(plot.left, 1)
    assert data["frame"]["low"] < min(data["low"][:-1])
    assert (data["lower"], data["unit"], data["ab"]) == (True, "ms/pass", "harness ab {old} {new}")


def test_columns_that_no_point_fills_are_empty() -> None:
    sheet = make_sheet(walk(3))
    points = tuple(point.replace(low=None, high=None, caveats=()) for point in sheet.series.points)
    data = write_series_data(sheet.replace(series=sheet.series.replace(points=points)), SeriesLinks())
    assert data["low"] == data["high"] == data["caveats"] == []


def suspicion(since: int, change: float) -> Suspicion:
    return Suspicion(
        key=KEY,
        raised=since + 1,
        place=ChangePoint(since=since, earliest=since - 1, latest=since + 90, confidence=0.95),
        before=100,
        after=100 * (1 + change),
        change=change,
        low=change - 0.01,
        high=change + 0.01,
        score=9,
        threshold=7,
        nights=9,
        precedents=0,
    )


@pytest.mark.parametrize(
    ("kind", "change", "state"),
    [
        (EventKind.SUSPICION, 0.05, SiteState.SUSPICION),
        (EventKind.CODE, 0.05, SiteState.SLOWER),
        (EventKind.CODE, -0.05, SiteState.FASTER),
        (EventKind.NODE, 0.05, SiteState.NODE),
        (EventKind.YARDSTICK, 0.05, SiteState.NODE),
        (EventKind.MISSING, 0.05, SiteState.MISSING),
    ],
)
def test_events_are_placed_on_the_series_that_show_them(kind: EventKind, change: float, state: SiteState) -> None:
    event = Event(
        id="e1", kind=kind, node="node-1", day="2026-01-09", run="run-6", old="a", new="b",
        suspicions=(suspicion(6, change), suspicion(6, change).replace(key=KEY.replace(metric="decode"))),
    )  # fmt: skip
    series = make_sheet(walk(10)).series
    (found,) = place_events(series, [event], {"e1": "e1.html"})
    assert (found.state, found.since, found.earliest, found.latest) == (state, 6, 5, 9)
    assert (found.label, found.page) == (f"{100 * change:+.1f} %", "e1.html")
    assert find_event_state(KEY, event) is state
    check_figure(draw_series(make_sheet(walk(10), events=[found])))


def test_change_that_is_known_from_the_runs_is_placed_at_its_point() -> None:
    changes = tuple(SeriesChange(key=KEY, point=point, before=1, after=2, change=1.0) for point in (4, 99))
    event = Event(id="e2", kind=EventKind.NODE, node="", day="", run="", old="", new="", changes=changes)
    (found,) = place_events(make_sheet(walk(10)).series, [event], {})
    assert (found.since, found.earliest, found.latest, found.page) == (4, 4, 4, "")


def test_reasons_of_an_epoch_are_said_once() -> None:
    cuts = [Cut(kind=CutKind.NODE, subject="kernel: 1 -> 2")] * 2 + [Cut(kind=CutKind.EVENT, subject="e1")]
    assert describe_cuts(cuts) == "kernel: 1 -> 2, the node changed (e1)"


def test_many_events_are_drawn_without_labels_that_run_into_each_other() -> None:
    sheet: SeriesSheet = make_sheet(walk(200), events=[slower(number) for number in range(5, 190, 2)])
    words = [word for word in list_words(check_figure(draw_series(sheet))) if word == "+4.1 %"]
    assert 5 < len(words) < 60


@pytest.mark.parametrize(("cut", "anchor"), [(10, "start"), (28, "end")])
def test_what_began_an_epoch_stands_within_it_or_before_its_line(cut: int, anchor: str) -> None:
    figure = draw_series(make_sheet(walk(30), cut=cut))
    (found,) = re.findall(r"<text[^>]*>kernel: 6.1 -&gt; 6.12</text>", figure.marks)
    assert (f'text-anchor="{anchor}"' in found) is (anchor == "end")
