"""Two samples by the order of their values, valid at any time; nothing is assumed about their distribution.

If nothing differs, all orders in which the values of n + m runs can come are equally likely, whatever came before. If
the contender's distribution function is a power of the baseline's, F and F^theta, the largest of any a values of the
one and b of the other is the contender's with probability theta b / (a + theta b), and an order has the probability

    product over i of  (theta if the i-th value is the contender's, else 1) / (a_i + theta b_i)

with a_i and b_i counted among the i smallest values. Its ratio to 1 / (n + m)! is a martingale with mean 1 as runs
arrive, in whatever order of the sides, and so is any mean of such ratios. The probability that it ever exceeds 1 /
alpha is at most alpha (Ville). It needs no record of earlier tests.

Sources: I. R. Savage, "Contributions to the theory of rank order statistics: the two-sample case", Ann. Math. Statist.
27 (1956), 590 (probabilities of orders); I. R. Savage, J. Sethuraman, "Stopping time of a rank-order sequential
probability ratio test based on Lehmann alternatives", Ann. Math. Statist. 37 (1966), 1154.
"""

import bisect
import functools
import math
from collections.abc import Sequence

# How much likelier, value for value, the contender is to be the larger one, and so with all values mirrored.
ODDS = (4.0, 32.0)
BETS = 2 * len(ODDS)
# exp() of it is a number still.
_HIGHEST = 700.0


class RankOrder:
    """Two samples of logarithms, and the probability of their order if the contender's values are shifted."""

    def __init__(self, baseline: Sequence[float], contender: Sequence[float]) -> None:
        self._size = len(baseline)
        self._rows = [sorted(there - here for here in baseline) for there in contender]

    @functools.cached_property
    def differences(self) -> list[float]:
        """Return all differences of contender and baseline values, in ascending order."""
        return sorted(difference for row in self._rows for difference in row)

    def measure_ratios(self, shift: float, *, up: bool) -> list[float]:
        """Return the logarithms of the likelihood ratios, one for each bet that the contender exceeds `shift`.

        Or, unless `up`, that it is below `shift`. A tie counts against the bet, so ties never make a ratio too large.
        The ratios fall (`up`) or rise in `shift`.
        """
        if up:
            return weigh([self._size - bisect.bisect_right(row, shift) for row in self._rows], self._size)
        return weigh([bisect.bisect_left(row, shift) for row in self._rows], self._size)


def weigh(below: Sequence[int], size: int) -> list[float]:
    """Return the logarithms of the ratios of one order: `below` counts the values of `size` that each other exceeds.

    The first half bets on F and F^theta, the second half on the same for mirrored values: neither end counts more.
    """
    ranks = sorted(below)
    contenders = len(ranks)
    total = size + contenders
    held: list[int] = []  # how many of the i smallest values are the contender's
    for smaller in range(size + 1):
        while len(held) - smaller < contenders and ranks[len(held) - smaller] == smaller:
            held.append(held[-1] + 1 if held else 1)
        if smaller < size:
            held.append(held[-1] if held else 0)
    start = math.lgamma(total + 1)
    found = []
    for odds in ODDS:
        among = sum(math.log(i + (odds - 1) * b) for i, b in enumerate(held, 1))
        found.append(start + contenders * math.log(odds) - among)
    for odds in ODDS:
        # The i largest values, of which the contender has what the others leave; its chances are 1 / theta here.
        counts = [contenders - b for b in (0, *held)][:total]
        among = sum(math.log(i + (1 / odds - 1) * b) for i, b in zip(range(total, 0, -1), counts, strict=True))
        found.append(start - contenders * math.log(odds) - among)
    return found


def average(ratios: Sequence[float]) -> float:
    """Return the mean of the exponentials of these logarithms; large ones stay finite."""
    return sum(math.exp(min(ratio, _HIGHEST)) for ratio in ratios) / len(ratios)
