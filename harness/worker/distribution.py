"""The mathematics of logits: one row is an array of 32-bit floats, with a place for each token of the vocabulary."""

import math
from array import array
from operator import sub
from typing import NamedTuple, TypeAlias

# Arrays can be subscripted in the words of a type checker only, before Python 3.12.
Floats: TypeAlias = "array[float]"
# Stands for a distance that is no number, since JSON has neither infinity nor NaN.
FARTHEST = 1e9
# Within this, exponentials neither overflow nor vanish.
_SAFE = 600.0


class TokenScore(NamedTuple):
    """What a distribution says beside a reference: the divergence in nats, and both logarithms for one token."""

    divergence: float
    log_probability: float
    reference_log_probability: float


def count_unreal(row: Floats) -> int:
    """Return how many values are infinite or not numbers."""
    return 0 if math.isfinite(sum(row)) else sum(not math.isfinite(value) for value in row)


def find_likeliest(row: Floats, end: int | None = None) -> int:
    """Return the place of the largest of the first `end` values, of the first one if there are several."""
    part = row[:end]
    return part.index(max(part))


def normalize(row: Floats) -> Floats:
    """Return the logarithms of the probabilities (log-softmax) of finite logits, each rounded to 32 bits."""
    peak = max(row)
    if abs(peak) < _SAFE:
        total = math.log(sum(map(math.exp, row)))
    else:
        total = peak + math.log(sum(map(math.exp, map(peak.__rsub__, row))))
    return array("f", map(total.__rsub__, row))


def is_distribution(row: Floats) -> bool:
    """Return whether these are logarithms of probabilities that add up to one."""
    return not count_unreal(row) and max(row) <= 1e-3 and abs(sum(map(math.exp, row)) - 1) < 1e-3


def score(reference: Floats, own: Floats, token: int) -> TokenScore:
    """Return the divergence of `reference` from `own` (Kullback and Leibler) and what both give `token`.

    Both are rows of log-probabilities. A divergence is never negative; what rounding makes of zero is zero.
    """
    terms = map(float.__mul__, map(math.exp, reference), map(sub, reference, own))
    return TokenScore(max(0.0, _bound(sum(terms))), -_bound(-own[token]), reference[token])


def measure_error(row: Floats, reference: Floats) -> float:
    """Return how far logits lie from those of the reference, over the reference's length.

    Both are taken without their means, because adding a number to all logits changes no probability.
    """
    count = len(reference)
    centre = math.fsum(reference) / count
    length = math.dist(reference, [centre] * count)
    differences = list(map(sub, row, reference))
    shift = math.fsum(differences) / count
    return _bound(math.dist(differences, [shift] * count) / length if length else math.inf)


def _bound(distance: float) -> float:
    return distance if distance < FARTHEST else FARTHEST  # NaN is not smaller
