"""The interval of a step at a known place: it covers the truth as often as it says, and thin data say nothing."""

import random

import pytest

from harness.stats.step_check import LEAST_SIDE, bound_step


@pytest.mark.parametrize("step", [0.0, 0.03])
def test_the_interval_holds_the_step_as_often_as_it_says(step: float) -> None:
    draw = random.Random(7)
    held = 0
    tries = 600
    for _ in range(tries):
        values = [100 * (1 + step * (number >= 20)) * draw.lognormvariate(0, 0.01) for number in range(40)]
        found = bound_step(values[:20], values[20:])
        assert found is not None
        held += found[1] <= step <= found[2]
    assert 0.92 <= held / tries <= 0.99


def test_few_values_say_nothing() -> None:
    assert bound_step([1.0] * (LEAST_SIDE - 1), [1.0] * 20) is None
    assert bound_step([1.0] * 20, [1.0] * (LEAST_SIDE - 1)) is None
    assert bound_step([1.0] * LEAST_SIDE, [1.0] * LEAST_SIDE) is None


def test_values_without_noise_are_their_own_step() -> None:
    change, low, high = bound_step([100.0] * 10, [102.0] * 10) or (0.0, 0.0, 0.0)
    assert [change, low, high] == pytest.approx([0.02] * 3)


def test_a_few_values_far_off_do_not_make_a_step() -> None:
    draw = random.Random(1)
    before, after = ([draw.lognormvariate(4, 0.005) for _ in range(20)] for _ in range(2))
    after[3] *= 3
    found = bound_step(before, after)
    assert found is not None
    assert found[1] <= 0 <= found[2]
    assert found[2] - found[1] < 0.03
