"""The health of nodes for people: a line for each, those that need somebody first, and what to do about them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.records.node_health import BoundedShare, FleetHealth, NodeHealth, NodeVerdict
from harness.records.wording import format_count
from harness.render.number import format_bounds, format_share
from harness.render.plain import align_within

_INDENT = "  "
_TROUBLES = 2


def render_health(health: FleetHealth, width: int = 0) -> str:
    """Return a table of nodes with their verdicts, and the reasons and commands below it.

    Tables have lines of at most `width` columns, as far as that is possible; 0 means no limit.
    """
    blocks = [_tabulate(health.nodes, width), [*_explain(health.nodes)], [*_drain(health.nodes)], [*health.notes]]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _tabulate(nodes: Sequence[NodeHealth], width: int) -> list[str]:
    if not nodes:
        return ["no node has reported anything"]
    header = ["node", "class", "verdict", "noise", "slower than equals", "slower each month", "missed", "last"]
    header.append("troubles")
    rows = [
        [
            one.node or "not known",
            one.node_class,
            str(one.verdict),
            _share(one.noise, signed=False),
            _share(one.speed),
            _share(one.drift),
            str(one.missed or ""),
            one.last,
            ", ".join(f"{code} {share:.0%}" for code, share in one.troubles[:_TROUBLES]),
        ]
        for one in nodes
    ]
    kept = [number for number in range(len(header)) if number in (0, 2) or any(row[number] for row in rows)]
    cells = [[row[number] for number in kept] for row in (header, *rows)]
    return [*align_within(cells, width, left=1, indent="")]


def _share(one: BoundedShare | None, *, signed: bool = True) -> str:
    if one is None:
        return ""
    if signed:
        return f"{format_share(one.value)} {format_bounds(one.low, one.high)}"
    return f"{100 * one.value:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def _explain(nodes: Sequence[NodeHealth]) -> Iterator[str]:
    """Yield a line for each node with which something is wrong, or that has stepped; the others are counted by kind."""
    for one in nodes:
        if one.verdict is NodeVerdict.HEALTHY and not one.step:
            continue
        alone = "; compared with no other node" if one.gauge and one.speed is None else ""
        step = f"; {one.step}" if one.step and one.step not in one.why else ""
        yield f"{one.node or 'not known'}: {one.verdict}: {one.why}{_describe_gauge(one)}{alone}{step}"
    kinds = Counter((one.kind, one.gauge) for one in nodes if one.gauge)
    if kinds:
        yield "by what they were measured:"
    for (kind, gauge), count in kinds.items():
        healthy = sum((one.kind, one.gauge, one.verdict) == (kind, gauge, NodeVerdict.HEALTHY) for one in nodes)
        machine = kind or "a machine that is not known"
        yield f"{_INDENT}{gauge} on {machine}: {format_count(count, 'node')}, {healthy} healthy"


def _describe_gauge(one: NodeHealth) -> str:
    return f"; by {format_count(one.nights, 'night')} with the {one.gauge}" if one.gauge else ""


def _drain(nodes: Sequence[NodeHealth]) -> Iterator[str]:
    drained = [one for one in nodes if one.drain]
    if drained:
        yield "nodes to drain:"
    yield from (f"{_INDENT}{one.node}: {one.drain}" for one in drained)
