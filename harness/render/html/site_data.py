"""The numbers of a site for its script: pure JSON, as a block in a page or as a file that a page loads."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from harness.records.history import Point, Series
from harness.records.measurement import METRICS
from harness.records.site import SiteNode
from harness.render.format.text import escaped

# What ends a script or begins a comment in it, and two ends of lines that only JSON allows in a text.
_LIVELY = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_TABLE = str.maketrans(_LIVELY)


def write_json(value: object) -> str:
    """Return JSON that is harmless in a script: no tag, no comment, no end of line, no control character.

    Numbers that JSON does not have are null.
    """
    return escaped(msgspec.json.encode(value).decode()).translate(_TABLE)


def write_node_data(node: SiteNode, series: Iterable[Series]) -> bytes:
    """Return the script file with the numbers of a node, from which two runs can be compared.

    `series` are those of its history, in their order.
    """
    value = {
        "node": node.node,
        "slug": node.slug,
        "commits": [[one.short, one.subject, one.date[:10]] for one in node.commits],
        "runs": [[one.id, one.start, one.position, one.purpose, one.status, one.page] for one in node.runs],
        "series": [
            [
                str(one.key.case),
                one.key.metric,
                METRICS[one.key.metric].unit if one.key.metric in METRICS else "",
                1 if one.key.metric not in METRICS or METRICS[one.key.metric].lower_is_better else 0,
                one.page,
                *_list_columns(whole.points),
            ]
            for one, whole in zip(node.series, series, strict=True)
        ],
    }
    name = write_json(node.slug)
    return f"(window.siteData = window.siteData || {{}})[{name}] = {write_json(value)};\n".encode()


def _list_columns(points: Sequence[Point]) -> tuple[Sequence[float | None], ...]:
    """Return the places of points, their values, and both ends of their intervals, which are empty if there is none."""
    lows, highs = (_round(one.low for one in points), _round(one.high for one in points))
    bounded = any(low is not None for low in lows)
    values = _round(one.value for one in points)
    return tuple(point.position for point in points), values, lows if bounded else (), highs if bounded else ()


def _round(values: Iterable[float | None]) -> list[float | None]:
    """Return numbers with six digits that count: more are noise, and make the file longer."""
    return [None if one is None or not math.isfinite(one) else float(f"{one:.6g}") for one in values]
