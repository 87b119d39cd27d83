"""Silence is an alarm: a node without a report, a case without a number, tests that ran no more, builds that fail.

Only what a night's watch measured is missed, and only what its own settings still ask for: where another suite was
asked for, nothing is known about what that suite leaves out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from harness.records.caveat import CaveatCode
from harness.records.history import Event, EventKind
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RawHistory, RunDetail
from harness.records.record import Record, short_hash
from harness.records.suite import Benchmark
from harness.records.wording import format_count

# After so many nights without a report a node is missing; after so many nights without a build a branch is broken.
SILENT_NIGHTS = 3
_BROKEN_NIGHTS = 3
# What is missed beside cases.
_TESTS = "tests"
_NAMED = 4
_SHORT = 8
_ID = 8
# A cell of mul_mat whose rate rounds to zero has no number, and says so.
_ROUNDED = (CaveatCode.MUL_MAT_ZERO, f"{Benchmark.MUL_MAT}/")


class _Missed(Record):
    """Something that was measured in the run `last` and not in `first`, the next one that asked for it."""

    name: str
    last: RunDetail
    first: RunDetail
    returned: str = ""


def find_absences(
    raw: RawHistory, now: str, reports: Mapping[str, Sequence[str]], silent_nights: int = SILENT_NIGHTS
) -> tuple[Event, ...]:
    """Return what is missing or broken, and what was and is back, oldest first.

    `now` is UTC in ISO 8601. `reports` are the times at which each node reported a night, whatever was measured.
    """
    nights: defaultdict[tuple[str, str], list[tuple[RunDetail, set[str]]]] = defaultdict(list)
    found = _find_cells(raw)
    for number, one in raw.details.items():
        if _is_night(one):
            nights[one.node, one.config].append((one, found.get(number, set())))
    events = list(_list_silent(raw, now, reports, silent_nights))
    for (node, _), runs in nights.items():
        runs.sort(key=lambda run: (run[0].start, run[0].run_id))
        events += _list_missing(runs)
        events += _list_broken(runs, [start[:10] for start in reports.get(node, ())])
    return tuple(sorted(events, key=lambda event: (event.day, event.node, event.id)))


def _is_night(one: RunDetail) -> bool:
    return one.purpose == RunPurpose.NIGHT and not one.trial and not one.changes


def _find_cells(raw: RawHistory) -> dict[int, set[str]]:
    """Return the cases that have a number in each run of a night."""
    wanted = {number for number, one in raw.details.items() if _is_night(one)}
    found: dict[int, set[str]] = {}
    if wanted:
        for key, points in raw.series.items():
            for point in points:
                if point.run in wanted:
                    found.setdefault(point.run, set()).add(key.case)
    return found


def _list_silent(
    raw: RawHistory, now: str, reports: Mapping[str, Sequence[str]], silent_nights: int
) -> Iterator[Event]:
    """Yield the stretches in which a node that is watched did not report."""
    today = _read_day(now)
    since = {node: min(starts) for node, starts in reports.items() if starts}
    for one in raw.details.values():
        if _is_night(one):
            since[one.node] = min(since.get(one.node, one.start), one.start)
    reported: defaultdict[str, dict[date, str]] = defaultdict(dict)
    for one in sorted(raw.details.values(), key=lambda one: one.start):
        if one.node in since and one.start >= since[one.node] and (day := _read_day(one.start)):
            reported[one.node][day] = one.sha
    for node, starts in reports.items():
        for day in filter(None, map(_read_day, starts)):
            reported[node].setdefault(day, "")
    for node, shas in reported.items():
        days = sorted(day for day in shas if today is None or day <= today)  # a clock that was ahead hides no silence
        for number, day in enumerate(days):
            back = days[number + 1] if number + 1 < len(days) else None
            end = back or today
            if end and (end - day).days > silent_nights:
                sha = next((shas[one] for one in reversed(days[: number + 1]) if shas[one]), "")
                event = make_silence(node, day, silent_nights)
                yield event.replace(old=sha, new=sha, returned=back.isoformat() if back else "", open=back is None)


def name_silence(node: str, since: str) -> str:
    """Return the id of the event of a node that has reported nothing since a day."""
    return short_hash("silent", node, since, length=_ID)


def make_silence(node: str, day: date, silent_nights: int) -> Event:
    """Return the event of a node that has reported nothing since a day, for more than so many nights."""
    return Event(
        id=name_silence(node, day.isoformat()),
        kind=EventKind.MISSING,
        node=node,
        day=(day + timedelta(days=silent_nights + 1)).isoformat(),
        run="",
        old="",
        new="",
        subject=f"no report since {day.isoformat()}",
        open=True,
    )


def _read_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _list_missing(runs: Sequence[tuple[RunDetail, set[str]]]) -> Iterator[Event]:
    """Yield what runs of one node and config had and lack, one event for all that vanished with the same run."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    last: dict[str, RunDetail] = {}
    missed: dict[str, _Missed] = {}
    over: list[_Missed] = []
    empty: set[str] = set()
    for run, cells in runs:
        if run.failure and not cells:
            continue  # there was nothing to measure with, which is another event
        had = cells | ({_TESTS} if run.tests else set())
        if not cells:
            empty.add(run.run_id)
        over += [missed.pop(name).replace(returned=run.start[:10]) for name in sorted(had & missed.keys())]
        suite = run.asks.partition(" ")[0]
        for name in sorted(known[suite] - had - missed.keys()):
            if _is_missed(run, name):
                missed[name] = _Missed(name=name, last=last[name], first=run)
        last |= dict.fromkeys(had, run)
        known[suite] |= had
    groups: defaultdict[tuple[str, str], list[_Missed]] = defaultdict(list)
    for one in (*over, *missed.values()):
        groups[one.last.run_id, one.first.run_id].append(one)
    for group in groups.values():
        yield _make_missing(group, nothing=group[0].first.run_id in empty)


def _is_missed(run: RunDetail, name: str) -> bool:
    """Return whether a run that lacks something should have it."""
    caveat, cells = _ROUNDED
    return _TESTS in run.asks.split() if name == _TESTS else not (caveat in run.caveats and name.startswith(cells))


def _make_missing(group: Sequence[_Missed], *, nothing: bool) -> Event:
    last, first = group[0].last, group[0].first
    still = [one for one in group if not one.returned]
    names = sorted(one.name for one in still or group)
    cases = [name for name in names if name != _TESTS]
    lines = [f"nothing was measured in {first.run_id}"] if nothing else []
    if _TESTS in names:
        lines.append("the tests did not run")
    if cases:
        more = f" and {len(cases) - _NAMED} more" if len(cases) > _NAMED else ""
        lines.append(f"{format_count(len(cases), 'case')} without a number: {', '.join(cases[:_NAMED])}{more}")
    return Event(
        id=short_hash("missing", first.node, last.run_id, first.run_id, length=_ID),
        kind=EventKind.MISSING,
        node=first.node,
        day=first.start[:10],
        run=first.run_id,
        old=last.sha or last.release,
        new=first.sha or first.release,
        subject="\n".join(lines),
        returned="" if still else max(one.returned for one in group),
        open=bool(still),
    )


def _list_broken(runs: Sequence[tuple[RunDetail, set[str]]], reported: Sequence[str]) -> Iterator[Event]:
    """Yield the stretches of nights without a build; a night that reports and does not try again belongs to one."""
    failed: list[RunDetail] = []
    for run, cells in (*runs, (None, set[str]())):
        if run is not None and run.failure and not cells:
            failed.append(run)
            continue
        if failed:
            until = run.start[:10] if run else ""
            days = {one.start[:10] for one in failed}
            days |= {day for day in reported if day > failed[0].start[:10] and (not until or day < until)}
            if len(days) >= _BROKEN_NIGHTS:
                yield _make_broken(failed, sorted(days), until, runs)
        failed = []


def _make_broken(
    failed: Sequence[RunDetail], days: Sequence[str], until: str, runs: Sequence[tuple[RunDetail, set[str]]]
) -> Event:
    built = [run for run, cells in runs if run.start < failed[0].start and (cells or not run.failure)]
    reasons = {one.sha: one.failure for one in failed}
    lines = [f"no build in {format_count(len(days), 'night')}"]
    lines += [f"{sha[:_SHORT]}: {reason}" for sha, reason in list(reasons.items())[-_NAMED:]]
    return Event(
        id=short_hash("broken", failed[0].node, failed[0].run_id, length=_ID),
        kind=EventKind.BROKEN,
        node=failed[0].node,
        day=days[_BROKEN_NIGHTS - 1],
        run=failed[0].run_id,
        old=built[-1].sha if built else "",
        new=failed[-1].sha,
        subject="\n".join(lines),
        returned=until,
        open=not until,
    )
