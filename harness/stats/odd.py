"""Whether the newest run of a node alone looks unlike its past, so that it is worth a live comparison the same night.

A series that has one point on another level proves little, and is no suspicion. But a night has time for a comparison,
and a change of the code seldom shows in one series only. So the scores of the newest point (and of the newest two) are
added up over series that may step together: those of one metric, those of one case, and all of them. What counts as
much is learned from the node: a run looks odd if it is among the most extreme few of the last ones.

If runs were exchangeable, the share of odd ones would be that share, whatever the noise and however alike the series
are: the rank of the newest among n + 1 values is uniform (conformal prediction: V. Vovk, A. Gammerman, G. Shafer,
"Algorithmic learning in a random world", 2005). It rests on nothing else, and promises nothing else.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from harness.records.history import SeriesKey

# One in so many runs looks odd by chance, about.
EVERY = 5
# The tests of a run depend on each other: so many that do not would be odd as often.
_TESTS = 3.0
# A run is compared with so many before it; with fewer than `_FEW`, none is odd.
_WINDOW, _FEW = 120, 8
# Until the rank of a run can be low enough, it must be the most extreme so far, and score so much.
_CERTAIN = 4.0
# An odd run counts in the past of later ones as little more than what makes a run odd: a step must not hide the next.
_CAPPED = 1.15
# Scores of a group are measured in its own scale, which counts as 1 for so many runs beforehand.
_PRIOR = 20.0
# Neither one series of a group nor one run counts for more than so much.
_CLIP = 3.0
# After an odd run, the next few may lie beyond the same step: as long as its series show half of what they did, others
# must be odd.
_SILENT, _STILL = 4, 0.5
# What is measured again: series that show at least this share of what the most odd one shows. Half of it is enough to
# be part of the same step.
_SHARE, _WITH = 0.6, 0.3
_LENGTHS = (1, 2)


class OddScore(NamedTuple):
    """A series of an odd run, by its number, and its score there; the sign is that of the change."""

    series: int
    score: float


class OddFinding(NamedTuple):
    """What makes a run odd: `length` points (one or two), a score relative to what is needed, and in which series.

    The series come strongest first.
    """

    length: int
    ratio: float
    members: tuple[OddScore, ...]


class _Kind(IntEnum):
    """Which series are taken together."""

    ONE = 0
    METRIC = 1
    CASE = 2
    ALL = 3


@dataclass(slots=True)
class _Group:
    """Series that may step together, with the mean square of what they scored together."""

    kind: _Kind
    indexes: tuple[int, ...]
    squares: list[float] = field(default_factory=lambda: [_PRIOR for _ in _LENGTHS])
    weight: list[float] = field(default_factory=lambda: [_PRIOR for _ in _LENGTHS])

    def score(self, scores: Mapping[int, tuple[float, float]], place: int) -> float | None:
        """Return the sum over the series that have a point, in units of its own usual size."""
        most = _CLIP if len(self.indexes) > 1 else math.inf
        found = [max(-most, min(scores[index][place], most)) for index in self.indexes if index in scores]
        if len(found) < max(1, len(self.indexes) // 2):
            return None
        scale = math.sqrt(self.squares[place] / self.weight[place])
        total = math.fsum(found) / math.sqrt(len(found))
        clipped = min(abs(total), _CLIP * scale)
        keep = 1 - 1 / _WINDOW
        self.squares[place] = keep * self.squares[place] + clipped * clipped
        self.weight[place] = keep * self.weight[place] + 1
        return total / max(1.0, scale)


class _KnownStep(NamedTuple):
    """A step that is known: its series, what they scored together, and for how many runs that is remembered."""

    series: tuple[int, ...]
    size: float
    left: int

    @classmethod
    def begin(cls, scores: Mapping[int, float]) -> "_KnownStep":
        return cls(tuple(scores), math.fsum(scores.values()) / max(1, len(scores)), _SILENT)

    def holds(self, members: Sequence[OddScore]) -> bool:
        """Return whether it explains why these series look odd, most of them."""
        return 2 * sum(one.series in self.series for one in members) > len(members)

    def is_back(self, scores: Mapping[int, tuple[float, float]], sign: int) -> bool:
        """Return whether its series are back in a run with these scores, on the whole."""
        own = [scores[index][0] for index in self.series if index in scores]
        return bool(own) and sign * math.fsum(own) / len(own) < _STILL * sign * self.size


@dataclass(slots=True)
class OddMonitor:
    """The runs of a node so far, as far as their newest points alone are concerned.

    `groups` are the series that may step together, `watched` the numbers of all of them; `past` holds the
    sizes of earlier runs for each test, oldest first; `known` are steps that were found lately, by their direction.
    """

    groups: list[_Group]
    watched: frozenset[int]
    past: dict[tuple[_Kind, int], list[float]] = field(default_factory=dict)
    known: dict[int, _KnownStep] = field(default_factory=dict)

    def take(self, scores: Mapping[int, tuple[float, float]], stepped: Iterable[int] = ()) -> OddFinding | None:
        """Take in a run, and return what makes it odd, if anything does.

        `scores` are those of a step at its point and at the one before, by the number of the series. Where series have
        `stepped`, as is known by now, there is nothing to find out in their direction.
        """
        # Right after an odd point, two points hold it still, and a series that remembers overshoots on its way back.
        fresh = [one for one in self.known.values() if one.left == _SILENT]
        settled = self._go_on(scores, stepped)
        best: OddFinding | None = None
        for (kind, place), found in self._score(scores).items():
            own = self.past.setdefault((kind, place), [])
            group, size = max(found, key=lambda pair: abs(pair[1]))
            needed = find_needed(own)
            own.append(min(abs(size), _CAPPED * needed))
            del own[:-_WINDOW]
            ratio, sign = abs(size) / needed, 1 if size > 0 else -1
            if ratio < 1 or (best and ratio <= best.ratio) or (place and fresh):
                continue
            members = _list_members(group, scores, place, sign)
            known = [*fresh, *([self.known[sign]] if sign in self.known else [])]
            if members and not any(one.holds(members) for one in known):
                best = OddFinding(_LENGTHS[place], ratio, members)
        if best:
            sign = 1 if best.members[0].score > 0 else -1
            least = _WITH * abs(best.members[0].score)
            shown = {series: one[best.length - 1] for series, one in scores.items()}
            self.known[sign] = _KnownStep.begin({series: one for series, one in shown.items() if sign * one >= least})
        for ago in settled:
            self._pass_over(ago)
        return best

    def _go_on(self, scores: Mapping[int, tuple[float, float]], stepped: Iterable[int]) -> list[int]:
        """Carry the known steps on; return how many runs ago those began of which it is known now that they stay."""
        settled = []
        for sign, one in [*self.known.items()]:
            if one.is_back(scores, sign):
                del self.known[sign]
            elif one.left <= 1:
                del self.known[sign]
                settled += [_SILENT - 1, _SILENT]
            else:
                self.known[sign] = one._replace(left=one.left - 1)
        for sign, own in _split(scores, stepped).items():
            self.known[sign] = _KnownStep.begin(own)
            settled += [0, 1]
        return settled

    def _pass_over(self, ago: int) -> None:
        """Let a run count as an ordinary one: what a step was must not hide the next."""
        for own in self.past.values():
            if ago < len(own):
                own[-1 - ago] = min(own[-1 - ago], sorted(own)[len(own) // 2])

    def _score(self, scores: Mapping[int, tuple[float, float]]) -> dict[tuple[_Kind, int], list[tuple[_Group, float]]]:
        found: dict[tuple[_Kind, int], list[tuple[_Group, float]]] = {}
        for group in self.groups:
            for place in range(len(_LENGTHS)):
                size = group.score(scores, place)
                if size is not None:
                    found.setdefault((group.kind, place), []).append((group, size))
        return found


def begin_odd(keys: Sequence[SeriesKey]) -> OddMonitor:
    """Return a monitor of those series of a node that a live comparison can measure."""
    live = [(index, key) for index, key in enumerate(keys) if key.is_live]
    metrics: dict[tuple[str, str], list[int]] = {}
    cases: dict[tuple[str, str], list[int]] = {}
    configs: dict[str, list[int]] = {}
    for index, key in live:
        metrics.setdefault((key.config, key.metric), []).append(index)
        cases.setdefault((key.config, str(key.case)), []).append(index)
        configs.setdefault(key.config, []).append(index)
    groups = [_Group(_Kind.ONE, (index,)) for index, _ in live]
    seen: set[tuple[int, ...]] = set()
    for kind, found in ((_Kind.ALL, configs), (_Kind.METRIC, metrics), (_Kind.CASE, cases)):
        for indexes in map(tuple, found.values()):
            if len(indexes) > 1 and indexes not in seen:
                seen.add(indexes)
                groups.append(_Group(kind, indexes))
    return OddMonitor(groups, frozenset(index for index, _ in live))


def find_needed(past: Sequence[float]) -> float:
    """Return the size that makes a run odd, given those of the runs before; infinite where that cannot be told."""
    if len(past) < _FEW:
        return math.inf
    rank = math.floor((len(past) + 1) / (EVERY * _TESTS))
    ordered = sorted(past)
    usual = ordered[-rank] if rank else 0.0
    # Where even the largest of the usual ones is zero, the past has no noise to compare with.
    return usual or max(ordered[-1], _CERTAIN)


def _split(scores: Mapping[int, tuple[float, float]], stepped: Iterable[int]) -> dict[int, dict[int, float]]:
    """Return the scores of series that have stepped, by the direction of the step."""
    found: dict[int, dict[int, float]] = {}
    for index in stepped:
        if index in scores:
            one = scores[index][1] or scores[index][0]
            found.setdefault(1 if one > 0 else -1, {})[index] = one
    return found


def _list_members(
    group: _Group, scores: Mapping[int, tuple[float, float]], place: int, sign: int
) -> tuple[OddScore, ...]:
    """Return the series that show a step, strongest first: those that show nearly as much as the best of a group."""
    own = {index: sign * one[place] for index, one in scores.items()}
    most = max((own[index] for index in group.indexes if index in own), default=0.0)
    if most <= 0:
        return ()
    chosen = sorted(((score, index) for index, score in own.items() if score >= _SHARE * most), reverse=True)
    return tuple(OddScore(index, sign * score) for score, index in chosen)
