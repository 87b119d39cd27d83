"""Comparisons of a commit with itself are counted, and those that found a difference."""

import pytest

from harness.judge.audit import count_audits
from tests.live_trial import draw_trial

ONE = "a" * 40


def test_no_audit_counts_nothing() -> None:
    assert count_audits([]) is None
    assert count_audits([draw_trial((ONE, ONE), 0.0).replace(samples=())]) is None


def test_what_found_a_difference_is_false() -> None:
    honest = [draw_trial((ONE, ONE), 0.0, seed=seed) for seed in range(1, 4)]
    found = count_audits(honest)
    assert found is not None
    assert (found.trials, found.false, found.low) == (3, 0, 0.0)
    assert found.high == pytest.approx(0.708, abs=0.001), "1 - .025^(1/3)"
    found = count_audits([*honest, draw_trial((ONE, ONE), 0.05, seed=9)])
    assert found is not None
    assert (found.trials, found.false) == (4, 1)
    assert found.low == pytest.approx(0.0063, abs=0.0001), "1 - .975^(1/4)"


def test_too_little_data_is_not_false() -> None:
    found = count_audits([draw_trial((ONE, ONE), 0.05, blocks=2)])
    assert found is not None
    assert (found.trials, found.false) == (1, 0)
