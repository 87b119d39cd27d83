"""Drift, steps and scatter of a node's nights: intervals hold as often as they say, and few outliers change nothing."""

import math
import random

import pytest

from harness.stats.drift import MONTH, bound_scatter, find_last_step, fit_slope, measure_scatter

DAYS = list(range(60))


def _draw(seed: int, *, slope: float = 0.0, memory: float = 0.0, scatter: float = 0.01) -> list[float]:
    draw, carried, logs = random.Random(seed), 0.0, []
    for day in DAYS:
        carried = memory * carried + math.sqrt(1 - memory**2) * draw.gauss(0, scatter)
        logs.append(carried + slope * day / MONTH)
    return logs


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.97), (0.5, 0.93)])
def test_the_interval_of_a_drift_holds_it(memory: float, least: float) -> None:
    held = 0
    for seed in range(300):
        logs = _draw(seed, slope=math.log1p(0.02), memory=memory)
        found = fit_slope(DAYS, logs, measure_scatter(DAYS, logs))
        assert found
        held += found.low <= 0.02 <= found.high
    assert held / 300 >= least


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.97), (0.5, 0.93)])
def test_the_interval_of_a_scatter_holds_it(memory: float, least: float) -> None:
    bounds = [bound_scatter(measure_scatter(DAYS, _draw(seed, memory=memory))) for seed in range(300)]
    assert sum(one.low <= 0.01 <= one.high for one in bounds) / 300 >= least


def test_outliers_make_neither_drift_nor_noise() -> None:
    logs = _draw(1)
    calm = measure_scatter(DAYS, logs)
    for day in (5, 23, 58):
        logs[day] += 0.5
    loud = measure_scatter(DAYS, logs)
    assert loud.deviation < 1.5 * calm.deviation
    slope = fit_slope(DAYS, logs, loud)
    assert slope
    assert slope.low < 0 < slope.high


def test_steps_are_told_from_drifts() -> None:
    stepped = [log + 0.05 * (day >= 30) for day, log in zip(DAYS, _draw(2), strict=True)]
    found = find_last_step(DAYS, stepped)
    assert found
    assert 28 <= found.first <= 32
    assert found.size == pytest.approx(0.05, abs=0.01)
    twice = [log - 0.08 * (day >= 45) for day, log in zip(DAYS, stepped, strict=True)]
    last = find_last_step(DAYS, twice)
    assert last
    assert 43 <= last.first <= 47
    assert last.size < 0
    assert sum(find_last_step(DAYS, _draw(seed, slope=0.03)) is None for seed in range(100)) >= 97
    assert sum(find_last_step(DAYS, _draw(seed)) is None for seed in range(100)) >= 97


def test_equal_nights_and_one_day_are_no_trouble() -> None:
    flat = measure_scatter(DAYS, [0.0] * 60)
    assert flat.deviation > 0
    assert find_last_step(DAYS, [0.0] * 60) is None
    assert fit_slope([3, 3], [0.0, 1.0], flat) is None
