"""`harness fleet status`: what became of the jobs of a round, and which nodes are silent."""

from datetime import UTC, datetime

from harness.commands.fleet_action import FleetCall
from harness.commands.fleet_round import look_at_round
from harness.judge.fleet_silence import find_silent_nodes
from harness.records.exit_code import ExitCode
from harness.render.fleet_status import needs_somebody, render_status
from harness.store.layout import list_months


def show_status(asked: FleetCall) -> int:
    """Print the state of each job of a round and the nodes that are silent, and return the exit code."""
    found = look_at_round(asked)
    nodes = tuple(dict.fromkeys(job.key.node for job in found.plan.jobs if job.key.node))
    missing = find_silent_nodes(nodes, _list_reports(asked), datetime.now(UTC).date(), asked.fleet.silent_nights)
    plan = found.plan.replace(missing=missing)
    asked.call.output.show(render_status(plan), plan)
    return ExitCode.BENCHMARK_FAILED if missing or needs_somebody(plan.jobs) else ExitCode.OK


def _list_reports(asked: FleetCall) -> dict[str, list[str]]:
    """Return the days of all runs of each node, from the names of their bundles: `20261128`."""
    found: dict[str, list[str]] = {}
    for month in list_months(asked.places.results, asked.call.output.console.warn):
        node = month.path.rsplit("/", 2)[-2]
        found.setdefault(node, []).extend(name[:8] for name in month.names)
    return found
