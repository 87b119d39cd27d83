"""How much one is expected to learn from a measurement that has one of two results, with noise on top."""

import functools
import math

# The table is as fine as this; a greedy choice needs no more.
_CHANCES = 128
_DISTANCES = 16
_FARTHEST = 12.0
_STEP = 0.25
_REACH = 5.0


def measure_bits(chance: float, distance: float) -> float:
    """Return the mutual information, in bits, of a binary cause and what is measured of it.

    `chance` is the probability of the one cause, `distance` how far apart the two results lie, in standard deviations
    of the noise, which is taken as normal. It is 1 bit at most, for even chances and no noise.
    """
    lesser = min(chance, 1 - chance)
    if lesser <= 0 or distance <= 0:
        return 0.0
    place = lesser * _CHANCES
    below = int(place)
    far = round(min(distance, _FARTHEST) * _DISTANCES)
    low, high = _tabulate(below, far), _tabulate(min(below + 1, _CHANCES // 2), far)
    return low + (place - below) * (high - low)


@functools.cache
def _tabulate(chance: int, distance: int) -> float:
    """Return the entropy of the mixture less that of the noise, by the trapezoidal rule."""
    share, far = chance / _CHANCES, distance / _DISTANCES
    if not share or not far:
        return 0.0
    total = 0.0
    for index in range(math.ceil((far + 2 * _REACH) / _STEP) + 1):
        place = index * _STEP - _REACH
        density = (1 - share) * math.exp(-place * place / 2) + share * math.exp(-((place - far) ** 2) / 2)
        if density > 0:
            density /= math.sqrt(2 * math.pi)
            total -= density * math.log2(density) * _STEP
    return max(0.0, total - math.log2(2 * math.pi * math.e) / 2)
