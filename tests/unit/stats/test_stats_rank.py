import math
import random
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from harness.stats.rank import bound_shift, count_least_runs, measure_p, subtract_all, tail_probability

SMALL = st.lists(st.integers(min_value=0, max_value=9).map(float), min_size=1, max_size=7)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 5), (5, 5), (6, 6), (3, 12), (20, 15)])
def test_p_is_that_of_scipy_without_ties(n: int, m: int) -> None:
    draw = random.Random(n * m)
    for shift in (0.0, 0.5, 1.5):
        here, there = [draw.gauss(0, 1) for _ in range(n)], [draw.gauss(shift, 1) for _ in range(m)]
        expected = stats.mannwhitneyu(there, here, method="exact").pvalue
        assert measure_p(subtract_all(here, there), n, m) == pytest.approx(expected, rel=1e-9)


@given(SMALL, SMALL)
@example([0.0, 0.0, 0.0, 3.0], [1.0, 1.0, 1.0, 2.0])
def test_ties_never_make_p_too_small(here: list[float], there: list[float]) -> None:
    """If nothing differs, so small a p comes up in no more than that share of all ways to deal the values out."""
    n, m = len(here), len(there)
    pooled = here + there
    if math.comb(n + m, n) > 500:
        return
    deals = []
    for chosen in combinations(range(n + m), n):
        one = [pooled[index] for index in chosen]
        other = [pooled[index] for index in range(n + m) if index not in chosen]
        deals.append(measure_p(subtract_all(one, other), n, m))
    p = measure_p(subtract_all(here, there), n, m)
    assert sum(dealt <= p + 1e-12 for dealt in deals) / len(deals) <= p + 1e-12


@given(SMALL, SMALL, st.sampled_from([0.3, 0.1, 0.02]))
def test_interval_leaves_out_0_exactly_where_p_reaches_the_level(
    here: list[float], there: list[float], level: float
) -> None:
    differences = subtract_all(here, there)
    bounds = bound_shift(differences, len(here), len(there), level)
    outside = bounds is not None and (bounds[0] > 0 or bounds[1] < 0)
    assert outside == (measure_p(differences, len(here), len(there)) <= level)


@pytest.mark.parametrize(("n", "m", "rank"), [(5, 5, 3), (8, 8, 14), (10, 10, 24), (6, 12, 15), (4, 3, 0)])
def test_interval_runs_between_the_tabulated_differences(n: int, m: int, rank: int) -> None:
    """The ranks are one more than the critical values of Mann-Whitney tables, 5 % two-sided."""
    differences = [float(index) for index in range(1, n * m + 1)]
    expected = (float(rank), float(n * m + 1 - rank)) if rank else None
    assert bound_shift(differences, n, m, 0.05) == expected


@pytest.mark.parametrize("z", [-4.0, -3.0, -2.0, -0.5])
def test_large_samples_use_the_normal_law_which_errs_to_the_safe_side(z: float) -> None:
    n = 79  # the largest that is counted; one more is not
    exact, normal = (tail_probability(_at(z, size), size, size) for size in (n, n + 1))
    assert exact == pytest.approx(_normal(_at(z, n), n), rel=0.25 if z < -3 else 0.1)
    assert exact <= _normal(_at(z, n), n) * 1.002
    assert normal == pytest.approx(_normal(_at(z, n + 1), n + 1))


def _deviation(size: int) -> float:
    return math.sqrt(size * size * (2 * size + 1) / 12)


def _at(z: float, size: int) -> int:
    return round(size * size / 2 + z * _deviation(size))


def _normal(u: int, size: int) -> float:
    return float(stats.norm.cdf((u + 0.5 - size * size / 2) / _deviation(size)))


def test_least_runs() -> None:
    assert [count_least_runs(level) for level in (0.05, 0.01, 0.0025)] == [4, 5, 6]


def test_nothing_to_compare() -> None:
    assert measure_p([], 0, 3) == 1.0
    assert bound_shift([], 0, 3, 0.05) is None
    assert measure_p([0.1], 1, 1) == 1.0
