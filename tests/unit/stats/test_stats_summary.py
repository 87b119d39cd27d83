import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.summary import bound_neighbour_correlation, correlate_neighbours, summarize, widen_by

# Ranks of the tables of the sign test at 95 %: n, the rank of the lower end, coverage.
TABLE = [
    (6, 1, 0.96875),
    (8, 1, 0.9921875),
    (9, 2, 0.9609375),
    (10, 2, 0.978515625),
    (20, 6, 0.9586105),
    (100, 40, 0.9648),
]


@pytest.mark.parametrize(("n", "rank", "coverage"), TABLE)
def test_interval_runs_between_the_order_statistics_of_the_sign_test(n: int, rank: int, coverage: float) -> None:
    summary = summarize(float(value) for value in range(n, 0, -1))
    assert (summary.low, summary.high) == (rank, n + 1 - rank)
    assert summary.confidence == pytest.approx(coverage, abs=1e-4)


@pytest.mark.parametrize("n", range(1, 6))
def test_fewer_than_six_values_have_no_interval(n: int) -> None:
    summary = summarize([1.0] * n)
    assert (summary.low, summary.high, summary.confidence) == (None, None, 0.0)


def test_five_values_reach_90_percent() -> None:
    summary = summarize([3.0, 1.0, 2.0, 5.0, 4.0], confidence=0.9)
    assert (summary.low, summary.high, summary.confidence) == (1.0, 5.0, 0.9375)


def test_fields() -> None:
    summary = summarize([4.0, 1.0, 2.0, 3.0])
    assert (summary.n, summary.median, summary.minimum, summary.maximum, summary.spread) == (4, 2.5, 1.0, 4.0, 1.2)
    assert summarize([0.0, 0.0]).spread == 0.0


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf]])
def test_nothing_to_summarize(values: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one value"):
        summarize(values)


@given(st.lists(st.floats(min_value=1e-3, max_value=1e6), min_size=1, max_size=60))
def test_median_lies_in_its_interval_and_between_the_extremes(values: list[float]) -> None:
    summary = summarize(values)
    assert summary.median == statistics.median(values)
    assert summary.minimum <= summary.median <= summary.maximum
    assert (summary.low is None) == (summary.n < 6)
    if summary.low is not None and summary.high is not None:
        assert summary.minimum <= summary.low <= summary.median <= summary.high <= summary.maximum


def test_coverage_holds_in_simulation() -> None:
    draw = random.Random(20250321)
    trials, hits = 2000, 0
    for _ in range(trials):
        summary = summarize(draw.lognormvariate(0, 1) for _ in range(9))
        assert summary.low is not None
        assert summary.high is not None
        hits += int(summary.low <= 1.0 <= summary.high)  # the median of this distribution
    assert hits / trials == pytest.approx(0.9609375, abs=0.015)


def test_ten_thousand_values() -> None:
    summary = summarize(float(value) for value in range(10_000))
    assert summary.low == pytest.approx(4999.5 - 98, abs=1.5)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99, 0.999999])
@pytest.mark.parametrize("n", [2001, 2002, 5000])
def test_ranks_of_many_values_are_those_of_the_exact_count(n: int, confidence: float) -> None:
    total, term, outside, right = 2**n, 1, 0, (0, 0.0)
    for candidate in range(1, n // 2 + 1):
        outside += term
        if 1 - 2 * outside / total < confidence:
            break
        right = candidate, 1 - 2 * outside / total
        term = term * (n - candidate + 1) // candidate
    found = summarize(range(1, n + 1), confidence)
    assert found.low == right[0]
    assert found.confidence == pytest.approx(right[1], abs=1e-9)


def test_a_million_values_are_a_matter_of_counting_near_the_middle() -> None:
    found = summarize(range(1, 1_000_001))
    assert (found.low, found.high) == (499_020, 500_981)
    assert found.confidence == pytest.approx(0.95, abs=2e-4)


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
    assert bound_neighbour_correlation(16) == 0.5
    assert bound_neighbour_correlation(0) == math.inf
