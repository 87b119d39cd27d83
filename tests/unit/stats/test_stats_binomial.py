"""A share that was counted, with its exact interval."""

import pytest
from scipy import stats

from harness.stats.binomial import bound_share


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 40), (1, 40), (7, 20), (40, 40), (3, 1000)])
@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_the_interval_is_that_of_scipy(count: int, total: int, confidence: float) -> None:
    expected = stats.binomtest(count, total).proportion_ci(confidence, method="exact")
    assert bound_share(count, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-8)


def test_nothing_was_counted() -> None:
    assert bound_share(0, 0) == (0.0, 1.0)
