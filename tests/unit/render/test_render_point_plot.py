"""Points of a series, one line each, beside the level of their epoch."""

import math

from harness.records.history import Epoch, Level, Point
from harness.render.point_plot import draw_points


def points(*values: float) -> list[Point]:
    return [
        Point(position=number, commit=f"c{number}", run=f"r{number}", day="2026-03-01", value=value)
        for number, value in enumerate(values)
    ]


def epoch(first: int, last: int, middle: float | None, low: float | None = None, high: float | None = None) -> Epoch:
    level = None if middle is None else Level(n=5, middle=middle, spread=0.01, memory=0.0, low=low, high=high)
    return Epoch(first=first, last=last, cuts=(), level=level)


def test_the_rule_moves_with_the_level() -> None:
    epochs = [epoch(0, 1, 100.0, 95.0, 105.0), epoch(2, 3, 120.0)]
    head, *cells = draw_points(points(100.0, 90.0, 90.0, 120.0), epochs, 0, 31, plain=True)
    assert head.split() == ["90.00", "120.0"]
    assert cells == [
        "     :    o    :               ",
        "o    :    |    :               ",
        "o                             |",
        "                              o",
    ]


def test_the_first_points_may_be_left_out() -> None:
    epochs = [epoch(0, 1, 100.0), epoch(2, 3, 120.0)]
    _, *cells = draw_points(points(90.0, 120.0), epochs, 2, 31, plain=True)
    assert [cell.rstrip() for cell in cells] == ["o" + " " * 29 + "|", " " * 30 + "o"]


def test_an_epoch_without_a_level_has_no_rule() -> None:
    _, *cells = draw_points(points(100.0, 110.0), [epoch(0, 1, None)], 0, 21, plain=True)
    assert [cell.strip() for cell in cells] == ["o", "o"]


def test_points_without_a_number_are_empty_lines() -> None:
    _, first, second, _ = draw_points(points(100.0, math.nan, 110.0), [epoch(0, 2, 100.0)], 0, 21, plain=True)
    assert "o" in first
    assert second.strip() == "|"
    assert draw_points(points(math.nan), [], 0, 21) == []
    assert draw_points(points(5.0), [], 0, 21) == [], "one point needs no picture"
