"""Make a site: each node whose results are new, then the pages about all nodes, then all of it takes effect."""

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import msgspec

from harness.errors import UsageError
from harness.judge.site_address import event_page, make_slug, node_folder
from harness.records.record import Record, short_hash
from harness.records.site import SITE_SCHEMA, SiteNode
from harness.render.html.page import PageKit, compose_style
from harness.render.html.site import Page, SitePlan, render_node_pages, render_shared_pages
from harness.site.look import NodeLook, look_around
from harness.site.material import Surroundings, load_material
from harness.store.site_folder import SiteCount, SiteFolder, open_site
from harness.system.process.crew import share

# Up to so many nodes are kept in memory while the pages about all of them are made.
_KEPT = 8
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


class StoredNodes(Sequence[SiteNode]):
    """The nodes of a site, read one by one where they are so many that all at once would take too much memory."""

    def __init__(self, folder: SiteFolder, slugs: Sequence[str], kept: Mapping[str, SiteNode]) -> None:
        self._folder, self._slugs = folder, slugs
        self._kept = kept if len(slugs) <= _KEPT else {}

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._slugs)

    @overload
    def __getitem__(self, index: int) -> SiteNode: ...

    @overload
    def __getitem__(self, index: slice) -> "StoredNodes": ...

    def __getitem__(self, index: int | slice) -> "SiteNode | StoredNodes":
        """Return a node."""
        if isinstance(index, slice):
            return StoredNodes(self._folder, self._slugs[index], self._kept)
        slug = self._slugs[index]
        return self._kept.get(slug) or self._folder.read_node(state_file(slug))


def build_site(request: SiteRequest, kit: PageKit, around: Surroundings) -> SiteOutcome:
    """Make a site, or bring it up to date; raises UnfitError if it cannot be written: the old one stays as it was."""
    plan, note = request.plan, around.console.note
    look = look_around(around.places, around.console, around.triage, (SITE_SCHEMA, plan))
    for error in look.errors:
        around.console.warn(f"harness: {error}")
    around = around._replace(heard=frozenset(map(str, look.errors)))
    chosen = _choose_nodes(look.nodes, request.nodes)
    with open_site(request.folder, request.made_by, force=request.force, note=note) as folder:
        kept: dict[str, SiteNode] = {}
        new: list[str] = []
        unreadable = [error.line for error in look.errors]
        for number, one in enumerate(chosen):
            around.console.count("nodes", number, len(chosen))
            slug = make_slug(one.node)
            node = _keep_node(folder, one, slug)
            if node is None:
                material = load_material(one, plan, around)
                node = _make_node(folder, render_node_pages(kit, plan, material), material.node, note)
                new.append(one.node)
            unreadable += node.unreadable
            if len(chosen) <= _KEPT:
                kept[slug] = node
        about = short_hash([(one.node, one.digest) for one in chosen], unreadable, plan)
        if not folder.keep_rest(about):
            nodes = StoredNodes(folder, [make_slug(one.node) for one in chosen], kept)
            # Whoever reads the pages elsewhere has no use for the place of the results on this computer.
            lines = [line.replace(f"{around.places.results}{os.sep}", "") for line in unreadable]
            _put_all(folder, _list_shared(kit, plan, nodes, lines), note)
        files = folder.commit()
    return SiteOutcome(files, tuple(one.node for one in chosen), tuple(new), tuple(unreadable))


def _list_shared(kit: PageKit, plan: SitePlan, nodes: Sequence[SiteNode], unreadable: Sequence[str]) -> Iterator[Page]:
    yield Page("site.css", "", lambda: compose_style(kit).encode())
    yield Page("site.js", "", kit.script.encode)
    yield Page("icon.svg", "", kit.icon.encode)
    yield from render_shared_pages(kit, plan, nodes, unreadable)


def _choose_nodes(nodes: Sequence[NodeLook], wanted: Sequence[str]) -> list[NodeLook]:
    """Return the nodes that are wanted, all if none is named; raises UsageError for one that has no runs."""
    known = [one.node for one in nodes]
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else "harness list names the nodes"
            raise UsageError(f"there are no runs of the node {name!r}", hint=hint)
    return [one for one in nodes if not wanted or one.node in wanted]


def state_file(slug: str) -> str:
    """Return where a node is stored beside the pages."""
    return f"state/{slug}.json"


def _keep_node(folder: SiteFolder, look: NodeLook, slug: str) -> SiteNode | None:
    """Return a node whose results are what its pages were made of, and keep those; None if it is to be made."""
    stored = folder.load_node(state_file(slug))
    if stored is None or stored.digest != look.digest:
        return None
    paths = [state_file(slug), data_file(slug), *folder.list_below(node_folder(look.node))]
    paths += [event_page(one.id) for one in stored.events]
    return stored if folder.keep_all([path for path in paths if folder.knows(path)]) else None


def data_file(slug: str) -> str:
    """Return the numbers of a node for the script of the site."""
    return f"data/{slug}.js"


def _make_node(folder: SiteFolder, pages: Iterable[Page], node: SiteNode, note: Callable[[str], None]) -> SiteNode:
    _put_all(folder, pages, note)
    folder.put(state_file(node.slug), msgspec.json.encode(node) + b"\n")
    return node


def _put_all(folder: SiteFolder, pages: Iterable[Page], note: Callable[[str], None]) -> None:
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
        contents = share(make, numbers, fallen=make, note=note, chunk=_CHUNK)
    for page, content in zip(ordered, contents, strict=True):
        folder.put(page.path, content, page.values)
