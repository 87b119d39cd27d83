"""`harness fleet collect`: what nodes left is put among the results, each bundle as a whole or not at all."""

import glob
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness import __version__
from harness.commands.fleet_action import FleetCall
from harness.commands.request.fleet import load_fleet
from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.fleet.fetch import FetchPlace, fetch
from harness.judge.collection import NodeExpectation, describe_clock, find_stranger, is_silent
from harness.parse.tool.remote_copy import is_remote
from harness.plan.collection import ResultSource, list_sources, match_node
from harness.records.collection import CollectedNode, FleetCollection, FoundItem, RefusedItem
from harness.records.fleet import Fleet
from harness.records.run import ExitCode
from harness.render.collection import render_collection
from harness.store.bundle_import import ImportedItem, import_bundles
from harness.store.importer import ImportOutcome, open_scratch
from harness.store.inbox import find_newest, list_nodes, look_into, read_item
from harness.store.index.history import drop_orphans, measure
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.stored_import import import_files


def collect(asked: FleetCall) -> int:
    """Collect what the nodes left, print a table, bring the index of the fleet up to date; return the exit code."""
    output, results = asked.call.output, asked.places.results
    whole = load_fleet(asked.file)  # the nodes of other classes are no strangers
    collector = _Collector(asked, whole)
    for source in list_sources(whole, _find_nodes(whole)):
        if collector.wants_any(source):
            collector.take(source)
    found = FleetCollection(
        fleet=whole.name,
        results=str(results),
        nodes=tuple(sorted(collector.nodes, key=lambda one: (one.node_class, one.node))),
        refused=tuple(collector.refused),
        notes=tuple(dict.fromkeys(collector.notes)),
    )
    output.show(render_collection(found), found)
    if asked.places.database:
        ask_index(asked.places, output.console, _bring_up_to_date)
    if found.refused:
        return UnreadableError.exit_code
    missing = any(one.silent or one.trouble for one in found.nodes)
    return int(ExitCode.BENCHMARK_FAILED if missing else ExitCode.OK)


def _bring_up_to_date(index: RunIndex) -> None:
    index.refresh()
    measure(index)
    drop_orphans(index)


def _find_nodes(fleet: Fleet) -> dict[str, list[str]]:
    """Return the nodes of classes that name none, by the folders here that are named after them."""
    found: dict[str, list[str]] = {}
    for one in fleet.classes:
        if not one.nodes and "{node}" in one.results and not is_remote(one.results):
            paths = glob.glob(glob.escape(one.results).replace("{node}", "*"))  # noqa: PTH207 - an absolute pattern
            found[one.results] = sorted(filter(None, (match_node(one.results, path) for path in paths)))
    return found


class _Looked(NamedTuple):
    """What lies in the folder of a node: what may be collected, and what is refused."""

    bundles: list[Path]
    files: list[Path]
    known: int
    refused: list[RefusedItem]


class _Collector:
    """One collection: what was found of each node, what was refused, and what is to be said."""

    def __init__(self, asked: FleetCall, whole: Fleet) -> None:
        self._asked, self._whole = asked, whole
        self._results = asked.places.results
        self._console = asked.call.output.console
        self._now = datetime.now(UTC)
        self.nodes: list[CollectedNode] = []
        self.refused: list[RefusedItem] = []
        self.notes: list[str] = []

    def wants_any(self, source: ResultSource) -> bool:
        """Return whether any class that was asked for uses a folder."""
        names = {one.name for one in self._asked.fleet.classes}
        return any(one.name in names for one in source.classes)

    def take(self, source: ResultSource) -> None:
        """Collect what lies in a folder; one that cannot be reached does not stop the others."""
        place = FetchPlace(self._asked.places.cache, self._results, self._asked.call.environ, self._console.note)
        wanted = [node for node in source.nodes if self._wants(source, node)]
        try:
            with fetch(source.where, place) as folder:
                there = [node for node in list_nodes(folder) if self._wants(source, node)]
                for node in dict.fromkeys((*wanted, *there)):
                    self._take_node(source, folder, node)
        except UnfitError as error:
            if not is_remote(source.where):
                raise
            trouble = f"{error.line}; try: {error.hint}" if error.hint else error.line
            for node in wanted or ["-"]:
                name = source.find_class(node) or source.classes[0].name
                self.nodes.append(CollectedNode(node_class=name, node=node, where=source.where, trouble=trouble))

    def _wants(self, source: ResultSource, node: str) -> bool:
        names = {one.name for one in self._asked.fleet.classes}
        of_class = source.find_class(node)
        return (not of_class or of_class in names) and (not self._asked.nodes or node in self._asked.nodes)

    def _take_node(self, source: ResultSource, folder: Path, node: str) -> None:
        looked = self._look(source, folder, node)
        new = known = 0
        for item in self._put(looked):
            new += item.placed is ImportOutcome.NEW
            known += item.placed is ImportOutcome.KNOWN
            if isinstance(item.error, UnfitError):  # a full disk is full for everything that follows, too
                raise item.error
            if item.error:
                looked.refused.append(_Refusal(source, folder, node).of_error(item.path, item.error))
        self.refused += looked.refused
        newest = self._read_newest(node)
        row = CollectedNode(
            node_class=source.find_class(node),
            node=node,
            where=source.where,
            new=new,
            known=looked.known + known,
            refused=len(looked.refused),
            newest=newest.start if newest else "",
            harness=newest.harness if newest else "",
            silent=is_silent(newest.start if newest else "", self._now, self._whole.silent_nights),
        )
        self.nodes.append(row)

    def _look(self, source: ResultSource, folder: Path, node: str) -> _Looked:
        """Return what lies in the folder of a node, the strangers among it refused."""
        inbox, refusal = look_into(folder, node, self._results), _Refusal(source, folder, node)
        refused = [refusal.of_error(str(folder / node), error) for error in inbox.errors]
        expected = NodeExpectation(self._whole.name, source.nodes)
        taken: list[list[Path]] = [[], []]
        for kind, paths in enumerate((inbox.bundles, inbox.files)):
            for path in paths:
                try:
                    item = read_item(path)
                except UnreadableError as error:
                    refused.append(refusal.of_error(str(path), error))
                    continue
                why, hint = find_stranger(item, expected)
                if why:
                    refused.append(refusal.of(str(path), why, hint))
                else:
                    taken[kind].append(path)
                    self._note_clock(item)
        return _Looked(*taken, inbox.known, refused)

    def _put(self, looked: _Looked) -> Iterator[ImportedItem]:
        """Copy what may be collected, and yield what became of each."""
        total = len(looked.bundles) + len(looked.files)
        if not total:
            return
        with open_scratch(self._results) as aside:
            bundles = import_bundles(looked.bundles, self._results, aside)
            files = import_files(looked.files, self._results, aside)
            for number, item in enumerate(itertools.chain(bundles, files)):
                self._console.count("collecting", number, total)
                yield item

    def _read_newest(self, node: str) -> FoundItem | None:
        """Return what the newest run of a node says of itself, and note what it shows of its harness."""
        path = find_newest(self._results, node)
        try:
            item = read_item(path) if path else None
        except UnreadableError as error:
            self.notes.append(f"{node}: {error.line}")
            return None
        if item:
            self._note_clock(item)
            if item.harness and item.harness != __version__:
                self.notes.append(f"{node}: its runs are of harness {item.harness}, and this is {__version__}")
            if item.job and item.job.partition("/")[0] != self._whole.name:
                self.notes.append(f"{node}: its newest run is of the job {item.job}, one of another fleet")
        return item

    def _note_clock(self, item: FoundItem) -> None:
        self.notes += filter(None, [describe_clock(item, self._now)])


class _Refusal(NamedTuple):
    """Refuses things of a node, by the names that they have where the node wrote them."""

    source: ResultSource
    folder: Path
    node: str

    def of(self, path: str, why: str, hint: str) -> RefusedItem:
        """Return that something is refused."""
        there = path.replace(str(self.folder), self.source.where.rstrip("/"), 1)
        return RefusedItem(
            node_class=self.source.find_class(self.node), node=self.node, path=there, why=why, hint=hint
        )

    def of_error(self, path: str, error: HarnessError) -> RefusedItem:
        """Return that something is refused which cannot be read, or put where it belongs."""
        return self.of(path, error.cause or error.what, error.hint)
