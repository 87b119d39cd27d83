"""Orders of two samples: exact probabilities, and a fair game however often one looks."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from harness.stats.rank import BETS, ODDS, RankOrder, average, weigh

SMALL = st.lists(st.integers(min_value=0, max_value=9).map(float), min_size=1, max_size=7)
SIZES = [(1, 1), (1, 4), (3, 2), (4, 4), (2, 7)]


def orders(n: int, m: int) -> Iterator[list[int]]:
    """Yield every order of n and m values, as how many of the n each of the m exceeds."""
    for places in combinations(range(n + m), m):
        yield [place - number for number, place in enumerate(places)]


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_all_orders_together_are_a_fair_game(n: int, m: int) -> None:
    ratios = [[math.exp(ratio) for ratio in weigh(order, n)] for order in orders(n, m)]
    for bet in range(BETS):
        assert sum(ratio[bet] for ratio in ratios) / len(ratios) == pytest.approx(1.0)


@pytest.mark.parametrize("joins", ["baseline", "contender"])
def test_one_more_run_of_either_side_is_a_fair_bet(joins: str) -> None:
    """The next value may come to lie in each of n + m + 1 places: on average nothing is won."""
    for order in orders(3, 3):
        now = [math.exp(ratio) for ratio in weigh(order, 3)]
        line = sorted(
            [("b", float(at)) for at in range(3)] + [("c", below - 0.5) for below in order], key=lambda v: v[1]
        )
        labels = [label for label, _ in line]
        later = [[0.0] * BETS for _ in range(7)]
        for place in range(7):
            longer = [*labels[:place], joins[0], *labels[place:]]
            below = [longer[:at].count("b") for at, label in enumerate(longer) if label == "c"]
            later[place] = [math.exp(ratio) for ratio in weigh(below, longer.count("b"))]
        for bet in range(BETS):
            assert sum(one[bet] for one in later) / 7 == pytest.approx(now[bet])


def integrate_order(labels: str, theta: int) -> Fraction:
    """Return the probability of an order, lowest first, of uniform values (b) and of those with u^theta (c): exactly.

    Integrate from below: what lies under u is a polynomial of one term, as each step only adds to its power.
    """
    factor, power = Fraction(1), 0
    for label in labels:
        grown = theta if label == "c" else 1
        factor, power = factor * grown / (power + grown), power + grown
    return factor * math.factorial(labels.count("b")) * math.factorial(labels.count("c"))


@pytest.mark.parametrize("labels", ["bc", "cb", "bbcc", "bcbcb", "ccbb", "cbbbbc"])
def test_ratios_are_those_of_the_exact_probabilities(labels: str) -> None:
    below = [labels[:at].count("b") for at, label in enumerate(labels) if label == "c"]
    equal = Fraction(1, math.comb(len(labels), labels.count("b")))
    for bet, odds in enumerate(ODDS):
        exact = integrate_order(labels, int(odds)) / equal
        assert math.exp(weigh(below, labels.count("b"))[bet]) == pytest.approx(float(exact))
        # The second half plays the same game from the other end, with the sides' names exchanged.
        turned = "".join("b" if label == "c" else "c" for label in reversed(labels))
        mirrored = [turned[:at].count("b") for at, label in enumerate(turned) if label == "c"]
        there = weigh(mirrored, turned.count("b"))
        assert weigh(below, labels.count("b"))[bet + len(ODDS)] == pytest.approx(there[bet])


@pytest.mark.parametrize("theta", [4, 32])
def test_the_exact_probabilities_are_those_of_scipy(theta: int) -> None:
    """b < c < b, the density of c being theta u^(theta - 1): what lies below it times what lies above."""
    found, _ = integrate.quad(lambda u: u * theta * u ** (theta - 1) * (1 - u), 0, 1)
    assert float(integrate_order("bcb", theta)) == pytest.approx(2 * found, rel=1e-6)


@given(SMALL, SMALL, st.floats(min_value=-10, max_value=10), st.floats(min_value=-10, max_value=10))
def test_ratios_are_monotone_in_the_shift_and_ties_count_against_the_bet(
    here: list[float], there: list[float], one: float, other: float
) -> None:
    order, (low, high) = RankOrder(here, there), sorted((one, other))
    for up, first, second in ((True, low, high), (False, high, low)):
        pairs = zip(order.measure_ratios(first, up=up), order.measure_ratios(second, up=up), strict=True)
        assert all(larger >= smaller - 1e-9 for larger, smaller in pairs)
    tie = order.differences[0]
    for up, aside in ((True, tie - 0.5), (False, tie + 0.5)):
        pairs = zip(order.measure_ratios(tie, up=up), order.measure_ratios(aside, up=up), strict=True)
        assert all(tied <= free + 1e-9 for tied, free in pairs)


def test_up_and_down_are_one_game_mirrored() -> None:
    here, there = [0.1, 0.4, 0.9], [0.3, 1.2]
    mirrored = RankOrder([-value for value in here], [-value for value in there])
    assert RankOrder(here, there).measure_ratios(0.2, up=True) == pytest.approx(mirrored.measure_ratios(-0.2, up=False))


def test_nothing_says_nothing() -> None:
    for n, m in ((0, 0), (0, 3), (3, 0)):
        order = RankOrder([1.0] * n, [2.0] * m)
        assert order.measure_ratios(0.0, up=True) == pytest.approx([0.0] * BETS)
        assert order.differences == []


def test_large_ratios_stay_finite() -> None:
    assert math.isfinite(average(weigh([2000] * 2000, 2000)))
