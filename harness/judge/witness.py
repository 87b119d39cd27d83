"""What every node says about a change of the code that some of them show.

Only a live comparison can deny a change: it has measured a commit before and one after it, in turns. Stored numbers of
other days can show no step of that size, which is another word. A node whose numbers could not have shown it has not
looked.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from harness.judge.event import find_threshold, suggest_comparison
from harness.judge.event_group import EventGroup, SeriesShift, find_others, find_span, list_shifts
from harness.judge.site_line import SiteLine
from harness.judge.witness_track import (
    SHARE,
    StepPlace,
    Subject,
    Track,
    is_alike,
    name_subject,
    read_track,
    strip_threads,
)
from harness.records.comparison import Comparison, Verdict
from harness.records.history import Event, EventKind, SeriesKey
from harness.records.witness import LiveFinding, Stance, Witness
from harness.records.wording import join_words
from harness.settings.remark import remark_paths

_CERTAIN = (Verdict.REGRESSED, Verdict.IMPROVED)
_SHORT = 12
# Stances of nodes from which a live comparison would be news.
_OPEN = (Stance.SUSPECTS, Stance.NO_STEP, Stance.NOT_LOOKED)


class WitnessNode(NamedTuple):
    """All that a node can say: its series by what they measure, its live comparisons, and its events.

    `machine` is its microarchitecture, or else its CPU. `options` are those of a command that builds there as before.
    """

    node: str
    machine: str = ""
    tracks: Mapping[Subject, Sequence[Track]] = MappingProxyType({})
    findings: Sequence[LiveFinding] = ()
    events: Sequence[Event] = ()
    options: str = ""


class _Question(NamedTuple):
    """A change: its place in the line of commits, and by how much it changes what.

    `others` are the places of other changes of the code that concern a metric of it.
    """

    group: EventGroup
    line: SiteLine
    place: StepPlace
    shifts: Mapping[Subject, SeriesShift]
    others: Sequence[tuple[int, int]]

    def list_shifts(self) -> list[tuple[Subject, SeriesShift]]:
        """Return what changed, and by how much, the largest change first."""
        return sorted(self.shifts.items(), key=lambda pair: -abs(pair[1].change))


def find_witnesses(
    group: EventGroup, nodes: Iterable[WitnessNode], line: SiteLine, known: Iterable[EventGroup] = ()
) -> tuple[Witness, ...]:
    """Return what each node says about a change of the code, or a suspicion of one; those that agree come first.

    Nothing is asked about other events, nor where there is no other node. `known` are the events of all nodes.
    """
    nodes = tuple(nodes)
    if not is_asked(group) or len({one.node for one in nodes}) < 2:
        return ()
    others = find_others(group, line, known)
    return sort_witnesses(find_witness(group, node, line, others) for node in nodes)


def sort_witnesses(witnesses: Iterable[Witness]) -> tuple[Witness, ...]:
    """Return what nodes say, in the order of what they say, those with equal processors together."""
    order = [*Stance]
    return tuple(sorted(witnesses, key=lambda one: (order.index(one.stance), one.machine, one.node)))


def is_asked(group: EventGroup) -> bool:
    """Return whether other nodes can say something about a group of events."""
    return group.kind in (EventKind.CODE, EventKind.SUSPICION) and any(map(list_shifts, group.events))


def find_witness(
    group: EventGroup, node: WitnessNode, line: SiteLine, others: Sequence[tuple[int, int]] = ()
) -> Witness:
    """Return what one node says about a group of which `is_asked` is true; `others` as `find_others` returns them."""
    own = next((event for event in group.events if event.node == node.node), None)
    if own is not None:
        return _agree(own, node)
    question = _ask(group, line, others)
    told = _tell(question, node)
    return told.replace(command=_advise(question, node)) if told.stance in _OPEN else told


def touches(finding: LiveFinding, group: EventGroup, line: SiteLine) -> bool:
    """Return whether a live comparison has some of the place of a change between its commits."""
    first, last = find_span(group.old, group.new, line)
    ends = sorted(line.places.get(name, -1) for name in (finding.old, finding.new))
    return min(ends) >= 0 and max(ends[0], first) < min(ends[1], last)


def _ask(group: EventGroup, line: SiteLine, others: Sequence[tuple[int, int]]) -> _Question:
    """Return a group as a question: of what several nodes show the smallest change counts, which is hardest to deny."""
    shifts: dict[Subject, SeriesShift] = {}
    for event in group.events:
        for one in list_shifts(event):
            subject = strip_threads(one.case, one.metric)
            if one.change and (subject not in shifts or abs(one.change) < abs(shifts[subject].change)):
                shifts[subject] = one
    first, last = find_span(group.old, group.new, line)
    earliest = max((end for _, end in others if end <= first), default=-1)
    latest = min((start for start, _ in others if start >= last), default=len(line.commits))
    place = StepPlace(first, last, line.name(group.old), line.name(group.new), earliest, latest)
    return _Question(group, line, place, shifts, others)


def _agree(event: Event, node: WitnessNode) -> Witness:
    shift = next(iter(list_shifts(event)), None)
    stance = Stance.AGREES if event.kind is EventKind.CODE else Stance.SUSPECTS
    about = "a live comparison confirmed it" if stance is Stance.AGREES else "its stored numbers look like it"
    return Witness(
        node=node.node,
        stance=stance,
        about=about,
        machine=node.machine,
        event=event.id,
        what=name_subject(shift.case, shift.metric) if shift else "",
        change=shift.change if shift else None,
        low=shift.low if shift else None,
        high=shift.high if shift else None,
        runs=event.trials,
        command=event.command if stance is Stance.SUSPECTS else "",
    )


def _tell(question: _Question, node: WitnessNode) -> Witness:
    live = _tell_live(question, node)
    if live and live.stance is not Stance.NOT_LOOKED:
        return live
    told = _tell_event(question, node) or _tell_stored(question, node)
    return live if live and told.stance is Stance.NOT_LOOKED else told


def _tell_live(question: _Question, node: WitnessNode) -> Witness | None:
    """Return what the live comparisons of a node say, the one with the fewest commits in between first."""
    line, (first, last, *_) = question.line, question.place
    told: list[tuple[int, Witness]] = []
    for finding in node.findings:
        if not touches(finding, question.group, line):
            continue
        old, new = line.places[finding.old], line.places[finding.new]
        start, end = min(old, new), max(old, new)
        covers = start <= first and last <= end
        if (start, end) != (first, last) and _is_confounded(node, question, start, end):
            continue
        found = _judge_finding(question, finding, node, mirrored=old > new)
        if found and (found.stance is Stance.AGREES or covers):
            told.append((end - start, found))
    order = (Stance.AGREES, Stance.DISAGREES, Stance.NOT_LOOKED)
    best = min(told, key=lambda it: (it[1].stance is Stance.NOT_LOOKED, it[0], order.index(it[1].stance)), default=None)
    return best[1] if best else None


def _judge_finding(question: _Question, finding: LiveFinding, node: WitnessNode, *, mirrored: bool) -> Witness | None:
    """Return what live comparisons of two commits say: that something changed as on the other nodes, or did not.

    For a denial it takes what shows the change best there, of what was compared here; with all numbers of threads.
    """
    compared: dict[Subject, list[Comparison]] = {}
    for one in finding.found:
        compared.setdefault(strip_threads(one.case, one.metric), []).append(one)
    denied: list[tuple[Comparison, Stance | None]] = []
    for subject, shift in question.list_shifts():
        stances = [(one, _compare(one, shift, mirrored=mirrored)) for one in compared.get(subject, ())]
        agreed = next((one for one, stance in stances if stance is Stance.AGREES), None)
        if agreed is not None:
            return _quote(agreed, finding, node, Stance.AGREES)
        denied = denied or stances
    if denied and all(stance is Stance.DISAGREES for _, stance in denied):
        return _quote(denied[0][0], finding, node, Stance.DISAGREES)
    return _quote(denied[0][0], finding, node, Stance.NOT_LOOKED) if denied else None


def _is_confounded(node: WitnessNode, question: _Question, start: int, end: int) -> bool:
    """Return whether another change of the code lies between two places, which could hide this one, or pass for it."""
    own = (find_span(one.old, one.new, question.line) for one in node.events if one.kind is EventKind.CODE)
    return any(max(start, first) < min(end, last) for first, last in (*own, *question.others))


def _compare(one: Comparison, shift: SeriesShift, *, mirrored: bool) -> Stance | None:
    if one.low is None or one.high is None:
        return None
    size = math.log1p(shift.change)
    sign = math.copysign(1, size) * (-1 if mirrored else 1)
    low, middle, high = sorted(sign * math.log1p(bound) for bound in (one.low, one.change, one.high))
    if one.verdict in _CERTAIN and low > 0 and middle >= SHARE * abs(size):
        return Stance.AGREES
    return Stance.DISAGREES if high < SHARE * abs(size) and is_alike(one.case, shift.case) else None


def _quote(one: Comparison, finding: LiveFinding, node: WitnessNode, stance: Stance) -> Witness:
    ends = f"{finding.old[:8]} and {finding.new[:8]}"
    return Witness(
        node=node.node,
        stance=stance,
        about=f"it measured {ends} in turns{', which does not tell' if stance is Stance.NOT_LOOKED else ''}",
        machine=node.machine,
        what=name_subject(one.case, one.metric),
        change=one.change,
        low=one.low,
        high=one.high,
        runs=finding.runs,
    )


def _tell_event(question: _Question, node: WitnessNode) -> Witness | None:
    """Return the event of a node that may be the same change: at the same place, of the same, the same way."""
    for kind in (EventKind.CODE, EventKind.SUSPICION):
        for event in node.events:
            start, end = find_span(event.old, event.new, question.line)
            if event.kind is not kind or max(start, question.place.first) >= min(end, question.place.last):
                continue
            for one in list_shifts(event):
                asked = question.shifts.get(strip_threads(one.case, one.metric))
                if asked and asked.direction == one.direction:
                    return _agree(event, node)
    return None


def _tell_stored(question: _Question, node: WitnessNode) -> Witness:
    """Return what the stored numbers of a node say: of several configs one that steps, or else what says most."""
    known: Witness | None = None
    for subject, shift in question.list_shifts():
        told = [read_track(track, question.place, shift) for track in node.tracks.get(subject, ())]
        best = min(told, key=_measure_doubt, default=None)
        if best is not None and (known is None or best.change is not None):
            known = best
        if known is not None and known.change is not None:
            break
    if known is not None:
        return known.replace(node=node.node, machine=node.machine)
    wanted = join_words([name_subject(*one) for one in list(question.shifts)[:2]], "or")
    return Witness(
        node=node.node, stance=Stance.NOT_LOOKED, machine=node.machine, about=f"it does not measure {wanted}"
    )


def _measure_doubt(told: Witness) -> tuple[bool, float]:
    """Return whether no step is seen, and how wide the interval of a change is; infinite where nothing is known."""
    width = math.inf if told.low is None or told.high is None else told.high - told.low
    return told.stance is not Stance.SUSPECTS, width


def _advise(question: _Question, node: WitnessNode) -> str:
    """Return the command that would find out on a node, with what it measures; empty where nothing can."""
    old, new = question.group.old, question.group.new
    if not old or old == new:
        return ""
    for key, shift in _list_live(question, node):
        command = suggest_comparison(key)
        words = command.format(old=old[:_SHORT], new=new[:_SHORT])
        threshold = f"--threshold {find_threshold(abs(shift.change)):.1%}"
        return remark_paths(" ".join(filter(None, (words, threshold, node.options))))
    return ""


def _list_live(question: _Question, node: WitnessNode) -> Iterator[tuple[SeriesKey, SeriesShift]]:
    """Yield what can be compared live, the largest change first: as the node measures it, if it does."""
    for subject, shift in question.list_shifts():
        case, metric = subject
        own = node.tracks.get(subject)
        key = own[-1].key if own else SeriesKey(node=node.node, config="", case=case, metric=metric)
        if key.is_live:
            yield key, shift
