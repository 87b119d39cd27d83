"""Levels: middles with intervals, scatter, and how alike neighbours are."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.level import MOST_ALIKE, estimate_memory, find_middle, measure_level, measure_noise
from harness.stats.summary import summarize


def remember(rho: float, count: int, seed: str) -> list[float]:
    draw = random.Random(seed)
    value, made = draw.gauss(0, 1), []
    for _ in range(count):
        value = rho * value + math.sqrt(1 - rho * rho) * draw.gauss(0, 1)
        made.append(value)
    return made


def test_a_level_is_the_median_with_its_interval() -> None:
    values = [100 + number for number in range(40)]
    random.Random(1).shuffle(values)
    level, summary = measure_level(values), summarize(values)
    assert level is not None
    assert (level.n, level.middle) == (40, summary.median)
    assert summary.low is not None
    assert level.low is not None
    assert level.high is not None
    assert level.low <= summary.low
    assert level.low < level.middle < level.high
    assert level.confidence == 0.95


def test_no_points_have_no_level_and_few_no_interval() -> None:
    assert measure_level([]) is None
    level = measure_level([5.0])
    assert level is not None
    assert (level.middle, level.low, level.high, level.confidence) == (5.0, None, None, 0.0)


def test_equal_points_have_a_level_without_scatter() -> None:
    level = measure_level([3.0] * 10)
    assert level is not None
    assert (level.middle, level.low, level.high, level.spread, level.memory) == (3.0, 3.0, 3.0, 0.0, 0.0)


def test_outliers_change_neither_level_nor_scatter() -> None:
    draw = random.Random(5)
    quiet = [100 * math.exp(draw.gauss(0, 0.01)) for _ in range(200)]
    wild = [value * (10 if index % 20 == 0 else 1) for index, value in enumerate(quiet)]
    one, other = measure_level(quiet), measure_level(wild)
    assert one is not None
    assert other is not None
    assert other.middle == pytest.approx(one.middle, rel=0.002)
    assert other.spread == pytest.approx(one.spread, rel=0.2)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_memory_is_found_and_widens_the_interval(rho: float) -> None:
    found = [measure_noise(remember(rho, 60, f"{rho}/{index}")) for index in range(60)]
    assert sum(noise.memory for noise in found) / 60 == pytest.approx(rho, abs=0.1)
    assert sum(noise.scale for noise in found) / 60 == pytest.approx(math.sqrt(1 - rho * rho), rel=0.1)
    assert sum(noise.deviation for noise in found) / 60 == pytest.approx(1, rel=0.15)


def test_the_interval_holds_the_level_of_points_that_are_alike() -> None:
    held = 0
    for index in range(200):
        values = [math.exp(0.01 * log) for log in remember(0.8, 100, f"level/{index}")]
        level, summary = measure_level(values), summarize(values)
        assert level is not None
        assert summary.low is not None
        assert summary.high is not None
        assert level.low is not None
        assert level.high is not None
        held += level.low <= 1 <= level.high
    assert held >= 170, "plain intervals of the median hold it in about half of these"


@given(st.lists(st.floats(-5, 5), max_size=40))
def test_memory_is_a_share(departures: list[float]) -> None:
    assert 0 <= estimate_memory(departures) <= MOST_ALIKE


def test_the_middle_half_is_what_counts() -> None:
    assert find_middle([1.0]) == 1.0
    assert find_middle([0.0, 1.0, 2.0, 300.0]) == 1.5
    with pytest.raises(ValueError, match="no middle"):
        find_middle([])
