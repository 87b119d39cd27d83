"""The mathematics of logits, against NumPy and SciPy and against values known exactly."""

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, rel_entr

from harness.worker.distribution import (
    FARTHEST,
    Floats,
    count_unreal,
    find_likeliest,
    is_distribution,
    measure_error,
    normalize,
    score,
)

LOGITS = st.lists(st.floats(-40, 40, width=32), min_size=2, max_size=40)
# What a broken program may print: any numbers at all.
WILD = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=20)


def floats(*values: float) -> Floats:
    return array("f", values)


def test_a_divergence_that_is_known_exactly() -> None:
    """Half and half from one quarter and three quarters: (log 2 + log 2/3) / 2."""
    half, quarter = normalize(floats(0, 0)), normalize(floats(0, math.log(3)))
    found = score(half, quarter, 1)
    assert found.divergence == pytest.approx(math.log(4 / 3) / 2, rel=1e-6)
    assert found.log_probability == pytest.approx(math.log(3 / 4), rel=1e-6)
    assert found.reference_log_probability == pytest.approx(math.log(1 / 2), rel=1e-6)
    assert score(quarter, half, 0).divergence == pytest.approx(math.log(27 / 16) / 4, rel=1e-6)


@given(LOGITS)
def test_log_probabilities_are_scipys(logits: list[float]) -> None:
    found = normalize(array("f", logits))
    assert np.allclose(found, log_softmax(np.array(logits, dtype=np.float64)), rtol=1e-6, atol=1e-6)
    assert is_distribution(found)


@given(
    st.integers(2, 30).flatmap(lambda n: st.tuples(*[st.lists(st.floats(-9, 9, width=32), min_size=n, max_size=n)] * 2))
)
def test_a_divergence_is_scipys(pair: tuple[list[float], list[float]]) -> None:
    one, other = (normalize(array("f", logits)) for logits in pair)
    expected = float(rel_entr(np.exp(np.array(one, dtype=float)), np.exp(np.array(other, dtype=float))).sum())
    assert score(one, other, 0).divergence == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(WILD)
def test_whatever_is_a_number_gives_numbers(logits: list[float]) -> None:
    row = array("f", logits)
    own = normalize(row)
    assert score(own, own, 0).divergence in (0, FARTHEST), "nothing diverges from itself"
    even = normalize(array("f", [0.0] * len(logits)))
    found = score(even, own, find_likeliest(row))
    assert all(map(math.isfinite, found))
    assert 0 <= found.divergence <= FARTHEST
    assert math.isfinite(measure_error(row, array("f", range(len(logits)))))


@pytest.mark.parametrize("shift", [-1e4, -700.0, 700.0, 1e4])
def test_a_number_that_is_added_to_all_logits_changes_nothing(shift: float) -> None:
    plain, moved = floats(1, 2, 4), floats(1 + shift, 2 + shift, 4 + shift)
    assert list(normalize(moved)) == pytest.approx(list(normalize(plain)), abs=1e-2 if abs(shift) > 1e3 else 1e-3)
    assert measure_error(moved, plain) == pytest.approx(0, abs=1e-3)


def test_an_error_is_a_share_of_the_references_length() -> None:
    """Both without their means: (-1, 0, 1) beside (-2, 0, 2), whose distance is sqrt 2 and length sqrt 8."""
    assert measure_error(floats(5, 6, 7), floats(-2, 0, 2)) == pytest.approx(0.5)
    assert measure_error(floats(2, 0, -2), floats(-2, 0, 2)) == pytest.approx(2)
    assert measure_error(floats(1, 2, 3), floats(4, 4, 4)) == FARTHEST


@given(LOGITS, LOGITS)
def test_an_error_is_numpys(one: list[float], other: list[float]) -> None:
    size = min(len(one), len(other))
    z, r = (np.array(logits[:size], dtype=np.float64) for logits in (one, other))
    z, r = z - z.mean(), r - r.mean()
    if np.linalg.norm(r) > 1e-3:
        expected = np.linalg.norm(z - r) / np.linalg.norm(r)
        assert measure_error(array("f", one[:size]), array("f", other[:size])) == pytest.approx(expected, abs=1e-6)


def test_what_is_no_number_is_counted() -> None:
    assert count_unreal(floats(1, 3e38, 3e38)) == 0
    assert count_unreal(floats(math.inf, 1, -math.inf, math.nan)) == 3
    assert not is_distribution(floats(math.nan, 0))
    assert not is_distribution(floats(-1, -1))
    assert not is_distribution(floats(50, 0))


def test_the_first_of_the_likeliest_within_the_end() -> None:
    assert find_likeliest(floats(1, 7, 7, 9)) == 3
    assert find_likeliest(floats(1, 7, 7, 9), 3) == 1
