"""What the stored numbers of a series say about a step at a place that is known from another node."""

import bisect
import functools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.judge.event_group import SeriesShift
from harness.records.history import SeriesKey
from harness.records.measurement import Case
from harness.records.suite import Benchmark
from harness.records.witness import Stance, Witness
from harness.stats.step_check import MOST, bound_step

# Whatever excludes so much of a change, excludes it. It is the share that sorts suspicions, too.
SHARE = 0.5
# What differs between nodes although they measure the same.
_OF_NODE, _SINGLE = "threads", "1"
# What is measured, whatever the node: a case without its threads, and a metric.
Subject = tuple[Case, str]


class Track(NamedTuple):
    """A series of a node: its values at the places of their commits, in order, and the points that begin an epoch.

    It is `whole` where it has no older points.
    """

    key: SeriesKey
    places: Sequence[int]
    values: Sequence[float]
    cuts: Sequence[int] = ()
    whole: bool = True


class StepPlace(NamedTuple):
    """Where a change lies in the line of commits: after `first`, up to `last`; `old` and `new` are names for people.

    From `earliest` to `latest` there is no other known change of the code.
    """

    first: int
    last: int
    old: str
    new: str
    earliest: int
    latest: int


class _Sides(NamedTuple):
    """Usable values before and after a place, or the reason why there are none."""

    before: Sequence[float] = ()
    after: Sequence[float] = ()
    lack: str = ""


def sort_tracks(tracks: Iterable[Track]) -> dict[Subject, list[Track]]:
    """Return series by what they measure."""
    found: dict[Subject, list[Track]] = {}
    for one in tracks:
        found.setdefault(strip_threads(one.key.case, one.key.metric), []).append(one)
    return found


@functools.lru_cache(maxsize=4096)
def strip_threads(case: Case, metric: str) -> Subject:
    """Return what is measured, whatever the node."""
    params = tuple(pair for pair in case.params if pair[0] != _OF_NODE)
    return Case(benchmark=case.benchmark, params=params), metric


def is_alike(case: Case, other: Case) -> bool:
    """Return whether two cases both have one thread, or both have several: some changes are of the threads alone."""
    return (case.get(_OF_NODE) == _SINGLE) is (other.get(_OF_NODE) == _SINGLE)


def name_subject(case: Case, metric: str) -> str:
    """Return what is measured in a few words: `encode of base`."""
    model = case.get("model")
    return f"{metric} of {model}" if case.benchmark == Benchmark.WHISPER and model else f"{metric} of {case}"


def read_track(track: Track, place: StepPlace, shift: SeriesShift) -> Witness:
    """Return what a series says about a change that another node shows; whose machine it is has to be added."""
    key = track.key
    told = Witness(node=key.node, stance=Stance.NOT_LOOKED, about="", what=name_subject(key.case, key.metric))
    sides = _split(track, place)
    if sides.lack:
        return told.replace(about=sides.lack)
    bounds = bound_step(sides.before, sides.after)
    if bounds is None:
        return told.replace(about=f"too few numbers: {len(sides.before)} before and {len(sides.after)} after")
    change, low, high = bounds
    told = told.replace(change=change, low=low, high=high)
    sign, half = math.copysign(1, shift.change), SHARE * abs(math.log1p(shift.change))
    least, middle, most = sorted(sign * math.log1p(one) for one in bounds)
    if most < half and is_alike(key.case, shift.case):
        return told.replace(stance=Stance.NO_STEP, about="stored numbers of other days, which is no proof")
    if most < half:
        return told.replace(about="it measures with one thread, or others do: the change may be one of the threads")
    if least > 0 and middle >= half:
        return told.replace(stance=Stance.SUSPECTS, about="its stored numbers step there as well")
    return told.replace(about="its stored numbers scatter too much to tell")


def _split(track: Track, place: StepPlace) -> _Sides:
    before = bisect.bisect_right(track.places, place.first)
    after = bisect.bisect_left(track.places, place.last)
    if not before and not track.whole:
        return _Sides(lack="its numbers of that time are not kept here")
    if place.first < 0 or not before:
        return _Sides(lack=f"it has no number up to {place.old or 'the commit before'}")
    if after >= len(track.places):
        return _Sides(lack=f"it has no number since {place.new}")
    if any(before <= cut <= after for cut in track.cuts):
        return _Sides(lack="the node or its benchmark changed in between")
    since, until = bisect.bisect_left(track.places, place.earliest), bisect.bisect_right(track.places, place.latest)
    if since >= before or until <= after:
        return _Sides(lack="another change of the code lies between this one and its numbers")
    start = max((cut for cut in (*track.cuts, since) if cut < before), default=0)
    stop = min((cut for cut in (*track.cuts, until) if cut > after), default=len(track.values))
    earlier, later = track.values[max(start, before - MOST) : before], track.values[after : min(stop, after + MOST)]
    return _Sides([*filter(_is_usable, earlier)], [*filter(_is_usable, later)])


def _is_usable(value: float) -> bool:
    return math.isfinite(value) and value > 0
