"""The overview of a site: what stands in one sentence, what changed, the nodes, and all series as grids."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.judge.event_group import EventGroup
from harness.judge.site_event import collect_notes
from harness.judge.site_line import SiteLine
from harness.records.history import EventKind
from harness.records.site import SiteNode, SiteSeries, SiteState
from harness.records.suite import OF_MODELS
from harness.records.wording import format_count
from harness.render.html.row import name_class
from harness.render.html.site_entry import EventLore, list_entries
from harness.render.html.site_fleet import count_days, find_day, find_newest, tabulate_kinds
from harness.render.html.site_grid import Grid, make_grids
from harness.render.html.site_sentence import URGENCY, count_states, describe_counts, find_worst, sum_up_site
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable

# So many cells of grids are shown at most, and so many changes; the rest is on pages of their own.
MOST_CELLS, _CHANGES = 700, 6
# So many nodes are listed there; of more the kinds, and the nodes that need a look.
MOST_NODES = 12
_ALARMS = (EventKind.MISSING, EventKind.BROKEN)


class NodeGrids(NamedTuple):
    """The series of a node in the overview that are of no model, and what was left out, in words.

    `loud` says which of them are not steady.
    """

    node: SiteNode
    others: tuple[Grid, ...]
    left_out: str
    loud: str


def show_overview(
    nodes: Sequence[SiteNode], groups: Sequence[EventGroup], line: SiteLine, lore: EventLore | None = None
) -> dict[str, Any]:
    """Return the values of the overview."""
    lore = lore or EventLore(len(nodes), collect_notes(nodes))
    sentence, mark = sum_up_site(nodes, groups, line)
    alarms = [group for group in groups if group.kind in _ALARMS and group.stands]
    changes = [group for group in groups if group.kind is EventKind.CODE and (group.stands or group.is_lost)]
    # What is open before what got lost; the newest first where they are alike.
    changes.sort(key=lambda group: (group.is_lost, URGENCY.index(group.state)))
    suspicions = [group for group in groups if group.kind is EventKind.SUSPICION and group.stands]
    share = max(6, MOST_CELLS // max(1, len(nodes)))
    chosen = [_choose(node, share) for node in _order(nodes)]
    return {
        "sentence": sentence,
        "mark": mark,
        "alarms": list_entries(alarms[:_CHANGES], line, root="", lore=lore),
        "changes": list_entries(changes[:_CHANGES], line, root="", lore=lore),
        "suspicions": len(suspicions),
        "more_changes": max(0, len(changes) - _CHANGES),
        "total": len(nodes),
        "kinds": tabulate_kinds(nodes) if len(nodes) > MOST_NODES else None,
        "nodes": _tabulate_nodes(nodes, line),
        "models": make_grids([one for models, _ in chosen for one in models], "", by_node=True),
        "others": [one for _, one in chosen if one.others or one.left_out],
        "states": [state for state in SiteState if any(one.state is state for node in nodes for one in node.series)],
    }


def _order(nodes: Sequence[SiteNode]) -> list[SiteNode]:
    """Return nodes with the worst first, else by their names."""
    return sorted(nodes, key=lambda node: (URGENCY.index(find_worst(node)), node.node))


def _choose(node: SiteNode, most: int) -> tuple[list[SiteSeries], NodeGrids]:
    """Return at most so many series of a node, first what is not steady: those of models, and the others as grids."""
    models = [one for one in node.series if one.key.case.benchmark in OF_MODELS]
    others = [one for one in node.series if one.key.case.benchmark not in OF_MODELS]
    shown = _cut(models, most)
    rest = _cut(others, most - len(shown))
    left = len(node.series) - len(shown) - len(rest)
    words = f"{format_count(left, 'more series', plural='more series')} on the page of the node" if left else ""
    counts = count_states(node.replace(series=tuple(others)))
    loud = describe_counts(counts, loud=True)
    return shown, NodeGrids(node, make_grids(rest, ""), words, loud)


def _cut(series: Sequence[SiteSeries], most: int) -> list[SiteSeries]:
    if len(series) <= most:
        return list(series)
    urgent = sorted(
        (one for one in series if one.state is not SiteState.STEADY),
        key=lambda one: (URGENCY.index(one.state), -abs(one.change or 0.0)),
    )
    kept = {id(one) for one in urgent[: max(0, most)]}
    return [one for one in series if id(one) in kept]


def _tabulate_nodes(nodes: Sequence[SiteNode], line: SiteLine) -> PageTable:
    """Return a row for each node; of many nodes for those that need a look, the others are on a page of their own."""
    newest = max(map(find_day, nodes), default="")
    columns = (
        PageColumn(name="Node"),
        PageColumn(name="Processor"),
        PageColumn(name="State"),
        PageColumn(name="Series not steady"),
        PageColumn(name="Newest run"),
        PageColumn(name="Commit"),
        PageColumn(name="Runs", number=True),
    )
    ordered = _order(nodes)
    shown = (
        ordered if len(nodes) <= MOST_NODES else [node for node in ordered if _needs_look(node, newest)][:MOST_NODES]
    )
    rows = tuple(_row_node(node, line, newest) for node in shown)
    caption = "All nodes, those that need a look first" if shown == ordered else "Nodes that need a look"
    return PageTable(caption=caption, columns=columns, rows=rows)


def _needs_look(node: SiteNode, newest: str) -> bool:
    return find_worst(node) is not SiteState.STEADY or find_day(node) < newest


def _row_node(node: SiteNode, line: SiteLine, newest: str) -> PageRow:
    loud = describe_counts(count_states(node), loud=True)
    run, worst, day = find_newest(node), find_worst(node), find_day(node)
    return PageRow(
        cells=(
            PageCell(text=node.node or "not known", link=f"nodes/{node.slug}/index.html"),
            PageCell(text=node.title),
            PageCell(text=worst.value, mark=worst),
            PageCell(text=loud or "none", note=f"of {len(node.series)}"),
            PageCell(text=day, note=count_days(day, newest)),
            PageCell(text=line.name(run.commit) if run else ""),
            PageCell(text=str(node.run_count), value=node.run_count),
        ),
        words=f"{node.node} {node.title}".lower(),
        state=name_class(worst),
    )
