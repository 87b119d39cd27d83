"""Colours and marks of states, and trends of the size of a word."""

import math
from itertools import combinations
from xml.etree import ElementTree

import pytest

from harness.records.site import SiteState
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.palette import CHANGE_DARK, CHANGE_LIGHT, INKS, PAPER, SEQUENCE, Theme, style_figures
from harness.render.figure.sparkline import write_sparkline
from harness.render.figure.state import STATE_MARKS, draw_state, write_state
from tests.figure import check_figure, finish, list_tips

# Hairlines and bands are behind what is read, and carry nothing that is not said elsewhere.
DECORATION = {"grid", "band"}
WORDS = {"text", "muted", "accent"}


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, another: str) -> float:
    low, high = sorted((luminance(one), luminance(another)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("role", sorted(INKS))
def test_colours_can_be_told_from_the_paper(role: str, theme: Theme) -> None:
    for ground in (PAPER, INKS["band"]):
        found = contrast(INKS[role].of(theme), ground.of(theme))
        if role in WORDS:
            assert found >= 4.5
        elif role not in DECORATION:
            assert found >= 3


@pytest.mark.parametrize("state", SiteState)
@pytest.mark.parametrize("theme", Theme)
def test_words_may_have_the_colour_of_a_state(state: SiteState, theme: Theme) -> None:
    assert contrast(INKS[STATE_MARKS[state].role].of(theme), PAPER.of(theme)) >= 4.5


@pytest.mark.parametrize("theme", Theme)
def test_number_in_a_cell_can_be_read(theme: Theme) -> None:
    rules = style_figures(theme)
    changes = CHANGE_LIGHT if theme is Theme.LIGHT else CHANGE_DARK
    for name, colours in (("seq", SEQUENCE), ("change", changes)):
        for number, colour in enumerate(colours):
            on = rules.split(f".on-{name}-{number}{{fill:")[1][:7]
            assert contrast(on, colour) >= 4.5, f"{name}-{number}"


def test_states_differ_in_more_than_colour() -> None:
    assert set(STATE_MARKS) == set(SiteState)
    for one, another in combinations(STATE_MARKS.values(), 2):
        assert (one.shape, one.hollow) != (another.shape, another.hollow)


@pytest.mark.parametrize("state", SiteState)
def test_state_is_an_element_with_its_word(state: SiteState) -> None:
    root = ElementTree.fromstring(write_state(state))
    assert root.get("aria-label") == state.value
    assert ElementTree.fromstring(write_state(state, labelled=False)).get("aria-hidden") == "true"
    drawing = Drawing()
    draw_state(drawing, (20, 20), state, tip="since <b>")
    assert list_tips(check_figure(finish(drawing, 40, 40))) == ["since <b>"]


@pytest.mark.parametrize("shape", MarkShape)
def test_shapes_are_drawn_about_their_middle(shape: MarkShape) -> None:
    drawing = Drawing()
    drawing.mark((10, 10), "fill-text", shape, size=4)
    check_figure(finish(drawing, 20, 20), beyond=-4)


def test_trend_is_a_short_element() -> None:
    found = write_sparkline([100 + number % 7 for number in range(1000)], SiteState.SLOWER)
    assert len(found) < 800
    root = ElementTree.fromstring(found)
    assert root.get("aria-label") == "slower: 1000 points from 100.0 to 106.0, the newest 105.0"
    assert found == write_sparkline([100 + number % 7 for number in range(1000)], SiteState.SLOWER)


@pytest.mark.parametrize(
    "values",
    [(), (1.0,), (math.nan,), (math.nan, 2.0, math.nan, 3.0), (math.inf, 1.0), (1e300, -1e300, 0.0), (5.0,) * 100],
)
def test_trend_takes_any_numbers(values: tuple[float, ...]) -> None:
    found = write_sparkline(values, SiteState.MISSING)
    root = ElementTree.fromstring(found)
    assert "nan" not in found.split(">", 1)[1]
    marks = [one for one in root.iter() if "stroke-missing" in one.get("class", "")]
    assert len(marks) == any(map(math.isfinite, values))


def test_gap_in_a_trend_is_not_bridged() -> None:
    path = ElementTree.fromstring(write_sparkline([1, 2, math.nan, 3, 2], SiteState.STEADY))[0].get("d", "")
    assert path.count("M") == 2
    alone = ElementTree.fromstring(write_sparkline([1, math.nan, 3, 2], SiteState.STEADY))[0].get("d", "")
    assert "h0" in alone, "a point alone is a dot"


def test_step_in_a_long_trend_is_still_seen() -> None:
    found = write_sparkline([100.0] * 500 + [110.0] * 500, SiteState.SLOWER, most=20, labelled=False)
    path = ElementTree.fromstring(found)[0].get("d", "")
    start = path[1:].split("l")[0]
    assert start == "4 20"
    assert "-16" in path
