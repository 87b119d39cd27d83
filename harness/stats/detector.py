"""One series, point by point: its level and noise so far, and whether the newest points look unlike them."""

import math

from harness.stats.level import Noise, find_middle, measure_noise
from harness.stats.shift import (
    LENGTHS,
    THIN,
    WINDOW,
    LevelShift,
    find_shift,
    list_errors,
    measure_change,
    measure_error,
)

# The level of a first stretch needs so many points; that of a later one two, as the noise is known.
FEW = 6
# No point scatters less, as a logarithm: what is smaller than a thousandth nobody sorts.
FINEST = 1e-3
# The noise changes less than the level: it is learned from so many points, also of earlier stretches. What changed the
# yardstick or the node may have changed it, too: of the points before that only so many count.
_NOISE_WINDOW, _BEFORE_CUT = 120, 12
# The newest points are not part of the level yet: they may lie beyond a step that is not seen yet.
_GUARD = LENGTHS[-1]
# Level and noise are worked out again after so many points, or a fifth of those there are.
_SELDOM = 30
# A cheap look at each point, that of cumulative sums (E. S. Page, Biometrika 41, 1954, 100), says whether a closer one
# is worth it: what is new in the points, less `_DRIFT` standard deviations each, must add up to so many, or to `_FAINT`
# where another series has stepped.
_DRIFT, _LOOK, _FAINT, _MOST = 0.7, 3.0, 1.0, 8.0
# A second one, at the same sums for all lengths: the true score is greater by less than `_ROUGH` (in 99 of 100 cases),
# and its length one of those that are within `_NEAR` of the best.
_ROUGH, _NEAR = 0.3, 0.5


class ShiftDetector:
    """The points of a series so far: `logs` are the logarithms of its newest stretch, `numbers` which points they are.

    `former` are the logarithms of the stretch before, `least` is how many points must lie before a step.
    """

    __slots__ = (
        "_before",
        "_departures",
        "_down",
        "_due",
        "_former_numbers",
        "_newest",
        "_news",
        "_settled",
        "_up",
        "former",
        "least",
        "level",
        "logs",
        "noise",
        "numbers",
    )  # fmt: skip

    def __init__(self) -> None:
        self.logs: list[float] = []
        self.numbers: list[int] = []
        self.former: list[float] = []
        self.least = FEW
        self._former_numbers: list[int] = []
        self.level = 0.0
        self.noise = Noise(1.0, 0.0, 0)  # not known yet
        self._departures: list[float] = []  # of all points that are part of a level, earlier stretches included
        self._settled = 0  # so many points of this stretch are part of its level
        self._due = FEW  # with so many points in the stretch, level and noise are worked out again
        self._up = self._down = 0.0
        self._news: list[float] = []  # in standard deviations, of the points since the stretch began
        self._newest = self._before = 0.0  # the same of the newest point and the one before, however far they are

    def add(self, log: float, number: int) -> bool:
        """Take in the next point, which has this number; return whether the newest points deserve `look`."""
        logs = self.logs
        logs.append(log)
        self.numbers.append(number)
        scale, memory, n, clip = self.noise
        if not n:
            if len(logs) >= self._due:
                self._start()
            return False
        news = log - self.level
        if memory:
            news -= memory * (logs[-2] - self.level)
        news /= scale
        self._before, self._newest = self._newest, news
        if news > clip:
            news = clip
        elif news < -clip:
            news = -clip
        self._news.append(news)
        up, down = self._up + news - _DRIFT, self._down - news - _DRIFT
        self._up = up = 0.0 if up < 0 else _MOST if up > _MOST else up
        self._down = down = 0.0 if down < 0 else _MOST if down > _MOST else down
        if len(logs) >= self._due:
            self._settle()
        return up > _LOOK or down > _LOOK

    def look(self, wanted: float) -> LevelShift | None:
        """Return the step to the newest points with the highest score; None if none can score as much as is wanted."""
        if self._up < _FAINT and self._down < _FAINT:
            return None
        sign = 1 if self._up > self._down else -1
        lengths = self._list_promising(sign, wanted - _ROUGH)
        return find_shift(self.logs, self.noise, self.least, sign, lengths) if lengths else None

    def score_newest(self) -> tuple[float, float] | None:
        """Return the scores of a step at the newest point, and at the one before; points count however far they are.

        The second one is 0 where there is one point only. None where it is not known yet what points do.
        """
        _, memory, n, _ = self.noise
        count = len(self.logs)
        if not n or not self._news:
            return None
        keep, thin = 1 - memory, 1 + THIN / n
        one = self._newest / thin / measure_error(1, keep, max(1, min(WINDOW, count - 1)))
        if len(self._news) < LENGTHS[0]:
            return one, 0.0
        both = self._before + keep * self._newest
        return one, both / thin / measure_error(2, keep, max(1, min(WINDOW, count - 2)))

    def _list_promising(self, sign: int, wanted: float) -> list[int]:
        """Return the lengths of steps that score about so much by what was new in each point, or nearly the most."""
        keep, n = 1 - self.noise.memory, self.noise.n
        errors = list_errors(keep, min(WINDOW, len(self.logs)))
        found: dict[int, float] = {}
        total, farthest, second = 0.0, -math.inf, -math.inf
        for length, news in enumerate(reversed(self._news[-LENGTHS[-1] :]), 1):
            value = sign * news
            if value > farthest:
                farthest, second = value, farthest
            elif value > second:
                second = value
            if length in errors:
                weighed = value + keep * total - keep * keep * (farthest - second)
                found[length] = weighed / errors[length]
            total += value
        best = max(found.values(), default=0.0)
        if best < wanted * (1 + THIN / n):
            return []
        return [length for length, score in found.items() if score >= best - _NEAR]

    def cut(self) -> None:
        """Begin a new stretch with the next point, as what is measured, or where, is another thing from there on."""
        if self.noise.n:
            self._learn(len(self.logs))
        else:
            self._learn_few()
        self._departures = self._departures[-_BEFORE_CUT:]
        self.logs, self.numbers, self.former, self._former_numbers = [], [], [], []
        self._settled = 0
        self.noise = Noise(1.0, 0.0, 0)
        self._forget()
        known = len(self._departures) >= FEW
        self.least = self._due = 2 if known else FEW

    def restart(self, start: int) -> None:
        """Begin a new stretch with the points from offset `start` on."""
        self._learn(start)
        self.former, self.logs = self.logs[:start], self.logs[start:]
        self._former_numbers, self.numbers = self.numbers[:start], self.numbers[start:]
        self._settled = 0
        self.least = 2
        self._start()

    def resume(self, start: int) -> None:
        """Let the former stretch go on with the points from offset `start` on; those in between belong to neither."""
        self.logs = self.former + self.logs[start:]
        self.numbers = self._former_numbers + self.numbers[start:]
        self._settled = len(self.former)
        self.former, self._former_numbers = [], []
        self._start()

    def is_back(self, start: int) -> bool:
        """Return whether the points from offset `start` on lie on the former level, as far as that is known."""
        if not self.former:
            return False
        change = measure_change(self.logs, start, self.noise)
        former = find_middle(sorted(self.former[-WINDOW:]))
        away, rest = abs(former - change.before), abs(former - change.after)
        return rest <= away / 3 or rest <= min(away / 2, 2 * change.error)

    def _start(self) -> None:
        """Take all points of the stretch as its level."""
        self._forget()
        self._refresh(len(self.logs))

    def _forget(self) -> None:
        """Begin the cheap looks anew: their sums are of the stretch before."""
        self._up = self._down = self._newest = self._before = 0.0
        self._news = []

    def _settle(self) -> None:
        """Let those points become part of the level that are old enough."""
        count = len(self.logs)
        self._refresh(max(self._settled, count - min(_GUARD, max(2, count // 3))))

    def _refresh(self, settled: int) -> None:
        logs = self.logs
        self.level = find_middle(sorted(logs[max(0, settled - WINDOW) : settled]))
        self._learn(settled)
        self.noise = measure_noise(self._departures, FINEST)
        self._due = len(logs) + max(1, min(_SELDOM, len(logs) // 5))

    def _learn(self, settled: int) -> None:
        """Keep how far the points up to offset `settled` lie from the level, as far as that is not done."""
        level = self.level
        new = [log - level for log in self.logs[self._settled : settled]]
        self._departures = [*self._departures, *new][-_NOISE_WINDOW:]
        self._settled = settled

    def _learn_few(self) -> None:
        """Keep how far the points of a stretch lie from their own middle, as it ended before its level was known.

        The middle of n points is nearer to them than the level is: that is corrected as for a standard deviation.
        """
        n = len(self.logs)
        if n > 1:
            level, wider = find_middle(sorted(self.logs)), math.sqrt(n / (n - 1))
            self._departures += [wider * (log - level) for log in self.logs]
