"""The page on which two stored runs are compared, and the page of what cannot be read."""

from collections.abc import Sequence
from typing import Any

from harness.judge.site_address import commit_page
from harness.judge.site_commit import find_pair
from harness.judge.site_line import SiteLine
from harness.records.site import SiteNode, SiteRun, SiteState
from harness.records.wording import format_count
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable

# So many nodes have their newest pair in the page.
_PAIRS = 100


def show_compare(nodes: Sequence[SiteNode], line: SiteLine) -> dict[str, Any]:
    """Return the values of the page; the script loads the numbers of a node when it is chosen."""
    return {
        "data": {"root": "", "nodes": [[node.slug, node.node or "not known"] for node in nodes]},
        "pairs": _tabulate(nodes, line),
    }


def _tabulate(nodes: Sequence[SiteNode], line: SiteLine) -> PageTable | None:
    columns = (
        PageColumn(name="Node"),
        PageColumn(name="Newest run"),
        PageColumn(name="Of"),
        PageColumn(name="The one before"),
        PageColumn(name="Of"),
        PageColumn(name="Command"),
    )
    rows = []
    for node in nodes[:_PAIRS]:
        pair = find_pair(node)
        if len(pair) > 1:
            new, old = pair
            cells = (*_name(new, line), *_name(old, line), PageCell(text=f"harness compare {old.id} {new.id}"))
            name = PageCell(text=node.node or "not known", link=f"nodes/{node.slug}/index.html")
            rows.append(PageRow(cells=(name, *cells)))
    if not rows:
        return None
    caption = "The newest commit of each node, and the one measured before it"
    return PageTable(caption=caption, columns=columns, rows=tuple(rows))


def _name(run: SiteRun, line: SiteLine) -> tuple[PageCell, PageCell]:
    known = run.commit in line.places
    link = commit_page(run.commit) if known else ""
    return PageCell(text=run.id, link=run.page), PageCell(text=line.name(run.commit), link=link)


def show_unreadable(lines: Sequence[str]) -> dict[str, Any]:
    """Return the values of the page of what cannot be read."""
    if not lines:
        return {"sentence": "Everything that is stored can be read.", "mark": SiteState.STEADY, "lines": ()}
    count = format_count(len(lines), "stored result")
    return {"sentence": f"{count} cannot be read.", "mark": SiteState.MISSING, "lines": tuple(lines)}
