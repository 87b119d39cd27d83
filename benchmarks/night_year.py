"""A simulated year of a node that is watched: what is planted in it, what is said, and whether it is true."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from benchmarks.night_loop import Sighting, Watch
from benchmarks.night_memory import remember
from benchmarks.night_node import KINDS, LIVE, SERIES, Change, Day, Node, list_days
from benchmarks.night_results import Results
from benchmarks.night_rival import EveryHead, StoredSeries, alarm_as_otava, alarm_by_threshold
from harness.records.history import EventKind
from harness.records.purpose import RunPurpose

SEED = 20261127
# Before the first night that counts the node has measured for so long.
BEFORE = 250
# From one planted change to the next; the first comes after so many nights.
APART, FIRST = 28, 14
# A change that is not found within so many nights is missed.
PATIENCE = 14
LARGE, SMALL, NODE_STEP = 0.05, 0.02, 0.05
CREEPS, CREEP = 10, 0.005


@dataclass
class Planted:
    """A change that was planted, and what became of it: on which night it was found, as what, and what that took."""

    kind: str
    size: float
    series: int
    night: int
    found: int | None = None
    sorted: str = ""
    named: int | None = None
    threshold: int | None = None
    every: int | None = None


@dataclass
class Year:
    """What came of a year of one node."""

    table: str
    noise: str
    number: int
    nights: int
    planted: list[Planted] = field(default_factory=list)
    false: int = 0
    code: int = 0
    node: int = 0
    suspicions: int = 0
    confirmations: int = 0
    audits: int = 0
    runs: int = 0
    confirm_s: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    threshold: int = 0
    otava: int | None = None
    every_s: float = 0.0
    cpu_s: float = 0.0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Task:
    """A year to simulate; with `every` a watch without a plan sees it as well, and with a path `otava` judges it."""

    table: str
    noise: str
    number: int
    nights: int
    otava: str = ""
    every: bool = False


def live(task: Task) -> Year:
    """Simulate a year of a node, after a first history."""
    began = time.process_time()
    remember()
    kind = next(one for one in KINDS if one.name == task.noise)
    seed = f"{SEED}/{task.table}/{task.noise}/{task.number}"
    draw = random.Random(seed)
    nights = BEFORE + task.nights
    # The two years that are known, from any of their days on.
    start = np.datetime64("2024-08-28") + draw.randrange(724)
    days = list_days(str(start), nights)
    line = [commit for _, commits in days for commit in commits]
    changes = PLANT[task.table](draw, days, BEFORE)
    node = Node(
        kind=kind,
        seed=seed,
        nights=nights,
        quiet=BEFORE,
        changes=changes,
        places={commit.sha: place for place, commit in enumerate(line)},
    )
    watch = Watch(Results(node=node, first_day=days[0][0]), days)
    watch.learn(BEFORE)
    for night in range(BEFORE, nights):
        watch.play(night)
    year = sum_up(task, watch, changes)
    if task.every and changes:
        watch_every_head(year, node, days, changes)
    year.cpu_s = time.process_time() - began
    return year


def watch_every_head(year: Year, node: Node, days: Sequence[Day], changes: Sequence[Change]) -> None:
    """Let a watch without a plan see the same node and commits, and note when it shows each change of the code."""
    watch = Watch(Results(node=node, first_day=days[0][0]), days)
    watch.learn(BEFORE)
    every = EveryHead(watch.results, watch.line)
    for night in range(BEFORE, len(days)):
        every.play(night, days[night][1])
    place = {commit.sha: number for number, commit in enumerate(watch.line)}
    year.every_s = every.seconds
    for change, planted in zip(changes, year.planted, strict=True):
        found = [
            night - change.night
            for night, old, new in every.raised.values()
            if change.night <= night < change.night + PATIENCE and change.sha and _lies_between(change, old, new, place)
        ]
        planted.every = min(found, default=None)


def plant_nothing(_draw: random.Random, _days: Sequence[Day], _first: int) -> list[Change]:
    """Plant no change: what is found is false."""
    return []


def plant_changes(draw: random.Random, days: Sequence[Day], first: int) -> list[Change]:
    """Plant changes of the code and of the node in turns, large and small ones of the code."""
    changes: list[Change] = []
    night = first + FIRST
    number = draw.randrange(4)
    while night < len(days) - PATIENCE:
        number += 1
        if number % 2:
            size = draw.choice((-1, 1)) * NODE_STEP
            changes.append(Change(night=night, size=float(np.log1p(size)), series=tuple(range(len(SERIES)))))
        else:
            compiled = next(
                (place for place in range(night, len(days)) if any(one.compiled for one in days[place][1])), None
            )
            if compiled is None or compiled >= len(days) - PATIENCE:
                break
            night = compiled
            size = draw.choice((-1, 1)) * (LARGE if number % 4 else SMALL)
            sha = draw.choice([one.sha for one in days[night][1] if one.compiled])
            changes.append(Change(night=night, size=float(np.log1p(size)), series=draw_series(draw), sha=sha))
        night += APART
    return changes


def draw_series(draw: random.Random) -> tuple[int, ...]:
    """Return the series that a change of the code concerns: one or two metrics of both models, or all of whisper's."""
    each = LIVE // 2
    metrics = draw.sample(range(each), draw.choice((1, 2, each)))
    return tuple(sorted(place for metric in metrics for place in (metric, metric + each)))


def plant_creep(_draw: random.Random, days: Sequence[Day], first: int) -> list[Change]:
    """Plant ten small changes of the code, each on another day, in all series of whisper."""
    places = [place for place in range(first + FIRST, len(days)) if any(one.compiled for one in days[place][1])]
    return [
        Change(
            night=place,
            size=float(np.log1p(CREEP)),
            series=tuple(range(LIVE)),
            sha=next(one.sha for one in days[place][1] if one.compiled),
        )
        for place in places[:CREEPS]
    ]


PLANT: dict[str, Callable[[random.Random, Sequence[Day], int], list[Change]]] = {
    "quiet": plant_nothing,
    "changes": plant_changes,
    "creep": plant_creep,
}


def sum_up(task: Task, watch: Watch, changes: Sequence[Change]) -> Year:
    """Return what came of a year: what was said, whether it is true, and what was planted and found."""
    first = BEFORE
    place = {commit.sha: number for number, commit in enumerate(watch.line)}
    year = Year(table=task.table, noise=task.noise, number=task.number, nights=task.nights)
    planted = [_follow(change, watch, place) for change in changes]
    year.planted = planted
    for one in watch.sightings.values():
        if one.night < first:
            continue
        if one.kind == EventKind.SUSPICION:
            year.suspicions += 1
        elif one.kind == EventKind.NODE:
            year.node += 1
        elif one.kind == EventKind.CODE:
            year.code += 1
            if not any(_explains(change, one, place) for change in changes if change.sha):
                year.false += 1
                year.notes.append(
                    f"night {one.night - first}: {one.event} {one.old[:8]} {one.new[:8]} {one.change:+.2%}"
                )
    logs = watch.logs
    year.confirm_s = [round(log.seconds.get("confirm", 0.0)) for log in logs]
    for log in logs:
        for kind, seconds in log.seconds.items():
            year.seconds[kind] = year.seconds.get(kind, 0.0) + seconds
    year.confirmations = sum(log.items.get("confirm", 0) for log in logs)
    year.audits = sum(log.items.get("audit", 0) for log in logs)
    year.runs = sum(log.items.get(kind, 0) for log in logs for kind in ("head", "cells", "gap"))
    _ask_rivals(year, watch, task.otava)
    return year


def _explains(change: Change, one: Sighting, place: dict[str, int]) -> bool:
    """Return whether a change is what an event is about: between its commits, or on a night that it begins with."""
    if change.sha:
        return _lies_between(change, one.old, one.new, place)
    return change.night <= one.raised <= change.night + PATIENCE


def _lies_between(change: Change, old: str, new: str, place: dict[str, int]) -> bool:
    first, last = sorted((place.get(old, -1), place.get(new, -1)))
    return first < place[change.sha] <= last


def _follow(change: Change, watch: Watch, place: dict[str, int]) -> Planted:
    """Return what became of a planted change."""
    planted = Planted(
        kind="code" if change.sha else "node",
        size=float(np.expm1(change.size)),
        series=len(change.series),
        night=change.night - BEFORE,
    )
    near = [one for one in watch.sightings.values() if change.night <= one.night < change.night + PATIENCE]
    for one in sorted(near, key=lambda one: one.night):
        if _explains(change, one, place) and one.kind in (EventKind.CODE, EventKind.NODE) and planted.found is None:
            planted.found, planted.sorted = one.night - change.night, "code" if one.kind == EventKind.CODE else "node"
            if change.sha and _count_compiled(watch, one, place) == 1:
                planted.named = planted.found
    for night, answer in watch.results.answers.values():
        named = {suspect.commit for culprit in answer.culprits for suspect in culprit.suspects}
        if change.sha in named and planted.named is None:
            planted.named = night - change.night
    return planted


def _count_compiled(watch: Watch, one: Sighting, place: dict[str, int]) -> int:
    """Return how many commits that compile something lie between those of an event."""
    first, last = sorted((place[one.old], place[one.new]))
    return sum(commit.compiled for commit in watch.line[first + 1 : last + 1])


def _ask_rivals(year: Year, watch: Watch, otava: str) -> None:
    """Note what a threshold and Otava say of the runs of heads that were stored."""
    stored = store_series(watch)
    alarms = [one for one in alarm_by_threshold(stored) if one.night >= BEFORE]
    year.threshold = len(alarms)
    for planted in year.planted:
        later = [one.night - BEFORE - planted.night for one in alarms if one.night - BEFORE >= planted.night]
        planted.threshold = min(later, default=None)
    if otava:
        found = alarm_as_otava(otava, [stored])[0]
        year.otava = sum(one.night >= BEFORE for one in found)


def store_series(watch: Watch) -> StoredSeries:
    """Return the numbers of the runs of heads, as they were stored night by night."""
    raw = watch.results.raw
    heads = [number for number, one in raw.details.items() if one.purpose == RunPurpose.NIGHT]
    values = [{point.run: point.median for point in points} for points in raw.series.values()]
    nights = {day: number for number, (day, _) in enumerate(watch.days)}
    return StoredSeries(
        # A night begins on the day after its commits.
        nights=tuple(nights[_day_before(raw.details[number].start)] for number in heads),
        shas=tuple(raw.details[number].sha for number in heads),
        values=np.array([[series[number] for number in heads] for series in values]),
    )


def _day_before(start: str) -> str:
    return (datetime.fromisoformat(start) - timedelta(days=1)).date().isoformat()
