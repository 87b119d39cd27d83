"""Events as entries of a list: a mark, a sentence, where and since when, what people decided, and what is known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from harness.judge.event_group import EventGroup, list_commits_between, list_shifts, share_event
from harness.judge.night_change import is_over
from harness.judge.site_address import commit_page, event_page
from harness.judge.site_line import SiteLine
from harness.records.history import Event, EventKind
from harness.records.night_report import EventNote, SuspectCommit
from harness.records.site import SiteState
from harness.records.witness import Stance, Witness
from harness.records.wording import format_count
from harness.render.html.site_sentence import begin, describe_group
from harness.render.html.table import brief
from harness.render.number import format_bounds, format_share
from harness.render.witness import choose_witness, describe_reach, name_nodes

# So many commits of an event are named.
_COMMITS = 3
# So many nodes that have an event are named, each with a link.
_PLACES = 12


class EventCommit(NamedTuple):
    """A commit that may have done it: what it is called, its subject, its page, and how probable it is, if known."""

    name: str
    subject: str
    href: str
    chance: str


class EventPlace(NamedTuple):
    """A node that has an event: the id of its own, its name, and the page of its own event."""

    id: str
    node: str
    href: str


class EventEntry(NamedTuple):
    """An event in a list. `href` is its page; `where` are nodes that have it, and so many more do.

    `said` is what all nodes say about it, in pairs of a word and nodes, `reach` what that comes to. `advice` is a
    command that would tell more, behind what it does.
    """

    id: str
    href: str
    state: SiteState
    sentence: str
    day: str
    size: str
    where: tuple[EventPlace, ...]
    commits: tuple[EventCommit, ...]
    commits_note: str
    triage: str
    standing: str
    words: str
    said: tuple[tuple[str, str], ...] = ()
    reach: str = ""
    advice: tuple[str, str] | None = None
    more_places: int = 0


class EventLore(NamedTuple):
    """What is known beside events: how many nodes there are, notes of nights, and what nodes say, by ids of groups."""

    total: int = 0
    notes: Mapping[str, EventNote] = MappingProxyType({})
    witnesses: Mapping[str, tuple[Witness, ...]] = MappingProxyType({})


def list_entries(
    groups: Iterable[EventGroup], line: SiteLine, *, root: str, lore: EventLore | None = None
) -> tuple[EventEntry, ...]:
    """Return entries for groups of events, in their order."""
    return tuple(_enter(group, line, root, lore or EventLore()) for group in groups)


def _enter(group: EventGroup, line: SiteLine, root: str, lore: EventLore) -> EventEntry:
    first = group.events[0]
    sentence = describe_group(group, line, total=lore.total)
    commits, note = list_suspects(group, line, root, lore.notes)
    triage = describe_triage(next((event for event in group.events if event.triage), first))
    shared = share_event(group, "", lore.witnesses.get(group.id, ()))
    advice = choose_witness(shared)
    said = tuple(_list_stances(shared.witnesses))
    more = max(0, len(group.events) - _PLACES)
    # Nodes that all agree are named already: they are those that have the event.
    is_plain = not more and [word for word, _ in said] == [Stance.AGREES.value]
    return EventEntry(
        id=group.id,
        href=root + event_page(group.id),
        state=group.state,
        sentence=begin(sentence),
        day=first.day,
        size=_size(first),
        where=tuple(
            EventPlace(event.id, event.node or "not known", root + event_page(event.id))
            for event in group.events[:_PLACES]
        ),
        more_places=more,
        commits=commits,
        commits_note=note,
        triage=triage,
        standing=describe_standing(group),
        words=" ".join((sentence, *group.nodes, first.kind, triage, *(one.subject for one in commits))).lower(),
        said=() if is_plain else said,
        reach=begin(brief(describe_reach(shared))),
        advice=(f"To find out, on {advice.node or 'the node without a name'}", advice.command) if advice else None,
    )


def _list_stances(witnesses: Sequence[Witness]) -> Iterator[tuple[str, str]]:
    """Yield what nodes say, with the nodes that say it."""
    for stance in Stance:
        nodes = [one for one in witnesses if one.stance is stance]
        if nodes:
            yield stance.value, name_nodes(nodes)


def _size(event: Event) -> str:
    shifts = list_shifts(event)
    if not shifts:
        return ""
    best = shifts[0]
    bounds = "" if best.low is None or best.high is None else f" {format_bounds(best.low, best.high)}"
    return f"{format_share(best.change)}{bounds}"


def describe_standing(group: EventGroup) -> str:
    """Return whether an event still stands, in a word or two."""
    if all(map(is_over, group.events)):
        return "recovered" if group.kind in (EventKind.CODE, EventKind.SUSPICION) else "over"
    if group.stands:
        return "open"
    return "decided" if any(event.triage for event in group.events) else describe_end(group.events[0])


def describe_end(event: Event) -> str:
    """Return why an event that is not open, and has no end, is not looked at any more."""
    if event.kind in (EventKind.NODE, EventKind.YARDSTICK):
        return "a new epoch began"
    if event.kind is EventKind.CODE and event.suspicions:
        return "not known since the node changed"
    return "taken as the new level"


def describe_triage(event: Event) -> str:
    """Return what people decided about an event; empty where they did not."""
    if event.triage is None:
        return ""
    who = f" by {event.triage.who}" if event.triage.who else ""
    note = f": {event.triage.note}" if event.triage.note else ""
    return brief(f"{event.triage.state}{who}{note}")


def list_suspects(
    group: EventGroup, line: SiteLine, root: str, notes: Mapping[str, EventNote]
) -> tuple[tuple[EventCommit, ...], str]:
    """Return the commits that may have done it, and how that is known.

    They are those of a bisection, the likeliest first, or else those that were measured between the last one before it
    and the first one after it.
    """
    if group.kind not in (EventKind.CODE, EventKind.SUSPICION):
        return (), ""
    found: Sequence[SuspectCommit] = max(
        (notes[event.id].suspects for event in group.events if event.id in notes), key=len, default=()
    )
    if found:
        named = tuple(_name_suspect(one, line, root) for one in found)
        return named, "found by a bisection" if len(named) == 1 else "one of these, as a bisection found"
    names = [*list_commits_between(group, line)]
    shown = tuple(
        EventCommit(one.short, brief(one.subject), root + commit_page(one.name), "")
        for one in (line.commits[line.places[name]] for name in names[:_COMMITS])
    )
    left = len(names) - len(shown)
    after = line.name(group.old) or "the beginning"
    note = f"after {after}" + (f", and {format_count(left, 'more commit')}" if left > 0 else "")
    return shown, note


def _name_suspect(one: SuspectCommit, line: SiteLine, root: str) -> EventCommit:
    href = root + commit_page(one.sha) if one.sha in line.places else ""
    return EventCommit(one.sha[:8], brief(one.subject), href, f"{100 * one.probability:.0f} %")
