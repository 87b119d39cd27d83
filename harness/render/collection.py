"""What came of a collection, for people: a line for each node, and what was refused."""

from collections.abc import Iterator

from harness.records.collection import FleetCollection
from harness.render.plain import align, printable

_HEADER = ("class", "node", "newest run", "harness", "new", "known", "refused")
_LEFT = 4
_SHOWN = 8


def render_collection(found: FleetCollection) -> str:
    """Return the table of a collection, what was refused and why, and what else is to be said."""
    rows = [
        (
            one.node_class or "-",
            printable(one.node),
            one.newest[:16].replace("T", " ") or "never",
            one.harness or "-",
            str(one.new),
            str(one.known),
            str(one.refused),
        )
        for one in found.nodes
    ]
    lines = [*align((_HEADER, *rows), left=_LEFT)] if rows else ["no node has left anything yet"]
    total = sum(one.new for one in found.nodes)
    return "".join(f"{line}\n" for line in (*lines, "", f"{total} new in {found.results}", *_list_rest(found)))


def _list_rest(found: FleetCollection) -> Iterator[str]:
    for one in found.nodes:
        if one.trouble or one.silent:
            yield f"  {printable(one.node)}: {one.trouble or one.silent}"
    for refused in found.refused[:_SHOWN]:
        yield f"  refused: {printable(refused.path)}: {refused.why}"
        if refused.hint:
            yield f"    try: {refused.hint}"
    if len(found.refused) > _SHOWN:
        yield f"  and {len(found.refused) - _SHOWN} more are refused: --json lists all"
    for key in found.lost:
        yield f"  {key} ended without results: harness fleet status says more"
    yield from (f"  {printable(note)}" for note in found.notes)
