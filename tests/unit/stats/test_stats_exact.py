"""Exact intervals and tests of counts, against scipy and against simulated truth."""

import random

import pytest
from scipy import stats

from harness.stats.exact import bound_count, bound_difference, bound_share, find_p, weigh_sides


@pytest.mark.parametrize(
    ("count", "total"), [(0, 1), (1, 1), (0, 40), (7, 20), (40, 40), (3, 1000), (2213, 2240), (9999, 10_000)]
)
@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_the_interval_of_a_share_is_that_of_scipy(count: int, total: int, confidence: float) -> None:
    expected = stats.binomtest(count, total).proportion_ci(confidence, method="exact")
    assert bound_share(count, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_was_counted() -> None:
    assert bound_share(0, 0) == (0.0, 1.0)
    assert weigh_sides(0, 0) == find_p(0, 0) == 1.0
    assert bound_difference(0, 0, 22, 0.99).difference == 0.0


@pytest.mark.parametrize("count", [0, 1, 5, 300, 40_000])
@pytest.mark.parametrize("confidence", [0.95, 0.9999])
def test_the_interval_of_a_count_is_that_of_the_chi_square_distribution(count: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = stats.chi2.isf(tail, 2 * count + 2) / 2
    assert bound_count(count, confidence) == pytest.approx((low, high), rel=1e-8)


@pytest.mark.parametrize(("one", "other"), [(3, 9), (8, 0), (5, 5), (100, 140), (1000, 900), (9000, 9100)])
def test_mcnemar_is_the_binomial_test(one: int, other: int) -> None:
    assert weigh_sides(one, other) == pytest.approx(stats.binomtest(one, one + other).pvalue, rel=1e-9)
    assert weigh_sides(one, other) == weigh_sides(other, one)


@pytest.mark.parametrize(("one", "other"), [(0, 8), (0, 9), (1, 12), (20, 20), (30, 60), (12, 1)])
def test_the_interval_excludes_zero_exactly_where_the_test_rejects(one: int, other: int) -> None:
    found = bound_difference(one, other, 500, 0.99)
    assert (found.low > 0 or found.high < 0) == (find_p(one, other) < 0.01)
    assert found.low <= found.difference <= found.high
    mirrored = bound_difference(other, one, 500, 0.99)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_few_words_never_show_that_nothing_changed() -> None:
    assert bound_difference(0, 0, 22, 0.99).high > 0.2
    assert bound_difference(0, 0, 2000, 0.99).high < 0.005


def test_the_interval_covers_the_truth() -> None:
    draw = random.Random(5)
    size, only_one, only_other = 200, 0.03, 0.06
    covered = 0
    for _ in range(300):
        words = [draw.random() for _ in range(size)]
        one = sum(word < only_one for word in words)
        other = sum(only_one <= word < only_one + only_other for word in words)
        found = bound_difference(one, other, size, 0.9)
        covered += found.low <= only_other - only_one <= found.high
    assert covered >= 270
