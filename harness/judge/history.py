"""Stored numbers to series: points in the order of their commits, cut where yardstick or machine became another one."""

import bisect
import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from harness.build.behaviour import split_yardstick
from harness.records.history import Cut, CutKind, HistoryCommit, Point, Series, SeriesKey
from harness.records.measurement import METRICS, Case
from harness.records.raw_history import MachineFacts, RawHistory, RawPoint, RunDetail
from harness.records.suite import OF_MODELS, Benchmark
from harness.stats.summary import find_mde

_BENCHMARKS = [str(benchmark) for benchmark in (*OF_MODELS, Benchmark.MEMCPY, Benchmark.MUL_MAT)]
_METRICS = list(METRICS)
# What a search for the best settings measures is chosen, and shortly: no point of a series.
_TUNE = "tune"
_NOWHERE = datetime.min.replace(tzinfo=UTC)


class _Stop(NamedTuple):
    """A run in the order of history: the place of its commit, when it began, and what its points have in common."""

    position: int
    start: str
    detail: RunDetail
    commit: str
    facts: MachineFacts


def trace_series(raw: RawHistory, order: Mapping[str, int] | None = None) -> tuple[Series, ...]:
    """Return the series of a history, each with its points in the order of their commits.

    `order` gives the places of commits by their sha, as git has them on the first parents of a branch; the others are
    put among them by their dates, and runs of one commit are ordered by their start. Runs of trees with uncommitted
    changes have no place in a history and are left out, and so are live comparisons and searches. A series goes on
    where its yardstick changes; its key has the newest one.
    """
    stops = _place(raw, order or {})
    grouped: dict[tuple[str, str, str, str], list[tuple[_Stop, str, RawPoint]]] = {}
    for key, points in raw.series.items():
        found = [(stops[one.run], key.yardstick, one) for one in points if one.run in stops]
        if found:
            grouped.setdefault(key[:4], []).extend(found)
    traced = (_trace(key, sorted(values, key=_by_place)) for key, values in grouped.items())
    return tuple(sorted(traced, key=lambda one: _rank(one.key)))


def order_commits(details: Sequence[RunDetail], order: Mapping[str, int]) -> dict[str, int]:
    """Return the position of each commit, by its name, from 0."""
    dates: dict[str, datetime] = {}
    begun: dict[str, str] = {}  # of two commits of one second the one that was measured first
    for detail in details:
        name = name_commit(detail)
        dates[name] = max(dates.get(name, _NOWHERE), _read_date(detail))
        begun[name] = min(begun.get(name, detail.start), detail.start)
    known = sorted((name for name in dates if name in order), key=lambda name: order[name])
    # The dates of authors go back and forth: a commit is as late as the latest one before it.
    latest: list[datetime] = []
    for name in known:
        latest.append(max(dates[name], latest[-1]) if latest else dates[name])
    places = {name: (number, 0, dates[name], begun[name], name) for number, name in enumerate(known)}
    for name, date in dates.items():
        if name not in places:
            places[name] = (bisect.bisect_right(latest, date) - 1, 1, date, begun[name], name)
    return {name: number for number, name in enumerate(sorted(places, key=lambda name: places[name]))}


def list_commits(raw: RawHistory, order: Mapping[str, int] | None = None) -> tuple[HistoryCommit, ...]:
    """Return the commits of a history in their order, see `trace_series`."""
    details: dict[str, RunDetail] = {}
    for one in sorted(raw.details.values(), key=lambda one: (one.start, one.run_id)):
        if _is_point(one):
            known = details.setdefault(name_commit(one), one)
            if not known.subject and one.subject:  # a database has no order of its own
                details[name_commit(one)] = one
    places = order_commits(list(details.values()), order or {})
    return tuple(
        HistoryCommit(
            position=places[name],
            name=name,
            sha=one.sha,
            release=one.release,
            date=one.commit_date or one.earliest or one.start,
            subject=one.subject,
        )
        for name, one in sorted(details.items(), key=lambda item: places[item[0]])
    )


def name_commit(detail: RunDetail) -> str:
    """Return the sha of a run's commit, else its release; empty where neither is known."""
    return detail.sha or detail.release


def _is_point(detail: RunDetail) -> bool:
    # What a live comparison measures in turns is evidence, but no point of a series, whatever it was for.
    return bool(name_commit(detail)) and not (detail.changes or detail.trial) and detail.purpose != _TUNE


def _place(raw: RawHistory, order: Mapping[str, int]) -> dict[int, _Stop]:
    usable = {number: one for number, one in raw.details.items() if _is_point(one)}
    positions = order_commits(list(usable.values()), order)
    return {
        number: _Stop(positions[name_commit(one)], one.start, one, name_commit(one), raw.machines.get(one.machine, ()))
        for number, one in usable.items()
    }


def _by_place(value: tuple[_Stop, str, RawPoint]) -> tuple[int, str, str]:
    stop, _, _ = value
    return stop.position, stop.start, stop.detail.run_id


def _trace(key: tuple[str, str, str, str], values: Sequence[tuple[_Stop, str, RawPoint]]) -> Series:
    node, config, case, metric = key
    memory = _Memory()
    points = []
    for stop, yardstick, raw in values:
        detail = stop.detail
        points.append(
            Point(
                position=stop.position,
                commit=stop.commit,
                run=detail.run_id,
                day=stop.start[:10],
                value=raw.median,
                low=raw.low,
                high=raw.high,
                n=raw.n,
                mde=None if raw.low is None or raw.high is None else find_mde(raw.n, raw.median, raw.low, raw.high),
                caveats=detail.caveats,
                purpose=detail.purpose,
                cuts=memory.go_on(yardstick, detail.machine, stop.facts),
            )
        )
    newest = values[-1][1]
    return Series(
        key=SeriesKey(node=node, config=config, case=_parse(case), metric=metric, yardstick=newest),
        points=tuple(points),
    )


def _rank(key: SeriesKey) -> tuple[object, ...]:
    """Return what sorts series as people want them: whisper's first, and numbers in cases by their size."""
    benchmark = _BENCHMARKS.index(key.case.benchmark) if key.case.benchmark in _BENCHMARKS else len(_BENCHMARKS)
    metric = _METRICS.index(key.metric) if key.metric in _METRICS else len(_METRICS)
    params = [(name, float(value) if value.isdecimal() else -1, value) for name, value in key.case.params]
    return key.node, key.config, benchmark, key.case.benchmark, params, metric


class _Memory:
    """What is known of yardstick and machine at a point: what a run does not know may be what it was before."""

    def __init__(self) -> None:
        self._yardstick: str | None = None
        self._machine: str | None = None
        self._known: dict[CutKind, dict[str, str]] = {CutKind.YARDSTICK: {}, CutKind.NODE: {}}

    def go_on(self, yardstick: str, machine: str, facts: MachineFacts) -> tuple[Cut, ...]:
        """Return the cuts before a point with this yardstick, on a machine of this digest and these facts."""
        if yardstick == self._yardstick and machine == self._machine:
            return ()
        cuts = (
            *self._learn(CutKind.YARDSTICK, split_yardstick(yardstick)),
            *self._learn(CutKind.NODE, facts),
        )
        self._yardstick, self._machine = yardstick, machine
        return cuts

    def _learn(self, kind: CutKind, facts: MachineFacts) -> list[Cut]:
        known = self._known[kind]
        changed = [(name, value) for name, value in facts if known.get(name, value) != value]
        cuts = [Cut(kind=kind, subject=f"{name}: {known[name]} -> {value}") for name, value in changed]
        known |= dict(facts)
        return cuts


@functools.lru_cache(maxsize=4096)
def _parse(case: str) -> Case:
    return Case.parse(case)


def _read_date(detail: RunDetail) -> datetime:
    """Return when a commit was made, or where that is not known, when it was first known to be there."""
    for text in (detail.commit_date, detail.earliest, detail.start):
        try:
            date = datetime.fromisoformat(text)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return _NOWHERE
