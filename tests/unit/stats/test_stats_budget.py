"""The budget: thresholds that follow from how many series there are, and from what each of them cost."""

import math

import pytest

from harness.stats.budget import BASE, RISE, SERIES, Budget


def test_more_series_must_show_more() -> None:
    budget = Budget(SERIES, 1.0)
    assert budget.find_threshold(0, SERIES) == pytest.approx(BASE)
    assert budget.find_threshold(0, 1) == BASE
    assert budget.find_threshold(0, 10 * SERIES) == pytest.approx(math.sqrt(BASE**2 + 2 * math.log(10)))
    assert Budget(SERIES, 0.1).find_threshold(0, SERIES) == pytest.approx(budget.find_threshold(0, 10 * SERIES))
    assert Budget(SERIES, 10).find_threshold(0, SERIES) == BASE


def test_an_event_makes_the_next_one_harder_until_it_is_forgotten() -> None:
    budget = Budget(3, 1.0)
    before = [budget.find_threshold(index, 3) for index in range(3)]
    budget.charge([1])
    assert [budget.find_threshold(index, 3) for index in range(3)] == [
        before[0], pytest.approx(before[1] * math.exp(RISE)), before[2],
    ]  # fmt: skip
    for _ in range(19):
        budget.begin_night()
    assert budget.find_threshold(1, 3) > before[1]
    budget.begin_night()
    assert budget.find_threshold(1, 3) == pytest.approx(before[1])


def test_series_share_the_cost_of_their_event() -> None:
    budget = Budget(10, 1.0)
    plain = budget.find_threshold(0, 10)
    budget.charge(range(10))
    assert budget.find_threshold(0, 10) == pytest.approx(plain * math.exp(RISE / 10))


def test_one_event_a_night() -> None:
    budget = Budget(2, 1.0)
    assert budget.allows_another()
    budget.charge([0])
    assert not budget.allows_another()
    budget.begin_night()
    assert budget.allows_another()


@pytest.mark.parametrize("nightly", [0.2, 1.0])
def test_whatever_the_series_do_the_budget_holds(nightly: float) -> None:
    # The worst that can be: every series shows the highest score there is, every night, each alone. That the thresholds
    # keep the budget is tried without the limit of one event a night, which would keep that of 1 by itself.
    budget, highest, events, nights = Budget(SERIES, nightly), 20.0, 0, 4000
    for _ in range(nights):
        budget.begin_night()
        for index in range(SERIES):
            if budget.find_threshold(index, SERIES) <= highest:
                budget.charge([index])
                events += 1
    burnt = SERIES * (math.log(highest / BASE) / RISE + 1)
    assert nightly * nights * 0.9 <= events <= nightly * nights + burnt
