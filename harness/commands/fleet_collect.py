"""`harness fleet collect`: what nodes left is put among the results, each bundle as a whole or not at all."""

import glob
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness import __version__
from harness.commands.fleet_action import FleetCall
from harness.commands.fleet_round import look_at_round
from harness.commands.index import bring_up_to_date
from harness.commands.request.fleet import load_fleet
from harness.errors import HarnessError, UnavailableError, UnfitError, UnreadableError, UsageError
from harness.fleet.fetch import FetchPlace, fetch
from harness.fleet.slurm import look_at_cluster
from harness.judge.collection import NodeExpectation, describe_clock, find_stranger
from harness.judge.fleet_silence import find_silent_nodes
from harness.parse.job_key import parse_job_key
from harness.parse.tool.remote_copy import is_remote
from harness.plan.collection import ResultSource, list_sources, match_node
from harness.plan.fleet_node import choose_nodes
from harness.records.collection import CollectedNode, FleetCollection, FoundItem, RefusedItem
from harness.records.exit_code import ExitCode
from harness.records.fleet import NODE_WORD, Fleet, JobState, Scheduler
from harness.records.fleet_name import name_log
from harness.render.collection import render_collection
from harness.settings.layer import nearest
from harness.store.bundle_import import ImportedItem, import_bundles
from harness.store.importer import ImportOutcome, open_scratch
from harness.store.inbox import find_newest, list_nodes, look_into, read_item
from harness.store.index.inquiry import ask_index
from harness.store.stored_import import import_files
from harness.system.scratch import IMPORT, clear_scratch


def collect(asked: FleetCall) -> int:
    """Collect what the nodes left, print a table, bring the index of the fleet up to date; return the exit code."""
    output, results = asked.call.output, asked.places.results
    whole = load_fleet(asked.file)  # the nodes of other classes are no strangers
    clear_scratch(results, IMPORT)  # of a collection that was killed, where nothing new comes now
    collector = _Collector(asked, whole)
    for source in list_sources(whole, _find_nodes(asked, whole)):
        if collector.wants_any(source):
            collector.take(source)
    known = {one.node for one in collector.nodes}
    for name in asked.nodes:
        if name not in known and not any(one.trouble for one in collector.nodes):
            raise UsageError(f"--node {name}: no node of this name has left results", hint=nearest(name, known))
    found = FleetCollection(
        fleet=whole.name,
        results=str(results),
        nodes=_find_silence(collector.nodes, whole.silent_nights),
        refused=tuple(collector.refused),
        lost=_find_lost(asked, collector),
        notes=tuple(dict.fromkeys(collector.notes)),
    )
    output.show(render_collection(found), found)
    if asked.places.database and results.is_dir():
        ask_index(asked.places, output.console, bring_up_to_date)
    if found.refused:
        return UnreadableError.exit_code
    missing = found.lost or any(one.silent or one.trouble for one in found.nodes)
    return int(ExitCode.BENCHMARK_FAILED if missing else ExitCode.OK)


def _find_nodes(asked: FleetCall, fleet: Fleet) -> dict[str, list[str]]:
    """Return the nodes of classes that name none: those that Slurm knows, and folders here that are named after them.

    Raises what asking Slurm raises where only it knows the nodes.
    """
    found: dict[str, list[str]] = {}
    for one in fleet.classes:
        if one.nodes or NODE_WORD not in one.results:
            continue
        if is_remote(one.results):
            cluster = look_at_cluster(fleet.name, asked.call.environ)
            found[one.results] = list(choose_nodes(one, cluster))
        else:
            paths = glob.glob(glob.escape(one.results).replace(NODE_WORD, "*"))  # noqa: PTH207 - an absolute pattern
            found[one.results] = sorted(filter(None, (match_node(one.results, path) for path in paths)))
    return found


def _find_silence(nodes: list[CollectedNode], nights: int) -> tuple[CollectedNode, ...]:
    """Return the nodes in order, those that have reported nothing for so many nights marked."""
    reports = {one.node: [one.newest[:10]] for one in nodes if one.newest}
    names = [one.node for one in nodes if one.node_class and not one.trouble]
    silent = {one.node: one.subject for one in find_silent_nodes(names, reports, datetime.now(UTC).date(), nights)}
    marked = (one.replace(silent=silent.get(one.node, "")) for one in nodes)
    return tuple(sorted(marked, key=lambda one: (one.node_class, one.node)))


def _find_lost(asked: FleetCall, collector: "_Collector") -> tuple[str, ...]:
    """Return the jobs of the round that ended and left nothing finished; none where Slurm cannot be asked."""
    if not any(one.scheduler is Scheduler.SLURM for one in asked.fleet.classes):
        return ()
    try:
        jobs = look_at_round(asked).plan.jobs
    except (UnfitError, UnavailableError) as error:
        collector.notes.append(f"whether a job ended without results is not known: {error.line}")
        return ()
    return tuple(str(job.key) for job in jobs if job.state in (JobState.LOST, JobState.ENDED))


class _Looked(NamedTuple):
    """What lies in the folder of a node: what may be collected, and what is refused."""

    bundles: list[Path]
    files: list[Path]
    known: int
    refused: list[RefusedItem]


class _Collector:
    """One collection: what was found of each node, what was refused, and the notes below the table."""

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
        newest = self._read_newest(node, folder)
        row = CollectedNode(
            node_class=source.find_class(node),
            node=node,
            where=source.where,
            new=new,
            known=looked.known + known,
            refused=len(looked.refused),
            newest=newest.start if newest else "",
            harness=newest.harness if newest else "",
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
        bundles, files = taken
        return _Looked(bundles, files, inbox.known, refused)

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

    def _read_newest(self, node: str, folder: Path) -> FoundItem | None:
        """Return what the newest run of a node says of itself, and note what it shows of its harness."""
        path = find_newest(self._results, node, f"{self._now:%Y%m%dT%H%M%SZ}")
        try:
            item = read_item(path) if path else None
        except UnreadableError as error:
            self.notes.append(f"{node}: {error.line}")
            return None
        if item:
            self.notes += filter(None, [describe_clock(item, self._now, self._when_logged(item, folder))])
            if item.harness and item.harness != __version__:
                self.notes.append(f"{node}: its runs are of harness {item.harness}, and this is {__version__}")
            if item.job and item.job.partition("/")[0] != self._whole.name:
                self.notes.append(f"{node}: its newest run is of the job {item.job}, one of another fleet")
        return item

    def _when_logged(self, item: FoundItem, folder: Path) -> datetime | None:
        """Return when the log of the job that made something was last written; None where there is none here."""
        try:
            log = folder / name_log(parse_job_key(item.job))
            return datetime.fromtimestamp(log.lstat().st_mtime, UTC)
        except (UsageError, OSError):
            return None

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
        return RefusedItem(node_class=self.source.find_class(self.node), node=self.node, path=there, why=why, hint=hint)

    def of_error(self, path: str, error: HarnessError) -> RefusedItem:
        """Return that something is refused which cannot be read, or put where it belongs."""
        return self.of(path, error.cause or error.what, error.hint)
