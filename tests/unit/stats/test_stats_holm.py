from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.holm import adjust_holm, assign_levels

P_VALUES = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=5)


def test_adjusts_step_by_step() -> None:
    assert adjust_holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert adjust_holm([0.5, 0.9]) == (1.0, 1.0)
    assert adjust_holm([]) == ()


def test_what_is_rejected_keeps_the_level_of_its_step_and_the_rest_shares_the_first() -> None:
    levels = assign_levels([0.9, 0.001, 0.004, 0.006], 0.01)
    assert levels == pytest.approx((0.0025, 0.0025, 0.0025, 0.0025))
    levels = assign_levels([0.9, 0.001, 0.003, 0.006], 0.01)
    assert levels == pytest.approx((0.0025, 0.0025, 0.01 / 3, 0.0025))
    assert assign_levels([], 0.01) == ()


@given(P_VALUES)
def test_is_the_closure_of_bonferroni(p_values: list[float]) -> None:
    """Marcus, Peritz, Gabriel 1976: a question is rejected if every family that holds it is, here by Bonferroni."""
    alpha = 0.2
    adjusted = adjust_holm(p_values)
    everything = range(len(p_values))
    for index in everything:
        families = [f for size in everything for f in combinations(everything, size + 1) if index in f]
        closed = max(min(1.0, len(family) * min(p_values[one] for one in family)) for family in families)
        assert adjusted[index] == pytest.approx(closed)
        if abs(closed - alpha) > 1e-9:
            assert (p_values[index] <= assign_levels(p_values, alpha)[index]) == (closed <= alpha)
