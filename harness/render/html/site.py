"""The pages of a site: those of one node, and those about all nodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from harness import __version__
from harness.judge.roof_point import list_roofs
from harness.judge.site_address import commit_page, event_page, node_folder
from harness.judge.site_event import choose_asked, collect_notes, group_site, link_groups
from harness.judge.site_line import SiteLine, merge_commits
from harness.judge.witness_node import gather_witnesses
from harness.records.bisection import BisectReport
from harness.records.history import Event, History, HistoryCommit
from harness.records.night_report import NightReport
from harness.records.raw_history import MachineFacts, RunDetail
from harness.records.record import Record, short_hash
from harness.records.site import SiteNode, SiteRun, SiteSeries
from harness.render.figure.bisection import draw_bisection
from harness.render.figure.choice import draw_all, list_run_figures
from harness.render.figure.figure import Figure, FigureTable
from harness.render.figure.nights import draw_nights
from harness.render.figure.roofline import draw_roofline
from harness.render.figure.series import draw_series
from harness.render.figure.series_data import write_series_data
from harness.render.figure.series_sheet import SeriesSheet
from harness.render.figure.series_words import title_series
from harness.render.format.format import RunSheet
from harness.render.html.page import PageFrame, PageKit, render_page
from harness.render.html.report import render_run_page
from harness.render.html.report_run import ReportedRun
from harness.render.html.site_commit import gather_commit, show_commit, show_commits, stamp_commits
from harness.render.html.site_commit_book import CommitBook, CommitReader
from harness.render.html.site_compare import show_compare, show_unreadable
from harness.render.html.site_data import write_node_data
from harness.render.html.site_entry import EventEntry, EventLore, list_entries
from harness.render.html.site_event import find_strongest, show_event, show_events
from harness.render.html.site_fleet import show_nodes
from harness.render.html.site_night import show_night
from harness.render.html.site_node import show_node
from harness.render.html.site_overview import show_overview
from harness.render.html.site_series import cut_sheet, link_series, make_sheet, show_series


class SitePlan(Record):
    """What all pages share: where they will be hosted, empty if that is not known, and whether every run has a page."""

    base_url: str = ""
    every_run: bool = False


class NodeMaterial(NamedTuple):
    """All that the pages of one node are made of.

    `history` has the series of this node alone, judged, with its events and their triage; `details` are its runs by
    their ids, `machines` the facts that these name. `nights` are the newest reports, the latest first. `read_run`
    returns the sheet of a run with its logs, None where it cannot be read: for the runs that have a `page` in
    `node.runs`. `stamps` tell by their ids which records they had.
    """

    node: SiteNode
    history: History
    details: Mapping[str, RunDetail]
    machines: Mapping[str, MachineFacts]
    nights: Sequence[NightReport]
    bisections: Sequence[BisectReport]
    read_run: Callable[[str], RunSheet | None]
    stamps: Mapping[str, str] = MappingProxyType({})


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
    """Yield the pages of one node, below its folder, those of its events, and `data/<slug>.js`."""
    node, history, press = material.node, material.history, _Press(kit, plan)
    folder, title = node_folder(node.node), node.node or "node not known"
    for one in node.series:
        frame = press.frame(one.page, f"{title_series(one.key)} on {title}")
        yield press.make(frame, "site_series.html", partial(_show_series, one, material, frame[1].root))
    by_key, line = {one.key: one for one in history.series}, merge_commits([node])
    for event in node.events:
        frame = press.frame(event_page(event.id), f"Event {event.id} on {title}")
        values = show_event(node, event, by_key, line, frame[1].root)
        sheet = _find_sheet(event, material, frame[1].root)
        answer = next((one for one in material.bisections if one.id == values["bisection"]), None)
        later = partial(_add_figures, values, sheet, answer)
        yield press.make(frame, "site_event.html", later, (values, sheet, answer))
    newest = next((material.details[run.id].machine for run in reversed(node.runs) if run.id in material.details), "")
    frame = press.frame(f"{folder}index.html", title)
    machine = material.machines.get(newest, ())
    yield press.make(frame, "site_node.html", partial(_show_node, material, machine, frame[1].root))
    if material.nights:
        report, *earlier = material.nights
        frame_of_night = press.frame(f"{folder}night.html", f"Night of {report.began[:10]} on {title}")
        root = frame_of_night[1].root
        known = frozenset(event.id for event in material.node.events)
        yield press.make(frame_of_night, "site_night.html", lambda: show_night(report, earlier, root, known))
    for run in node.runs:
        if run.page:
            frame = press.frame(run.page, f"Run {run.id}")
            about = short_hash(frame, run, material.stamps.get(run.id, ""))
            yield Page(run.page, about, partial(_make_run, kit, frame[1], material, run))
    yield Page(f"data/{node.slug}.js", "", lambda: write_node_data(node, history.series))


def render_shared_pages(
    kit: PageKit,
    plan: SitePlan,
    nodes: Sequence[SiteNode],
    unreadable: Sequence[str],
    read: CommitReader,
) -> Iterator[Page]:
    """Yield the pages about all nodes, which are as `StoredNode` has them; `read` reads its lines.

    `unreadable` are sentences about what could not be read.
    """
    press, line = _Press(kit, plan), merge_commits(nodes)
    groups, notes = group_site(nodes, line), collect_notes(nodes)
    lore = EventLore(len(nodes), notes, gather_witnesses(choose_asked(groups), nodes, line, groups))
    overview = show_overview(nodes, groups, line, lore) | {"unreadable": len(unreadable)}
    yield press.make(press.frame("index.html", "Benchmarks of whisper.cpp"), "site_overview.html", lambda: overview)
    fleet = show_nodes(nodes, line)
    yield press.make(press.frame("nodes.html", "Nodes"), "site_nodes.html", lambda: fleet)
    events = show_events(nodes, groups, line, lore)
    yield press.make(press.frame("events.html", "Changes"), "site_events.html", lambda: events)
    compare = show_compare(nodes, line)
    yield press.make(press.frame("compare.html", "Compare two runs"), "site_compare.html", lambda: compare)
    frame = press.frame("unreadable.html", "Not readable")
    yield press.make(frame, "site_unreadable.html", lambda: show_unreadable(unreadable))
    book = CommitBook(nodes, line, read)
    commits = show_commits(line, [book.count(one.position) for one in line.commits], groups)
    yield press.make(press.frame("commits/index.html", "Commits"), "site_commits.html", lambda: commits)
    made = link_groups(groups, line, notes)
    for commit, stamp in zip(line.commits, stamp_commits(book, line), strict=True):
        own = made.get(commit.name, ())
        frame = press.frame(commit_page(commit.name), f"Commit {commit.short}")
        entries = list_entries(own, line, root=frame[1].root, lore=lore)
        values = partial(_show_commit, commit, book, line, entries)
        yield press.make(frame, "site_commit.html", values, (stamp, entries))


def _show_commit(
    commit: HistoryCommit, book: CommitBook, line: SiteLine, entries: Sequence[EventEntry]
) -> dict[str, Any]:
    return show_commit(gather_commit(commit, book, line), entries, line, "../")


class _Press:
    """What turns values into pages."""

    def __init__(self, kit: PageKit, plan: SitePlan) -> None:
        self._kit, self._plan = kit, plan

    def frame(self, path: str, title: str) -> tuple[str, PageFrame]:
        """Return a path with what stands around its page."""
        root = "../" * path.count("/")
        return path, PageFrame(title=title, root=root, base_url=self._plan.base_url, path=path, version=__version__)

    def make(
        self,
        frame: tuple[str, PageFrame],
        template: str,
        values: Callable[[], Mapping[str, Any]],
        about: tuple[object, ...] = (),
    ) -> Page:
        """Return a page; `about` is all that its values are made of, if a hash of it is worth while."""
        path, around = frame
        digest = short_hash(template, around, about) if about else ""
        return Page(path, digest, lambda: render_page(self._kit, template, around, values()))


def _make_run(kit: PageKit, frame: PageFrame, material: NodeMaterial, run: SiteRun) -> bytes:
    """Return the page of a run; of one that cannot be read any more it says so."""
    sheet = material.read_run(run.id)
    if sheet is None:
        return render_page(kit, "site_unreadable.html", frame, show_unreadable([f"{run.path}: it cannot be read"]))
    one = ReportedRun(sheet.run, sheet.logs, run.path, sheet.report)
    home = f"{frame.root}{node_folder(material.node.node)}index.html"
    place = (("Overview", f"{frame.root}index.html"), (material.node.node or "node not known", home), (run.id, ""))
    return render_run_page(kit, frame, one, draw_all(list_run_figures(sheet.run)), place)


def _show_node(material: NodeMaterial, machine: MachineFacts, root: str) -> dict[str, Any]:
    return {**show_node(material.node, material.history, machine, root), "figures": _draw_health(material)}


def _draw_health(material: NodeMaterial) -> list[Figure]:
    """Return what shows how healthy a node is: its nights, and the roofline of its newest run if it has one."""
    newest = [run.id for run in material.node.runs if run.page][-1:]
    sheet = material.read_run(newest[0]) if newest else None
    nights = [draw_nights(material.node.node, material.node.runs)] if material.node.runs else []
    return [*nights, *([draw_roofline(sheet.run)] if sheet and list_roofs(sheet.run) else [])]


def _show_series(one: SiteSeries, material: NodeMaterial, root: str) -> dict[str, Any]:
    node, history = material.node, material.history
    sheet = make_sheet(one, history, root)
    return show_series(one, node, history, root) | {
        "node_name": node.node or "node not known",
        "figure": _hide_table(draw_series(sheet)),
        "data": write_series_data(sheet, link_series(one, node, history, root)),
    }


def _hide_table(figure: Figure) -> Figure:
    """Return a figure without its table: the page of the series has one with links."""
    return figure.replace(table=FigureTable(head=figure.table.head, rows=()))


def _find_sheet(event: Event, material: NodeMaterial, root: str) -> SeriesSheet | None:
    """Return the series that shows an event best, around it; None where none is known to."""
    key = find_strongest(event)
    one = next((one for one in material.node.series if one.key == key), None)
    return cut_sheet(make_sheet(one, material.history, root), event.id) if one else None


def _add_figures(values: Mapping[str, Any], sheet: SeriesSheet | None, answer: BisectReport | None) -> dict[str, Any]:
    return {
        **values,
        "figure": _hide_table(draw_series(sheet)).replace(summary=values["sentence"]) if sheet else None,
        "search_figure": draw_bisection(answer) if answer else None,
    }
