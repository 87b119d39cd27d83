"""Evidence from differences that are symmetric if nothing differs, valid at any time.

Two sides are measured in blocks, and coins decide which comes first. If the contender takes exp(theta) times as long as
the baseline, swapping the sides inside a block mirrors its centre D about theta and leaves its distribution unchanged,
whatever the noise, its drift, its memory or its tails. Hence for every odd bounded g and every scale s that is known
beforehand or does not change under the swap

    M_n(theta) = product over i <= n of (1 + g((D_i - theta) / s_i)),   g(z) = tanh(lambda clip(z)),

is a martingale that starts at 1, and so is any mean of such products over lambda. The probability that it ever exceeds
1 / alpha is at most alpha (Ville). Against a normal shift of lambda scales no bet grows faster than tanh.

To ask whether the shift is a known distance away, the `aim`, half of the stake goes on lambda = aim / s_i, and the
other half on that mean. The wealth still decreases in theta, and is never less than half of that of the mean alone.

Sources: Ville, Etude critique de la notion de collectif (1939); de la Pena, Ann. Probab. 27 (1999), 537 (symmetry);
Ramdas, Ruf, Larsson, Koolen, "Admissible anytime-valid sequential inference must rely on nonnegative martingales"
(arXiv 2009.03167, 2020; symmetric laws); Howard, Ramdas, McAuliffe, Sekhon, Ann. Statist. 49 (2021), 1055 (confidence
sequences).
"""

import bisect
import functools
import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

# The bets of one direction, in units per scale; each is twice its predecessor, which saves all but one exponential.
LAMBDAS = (0.25, 0.5, 1.0, 2.0)
# Beyond this many scales a difference counts no more: one slow call must not outweigh many good ones.
CLIP = 2.0
# So many first blocks give only their sign: nothing is known of the scale yet.
SIGNS_ONLY = 4
# Relative, as a logarithm: bounds are no finer, and no scale is smaller. No clock resolves a call any better.
FINEST = 1e-6
# The aimed bet while nothing is known of the scale.
AIM_AT_SIGNS = 0.5
# Proof for any level, and far from overflow (a block doubles the wealth at most).
_ENOUGH = 1e250


def choose_scales(centres: Sequence[float], errors: Sequence[float]) -> tuple[float, ...]:
    """Return the scale of each block's bet, 0 if only the sign of its difference is used.

    It is a robust standard deviation of the *earlier* centres, and at least the block's own standard error: both
    stay the same if the sides are swapped inside the block, or if all differences move by a constant.
    """
    earlier: list[float] = []
    scales = []
    for centre, error in zip(centres, errors, strict=True):
        scales.append(max(measure_spread(earlier), error, FINEST) if len(earlier) >= SIGNS_ONLY else 0.0)
        bisect.insort(earlier, centre)
    return tuple(scales)


def measure_spread(ordered: Sequence[float]) -> float:
    """Return the standard deviation from the middle two thirds of ascending values, unaffected by outliers.

    0 for fewer than two values.
    """
    if len(ordered) < 2:
        return 0.0
    skip = len(ordered) // 6
    return (ordered[-1 - skip] - ordered[skip]) / _normal_gap(len(ordered), skip)


@functools.cache
def _normal_gap(n: int, skip: int) -> float:
    """Return the approximate size of that gap for standard normal values (Blom's plotting positions)."""
    return 2 * NormalDist().inv_cdf((n - skip - 0.375) / (n + 0.25))


def iter_wealth(centres: Sequence[float], scales: Sequence[float], theta: float, aim: float = 0.0) -> Iterator[float]:
    """Yield the wealth after each block of betting, from 1, that the differences exceed `theta`, by `aim` if given."""
    aimed = 0.5 if aim else 0.0
    products = [(1 - aimed) / len(LAMBDAS)] * len(LAMBDAS)
    for centre, scale in zip(centres, scales, strict=True):
        distance = centre - theta
        z = max(-CLIP, min(CLIP, distance / scale)) if scale else (distance > 0) - (distance < 0)
        odds = math.exp(-2 * LAMBDAS[0] * z)  # 1 + tanh(x) = 2 / (1 + exp(-2 x))
        for index in range(len(products)):
            products[index] *= 2 / (1 + odds)
            odds *= odds
        if aim:
            bet = min(aim / scale, LAMBDAS[-1]) if scale else AIM_AT_SIGNS
            aimed *= 2 / (1 + math.exp(-2 * bet * z))
        yield sum(products) + aimed


def measure_wealth(
    centres: Sequence[float], scales: Sequence[float], theta: float, aim: float = 0.0, enough: float = _ENOUGH
) -> float:
    """Return the highest wealth ever reached by betting that the differences exceed `theta`, by `aim` if given.

    It decreases in `theta`. The calculation ends early once the wealth is `enough`.
    """
    best = 1.0
    for wealth in iter_wealth(centres, scales, theta, aim):
        if wealth > best:
            best = wealth
            if best >= enough:
                break
    return best


def measure_p(centres: Sequence[float], scales: Sequence[float]) -> float:
    """Return the anytime p-value of "nothing differs", against a change in either direction."""
    mirrored = _mirror(centres)
    return min(1.0, 2 / max(measure_wealth(centres, scales, 0.0), measure_wealth(mirrored, scales, 0.0)))


def measure_p_beyond(centres: Sequence[float], scales: Sequence[float], low: float, high: float) -> float:
    """Return the anytime p-value of "the shift is `low` or less, or `high` or more", against one in between.

    Two one-sided tests: the shift cannot be beyond both, so neither needs a correction (Schuirmann,
    J. Pharmacokinet. Biopharm. 15, 1987, 657). 0 must be between the limits.
    """
    walks = ((centres, low), (_mirror(centres), -high))
    return min(1.0, 1 / min(measure_wealth(side, scales, limit, aim=high) for side, limit in walks))


def bound_shift(
    centres: Sequence[float], scales: Sequence[float], level: float, landmarks: Sequence[float] = (0.0,)
) -> tuple[float, float] | None:
    """Return the ends of the confidence sequence: the shifts whose wealth never reached 2 / level, in either direction.

    As the highest wealth counts, it is the running intersection. It covers a constant shift at all times with
    probability 1 - level. On which side of a bound each of the `landmarks` is, is exact, so that the interval excludes
    0 exactly if the p-value is at most `level`; elsewhere bounds are accurate to 1e-6. None for too few blocks. If the
    shift drifted, no value may be left: the ends are then in the wrong order.
    """
    low = _bound_below(centres, scales, level, landmarks)
    high = _bound_below(_mirror(centres), scales, level, _mirror(landmarks))
    return None if low is None or high is None else (low, -high)


def _mirror(values: Sequence[float]) -> list[float]:
    return [-value for value in values]


def _bound_below(
    centres: Sequence[float], scales: Sequence[float], level: float, landmarks: Sequence[float]
) -> float | None:
    if not centres:
        return None

    def refuted(theta: float) -> bool:
        # As p is worked out, so that rounding cannot part the two.
        return any(2 / wealth <= level for wealth in iter_wealth(centres, scales, theta))

    reach = CLIP * max(scales) + FINEST
    outside, inside = min(centres) - reach, max(centres) + reach  # where every bet is won, and where it is lost
    if not refuted(outside):
        return None
    for landmark in landmarks:
        if outside < landmark < inside:
            outside, inside = (landmark, inside) if refuted(landmark) else (outside, landmark)
    while inside - outside > FINEST:
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if refuted(middle) else (outside, middle)
    return outside


@functools.cache
def count_least_blocks(level: float) -> int:
    """Return the smallest number of blocks for an interval at `level`: those it takes if every bet is won."""
    blocks = 1
    while measure_wealth([1.0] * blocks, choose_scales([0.0] * blocks, [0.0] * blocks), 0.0) < 2 / level:
        blocks += 1
    return blocks
