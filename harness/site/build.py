"""Make a site: each node whose results are new, then the pages about all nodes, then all of it takes effect."""

import difflib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import UsageError
from harness.judge.site_address import event_page, make_slug, node_folder
from harness.judge.site_commit import read_lines, store_node
from harness.records.history import HistoryCommit
from harness.records.record import Record, short_hash
from harness.records.site import SITE_SCHEMA, NodeCommit, SiteNode, StoredNode
from harness.render.html.page import PageKit, compose_style
from harness.render.html.site import NodeMaterial, Page, SitePlan, render_node_pages, render_shared_pages
from harness.render.html.site_commit_book import TOGETHER
from harness.site.look import NodeLook, look_around
from harness.site.material import Surroundings, load_material
from harness.store.site_folder import SiteCount, SiteFolder, open_site
from harness.system.process.crew import share

# Fewer pages are made sooner than other processes are ready; one of them makes so many at a time.
_ALONE, _CHUNK = 8, 4


class SiteRequest(Record):
    """Where a site is written, what all its pages share, and whether files of others in the folder are no obstacle.

    `nodes` are the only ones that it shows, all of them if empty. `made_by` identifies the code that makes it.
    """

    folder: Path
    plan: SitePlan
    made_by: str
    nodes: tuple[str, ...] = ()
    force: bool = False


class SiteOutcome(NamedTuple):
    """What was written, the nodes of the site, which of them were made anew, and what could not be read."""

    files: SiteCount
    nodes: tuple[str, ...]
    new: tuple[str, ...]
    unreadable: tuple[str, ...]


def build_site(request: SiteRequest, kit: PageKit, around: Surroundings) -> SiteOutcome:
    """Make a site, or bring it up to date; raises UnfitError if it cannot be written: the old one stays as it was."""
    plan, note = request.plan, around.console.note
    look = look_around(around.places, around.console, around.triage, (SITE_SCHEMA, plan))
    for error in look.errors:
        around.console.warn(f"harness: {error}")
    around = around._replace(heard=frozenset(map(str, look.errors)))
    chosen = _choose_nodes(look.nodes, request.nodes)
    with open_site(request.folder, request.made_by, force=request.force, note=note) as folder:
        shelf = _Shelf(folder)
        new: list[str] = []
        unreadable = [error.line for error in look.errors]
        for number, one in enumerate(chosen):
            around.console.count("nodes", number, len(chosen))
            if (node := _keep_node(folder, one)) is None:
                _make_node(folder, kit, plan, load_material(one, plan, around), note)
                new.append(one.node)
            unreadable += shelf.add(make_slug(one.node), node).unreadable
        unreadable = [*dict.fromkeys(unreadable)]  # some complaints are the same for all nodes
        about = short_hash([(one.node, one.digest) for one in chosen], unreadable, plan)
        if not folder.keep_rest(about):
            # Whoever reads the pages elsewhere has no use for the place of the results on this computer.
            lines = [line.replace(f"{around.places.results}{os.sep}", "") for line in unreadable]
            shared = render_shared_pages(kit, plan, shelf.nodes, lines, partial(_read_commits, folder))
            _put_all(folder, itertools.chain(_list_assets(kit), shared), note, chunk=TOGETHER)
        files = folder.commit()
    return SiteOutcome(files, tuple(one.node for one in chosen), tuple(new), tuple(unreadable))


class _Shelf:
    """The nodes of a site as they are stored.

    A hundred of them are kept, in little memory: one is read back where its pages were made, so that nothing holds
    what these were made of, and commits that several nodes measured are kept once.
    """

    def __init__(self, folder: SiteFolder) -> None:
        self._folder = folder
        self._commits: dict[HistoryCommit, HistoryCommit] = {}
        self.nodes: list[SiteNode] = []

    def add(self, slug: str, known: SiteNode | None) -> SiteNode:
        """Take a node in, from the folder if it is not `known`, and return it."""
        node = known or self._folder.read_node(state_file(slug))
        commits = tuple(self._commits.setdefault(one, one) for one in node.commits)
        self.nodes.append(node.replace(commits=commits))
        return node


def _list_assets(kit: PageKit) -> Iterator[Page]:
    yield Page("site.css", "", lambda: compose_style(kit).encode())
    yield Page("site.js", "", kit.script.encode)
    yield Page("icon.svg", "", kit.icon.encode)


def _choose_nodes(nodes: Sequence[NodeLook], wanted: Sequence[str]) -> list[NodeLook]:
    """Return the nodes that are wanted, all if none is named; raises UsageError for one that has no runs."""
    known = [one.node for one in nodes]
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else "harness list  # names the nodes"
            raise UsageError(f"there are no runs of the node {name!r}", hint=hint)
    return [one for one in nodes if not wanted or one.node in wanted]


def state_file(slug: str) -> str:
    """Return where a node is stored beside the pages."""
    return f"state/{slug}.json"


def lines_file(slug: str) -> str:
    """Return where it is stored what a node measured of each commit."""
    return f"state/{slug}.commits"


def _keep_node(folder: SiteFolder, look: NodeLook) -> SiteNode | None:
    """Return a node whose results are what its pages were made of, and keep those; None if it is to be made."""
    slug = make_slug(look.node)
    stored = folder.load_node(state_file(slug))
    if stored is None or stored.digest != look.digest:
        return None
    paths = [state_file(slug), lines_file(slug), data_file(slug), *folder.list_below(node_folder(look.node))]
    paths += [event_page(one.id) for one in stored.events]
    return stored if folder.keep_all([path for path in paths if folder.knows(path)]) else None


def data_file(slug: str) -> str:
    """Return the numbers of a node for the script of the site."""
    return f"data/{slug}.js"


def _make_node(
    folder: SiteFolder, kit: PageKit, plan: SitePlan, material: NodeMaterial, note: Callable[[str], None]
) -> None:
    _put_all(folder, render_node_pages(kit, plan, material), note)
    stored = store_node(material.node, material.history.series)
    folder.put(state_file(stored.node.slug), msgspec.json.encode(stored.node) + b"\n")
    folder.put(lines_file(stored.node.slug), stored.lines)


def _read_commits(folder: SiteFolder, node: SiteNode, places: Sequence[int]) -> dict[int, NodeCommit]:
    path = lines_file(node.slug)
    try:
        return read_lines(StoredNode(node, folder.read_new(path)), places)
    except ValueError:
        raise folder.refuse(path) from None


def _put_all(folder: SiteFolder, pages: Iterable[Page], note: Callable[[str], None], *, chunk: int = _CHUNK) -> None:
    """Put all pages, of which those are made whose values are not those of the old ones; by all processors, if many."""
    due: dict[str, Page] = {}
    for page in pages:
        # Others choose names, and may choose two that lead to one address: the first page has it.
        if page.path not in due and not folder.holds(page.path) and not folder.keep(page.path, page.values):
            due[page.path] = page
    ordered = tuple(due.values())

    def make(number: int) -> bytes:
        return ordered[number].make()

    numbers = range(len(ordered))
    if len(ordered) < _ALONE:
        contents: Iterable[bytes] = map(make, numbers)
    else:
        contents = share(make, numbers, fallen=make, note=note, chunk=chunk)
    for page, content in zip(ordered, contents, strict=True):
        folder.put(page.path, content, page.values)
