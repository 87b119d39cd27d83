"""Plots of one line: where an interval lies on a scale, and what no scale can hold."""

import math

import pytest

from harness.render.bar import (
    BarScale,
    Estimate,
    Picture,
    draw_interval,
    draw_level,
    draw_share,
    fit_scale,
    label_scale,
)
from harness.render.plain import align, align_within

SCALE = BarScale(low=-5.0, high=5.0, width=21, middle=0.0, band=(-2.0, 2.0), plain=True)


def test_an_interval_lies_on_its_scale_with_the_middle_and_the_band() -> None:
    assert draw_interval(SCALE, Estimate(value=4.0, low=3.0, high=5.0)) == "      :   |   : [-o-]"
    assert draw_interval(SCALE, Estimate(value=0.5, low=-1.0, high=2.0)) == "      : [-+o--]      "
    unicode = SCALE.replace(plain=False)
    assert draw_interval(unicode, Estimate(value=0.5, low=-1.0, high=2.0)) == "      ┊ ├─┼●──┤      "


def test_a_value_without_an_interval_is_a_dot() -> None:
    assert draw_interval(SCALE, Estimate(value=4.0)) == "      :   |   :   o  "
    assert draw_interval(SCALE, Estimate(value=0.0, low=0.0, high=0.0)) == "      :   o   :      "


def test_what_does_not_fit_ends_in_arrows() -> None:
    assert draw_interval(SCALE, Estimate(value=4.0, low=-50.0, high=math.inf)) == "<-----:---+---:---o->".replace(
        ":", "-"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(value: float) -> None:
    assert draw_interval(SCALE, Estimate(value=value, low=0.0, high=1.0)) == "      :   |   :      "
    assert draw_interval(SCALE, Estimate(value=4.0, low=math.nan, high=5.0)).count("o") == 1
    assert fit_scale([Estimate(value=value)], middle=0.0, band=(-1.0, 1.0), width=21) is None
    assert draw_share(value, 8) == ""
    assert draw_level(value) == "?"


def test_a_scale_holds_all_estimates_but_not_every_interval() -> None:
    usual = Estimate(value=0.03, low=0.02, high=0.04)
    scale = fit_scale([usual, Estimate(value=-0.01, low=-9.0, high=9.0)], middle=0.0, band=(-0.02, 0.02), width=21)
    assert scale is not None
    assert (scale.low, scale.high) == pytest.approx((-0.06, 0.06))
    assert fit_scale([Estimate(value=0.0)], middle=0.0, band=(0.0, 0.0), width=21) is None
    assert fit_scale([], middle=0.0, band=(-1.0, 1.0), width=21) is None
    assert fit_scale([Estimate(value=1e308), Estimate(value=-1e308)], middle=0.0, band=(0, 0), width=21) is None
    assert label_scale(scale, "-6 %", "+6 %") == "-6 %" + " " * 13 + "+6 %"


def test_shares_are_bars_and_levels() -> None:
    assert draw_share(0.5, 8, plain=True) == "####...."
    assert draw_share(1 / 16, 8) == "▌       "
    assert [draw_share(share, 4) for share in (-1.0, 0.0, 1.0, 1.5)] == ["    ", "    ", "████", "████"]
    assert "".join(draw_level(share) for share in (0.0, 0.5, 1.0)) == "▁▅█"
    assert draw_level(0.99, plain=True) == "#"


def test_the_blanks_of_a_picture_stay_in_a_table() -> None:
    rows = [["name", Picture("-5     +5")], ["a  b", Picture("  :   o  ")]]
    assert list(align(rows)) == ["name  -5     +5", "a b     :   o"]
    assert list(align_within(rows, 15)) == list(align(rows))
