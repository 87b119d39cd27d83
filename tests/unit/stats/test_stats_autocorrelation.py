"""Whether neighbouring values are alike."""

import math

import numpy as np
import pytest

from harness.stats.autocorrelation import bound_correlation, correlate_neighbours, widen_by


def test_the_correlation_is_that_of_numpy() -> None:
    values = np.random.default_rng(1).normal(5, 2, 30)
    distances = values - values.mean()
    expected = np.correlate(distances, distances, "full")[len(values)] / (distances**2).sum()
    assert correlate_neighbours(values.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("values", [(), (1.0,), (2.0, 2.0, 2.0)])
def test_nothing_to_correlate(values: tuple[float, ...]) -> None:
    assert correlate_neighbours(values) == 0.0


def test_what_rises_is_alike_and_what_alternates_is_not() -> None:
    assert correlate_neighbours(range(50)) > 0.9
    assert correlate_neighbours([1.0, 2.0] * 25) < -0.9


def test_by_what_an_interval_is_widened() -> None:
    assert widen_by(0.5) == pytest.approx(math.sqrt(3))
    assert widen_by(-0.5) == widen_by(0.0) == widen_by(1.0) == 1.0
    assert bound_correlation(16) == 0.5
    assert bound_correlation(0) == math.inf
