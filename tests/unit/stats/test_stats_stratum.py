"""Runs of two sides by day."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.stratum import UnpairedEvidence, count_least

SMALL = st.lists(st.tuples(st.integers(1, 9).map(float), st.sampled_from("xyz")), min_size=1, max_size=7)


def evidence(here: Sequence[tuple[float, str]], there: Sequence[tuple[float, str]]) -> UnpairedEvidence:
    (ours, days), (theirs, others) = ([list(column) for column in zip(*side, strict=True)] for side in (here, there))
    return UnpairedEvidence(ours, theirs, days, others)


@given(SMALL, SMALL, st.sampled_from([0.6, 0.3, 0.1]))
def test_the_interval_leaves_out_0_exactly_where_p_reaches_the_level(
    here: list[tuple[float, str]], there: list[tuple[float, str]], level: float
) -> None:
    found = evidence(here, there)
    bounds = found.bound(level, ())
    outside = bounds is not None and (bounds[0] > 0 or bounds[1] < 0)
    assert outside == (found.p <= level)
    if bounds is not None and bounds[0] <= bounds[1]:
        inside = all(-0.5 < bound < 0.5 for bound in bounds)
        assert inside == (found.p_beyond(-0.5, 0.5) <= level / 2)


def test_the_centre_is_the_median_of_all_ratios() -> None:
    found = UnpairedEvidence([1.0, 2.0, 0.0], [2.0, 4.0, 8.0, math.inf])
    assert (found.n, found.left_out) == (2, 2)
    assert found.centre == pytest.approx(math.log(math.sqrt(2 * 4)))  # the middle of 1, 2, 2, 4, 4, 8


def test_runs_of_a_day_count_once_by_their_median() -> None:
    found = evidence([(1.0, "mon"), (2.0, "mon"), (9.0, "mon"), (2.0, "wed")], [(4.0, "tue"), (4.0, "thu")])
    assert found.n == 2
    assert found.centre == pytest.approx(math.log(2))
    assert found.p == UnpairedEvidence([2.0, 2.0], [4.0, 4.0]).p
    assert found.lack(0.01) == (
        "runs: 4 and 2, on 2 and 2 days; an interval takes at least 6 days of each side, or 7 runs of each side in "
        "turns on one day"
    )


def test_days_that_both_sides_have_are_judged_within() -> None:
    """Three days a side would be too few; days that differ by half hide 5 % from everything but the runs within."""
    days = [(day, level) for day, level in zip("abc", (1.0, 1.5, 0.8), strict=True)]
    here = [(level * factor, day) for day, level in days for factor in (1.0, 1.01, 0.99)]
    there = [(1.05 * value, day) for value, day in here]
    found = evidence(here, there)
    assert found.n == 9
    assert found.centre == pytest.approx(math.log(1.05))
    assert found.p < 0.01
    bounds = found.bound(0.01, ())
    assert bounds is not None
    assert 0 < bounds[0] < math.log(1.05) < bounds[1] < 0.1
    assert 0 < found.error < 0.02
    apart = [(value, f"{day}2") for value, day in there]
    assert evidence(here, apart).p > 0.2


def test_least_runs() -> None:
    assert [count_least(level) for level in (0.05, 0.01, 0.0025)] == [5, 6, 7]
    assert [count_least(level, days=1) for level in (0.05, 0.01, 0.0025)] == [6, 7, 8]
    for size, days in ((6, 0), (7, 1)):
        days_of = [("d" if days else str(number)) for number in range(2 * size)]
        for fewer in (0, 1):
            count = size - fewer
            sides = [
                [(level, days_of[at + side]) for at in range(0, 2 * count, 2)] for side, level in enumerate((1.0, 2.0))
            ]
            assert (evidence(*sides).p <= 0.01) == (not fewer)


def test_nothing_to_compare() -> None:
    for sides in (([], []), ([], [1.0]), ([0.0], [1.0])):
        found = UnpairedEvidence(*sides)
        assert (found.p, found.bound(0.05, ()), found.centre, found.n) == (1.0, None, 0.0, 0)
        assert found.p_beyond(-0.1, 0.1) == 1.0
        assert found.error >= 0


@pytest.mark.parametrize(
    ("layout", "look"),
    [
        ([(day, day % 2) for day in range(24)], 1),
        ([(day, side) for day in range(12) for side in (0, 1)], 1),
        ([(day, day % 2) for day in range(10) for _ in range(3)], 1),
        ([(day, run % 2) for day in range(4) for run in range(6)], 1),
    ],
    ids=["a side a day", "both sides each day", "three runs of a side a day", "three runs of each side a day"],
)
def test_looking_after_each_run_finds_nothing_where_nothing_is(layout: list[tuple[int, int]], look: int) -> None:
    """Runs scatter by 1 %, days by 2 %; at a level of 10 %, to have something to see."""
    false = 0
    for trial in range(100):
        draw = random.Random(trial)
        moods = [draw.gauss(0, 0.02) for _ in range(24)]
        sides: tuple[list[tuple[float, str]], list[tuple[float, str]]] = ([], [])
        for day, side in layout:
            sides[side].append((math.exp(moods[day] + draw.gauss(0, 0.01)), str(day)))
            if all(len(runs) > 2 for runs in sides) and evidence(*sides).p <= 0.1:
                false += 1
                break
    assert false <= 18  # ten are allowed; more than 18: less than 1 chance in 100
