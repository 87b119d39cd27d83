"""Whether the newest points of a series lie on another level than those before them, and since when.

Points are logarithms, y_i = level + noise_i, and the noise remembers: noise_i = rho noise_(i-1) + e_i. A step of delta
at a point then is in what is new, y_i - level - rho (y_(i-1) - level), by delta at that point and by (1 - rho) delta at
all later ones. The filter that is matched to this, over its standard deviation, is the score:

    sum of w_i e_i / (s sqrt(sum of w_i^2 + K (sum of w_i)^2 / n)),   w = (1, 1 - rho, 1 - rho, ...),

where K / n is for the error of the level, which rests on n points. One point far off must not make a step: no point
counts as more than 4 standard deviations from where it was expected (2.25 where such points are nothing new), and the
farthest one counts as the second farthest.
"""

import bisect
import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple

from harness.records.history import ChangePoint
from harness.stats.level import OF_MIDDLES, Noise, find_middle

# So many of the newest points are tried as the other level: at least two, and about the same shares apart.
LENGTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20)
# The level rests on so many points before them.
WINDOW = 60
# A scale that is known from n points only makes scores larger than they are, by about this over n.
THIN = 3.0
PLACE = 0.9
SIZE = 0.95
# So many standard errors to either side of a size make its interval; `_SURELY` of them show nine of ten.
REACH = NormalDist().inv_cdf((1 + SIZE) / 2)

_SURELY = NormalDist().inv_cdf(0.9)
# The farthest point counts as the second farthest, which takes about so much of a score.
_LEVELLED = 0.25
# exp(710) is too large for a float.
_LARGEST = 700.0
# A step is visible if it is seen within so many points.
SOON = 7


class LevelShift(NamedTuple):
    """The newest `length` points lie higher (`sign` 1) or lower (-1); `score` is in robust standard errors."""

    length: int
    sign: int
    score: float


class Change(NamedTuple):
    """The logarithms of two levels, and the standard error of their distance."""

    before: float
    after: float
    error: float


def find_shift(
    logs: Sequence[float], noise: Noise, least: int, sign: int, lengths: Sequence[int] = LENGTHS
) -> LevelShift | None:
    """Return the step of direction `sign` with the highest score, keeping at least `least` points before it.

    `lengths` are those that are tried, in ascending order.
    """
    best: LevelShift | None = None
    count, longest = len(logs), LENGTHS[-1]
    # With enough points one level serves all lengths: that of the points before the longest.
    level = find_middle(sorted(logs[-longest - WINDOW : -longest])) if count >= longest + WINDOW else None
    distances = [] if level is None else [sign * (log - level) for log in logs[-longest - 1 :]]
    for length in lengths:
        if length > count - least:
            break
        own = distances[-length - 1 :] or _list_distances(logs, length, sign)
        score = _score(own, noise, min(count - length, WINDOW))
        if best is None or score > best.score:
            best = LevelShift(length, sign, score)
    return best


def score_shift(logs: Sequence[float], length: int, noise: Noise, sign: int) -> float:
    """Return the score of a step before the newest `length` points; at least one point must lie before it.

    The farthest point counts as the second farthest.
    """
    return _score(_list_distances(logs, length, sign), noise, min(len(logs) - length, WINDOW))


def score_place(
    logs: Sequence[float], length: int, noise: Noise, sign: int, ordered: Sequence[float] | None = None
) -> float:
    """Return the same score with each point as it is, so that places can be compared.

    `ordered` are the points that give the level before, sorted, where the caller has them.
    """
    distances = _list_distances(logs, length, sign, ordered)
    return _weigh(_depart(distances, noise), noise, min(len(logs) - length, WINDOW))


def _score(distances: Sequence[float], noise: Noise, held: int) -> float:
    departures = _depart(distances, noise)
    index = departures.index(max(departures))
    departures[index] = -math.inf
    departures[index] = max(departures)
    return _weigh(departures, noise, held)


def _list_distances(
    logs: Sequence[float], length: int, sign: int, ordered: Sequence[float] | None = None
) -> list[float]:
    """Return how far the newest `length` points, and the one before them, are from the level before them."""
    start = len(logs) - length
    level = find_middle(ordered or sorted(logs[start - min(start, WINDOW) : start]))
    return [sign * (log - level) for log in logs[start - 1 :]]


def _weigh(departures: Sequence[float], noise: Noise, held: int) -> float:
    """Return the score of points after `held` ones, given how far each is from where it was expected."""
    keep = 1 - noise.memory
    total = sum(departures)
    first, last = departures[0], departures[-1]
    news = first + keep * (total - first - noise.memory * (total - last))
    return news / (noise.scale * measure_error(len(departures), keep, held)) / (1 + THIN / noise.n)


def locate_shift(logs: Sequence[float], noise: Noise, sign: int, starts: range) -> ChangePoint:
    """Return at which of some places a step of direction `sign` lies, as offsets into `logs`.

    `starts` are those of the first point of the new level, which has at least two. Each has the weight
    exp(score^2 / 2), which is its likelihood, both levels being as they fit best.
    """
    count = len(logs)
    if len(starts) < 2:
        only = starts[0] if starts else count - 1
        return ChangePoint(since=only, earliest=only, latest=only, confidence=PLACE)
    first = starts[0]
    if first >= WINDOW:
        scores = _score_places(logs, first, noise, sign)[: len(starts)]
    else:
        befores = zip(starts, _iter_sorted(logs, first), strict=False)
        scores = [max(0.0, score_place(logs, count - start, noise, sign, before)) for start, before in befores]
    top = max(scores)
    weights = [math.exp((score * score - top * top) / 2) for score in scores]
    held, missing = [], PLACE * sum(weights)
    for index in sorted(range(len(weights)), key=weights.__getitem__, reverse=True):
        held.append(index)
        missing -= weights[index]
        if missing <= 0:
            break
    return ChangePoint(since=first + held[0], earliest=first + min(held), latest=first + max(held), confidence=PLACE)


def _score_places(logs: Sequence[float], first: int, noise: Noise, sign: int) -> list[float]:
    """Return the scores of steps at `first` and all later points but the newest, from the level before `first`."""
    scale, memory, n, clip = noise
    level = find_middle(sorted(logs[first - WINDOW : first]))
    keep, limit = 1 - memory, clip * scale
    total, scores = 0.0, []
    pairs = list(itertools.pairwise(logs[first - 1 :]))
    for length, (before, log) in enumerate(reversed(pairs), 1):
        news = sign * (log - level - memory * (before - level))
        news = limit if news > limit else -limit if news < -limit else news
        score = (news + keep * total) / scale / measure_error(length, keep, WINDOW) / (1 + THIN / n)
        scores.append(max(0.0, score))
        total += news
    return scores[:0:-1]


def measure_change(logs: Sequence[float], start: int, noise: Noise) -> Change:
    """Return the levels before and from `start` on, with the standard error of their distance."""
    before = logs[max(0, start - WINDOW) : start]
    length = len(logs) - start
    keep = 1 - noise.memory
    squares = 1 + (length - 1) * keep * keep
    error = noise.scale * measure_error(length, keep, len(before)) / squares * (1 + THIN / noise.n)
    return Change(find_middle(sorted(before)), find_middle(sorted(logs[start:])), error)


def measure_step(logs: Sequence[float], start: int, noise: Noise) -> Change:
    """Return the same levels with the size that belongs to the score; `start` is at least 1.

    The middle of a few points that remember is far from their level. What is new in them, weighed as for the score,
    says more: its standard error is the one of `measure_change`. No point counts as more than `noise.clip` standard
    deviations from where the middles lead to expect it.
    """
    change = measure_change(logs, start, noise)
    level, size, limit = change.before, change.after - change.before, noise.clip * noise.scale
    far = noise.clip * noise.deviation
    carried = min(max(logs[start - 1] - level, -far), far)
    total = squares = 0.0
    weight = 1.0
    for log in logs[start:]:
        news = log - level - noise.memory * carried - weight * size
        total += weight * min(max(news, -limit), limit)
        squares += weight * weight
        carried, weight = log - level, 1 - noise.memory
    return change._replace(after=change.after + total / squares)


def bound_change(change: Change) -> tuple[float, float, float]:
    """Return the relative change with its interval of 95 %, if the noise is normal and what it was."""
    size, reach = change.after - change.before, REACH * change.error
    return to_share(size), to_share(size - reach), to_share(size + reach)


def to_share(change: float) -> float:
    """Return a change of a logarithm as a share of the value before; what is too large for a float becomes e^700."""
    return math.expm1(min(change, _LARGEST))


def find_visible(noise: Noise, held: int, threshold: float) -> float:
    """Return the smallest step, as a share, that nine of ten times scores `threshold` within `SOON` points.

    `held` points lie before it. The same noise is expected after it.
    """
    keep = 1 - noise.memory
    squares = 1 + (SOON - 1) * keep * keep
    error = noise.scale * measure_error(SOON, keep, min(held, WINDOW)) / squares * (1 + THIN / noise.n)
    return to_share((threshold + _LEVELLED + _SURELY) * error)


def measure_error(length: int, keep: float, held: int) -> float:
    """Return the standard error of the weighted sum of `length` points after `held` ones, in scales of the noise."""
    weight = 1 + (length - 1) * keep
    return math.sqrt(1 + (length - 1) * keep * keep + OF_MIDDLES * weight * weight / held)


def _depart(distances: Sequence[float], noise: Noise) -> list[float]:
    """Return how far all points but the first lie from where the first one and the level lead to expect them.

    `distances` is how far each lies from the level.
    """
    limit = noise.clip * noise.deviation
    departures = distances[1:]
    if noise.memory:
        carried = min(limit, max(-limit, distances[0]))
        departures = [one - (carried := carried * noise.memory) for one in departures]
    return [limit if one > limit else -limit if one < -limit else one for one in departures]


def _iter_sorted(logs: Sequence[float], first: int) -> Iterator[list[float]]:
    """Yield the newest `WINDOW` points before `first` (at most `WINDOW`), before the next one, and so on, sorted.

    It is always the same list: use it before you ask for the next one.
    """
    ordered = sorted(logs[:first])
    for start in range(first, len(logs)):
        yield ordered
        bisect.insort(ordered, logs[start])
        if start >= WINDOW:
            del ordered[bisect.bisect_left(ordered, logs[start - WINDOW])]


@functools.lru_cache(maxsize=1024)
def list_errors(keep: float, held: int) -> dict[int, float]:
    """Return `measure_error` by length, for all that are tried."""
    return {length: measure_error(length, keep, held) for length in LENGTHS}
