"""What the index holds, for people: a line for each node, or the newest number of each series."""

from collections.abc import Sequence

from harness.records.card import NewestPoint, NodeContent
from harness.records.measurement import METRICS
from harness.records.wording import format_count
from harness.render.number import format_value
from harness.render.plain import align

_NODES = ("node", "newest run", "harness", "runs", "not read", "series", "points")
_NEWEST = ("node", "config", "case", "metric", "yardstick", "newest run", "value", "unit")
# A moment to the minute.
_MINUTES = 16


def render_nodes(nodes: Sequence[NodeContent]) -> str:
    """Return a line for each node under a header, and one for all; empty without nodes."""
    rows = [
        (
            one.node or "-",
            _format_moment(one.newest),
            one.harness or "-",
            *map(str, (one.runs, one.unread, one.series, one.points)),
        )
        for one in nodes
    ]
    if not rows:
        return ""
    counts = ((one.runs, one.unread, one.series, one.points) for one in nodes)
    sums = (format_count(len(nodes), "node"), "", "", *(str(sum(column)) for column in zip(*counts, strict=True)))
    return "".join(f"{line}\n" for line in align((_NODES, *rows, *([sums] if len(rows) > 1 else [])), left=3))


def render_newest(points: Sequence[NewestPoint]) -> str:
    """Return a line for each series under a header; empty without series."""
    rows = [
        (
            one.node or "-",
            one.config,
            one.case,
            one.metric,
            one.yardstick or "-",
            _format_moment(one.start),
            format_value(one.value),
            METRICS[one.metric].unit if one.metric in METRICS else "-",
        )
        for one in points
    ]
    return "".join(f"{line}\n" for line in align((_NEWEST, *rows), left=6)) if rows else ""


def _format_moment(start: str) -> str:
    """Return a moment to the minute, as people read it."""
    return start[:_MINUTES].replace("T", " ") or "not known"
