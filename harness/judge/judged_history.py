"""A history as a whole: the series of each node, judged, and what happened there, as events."""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from harness.judge.event import suggest_bisect, suggest_trial
from harness.judge.history import list_commits, trace_series
from harness.judge.trial_answer import LiveTrial, StoredTrial, list_trials, pool_by_commits
from harness.judge.trial_event import NodeTrials, is_about, sort_node
from harness.records.history import (
    Event,
    EventKind,
    History,
    Judgement,
    NodeHistory,
    Point,
    Series,
    SeriesKey,
)
from harness.records.raw_history import RawHistory, RunDetail
from harness.records.triage import Triage
from harness.settings.remark import add_remarks, remark_paths, split_remarks
from harness.stats.judgement import is_open
from harness.stats.suspicion import judge_node

# So many digits of a sha are enough to name a commit for good.
_DIGITS = 12
_SHA = re.compile(r"[0-9a-f]{40}")


def judge_history(
    raw: RawHistory,
    order: Mapping[str, int] | None = None,
    options: str = "",
    judge: Callable[[Sequence[Series]], NodeHistory] = judge_node,
) -> History:
    """Return the series of stored numbers, judged; `order` as for `trace_series`.

    `options` are added to the commands of events, and `judge` is `judge_node`, or comes to the same in less time.
    All series of a node are judged together, as its budget of suspicions is one. No event is sorted yet.
    """
    series = trace_series(raw, order)
    judged = [judge(own) for own in _split(series)]
    history = _join(series, judged)
    again = {(one.node, one.run_id): one.options for one in raw.details.values() if one.options}
    events = tuple(
        _advise(event, f"{again.get((event.node, event.run), '')} {options}".strip(), order or {})
        if event.kind is EventKind.SUSPICION
        else event
        for event in history.events
    )
    return history.replace(events=events, commits=list_commits(raw, order))


def choose_trials(history: History, details: Iterable[RunDetail]) -> tuple[StoredTrial, ...]:
    """Return the live comparisons among stored runs that can sort an event, or that a night asked for."""
    series = {one.key: one for one in history.series}
    events = [event for event in history.events if event.kind is EventKind.SUSPICION]
    return tuple(
        trial
        for trial in list_trials(details)
        if trial.asked_by
        or any(
            event.node == trial.node and is_about(event, series[event.suspicions[0].key], trial.ends)
            for event in events
        )
    )


def sort_by_trials(
    history: History, trials: Sequence[LiveTrial], order: Mapping[str, int] | None = None, options: str = ""
) -> History:
    """Return a history with its events sorted by live comparisons, and with those that they have shown alone.

    `order` and `options` are as for `judge_history`.
    """
    if not trials:
        return history
    pools = pool_by_commits(trials)
    again = {(pool.node, pool.new): pool.trials[0].options for pool in pools}
    seeds = {run: one.seed for one in trials for run in one.runs}
    places = {one.name: one.position for one in history.commits}
    judgements, judged = iter(history.judgements), []
    for own in _split(history.series):
        node = own[0].key.node
        events = tuple(event for event in history.events if event.node == node)
        before = NodeHistory(judgements=tuple(next(judgements) for _ in own), events=events)
        known = {event.id for event in events}
        after = sort_node(own, before, NodeTrials([pool for pool in pools if pool.node == node], places))
        advised = (
            event
            if event.suspicions or event.id in known
            else _advise(event, f"{again[node, event.new]} {options}".strip(), order or {})
            for event in after.events
        )
        judged.append(after.replace(events=tuple(_add_seeds(event, seeds) for event in advised)))
    return _join(history.series, judged).replace(commits=history.commits, odd=history.odd)


def select_history(
    history: History, wants: Callable[[SeriesKey], bool], keeps: Callable[[Point], bool] = lambda _: True
) -> History:
    """Return the series that are wanted and that have a point to keep, with their events.

    What is known of a node without any series is kept, too: that it is silent.
    """
    chosen = [
        (one, judged)
        for one, judged in zip(history.series, history.judgements, strict=True)
        if wants(one.key) and any(map(keeps, one.points))
    ]
    keys = {one.key for one, _ in chosen}
    left_out = {one.key.node for one in history.series} - {key.node for key in keys}
    events = (
        event
        for event in history.events
        if (any(key in keys for key in found) if (found := _list_keys(event)) else event.node not in left_out)
    )
    return History(
        series=tuple(one for one, _ in chosen),
        judgements=tuple(judged for _, judged in chosen),
        events=tuple(events),
        commits=history.commits,
        odd=tuple(one for one in history.odd if any(it.key in keys for it in one.series)),
    )


def add_events(history: History, events: Iterable[Event]) -> History:
    """Return a history with further events, oldest first."""
    return history.replace(events=tuple(sorted((*history.events, *events), key=_by_day)))


def add_triage(events: Iterable[Event], triage: Iterable[Triage]) -> tuple[Event, ...]:
    """Return events with what people decided about them; of two entries for one event the last one counts."""
    by_event = {one.event: one for one in triage}
    return tuple(event.replace(triage=by_event[event.id]) if event.id in by_event else event for event in events)


def _split(series: Sequence[Series]) -> list[tuple[Series, ...]]:
    """Return the series of each node, in order."""
    return [tuple(found) for _, found in groupby(series, key=lambda one: one.key.node)]


def _join(series: tuple[Series, ...], judged: Sequence[NodeHistory]) -> History:
    judgements = tuple(one for node in judged for one in node.judgements)
    known = {one.key: (traced, one) for traced, one in zip(series, judgements, strict=True)}
    events = [_finish(event, known) for node in judged for event in node.events]
    events.sort(key=_by_day)
    odd = tuple(one for node in judged for one in node.odd)
    return History(series=series, judgements=judgements, events=tuple(events), commits=(), odd=odd)


def _list_keys(event: Event) -> list[SeriesKey]:
    return [one.key for one in event.suspicions] + [one.key for one in event.changes]


def _by_day(event: Event) -> tuple[str, str, str]:
    return event.day, event.node, event.id


def _finish(event: Event, known: Mapping[SeriesKey, tuple[Series, Judgement]]) -> Event:
    """Return an event with whether it stands, and without the search that is of no use once it is sorted."""
    still = event.open and not event.suspicions
    for one in event.suspicions:
        series, judged = known[one.key]
        newest = judged.epochs[-1].first if judged.epochs else 0
        still = still or (one.raised >= newest and is_open(one, event.kind, len(series.points)))
    search = event.search if event.kind in (EventKind.SUSPICION, EventKind.CODE) else ""
    return event.replace(open=still, search=search)


def _add_seeds(event: Event, seeds: Mapping[str, int]) -> Event:
    """Return an event with the seeds of what sorted it behind the command that measures it again.

    They are no part of the command: what is to confirm a change has to throw new coins.
    """
    found = tuple(dict.fromkeys(seeds[run] for run in event.trials if seeds.get(run)))
    if not found or not event.command or event.kind is EventKind.SUSPICION:
        return event
    command, said = split_remarks(event.command)
    words = " or ".join(f"--seed {seed}" for seed in found)
    remark = f"{words}: the random orders of what measured it, which add no evidence on that node"
    return event.replace(command=add_remarks(command, [*([said] if said else []), remark]))


def _advise(event: Event, options: str, order: Mapping[str, int]) -> Event:
    """Return an event with the commands that would sort it, and find its commit where it may be one of several."""
    words = suggest_bisect(event) if _is_stretch(event, order) else ()
    search = remark_paths(" ".join((shlex.join(words), options)).strip()) if words else ""
    return event.replace(command=_name_command(event, options), search=search)


def _is_stretch(event: Event, order: Mapping[str, int]) -> bool:
    """Return whether several commits are known to lie behind `old`, up to `new`: by git's order, or by releases."""
    if event.old in order and event.new in order:
        return order[event.new] - order[event.old] > 1
    return bool(event.old) and not (_SHA.fullmatch(event.old) and _SHA.fullmatch(event.new))


def _name_command(event: Event, options: str) -> str:
    """Return the command that measures the commits before and after an event again on this node, if possible in turns.

    `options` are those of the run that raised it, and of the folders. Live comparisons are of models: without one
    among the cases, both commits are measured one after the other.
    """
    options = options and f" {options}"
    if words := suggest_trial(event):
        return remark_paths(f"{shlex.join(words)}{options}")
    if event.old == event.new:
        return ""
    bench = ",".join(dict.fromkeys(one.key.case.benchmark for one in event.suspicions))
    both = (
        f"harness run --ref {name[:_DIGITS]} --bench {bench} --no-tests{options}" for name in (event.old, event.new)
    )
    return remark_paths(" && ".join(both))
