"""All nodes side by side: what is known of each today, how fast it is for its kind, and how well it was watched."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from harness.judge.node_health import compare_nodes
from harness.judge.site_kind import NodeSpeed, rate_all, sort_kinds
from harness.judge.site_line import SiteLine
from harness.records.node_health import BoundedShare, NodeHealth, NodeVerdict
from harness.records.site import SiteNode, SiteRun
from harness.records.wording import format_count
from harness.render.html.row import name_class
from harness.render.html.site_sentence import URGENCY, count_states, describe_counts, find_worst
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, drop_empty
from harness.render.number import format_bounds, format_share

_NONE = "\N{EN DASH}"
_UNKNOWN = "not known"
# So many nodes are listed with what is wrong with them.
_ILL = 20


def show_nodes(nodes: Sequence[SiteNode], line: SiteLine) -> dict[str, Any]:
    """Return the values of the page of all nodes."""
    kinds = sort_kinds(nodes)
    total = f"{format_count(len(nodes), 'node')} of {format_count(len(kinds), 'kind')}."
    health = _judge(nodes)
    return {
        "sentence": total if nodes else "No runs are stored yet.",
        "ill": _tabulate_ill(nodes, health),
        "kinds": tabulate_kinds(nodes) if len(kinds) < len(nodes) else None,
        "nodes": _tabulate_nodes(nodes, health, line),
    }


def _tabulate_ill(nodes: Sequence[SiteNode], health: Mapping[str, NodeHealth]) -> PageTable | None:
    """Return a row for each node with which something is wrong; None where there is none."""
    slugs = {node.node: node.slug for node in nodes}
    ill = [one for one in health.values() if one.verdict not in (NodeVerdict.HEALTHY, NodeVerdict.NOT_KNOWN)]
    rows = tuple(
        PageRow(
            cells=(
                PageCell(text=one.node or _UNKNOWN, link=f"nodes/{slugs[one.node]}/index.html"),
                PageCell(text=one.verdict),
                PageCell(text=one.why),
                PageCell(text="let it measure no more" if one.drain else ""),
            )
        )
        for one in ill[:_ILL]
    )
    names = ("Node", "Health", "Why", "What to do")
    caption = "Nodes that measure badly or not at all"
    if len(ill) > _ILL:
        caption += f": the first {_ILL} of {len(ill)}; harness fleet health lists all"
    table = PageTable(caption=caption, columns=tuple(PageColumn(name=one) for one in names), rows=rows)
    return drop_empty(table) if rows else None


def tabulate_kinds(nodes: Sequence[SiteNode]) -> PageTable:
    """Return a row for each kind of node: how many there are, and how many are in which state."""
    kinds = sort_kinds(nodes)
    columns = (
        PageColumn(name="Kind"),
        PageColumn(name="Nodes", number=True),
        PageColumn(name="State", hint="of the node that needs a look most"),
        PageColumn(name="Nodes by state"),
        PageColumn(name="Series", number=True),
        PageColumn(name="Newest run"),
        PageColumn(name="Slowest for its kind"),
        PageColumn(name="Fastest for its kind"),
    )
    speeds = rate_all(kinds)
    rows = tuple(_row_kind(kind, own, speeds) for kind, own in kinds.items())
    return drop_empty(
        PageTable(caption="Kinds of nodes: by microarchitecture, or else by CPU", columns=columns, rows=rows)
    )


def _row_kind(kind: str, nodes: Sequence[SiteNode], speeds: Mapping[str, NodeSpeed]) -> PageRow:
    worst = min(map(find_worst, nodes), key=URGENCY.index)
    states = sorted({find_worst(node) for node in nodes}, key=URGENCY.index)
    words = ", ".join(f"{sum(find_worst(node) is state for node in nodes)} {state}" for state in states)
    rated = sorted((node for node in nodes if node.node in speeds), key=lambda node: speeds[node.node].ratio)
    ends = [_cell_end(node, speeds[node.node]) for node in (*rated[:1], *rated[-1:])]
    return PageRow(
        cells=(
            PageCell(text=kind or _UNKNOWN),
            PageCell(text=str(len(nodes)), value=len(nodes)),
            PageCell(text=worst.value, mark=worst),
            PageCell(text=words),
            PageCell(text=str(sum(len(node.series) for node in nodes)), value=sum(len(node.series) for node in nodes)),
            PageCell(text=max((find_day(node) for node in nodes), default="")),
            *(ends or (PageCell(text=_NONE), PageCell(text=_NONE))),
        )
    )


def _cell_end(node: SiteNode, speed: NodeSpeed) -> PageCell:
    return PageCell(text=node.node, link=f"nodes/{node.slug}/index.html", note=_say_change(speed.ratio - 1))


def _say_change(share: float) -> str:
    """Return a change that no line is broken within."""
    return format_share(share).replace(" ", "\N{NO-BREAK SPACE}")


def _judge(nodes: Sequence[SiteNode]) -> dict[str, NodeHealth]:
    """Return how well nodes measure, by their names, those first that need somebody."""
    described = [node.health for node in nodes if node.health]
    measured = {node.node: node.measure for node in nodes if node.measure}
    return {one.node: one for one in compare_nodes(described, measured).nodes}


def _tabulate_nodes(nodes: Sequence[SiteNode], health: Mapping[str, NodeHealth], line: SiteLine) -> PageTable:
    """Return a row for each node, those of one kind together, of each the ones first that need a look."""
    kinds = sort_kinds(nodes)
    speeds = rate_all(kinds)
    newest = max((find_day(node) for node in nodes), default="")
    columns = (
        PageColumn(name="Node"),
        PageColumn(name="Kind"),
        PageColumn(name="State"),
        PageColumn(name="Health", hint="how well it measures, by the anchor of its nights or the roofline"),
        PageColumn(name="Noise", unit="%", number=True, hint="from night to night, with its interval"),
        PageColumn(name="Slower than equals", number=True, hint="by the same, with its interval"),
        PageColumn(name="Slower each month", number=True, hint="by the same, with its interval"),
        PageColumn(name="Series not steady"),
        PageColumn(name="Speed for its kind", number=True, hint="newest values beside the median of its kind"),
        PageColumn(
            name="Scatter", unit="%", number=True, hint="of single points around their levels: the median series"
        ),
        PageColumn(name="Disturbed", hint="newest runs with a caveat about other work, heat or stolen time"),
        PageColumn(name="Nights missed", number=True, hint="of the newest 30"),
        PageColumn(name="Newest run"),
        PageColumn(name="Commit"),
        PageColumn(name="Runs", number=True),
    )
    rows = tuple(
        _row_node(node, (speeds.get(node.node), health.get(node.node)), line, newest)
        for own in kinds.values()
        for node in sorted(own, key=lambda one: (URGENCY.index(find_worst(one)), one.node))
    )
    return drop_empty(PageTable(caption="All nodes, those of one kind together", columns=columns, rows=rows))


def _row_node(
    node: SiteNode, known: tuple[NodeSpeed | None, NodeHealth | None], line: SiteLine, newest: str
) -> PageRow:
    speed, health = known
    worst, run, day = find_worst(node), find_newest(node), find_day(node)
    loud = describe_counts(count_states(node), loud=True)
    rated = PageCell(text=_NONE)
    if speed:
        note = f"{format_count(speed.series, 'series', plural='series')} of {format_count(speed.nodes, 'node')}"
        rated = PageCell(text=format_share(speed.ratio - 1), value=speed.ratio, note=note)
    return PageRow(
        cells=(
            PageCell(text=node.node or _UNKNOWN, link=f"nodes/{node.slug}/index.html"),
            PageCell(text=node.kind or _UNKNOWN),
            PageCell(text=worst.value, mark=worst),
            *_list_health(health),
            PageCell(text=loud or "none", note=f"of {len(node.series)}"),
            rated,
            PageCell(text=_NONE) if node.scatter is None else _cell_percent(node.scatter),
            PageCell(text=f"{node.disturbed} of {node.looked}" if node.looked else _NONE),
            PageCell(text=_NONE) if node.missed is None else PageCell(text=str(node.missed), value=node.missed),
            PageCell(text=day, note=count_days(day, newest)),
            PageCell(text=line.name(run.commit) if run else ""),
            PageCell(text=str(node.run_count), value=node.run_count),
        ),
        words=f"{node.node} {node.kind} {node.title} {health.verdict if health else ''}".lower(),
        state=name_class(worst),
    )


def _cell_percent(share: float) -> PageCell:
    return PageCell(text=f"{100 * share:.2f}", value=share)


def _list_health(health: NodeHealth | None) -> tuple[PageCell, ...]:
    """Return the verdict on a node with what is wrong, and the numbers that it comes from."""
    if health is None:
        return (PageCell(text=_NONE),) * 4
    noise = PageCell(text=_NONE)
    if one := health.noise:
        bounds = f"[{100 * one.low:.1f}, {100 * one.high:.1f}]"
        noise = PageCell(text=f"{100 * one.value:.1f}", value=one.value, note=bounds)
    is_known = health.gauge or health.verdict is not NodeVerdict.NOT_KNOWN
    verdict = PageCell(text=health.verdict if is_known else _NONE)
    return (verdict, noise, _cell_share(health.speed), _cell_share(health.drift))


def _cell_share(one: BoundedShare | None) -> PageCell:
    if one is None:
        return PageCell(text=_NONE)
    return PageCell(text=_say_change(one.value), value=one.value, note=format_bounds(one.low, one.high))


def count_days(day: str, newest: str) -> str:
    """Return how far a day lies before the newest one."""
    try:
        days = (date.fromisoformat(newest) - date.fromisoformat(day)).days
    except ValueError:
        return ""
    return f"{format_count(days, 'day')} behind" if days else ""


def find_newest(node: SiteNode) -> SiteRun | None:
    """Return the newest run of a node."""
    return max(node.runs, key=lambda one: (one.start, one.id), default=None)


def find_day(node: SiteNode) -> str:
    """Return the day of the newest run of a node."""
    run = find_newest(node)
    return run.start[:10] if run else ""
