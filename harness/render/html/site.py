"""The pages of a site: those of one node, and those about all nodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.records.bisection import BisectReport
from harness.records.history import History
from harness.records.night_report import NightReport
from harness.records.raw_history import MachineFacts, RunDetail
from harness.records.record import Record, short_hash
from harness.records.site import SiteNode
from harness.render.format.format import RunSheet
from harness.render.html.page import PageFrame, PageKit, render_page


class SitePlan(Record):
    """What all pages share: where they will be hosted, empty if that is not known, and options for their commands.

    `options` make another command use the same folders, such as `--results DIR`; `today` is the UTC date.
    """

    base_url: str = ""
    options: str = ""
    today: str = ""
    every_run: bool = False


class NodeMaterial(NamedTuple):
    """All that the pages of one node are made of.

    `history` has the series of this node alone, judged, with its events and their triage; `details` are its runs by
    their ids, `machines` the facts that these name. `nights` are the newest reports, the latest first. `read_run`
    returns the sheet of a run with its logs, None where it cannot be read: for the runs that have a `page` in
    `node.runs`.
    """

    node: SiteNode
    history: History
    details: Mapping[str, RunDetail]
    machines: Mapping[str, MachineFacts]
    nights: Sequence[NightReport]
    bisections: Sequence[BisectReport]
    read_run: Callable[[str], RunSheet | None]


class Page(NamedTuple):
    """A page: its path from the root of the site, a digest of the values that it shows, and what makes it.

    Making a page takes longer than finding its values. One with the same digest as the page that is stored at the path
    is not made again; `make` is called later, or never. An empty digest says that it is to be made always. A page
    that depends on something that never changes, such as a run, has the name of that for a digest.
    """

    path: str
    values: str
    make: Callable[[], bytes]


def render_node_pages(kit: PageKit, plan: SitePlan, material: NodeMaterial) -> Iterator[Page]:
    """Yield the pages of one node, below its folder, and `data/<slug>.js`."""
    node = material.node
    for one in node.series:
        yield _page(kit, plan, one.page, "site_series.html", {"series": one, "node": node.node})


def render_shared_pages(
    kit: PageKit, plan: SitePlan, nodes: Sequence[SiteNode], unreadable: Sequence[str]
) -> Iterator[Page]:
    """Yield the pages about all nodes.

    `nodes` are read from disk one by one, each time that they are gone through: a hundred at once are too many to be
    kept whole. `unreadable` are sentences about what could not be read.
    """
    rows = [(one.node, one.title, len(one.series), one.series[0].page if one.series else "") for one in nodes]
    yield _page(kit, plan, "index.html", "site_overview.html", {"nodes": rows, "unreadable": list(unreadable)})


def _page(kit: PageKit, plan: SitePlan, path: str, template: str, values: Mapping[str, object]) -> Page:
    frame = PageFrame(title=path, root="../" * path.count("/"), base_url=plan.base_url)
    return Page(path, short_hash(values), lambda: render_page(kit, template, frame, values))
