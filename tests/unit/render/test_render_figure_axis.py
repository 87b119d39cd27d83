"""Scales, and what stands around the marks of a plot."""

import itertools
import math

import pytest

from harness.records.measurement import COPY_RATE, ENCODE
from harness.render.figure.axis import (
    PlotAxis,
    PlotSize,
    Tick,
    choose_axis,
    describe_metric,
    draw_right_axis,
    open_plot,
    spread_labels,
)
from harness.render.figure.drawing import Drawing
from harness.render.figure.lettering import ELLIPSIS, fit_words, format_tick, measure_words
from harness.render.figure.scale import Scale, log_span, span
from tests.figure import HOSTILE, check_figure, finish, list_words

EXTREMES = (
    (),
    (0.0,),
    (1e300,),
    (-5.0, -4.0),
    (1.7e308, -1.7e308),
    (1.7e308, 5e-324),
    (math.nan, math.inf, 3.0),
    (math.inf,),
    (5e-324,),
    (0.0, 1e-9),
    (1e15, 1e15 + 1),
)


@pytest.mark.parametrize("values", EXTREMES)
@pytest.mark.parametrize("scale", [None, "linear", "log"])
@pytest.mark.parametrize("width", [200, 360, 1000])
def test_every_value_lies_within_the_plot(values: tuple[float, ...], scale: str | None, width: int) -> None:
    drawing = Drawing()
    log = None if scale is None else scale == "log"
    axis = choose_axis(values, "encode, ms/pass", "lower is better", log=log)
    plot = open_plot(drawing, PlotSize(width=width, height=200), "Encode", choose_axis(values, "days"), axis)
    for value in values:
        if math.isfinite(value) and (value > 0 or not axis.log):
            x, y = plot.place(value, value)
            assert plot.left <= x <= plot.right
            assert plot.top <= y <= plot.bottom
            drawing.mark((x, y), "fill-line-1")
    root = check_figure(finish(drawing, width, 200))
    assert not any("nan" in word or "inf" in word for word in list_words(root))


@pytest.mark.parametrize("values", [(100.0, 130.0), (0.001, 5000.0), (3.0, 3.1), (-1.0, 1.0), (1e-250, 1e250)])
def test_ticks_are_within_the_scale_in_rising_order(values: tuple[float, float]) -> None:
    for log, ends in ((False, span(values)), (True, log_span(values))):
        ticks = Scale(low=ends[0], high=ends[1], start=0, end=300, log=log).list_ticks(6)
        assert 2 <= len(ticks) <= 7
        assert list(ticks) == sorted(set(ticks))
        assert ends[0] <= ticks[0] <= ticks[-1] <= ends[1]


def test_equal_factors_are_at_equal_distances() -> None:
    scale = Scale(low=1, high=100, start=0, end=200, log=True)
    assert [scale.place(value) for value in (1, 10, 100, 0.5, 1000)] == pytest.approx([0, 100, 200, 0, 200])
    assert Scale(low=0, high=4, start=200, end=0).place(1) == 150


def test_values_that_differ_tenfold_get_a_scale_of_factors() -> None:
    assert choose_axis([1.0, 11.0], "t").log
    assert not choose_axis([1.0, 9.0], "t").log
    assert not choose_axis([0.0, 9.0], "t").log, "such a scale has no zero"


def test_axis_that_does_not_begin_at_zero_is_marked() -> None:
    assert choose_axis([100.0, 102.0], "t").is_broken
    assert not choose_axis([-1.0, 102.0], "t").is_broken
    assert not choose_axis([1.0, 1000.0], "t").is_broken


def test_metric_is_named_with_its_unit_and_direction() -> None:
    assert describe_metric(ENCODE) == ("encode, ms/pass", "lower is better")
    assert describe_metric(COPY_RATE) == ("copy rate, GB/s", "higher is better")
    drawing = Drawing()
    open_plot(
        drawing, PlotSize(width=600, height=200), "", choose_axis([1, 2], ""), choose_axis([1], "encode, ms", "x")
    )
    assert "encode, ms · x" in list_words(check_figure(finish(drawing, 600, 200)))


def test_labels_of_ticks_do_not_run_into_each_other() -> None:
    ticks = tuple(Tick(value=day, label=f"2026-01-{day + 1:02d}") for day in range(30))
    drawing = Drawing()
    across = PlotAxis(title="", low=0, high=29, ticks=ticks)
    open_plot(drawing, PlotSize(width=360, height=120), "", across, choose_axis([1, 2], ""))
    root = check_figure(finish(drawing, 360, 120))
    places = [float(one.get("x", "0")) for one in root.iter() if (one.text or "").startswith("2026")]
    assert len(places) >= 3
    assert all(b - a > measure_words("2026-01-01", 11) for a, b in itertools.pairwise(places))


def test_right_axis_shows_the_same_marks_in_another_unit() -> None:
    drawing = Drawing()
    plot = open_plot(
        drawing, PlotSize(width=600, height=200, right=60), "T", choose_axis([1, 2], ""), choose_axis([95, 105], "ms")
    )
    draw_right_axis(drawing, plot, PlotAxis(title="%", low=-6.2, high=6.2))
    words = list_words(check_figure(finish(drawing, 600, 200)))
    assert {"0", "\N{MINUS SIGN}5", "5", "%"} <= set(words)


def test_hostile_words_are_shortened_and_escaped() -> None:
    drawing = Drawing()
    across = PlotAxis(title=HOSTILE, low=0, high=1, ticks=(Tick(value=0, label=HOSTILE[:20]),))
    open_plot(drawing, PlotSize(width=360, height=200), HOSTILE, across, choose_axis([1, 2], HOSTILE, HOSTILE))
    words = list_words(check_figure(finish(drawing, 360, 200)))
    assert max(map(len, words)) < 80


@pytest.mark.parametrize("words", ["base", "x" * 4096, "漢" * 50, "a\u0301" * 300, "", " \n "])
def test_words_fit_their_width(words: str) -> None:
    found = fit_words(words, 100)
    assert measure_words(found) <= 100
    assert found == " ".join(words.split()) or found.endswith(ELLIPSIS)


def test_words_without_room_leave_an_ellipsis() -> None:
    assert fit_words("anything", 0) == ELLIPSIS


@pytest.mark.parametrize(
    ("value", "step", "words"),
    [
        (0.30000000000000004, 0.1, "0.3"),
        (2.5, 2.5, "2.5"),
        (5, 2.5, "5.0"),
        (1234, 100, "1,234"),
        (-2, 1, "\N{MINUS SIGN}2"),
        (0.05, 0, "0.05"),
        (500, 0, "500"),
        (1e300, 0, "1e300"),
        (2e-7, 0, "2e-7"),
        (0, 0, "0"),
    ],
)
def test_tick_has_the_decimals_that_its_step_needs(value: float, step: float, words: str) -> None:
    assert format_tick(value, step) == words


def test_labels_are_spread_in_their_order() -> None:
    assert spread_labels([10, 11, 50], 12, 0, 100) == [10, 22, 50]
    assert spread_labels([95, 96], 12, 0, 100) == [88, 100]
    assert spread_labels([5, 5, 5], 12, 0, 12) == [0, 6, 12]
    assert spread_labels([], 12, 0, 12) == []
