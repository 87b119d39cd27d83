"""Small changes that add up: since when the ratio of the head to the anchor is no longer what it was.

Every night has a few blocks of the anchor against the head. Coins decide their order, so the centre of each block is
symmetric about the ratio (`harness.stats.symmetry`), whatever the noise of the night. The confidence sequence of the
nights u to s holds the ratio of these nights at all times, with probability 1 - level, if the ratio did not change. So
does that of the nights behind s. Where the two have no value in common, the ratio has changed between them: the
intersection of confidence sequences that begin at different times is empty (Shekhar and Ramdas, "Sequential changepoint
detection via backward confidence sequences", arXiv 2302.02544, 2023; "Reducing sequential change detection to
sequential estimation", arXiv 2309.09111, 2023).

Each of them errs with probability `level`, and one begins with each night. Where the levels of several sequences of
numbers add up to `ALPHA`, the probability of a false alarm among N nights is at most ALPHA * N; so the mean time to one
is at least 1 / (2 * ALPHA) nights. To look at fewer of them makes alarms rarer, not falser.
"""

import functools
import itertools
import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from harness.stats.symmetry import bound_shift, choose_scales, measure_spread

# The bound on the chance of a false alarm in a night, over all sequences of a node. An alarm costs one comparison and
# accuses nobody; simulated nodes have one in hundreds of nights (docs/explanation/statistics.md).
ALPHA = 0.1
# The nights on the new level, and those on the old one, that are looked at; all others would take too long.
_NEW = (2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 26)
_OLD = 40
# Less than so many standard errors between two stretches is not worth the work.
_WORTH = 3.0


class CreepFinding(NamedTuple):
    """A change that blocks against the anchor show: `old` is the last night before it, `new` that of the alarm.

    Nights are numbered from 0; -1 stands for the anchor itself. `change` is the shift in logarithms, `score` relative
    to what it takes, 1 or more.
    """

    old: int
    new: int
    change: float
    score: float


class _Stretch(NamedTuple):
    centres: Sequence[float]
    scales: Sequence[float]

    @property
    def middle(self) -> float:
        return fmean(self.centres)


def find_creep(nights: Sequence[tuple[float, ...]], level: float, *, from_anchor: bool = False) -> CreepFinding | None:
    """Return the first change among nights, each with the centres of its blocks in logarithms, or None.

    An alarm is found in the night in which it was raised, however many have come since. If the nights began
    `from_anchor`, the ratio was one before them.
    """
    for now in range(2, len(nights) + 1):
        first = max(0, now - _OLD - _NEW[-1])
        if found := _look(tuple(nights[first:now]), level, from_anchor=from_anchor):
            return found._replace(old=found.old + first if found.old >= 0 else found.old, new=found.new + first)
    return None


@functools.lru_cache(maxsize=1 << 16)
def _look(nights: tuple[tuple[float, ...], ...], level: float, *, from_anchor: bool) -> CreepFinding | None:
    """Return the change that the last night shows, the clearest one; it is remembered, as nights are looked at often.

    The scale of each block is that of earlier ones.
    """
    ends = [0, *itertools.accumulate(map(len, nights))]
    centres = [centre for night in nights for centre in night]
    scales = choose_scales(centres, [0.0] * len(centres))
    last = len(nights)
    best: CreepFinding | None = None
    away: CreepFinding | None = None
    for length in _NEW:
        middle = last - length
        if from_anchor and middle >= 0 and away is None:
            new = slice(ends[middle], ends[last])
            if found := _leave(_Stretch(centres[new], scales[new]), level):
                away = CreepFinding(-1, last - 1, *found)
        if middle <= 0:
            break
        old, new = (slice(ends[max(0, middle - _OLD)], ends[middle]), slice(ends[middle], ends[last]))
        found = _compare(_Stretch(centres[old], scales[old]), _Stretch(centres[new], scales[new]), level)
        if found and (best is None or found[1] > best.score):
            best = CreepFinding(middle - 1, last - 1, *found)
    return best or away


def _leave(new: _Stretch, level: float) -> tuple[float, float] | None:
    """Return the shift and the score of a stretch in which the ratio is certainly not one, else None."""
    bounds = bound_shift(new.centres, new.scales, level) if new.centres else None
    if bounds is None:
        return None
    gap = max(bounds[0], -bounds[1])
    return _rate(new.middle, gap) if gap > 0 else None


def _rate(shift: float, gap: float) -> tuple[float, float]:
    """Return a shift and its score: its size in units of what it takes, which is the size without the gap."""
    reach = abs(shift) - gap
    return shift, abs(shift) / reach if reach > 0 else 1.0 + gap


def _compare(old: _Stretch, new: _Stretch, level: float) -> tuple[float, float] | None:
    """Return the shift and the score of two stretches that certainly differ, else None."""
    if not old.centres or not new.centres:
        return None
    shift = new.middle - old.middle
    spread = max(measure_spread(sorted(side.centres)) for side in (old, new))
    if abs(shift) < _WORTH * spread * math.sqrt(1 / len(old.centres) + 1 / len(new.centres)):
        return None
    bounds = [found for side in (old, new) if (found := bound_shift(side.centres, side.scales, level))]
    if len(bounds) < len((old, new)):
        return None
    (old_low, old_high), (new_low, new_high) = bounds
    gap = max(new_low - old_high, old_low - new_high)
    return _rate(shift, gap) if gap > 0 else None
