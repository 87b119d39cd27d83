"""`harness fleet health`: which node is noisy, slow, drifting or silent, and which one to drain."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from harness.commands.fleet_action import FleetCall
from harness.errors import HarnessError, UsageError
from harness.fleet.slurm import look_at_cluster
from harness.judge.absence import SILENT_NIGHTS
from harness.judge.node_gauge import METRICS
from harness.judge.node_health import HealthFacts, judge_health
from harness.plan.fleet_node import choose_nodes
from harness.records.card import RunFilter
from harness.records.exit_code import ExitCode
from harness.records.fleet import Scheduler
from harness.render.node_health import render_health
from harness.settings.layer import nearest
from harness.store.known_history import HistoryQuestion, load_numbers
from harness.store.night_file import list_reported

# What is older says nothing about a node of today.
_DAYS = 400


def show_health(asked: FleetCall) -> int:
    """Print how well each node measures, and return 0, or the code of what cannot be read."""
    output, places, fleet = asked.call.output, asked.places, asked.fleet
    now = datetime.now(UTC)
    since = (now - timedelta(days=_DAYS)).date().isoformat()
    node = asked.nodes[0] if len(asked.nodes) == 1 and not fleet.classes else ""
    question = HistoryQuestion(RunFilter(node=node, since=since), metrics=METRICS)
    raw, errors, _ = load_numbers(places, output.console, question)
    classes, slurm, notes = _place_nodes(asked)
    facts = HealthFacts(
        raw=raw,
        reports=list_reported(places.results),
        today=now.date(),
        silent_nights=fleet.silent_nights if fleet.classes else SILENT_NIGHTS,
        classes=classes,
        slurm=slurm,
    )
    health = judge_health(facts)
    known = [one.node for one in health.nodes]
    for name in asked.nodes:
        if name not in known:
            raise UsageError(f"--node {name}: no node of this name has reported anything", hint=nearest(name, known))
    wanted = {*asked.nodes} or ({*classes} if asked.call.pieces("class") else set())
    if wanted:
        health = health.replace(nodes=tuple(one for one in health.nodes if one.node in wanted))
    health = health.replace(notes=notes)
    output.show(render_health(health, output.width), health)
    return errors[-1].exit_code if errors else ExitCode.OK


def _place_nodes(asked: FleetCall) -> tuple[Mapping[str, str], frozenset[str], tuple[str, ...]]:
    """Return the class of each node of a fleet, the nodes that Slurm starts, and what could not be found out.

    Nodes that a class does not name are those that Slurm says have its features; without Slurm they are not known.
    """
    classes = asked.fleet.classes
    unnamed = [one for one in classes if one.scheduler is Scheduler.SLURM and not one.nodes]
    cluster, notes = None, tuple[str, ...]()
    if unnamed:
        try:
            cluster = look_at_cluster(asked.fleet.name, asked.call.environ)
        except HarnessError as error:
            names = ", ".join(one.name for one in unnamed)
            notes = (f"the nodes of {names} are not known, and left out: {error.line}",)
    found = {node: one for one in classes for node in choose_nodes(one, cluster)}
    slurm = frozenset(node for node, one in found.items() if one.scheduler is Scheduler.SLURM)
    return {node: one.name for node, one in found.items()}, slurm, notes
