"""The nodes of a results folder as witnesses: what each of them can say about a change that another one shows."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from harness.errors import UnreadableError
from harness.judge.event_group import EventGroup
from harness.judge.history import name_commit
from harness.judge.site_line import SiteLine
from harness.judge.trial_answer import BY_HAND, LiveTrial, StoredTrial, list_trials
from harness.judge.witness import WitnessNode, is_asked, touches
from harness.judge.witness_node import list_findings, make_track, name_machine
from harness.judge.witness_track import sort_tracks
from harness.records.history import EventKind
from harness.records.raw_history import RunDetail
from harness.records.witness import LiveFinding
from harness.store.known_history import KnownHistory
from harness.store.live_trial import load_live_trials

# Live comparisons beside those that sorted events: no more than so many are read, the newest.
_MOST = 100
_IMPORTED = "imported"


def draw_line(known: KnownHistory) -> SiteLine:
    """Return the commits of all nodes in their order."""
    commits = known.history.commits
    return SiteLine(commits, {one.name: one.position for one in commits})


def list_nodes(
    known: KnownHistory, groups: Sequence[EventGroup], warn: Callable[[UnreadableError], None]
) -> tuple[WitnessNode, ...]:
    """Return what each node of a history can say about groups of events.

    Live comparisons by hand of commits on both sides of a change are read, if they have not been read yet.
    """
    history, raw = known.history, known.raw
    trials = [*known.trials, *_load_others(known, groups, warn)]
    newest: dict[str, RunDetail] = {}
    shown = {event.node for group in groups for event in group.events}
    for one in sorted(raw.details.values(), key=lambda one: (one.start, one.run_id)):
        if one.purpose != _IMPORTED or one.node in shown:  # nobody can be asked to measure where a report is from
            newest[one.node] = one
    series = {node: tuple(own) for node, own in groupby(history.series, key=lambda one: one.key.node)}
    return tuple(
        WitnessNode(
            node=node,
            machine=name_machine(raw.machines.get(detail.machine, ())),
            tracks=sort_tracks(map(make_track, series.get(node, ()))),
            findings=list_findings(one for one in trials if one.node == node),
            events=tuple(event for event in history.events if event.node == node),
            options=detail.options,
        )
        for node, detail in sorted(newest.items())
    )


def _load_others(
    known: KnownHistory, groups: Sequence[EventGroup], warn: Callable[[UnreadableError], None]
) -> list[LiveTrial]:
    """Return live comparisons that sorted no event of their own node, and are about one of another node."""
    line = draw_line(known)
    asked = [group for group in groups if group.kind is EventKind.CODE and is_asked(group)]
    read = _list_read(known)
    wanted = []
    for one in list_trials(known.raw.details.values()):
        ends = LiveFinding(old=name_commit(one.sides[0]), new=name_commit(one.sides[1]), runs=(), found=())
        if (one.node, one.sides[0].run_id) not in read and any(
            one.node not in group.nodes and touches(ends, group, line) for group in asked
        ):
            wanted.append(one)
    return _load(wanted, warn)


def load_by_hand(known: KnownHistory, warn: Callable[[UnreadableError], None]) -> list[LiveTrial]:
    """Return the newest live comparisons that people made by hand, but for those that have been read already."""
    read = _list_read(known)
    wanted: list[StoredTrial] = [
        one
        for one in list_trials(known.raw.details.values(), (BY_HAND,))
        if (one.node, one.sides[0].run_id) not in read
    ]
    return _load(wanted, warn)


def _list_read(known: KnownHistory) -> set[tuple[str, str]]:
    """Return the runs of live comparisons that have been read: nodes that began in one second have equal ids."""
    return {(one.node, run) for one in known.trials for run in one.runs}


def _load(stored: Sequence[StoredTrial], warn: Callable[[UnreadableError], None]) -> list[LiveTrial]:
    """Return the newest of some live comparisons; where the bundles are on another computer, none."""
    here = [one for one in stored if all(Path(side.path).is_dir() for side in one.sides)]
    trials, errors = load_live_trials(here[-_MOST:])
    for error in errors:
        warn(error)
    return trials
