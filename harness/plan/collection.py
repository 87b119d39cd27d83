"""Where the results of a fleet's nodes lie, and which nodes may write there."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from harness.records.fleet import NODE_WORD, Fleet, NodeClass


class ResultSource(NamedTuple):
    """A folder that nodes write to, here or as `HOST:FOLDER`: the classes that use it, and its nodes.

    Without `nodes`, any node may write there.
    """

    where: str
    classes: tuple[NodeClass, ...]
    nodes: tuple[str, ...] = ()

    def find_class(self, node: str) -> str:
        """Return the class of a node that writes there, empty for a node that is of none."""
        named = (one for one in self.classes if node in one.nodes)
        others = (one for one in self.classes if not one.nodes)
        found = next(named, None) or next(others, None)
        return found.name if found else ""


def list_sources(fleet: Fleet, found: Mapping[str, Iterable[str]]) -> tuple[ResultSource, ...]:
    """Return the folders of a fleet; `found` are the names of nodes of classes that name none, by their folders."""
    sources: dict[str, ResultSource] = {}
    for one in fleet.classes:
        if NODE_WORD not in one.results:
            known = sources.get(one.results, ResultSource(one.results, ()))
            sources[one.results] = known._replace(classes=(*known.classes, one))
            continue
        for node in one.nodes or found.get(one.results, ()):
            where = one.results.replace(NODE_WORD, node)
            known = sources.get(where, ResultSource(where, ()))
            sources[where] = known._replace(classes=(*known.classes, one), nodes=(*known.nodes, node))
    return tuple(_close(source) for source in sources.values())


def _close(source: ResultSource) -> ResultSource:
    """Return a folder with the names of its nodes if all of its classes name theirs."""
    if source.nodes or not all(one.nodes for one in source.classes):
        return source
    return source._replace(nodes=tuple(dict.fromkeys(node for one in source.classes for node in one.nodes)))


def match_node(pattern: str, path: str) -> str:
    """Return the node for which a folder was named by a pattern with `{node}`, empty for another folder."""
    first, *rest = map(re.escape, pattern.split(NODE_WORD))
    match = re.fullmatch(f"{first}(?P<node>[^/]+){'(?P=node)'.join(rest)}", path)
    return match["node"] if match else ""
