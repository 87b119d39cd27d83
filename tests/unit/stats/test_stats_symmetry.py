import math
import random
import statistics
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.stats import symmetry
from harness.stats.symmetry import (
    bound_shift,
    choose_scales,
    count_least_blocks,
    iter_wealth,
    measure_p,
    measure_spread,
    measure_wealth,
)

CENTRES = st.lists(st.floats(min_value=-0.5, max_value=0.5), min_size=1, max_size=40)


def errors_of(centres: list[float]) -> list[float]:
    draw = random.Random(len(centres))
    return [abs(draw.gauss(0, 0.005)) for _ in centres]


@pytest.mark.parametrize("theta", [0.0, 0.03])
def test_wealth_is_a_martingale_and_so_is_its_mirror(theta: float) -> None:
    """Over all 2^n signs of the differences from theta the mean of the wealth is exactly 1, after every block."""
    draw = random.Random(5)
    sizes = [abs(draw.gauss(0, 0.02)) * (10 if draw.random() < 0.2 else 1) for _ in range(10)]
    errors = errors_of(sizes)
    totals = [0.0] * len(sizes)
    exceeded = 0
    for signs in product((-1, 1), repeat=len(sizes)):
        centres = [theta + sign * size for sign, size in zip(signs, sizes, strict=True)]
        wealth = list(iter_wealth(centres, choose_scales(centres, errors), theta))
        totals = [total + now for total, now in zip(totals, wealth, strict=True)]
        exceeded += int(max(wealth) >= 10)
    count = 2 ** len(sizes)
    assert [total / count for total in totals] == pytest.approx([1.0] * len(sizes), abs=1e-9)
    assert 0 < exceeded / count <= 0.1  # Ville


def test_p_is_valid_over_all_ways_to_swap_the_sides() -> None:
    draw = random.Random(6)
    centres = [0.01 * math.tan(3 * (draw.random() - 0.5)) for _ in range(11)]
    errors = errors_of(centres)
    found = []
    for signs in product((-1, 1), repeat=len(centres)):
        swapped = [sign * centre for sign, centre in zip(signs, centres, strict=True)]
        found.append(measure_p(swapped, choose_scales(swapped, errors)))
    for alpha in (0.01, 0.05, 0.2):
        share = sum(p <= alpha for p in found) / len(found)
        assert share <= alpha
    assert min(found) < 0.01  # it can reject at all


def test_bets_are_tanh() -> None:
    centres, scales = [0.01, -0.02, 0.5], [0.0, 0.02, 0.1]
    z = (1, -1, symmetry.CLIP)
    expected = [math.prod(1 + math.tanh(bet * one) for one in z) for bet in symmetry.LAMBDAS]
    *_, last = iter_wealth(centres, scales, 0.0)
    assert last == pytest.approx(statistics.fmean(expected))
    assert measure_wealth(centres, scales, 0.0) == pytest.approx(max(1.0, *iter_wealth(centres, scales, 0.0)))


def test_scales_look_at_the_past_only_and_do_not_see_a_shift() -> None:
    draw = random.Random(7)
    centres = [draw.gauss(0, 0.01) for _ in range(30)]
    scales = choose_scales(centres, [0.0] * 30)
    assert scales[: symmetry.SIGNS_ONLY] == (0.0,) * symmetry.SIGNS_ONLY
    assert choose_scales([*centres[:-1], 9.0], [0.0] * 30) == scales
    assert choose_scales([centre + 0.3 for centre in centres], [0.0] * 30) == pytest.approx(scales)
    assert scales[-1] == pytest.approx(0.01, rel=0.5)
    assert choose_scales([0.0] * 6, [0.0] * 6)[-1] == symmetry.FINEST
    assert choose_scales([0.0] * 6, [0.0] * 5 + [0.1])[-1] == 0.1


@pytest.mark.parametrize("n", [2, 4, 5, 6, 12, 60])
def test_spread_is_a_standard_deviation(n: int) -> None:
    draw = random.Random(8)
    found = statistics.fmean(measure_spread(sorted(draw.gauss(0, 2.0) for _ in range(n))) for _ in range(1500))
    assert found == pytest.approx(2.0, rel=0.05 if n > 2 else 0.07)
    assert measure_spread([1.0]) == 0.0


def test_spread_does_not_see_outliers() -> None:
    values = sorted(stats.norm.ppf([(index + 0.5) / 40 for index in range(40)]).tolist())
    assert measure_spread([*values[:-4], 9.0, 99.0, 999.0, 9999.0]) == pytest.approx(measure_spread(values), abs=0.01)


@given(CENTRES, st.floats(min_value=-0.6, max_value=0.6), st.floats(min_value=0, max_value=0.3))
def test_wealth_decreases_in_theta(centres: list[float], theta: float, more: float) -> None:
    scales = choose_scales(centres, errors_of(centres))
    assert measure_wealth(centres, scales, theta + more) <= measure_wealth(centres, scales, theta) * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(CENTRES, st.sampled_from([0.5, 0.1, 0.02]))
def test_interval_leaves_out_0_exactly_where_p_reaches_the_level(centres: list[float], level: float) -> None:
    scales = choose_scales(centres, errors_of(centres))
    bounds = bound_shift(centres, scales, level)
    p = measure_p(centres, scales)
    assert (bounds is None) == (len(centres) < count_least_blocks(level))
    if bounds is None:
        assert p > level
    else:
        assert (p <= level) == (bounds[0] >= 0 or bounds[1] <= 0)


def test_interval_shrinks_like_the_root_of_n_and_holds_the_truth() -> None:
    draw = random.Random(9)
    centres = [0.02 + draw.gauss(0, 0.01) for _ in range(400)]
    widths = []
    for n in (25, 100, 400):
        bounds = bound_shift(centres[:n], choose_scales(centres[:n], [0.0] * n), 0.01)
        assert bounds is not None
        assert bounds[0] < 0.02 < bounds[1]
        widths.append(bounds[1] - bounds[0])
    assert 1.5 < widths[0] / widths[1] < 3.2
    assert 1.5 < widths[1] / widths[2] < 2.5


def test_least_blocks_is_what_certain_data_take() -> None:
    assert [count_least_blocks(level) for level in (0.01, 0.005, 0.0025)] == [9, 10, 11]
    for n in (10, 11):
        centres = [0.1 + 1e-5 * index for index in range(n)]
        p = measure_p(centres, choose_scales(centres, [0.0] * n))
        assert (p <= 0.0025) == (n == 11)


def test_thousands_of_blocks_neither_overflow_nor_lose_their_way() -> None:
    centres = [0.1, 0.11] * 2000
    scales = choose_scales(centres, [0.0] * 4000)
    assert 0 < measure_p(centres, scales) < 1e-200
    bounds = bound_shift(centres, scales, 0.01)
    assert bounds is not None
    assert 0.1 < bounds[0] < 0.105 < bounds[1] < 0.11


def test_no_blocks() -> None:
    assert measure_p([], []) == 1.0
    assert bound_shift([], [], 0.01) is None
    assert list(islice(iter_wealth([], [], 0.0), 1)) == []
