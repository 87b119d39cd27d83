"""A node as a witness: made of its history, or of what a site keeps of it."""

from collections.abc import Iterable, Sequence

from harness.judge.event_group import EventGroup, find_others
from harness.judge.site_line import SiteLine
from harness.judge.trial_answer import LiveTrial, answer_pool, pool_by_commits
from harness.judge.witness import WitnessNode, find_witness, is_asked, sort_witnesses
from harness.judge.witness_track import Track, sort_tracks
from harness.records.history import Series
from harness.records.raw_history import MachineFacts
from harness.records.site import SiteNode
from harness.records.witness import LiveFinding, Witness

_MACHINE = ("microarchitecture", "CPU")


def name_machine(facts: MachineFacts) -> str:
    """Return the microarchitecture of a machine, or else its CPU; empty where neither is known."""
    known = dict(facts)
    return next((known[name] for name in _MACHINE if known.get(name)), "")


def make_track(series: Series) -> Track:
    """Return a series as a witness needs it."""
    points = series.points
    return Track(
        key=series.key,
        places=[one.position for one in points],
        values=[one.value for one in points],
        cuts=[number for number, one in enumerate(points) if one.cuts and number],
    )


def list_findings(trials: Iterable[LiveTrial]) -> tuple[LiveFinding, ...]:
    """Return what the live comparisons of a node came to, those of the same two commits together."""
    return tuple(
        LiveFinding(old=pool.old, new=pool.new, runs=answer.runs, found=answer.family.comparisons)
        for pool in pool_by_commits(trials)
        for answer in (answer_pool(pool),)
    )


def read_site_node(node: SiteNode, line: SiteLine) -> WitnessNode:
    """Return a node as a site keeps it, as a witness; `line` has the commits of all nodes."""
    places = [line.places[one.name] for one in node.commits]
    tracks = (
        Track(
            node.series[one.series].key, [places[number] for number in one.positions], one.values, one.cuts, one.whole
        )
        for one in node.tracks
    )
    return WitnessNode(
        node=node.node,
        machine=node.machine or node.title,
        tracks=sort_tracks(tracks),
        findings=node.findings,
        events=node.events,
        options=node.options,
    )


def gather_witnesses(
    groups: Sequence[EventGroup], nodes: Iterable[SiteNode], line: SiteLine, known: Sequence[EventGroup] = ()
) -> dict[str, tuple[Witness, ...]]:
    """Return what all nodes of a site say about each group, by its id; nothing where there is one node only.

    `known` are the events of all nodes.
    """
    asked = [(group, find_others(group, line, known)) for group in groups if is_asked(group)]
    told: dict[str, list[Witness]] = {group.id: [] for group, _ in asked}
    count = 0
    for node in nodes:
        count += 1
        one = read_site_node(node, line)
        for group, others in asked:
            told[group.id].append(find_witness(group, one, line, others))
    return {name: sort_witnesses(own) for name, own in told.items()} if count > 1 else {}
