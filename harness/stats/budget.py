"""How many suspicions a node may have, and what a series must show to have one."""

import functools
import math
from collections.abc import Iterable

# With so many series a night a score of BASE comes by chance about once in nine nights, if the noise is what it seems;
# fewer series must show as much each. Nine of ten steps of three standard deviations have it within three nights.
SERIES = 59
BASE = 2.85
# What a series that raised an event alone must show next, relative to that: exp(RISE) as much.
RISE = 0.25
# It is forgotten within so many nights at the soonest.
_NIGHTS = 20


class Budget:
    """The events of a node: no more than `nightly` a night, in one night as in the long run, whatever the series do.

    Every event makes it harder to have the next one: it raises the thresholds of its series by RISE together, as
    logarithms, and all thresholds together fall by no more than `nightly` times RISE a night. As no score exceeds a
    certain one, thresholds cannot rise for ever: in T nights there are at most `nightly` T events and a constant, also
    without the limit of one night. A series that is noisier than it seems pays for itself, not for the others.
    """

    def __init__(self, series: int, nightly: float) -> None:
        self._nightly = nightly
        self._raised = [0.0] * series
        self._today = 0

    def begin_night(self) -> None:
        """Lower what was raised."""
        self._today = 0
        raised = [index for index, rise in enumerate(self._raised) if rise]
        for index in raised:
            fall = RISE * min(self._nightly / len(raised), 1 / _NIGHTS)
            self._raised[index] = max(0.0, self._raised[index] - fall)

    def charge(self, members: Iterable[int]) -> None:
        """Take down an event of these series."""
        indexes = list(members)
        self._today += 1
        for index in indexes:
            self._raised[index] += RISE / len(indexes)

    def allows_another(self) -> bool:
        """Return whether there may be one more event this night."""
        return self._today < max(1.0, self._nightly)

    def find_threshold(self, index: int, beside: int) -> float:
        """Return the score that a series must have, if `beside` series have a new point together with it."""
        least = _find_least(beside, self._nightly)
        raised = self._raised[index]
        return least * math.exp(raised) if raised else least


@functools.lru_cache(maxsize=64)
def _find_least(beside: int, nightly: float) -> float:
    square = BASE * BASE + 2 * math.log(max(1.0, beside / SERIES) / nightly)
    return max(BASE, math.sqrt(max(0.0, square)))
