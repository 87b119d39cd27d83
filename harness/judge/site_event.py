"""Events of the nodes of a site, those of one cause together, and the commits that may have made each of them."""

from collections.abc import Iterable, Mapping, Sequence

from harness.judge.event_group import EventGroup, group_events, list_commits_between
from harness.judge.site_line import SiteLine
from harness.records.history import EventKind
from harness.records.night_report import EventNote
from harness.records.site import SiteNode

# The pages say what other nodes know of so many changes, the newest: each of them is a question to each node.
MOST_ASKED = 100


def collect_notes(nodes: Iterable[SiteNode]) -> dict[str, EventNote]:
    """Return what else is known of events, by their ids."""
    return {note.event: note for node in nodes for note in node.notes}


def group_site(nodes: Sequence[SiteNode], line: SiteLine) -> tuple[EventGroup, ...]:
    """Return the events of all nodes, those of one cause together, the newest first."""
    return group_events((event for node in nodes for event in node.events), line)


def link_groups(
    groups: Iterable[EventGroup], line: SiteLine, notes: Mapping[str, EventNote]
) -> dict[str, tuple[EventGroup, ...]]:
    """Return the events that each commit may have made, by its name.

    Suspicions are only named at the first commit that shows them: nothing accuses those before it.
    """
    made: dict[str, list[EventGroup]] = {}
    for group in groups:
        names: list[str] = []
        if group.kind is EventKind.CODE:
            found = [one.sha for event in group.events if event.id in notes for one in notes[event.id].suspects]
            names = found or [*list_commits_between(group, line)]
        elif group.kind is EventKind.SUSPICION and group.stands:
            names = [group.new]
        for name in dict.fromkeys(names):
            made.setdefault(name, []).append(group)
    return {name: tuple(own) for name, own in made.items()}


def choose_asked(groups: Sequence[EventGroup]) -> list[EventGroup]:
    """Return the newest changes about which pages say what other nodes know: what was confirmed, and what stands."""
    code = [group for group in groups if group.kind is EventKind.CODE]
    standing = [group for group in groups if group.kind is EventKind.SUSPICION and group.stands]
    return [*code, *standing][:MOST_ASKED]
