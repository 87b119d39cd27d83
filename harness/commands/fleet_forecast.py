"""What the jobs of a round are expected to take and to do, by what is stored of their nodes."""

from collections.abc import Sequence

from harness.commands.fleet_action import FleetCall
from harness.commands.request.fleet_night import ask_night, find_newest_nights
from harness.errors import UsageError
from harness.judge.night_cost import time_run
from harness.night.elsewhere import plan_elsewhere
from harness.plan.fleet import AskedJob, JobForecast, forecast_night, forecast_runs, list_jobs, plan_fleet
from harness.plan.fleet_node import list_flaws
from harness.records.card import RunFilter
from harness.records.fleet import ClusterView, FleetPlan, JobKey
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RawHistory
from harness.run.places import Workplace
from harness.settings.layer import nearest
from harness.settings.setting import NIGHT, RUN
from harness.store.known_history import HistoryQuestion, know_history

# Of how many earlier runs the longest one counts.
_LATEST = 9


def make_plan(asked: FleetCall, cluster: ClusterView | None, *, forecast: bool) -> FleetPlan:
    """Return the jobs of a round; a `forecast`, which takes longer, says what is expected of each.

    Raises UsageError for a node that no class has.
    """
    jobs = list_jobs(asked.fleet, asked.round, cluster, asked.nodes)
    _require_nodes(asked, cluster, jobs)
    notes = list(list_flaws(asked.fleet, cluster))
    plan = plan_fleet(asked.fleet.name, asked.round, jobs, _forecast(asked, jobs, notes) if forecast else {})
    return plan.replace(notes=tuple(dict.fromkeys(notes)))


def _forecast(asked: FleetCall, jobs: Sequence[AskedJob], notes: list[str]) -> dict[JobKey, JobForecast]:
    """Return what is expected of each job, by what is stored of its node; what cannot be known is noted."""
    call = asked.call
    work = Workplace(places=asked.places, environ=call.environ, console=call.output.console)
    names = {one.key.node for one in jobs}
    wanted = RunFilter(node=names.pop()) if len(names) == 1 else RunFilter()
    options = asked.places.options
    known = know_history(asked.places, call.environ, call.output.console, HistoryQuestion(wanted, options))
    found: dict[JobKey, JobForecast] = {}
    watching = [one for one in jobs if one.job.verb in NIGHT and one.key.node]
    newest = find_newest_nights(known.raw.details.values())
    nights = [ask_night(one.key.node, one.job, newest, notes.append) for one in watching]
    for one, night in zip(watching, plan_elsewhere(nights, known, work), strict=True):
        if night.trouble:
            notes.append(f"the branch of {one.key.node_class}/{one.key.job} is not known: {night.trouble}")
            found[one.key] = JobForecast(why="the branch is not known here")
        elif night.view:
            found[one.key] = forecast_night(night.view, night.plan)
    for one in jobs:
        if one.job.verb not in NIGHT:
            found[one.key] = forecast_runs(one.job.verb, _time_runs(known.raw, one))
    return found


def _time_runs(raw: RawHistory, asked: AskedJob) -> list[float]:
    """Return how long the latest runs of a node took that were asked for by hand or by a job, oldest first."""
    if asked.job.verb not in RUN:
        return []
    own = [
        one
        for one in raw.details.values()
        if one.node == asked.key.node and one.purpose == RunPurpose.MANUAL and not one.trial
    ]
    took = [time_run(one) for one in sorted(own, key=lambda one: one.start)]
    return [seconds for seconds in took if seconds][-_LATEST:]


def _require_nodes(asked: FleetCall, cluster: ClusterView | None, jobs: Sequence[AskedJob]) -> None:
    """Raise UsageError for a node that was asked for and has no job."""
    there = {one.key.node for one in jobs}
    for name in asked.nodes:
        if name not in there:
            known = sorted({one.key.node for one in list_jobs(asked.fleet, asked.round, cluster) if one.key.node})
            hint = nearest(name, known) if known else "harness fleet plan  # lists the nodes"
            raise UsageError(f"--node {name}: no class of the fleet has a job on that node", hint=hint)
