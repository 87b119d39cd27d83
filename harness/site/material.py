"""What the pages of one node are made of, loaded from the results."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness.bisect.answer import read_answer
from harness.errors import HarnessError
from harness.judge.judged_history import add_triage
from harness.judge.node_health import HealthFacts, describe_nodes, measure_nodes
from harness.judge.site_node import NodeFacts, make_site_node
from harness.records.bisection import BisectReport
from harness.records.card import RunFilter
from harness.records.history import History
from harness.records.raw_history import RunDetail
from harness.records.triage import Triage
from harness.render.format.format import RunSheet
from harness.render.html.site import NodeMaterial, SitePlan
from harness.settings.request import Places
from harness.site.look import NodeLook
from harness.store.bisection_file import list_files, load_bisection
from harness.store.bundle import BISECTION, RUN
from harness.store.find import find_runs, read_logs
from harness.store.index.index import RunIndex
from harness.store.index.inquiry import ask_index
from harness.store.index.reader import stamp_file
from harness.store.known_history import HistoryQuestion, know_history
from harness.store.night_file import list_reported, load_nights
from harness.store.witness import load_by_hand
from harness.system.console import Console

# So many reports are asked what is known of an event.
_NIGHTS = 40


class Surroundings(NamedTuple):
    """Where a site is made: the folders, the environment and the console; what people decided about events.

    `heard` are complaints about what cannot be read that were made before.
    """

    places: Places
    environ: Mapping[str, str]
    console: Console
    triage: tuple[Triage, ...] = ()
    heard: frozenset[str] = frozenset()


def load_material(look: NodeLook, plan: SitePlan, around: Surroundings) -> NodeMaterial:
    """Return what the pages of a node are made of; complain about what cannot be read."""
    places, console, node = around.places, around.console, look.node
    stamps = {one.path: stamp_file(f"{one.path}{os.sep}{RUN}") for one in look.runs}  # before they are read
    # Commands on pages are for readers elsewhere: they do not name the folders of this node.
    question = HistoryQuestion(RunFilter(node=node), heard=around.heard)
    known = know_history(places, around.environ, console, question)
    history = known.history.replace(events=add_triage(known.history.events, around.triage))
    runs = _list_runs(known.raw.details.values())
    nights = load_nights(places.results, node, _NIGHTS, console.note_once)
    bisections = tuple(_read_bisections(history, node, around))
    unreadable = [one.line for one in known.errors if str(one) not in around.heard]
    watched = HealthFacts(known.raw, list_reported(places.results, node), datetime.now(UTC).date())
    facts = NodeFacts(
        node=node,
        digest=look.digest,
        root=str(places.results),
        history=history,
        runs=runs,
        statuses=_load_statuses(look, around),
        machine=known.raw.machines.get(runs[-1].machine, ()) if runs else (),
        nights=nights,
        bisections=bisections,
        unreadable=tuple(unreadable),
        every_run=plan.every_run,
        trials=(*known.trials, *load_by_hand(known, lambda error: console.note_once(error.line))),
        health=next((one for one in describe_nodes(watched) if one.node == node), None),
        measure=measure_nodes(watched).get(node),
    )
    details = {one.run_id: one for one in runs}
    return NodeMaterial(
        node=make_site_node(facts),
        history=history,
        details=details,
        machines=known.raw.machines,
        nights=nights,
        bisections=bisections,
        read_run=_make_reader({one.run_id: one.path for one in runs}, console.note_once),
        stamps={one.run_id: stamps.get(one.path, "") for one in runs},
    )


def _list_runs(details: Iterable[RunDetail]) -> list[RunDetail]:
    """Return runs, oldest first; of one that was copied to another place the first counts."""
    runs = {one.run_id: one for one in sorted(details, key=lambda one: one.path, reverse=True)}
    return sorted(runs.values(), key=lambda one: (one.start, one.run_id))


def _make_reader(paths: Mapping[str, str], note: Callable[[str], None]) -> Callable[[str], RunSheet | None]:
    # Said before other processes make pages: each of them would say it.
    roots = {parents[2] for path in paths.values() if len(parents := Path(path).parents) > 2}  # above node and month
    away = {root for root in roots if not root.is_dir()}
    for root in sorted(away):
        note(f"runs have no pages: {root} is not on this computer")

    def read(run_id: str) -> RunSheet | None:
        if not away.isdisjoint(Path(paths.get(run_id, "")).parents[2:3]):
            return None
        try:
            (stored,) = find_runs(Path(), [paths[run_id]], note).stored
        except (HarnessError, KeyError, ValueError) as error:
            note(f"{run_id} has no page: {error.line if isinstance(error, HarnessError) else 'it cannot be found'}")
            return None
        return RunSheet(run=stored.run, report=stored.report, logs=read_logs(stored))

    return read


def _load_statuses(look: NodeLook, around: Surroundings) -> dict[str, str]:
    """Return the status of each run by its id."""

    def ask(index: RunIndex) -> dict[str, str]:
        index.refresh()
        return {card.id: str(card.status) for card in index.load_cards(index.choose(RunFilter(node=look.node)))}

    return ask_index(around.places, around.console, ask)


def _read_bisections(history: History, node: str, around: Surroundings) -> Iterator[BisectReport]:
    """Yield the answers to the searches that events name."""
    wanted = {one.bisection for one in history.events if one.bisection}
    results, note = around.places.results, around.console.note_once
    for path in list_files(results, node) if wanted else ():
        if path.name.removesuffix(BISECTION) in wanted:
            try:
                yield read_answer(results, load_bisection(path), note)
            except HarnessError as error:
                note(f"{path} is ignored: {error.line}")
            except OSError as error:
                note(f"{path} is ignored: {error.strerror or error}")
