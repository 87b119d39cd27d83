import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.evidence import PairedEvidence, find_centre

VALUES = st.lists(st.floats(min_value=-1, max_value=1), min_size=1, max_size=12)


@given(VALUES, st.floats(min_value=-1, max_value=1))
def test_centre_is_odd_and_moves_with_the_values(values: list[float], shift: float) -> None:
    centre = find_centre(values)
    assert find_centre([-value for value in values]) == pytest.approx(-centre, abs=1e-12)
    assert find_centre([value + shift for value in values]) == pytest.approx(centre + shift, abs=1e-12)
    assert find_centre(values[::-1]) == centre
    assert min(values) <= centre <= max(values)


def test_centre_of_a_few_is_no_mean_that_one_outlier_reaches() -> None:
    assert find_centre([1.0, 2.0, 99.0]) == 2.0
    assert find_centre([1.0, 2.0, 3.0, 99.0]) <= 3.0
    assert find_centre([5.0]) == 5.0


def test_centre_is_more_precise_than_the_median() -> None:
    draw = random.Random(3)
    samples = [[draw.gauss(0, 1) for _ in range(20)] for _ in range(400)]
    assert statistics.stdev(map(find_centre, samples)) < 0.93 * statistics.stdev(map(statistics.median, samples))


def test_centre_of_a_long_series() -> None:
    draw = random.Random(4)
    assert find_centre([draw.gauss(3, 1) for _ in range(2000)]) == pytest.approx(3, abs=0.1)


def test_pairs_that_have_no_ratio_are_left_out_and_empty_blocks_with_them() -> None:
    evidence = PairedEvidence([[(1.0, 1.1), (0.0, 1.0)], [(math.nan, 1.0)], [(2.0, -2.0), (2.0, 2.2)], []])
    assert (evidence.n, evidence.left_out) == (2, 3)
    assert evidence.baseline == [1.0, 2.0]
    assert evidence.contender == [1.1, 2.2]
    assert evidence.centre == pytest.approx(math.log(1.1))


def test_a_disturbed_block_counts_less() -> None:
    """The standard error inside a block bounds its scale from below."""
    quiet = [[(pace, pace * (1 + 0.001 * index)) for pace in (1.0, 1.01, 1.02, 1.03)] for index in range(8)]
    calm, wild = [(1.0, 1.05)] * 4, [(1.1, 0.9), (1.0, 1.0), (1.0, 1.0), (0.9, 1.1)]
    assert PairedEvidence([*quiet, wild]).scales[-1] > 5 * PairedEvidence([*quiet, calm]).scales[-1]
