"""Nodes of one kind side by side: how fast each is for its kind, by the newest values of the series that they share."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from harness.records.history import SeriesKey
from harness.records.measurement import METRICS
from harness.records.site import SiteNode, SiteState

# Of fewer nodes with a series none can be called slow or fast for its kind.
_LEAST = 3


class NodeSpeed(NamedTuple):
    """How fast a node is for its kind: above 1 it is faster than most; by so many series, of at most so many nodes."""

    ratio: float
    series: int
    nodes: int


def sort_kinds(nodes: Sequence[SiteNode]) -> dict[str, list[SiteNode]]:
    """Return nodes by their kind: that with most nodes first, those without a known one last."""
    kinds: defaultdict[str, list[SiteNode]] = defaultdict(list)
    for node in nodes:
        kinds[node.kind].append(node)
    return dict(sorted(kinds.items(), key=lambda pair: (not pair[0], -len(pair[1]), pair[0])))


def rate_nodes(nodes: Sequence[SiteNode]) -> dict[str, NodeSpeed]:
    """Return how fast nodes of one kind are, by their names, beside the median of all of them.

    Series are the same where case, metric and config are. A node is left out where too few others share a series.
    """
    values: defaultdict[SeriesKey, dict[str, float]] = defaultdict(dict)
    for node in nodes:
        for key, value in _list_values(node):
            values[key][node.node] = value
    ratios: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for key, own in values.items():
        if len(own) >= _LEAST:
            middle = median(own.values())
            lower = METRICS[key.metric].lower_is_better
            for name, value in own.items():
                ratios[name].append((middle / value if lower else value / middle, len(own)))
    return {
        name: NodeSpeed(median(ratio for ratio, _ in own), len(own), max(count for _, count in own))
        for name, own in ratios.items()
    }


def _list_values(node: SiteNode) -> Iterator[tuple[SeriesKey, float]]:
    """Yield the newest value of each series that is measured: of what is missing it would be an old one."""
    for one in node.series:
        usable = math.isfinite(one.value) and one.value > 0
        if usable and one.state is not SiteState.MISSING and one.key.metric in METRICS:
            yield one.key.replace(node="", yardstick=""), one.value


def rate_all(kinds: Mapping[str, Sequence[SiteNode]]) -> dict[str, NodeSpeed]:
    """Return how fast each node is for its kind, by its name; nodes whose kind is not known are not compared."""
    return {name: speed for kind, own in kinds.items() if kind for name, speed in rate_nodes(own).items()}
