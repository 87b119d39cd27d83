"""The plan of a fleet: its classes and nodes become jobs, each with its command, its time and its reason."""

import itertools
import math
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.plan.fleet_array import name_folder
from harness.plan.fleet_node import choose_nodes
from harness.records.fleet import (
    NODE_WORD,
    ClusterView,
    Fleet,
    FleetJob,
    FleetPlan,
    JobArray,
    JobKey,
    NodeChoice,
    NodeClass,
    PlannedJob,
    Scheduler,
)
from harness.records.fleet_name import MOST_COMMENT, name_jobs
from harness.records.night import NightPlan, NightView, WorkItem, WorkKind
from harness.records.wording import join_words
from harness.settings.fleet import spell_job_settings

# The time limit of a job of which nothing is known; of runs, so many times what the longest one took.
UNKNOWN_S = 4 * 3600.0
_GENEROUS = 3
# No limit is shorter. It is a whole number of these steps, since schedulers count in minutes.
_LEAST_S, _STEP_S = 1800.0, 300.0
# What a night has beside its last item: its report, and what every start takes.
_BESIDE_S = 600.0
_NAMED = 3


class AskedJob(NamedTuple):
    """A job of a class on a node, before it is planned."""

    key: JobKey
    node_class: NodeClass
    job: FleetJob


class JobForecast(NamedTuple):
    """What is expected of a job: its time, None where nothing is known, its limit, why it is done, and its items."""

    why: str
    limit_s: float = UNKNOWN_S
    expected_s: float | None = None
    items: tuple[WorkItem, ...] = ()


def list_jobs(fleet: Fleet, round_word: str, cluster: ClusterView | None, nodes: Sequence[str] = ()) -> list[AskedJob]:
    """Return the jobs of a round, class by class and node by node; of these `nodes` alone, if any are named.

    A job for any node is left out then. Runners of a class without named nodes do each job once. They write into a
    folder of their own, unless their class names one: that of the fleet is on the computer where the plan is made.
    """
    found = []
    for described in fleet.classes:
        names = choose_nodes(described, cluster)
        runners = described.scheduler is Scheduler.GITHUB and not names
        elsewhere = described.scheduler is Scheduler.GITHUB and described.results == fleet.results
        one = described.replace(results="") if elsewhere else described
        own = [(node, job) for node in names for job in one.jobs if job.on is NodeChoice.EACH]
        own += [("", job) for job in one.jobs if job.on is NodeChoice.ANY or runners]
        found += [
            AskedJob(JobKey(fleet=fleet.name, round=round_word, node_class=one.name, node=node, job=job.name), one, job)
            for node, job in own
            if not nodes or node in nodes
        ]
    return found


def plan_fleet(
    fleet: str, round_word: str, jobs: Sequence[AskedJob], forecasts: Mapping[JobKey, JobForecast]
) -> FleetPlan:
    """Return the plan of the jobs of a round, each with what is expected of it."""
    planned = []
    for key, one, job in jobs:
        known = forecasts.get(key) or JobForecast(
            why=f"{job.verb}: what it finds to do depends on the node that takes it"
        )
        planned.append(
            PlannedJob(
                key=key,
                words=spell_job(one, job, key),
                limit_s=job.limit_s or known.limit_s,
                why=known.why,
                expected_s=known.expected_s,
                items=known.items,
            )
        )
    return FleetPlan(fleet=fleet, round=round_word, jobs=tuple(planned))


def list_arrays(fleet: Fleet, plan: FleetPlan) -> tuple[JobArray, ...]:
    """Return the jobs that Slurm starts, those of a class on one node, or on any, as one array.

    There are several of them where the names of the jobs are more than a comment of Slurm holds.
    """
    slurm = {one.name for one in fleet.classes if one.scheduler is Scheduler.SLURM}
    groups = itertools.groupby(plan.jobs, key=lambda one: (one.key.node_class, one.key.node))
    return tuple(
        JobArray(node_class=name, node=node, jobs=part)
        for (name, node), jobs in groups
        if name in slurm
        for part in _divide(jobs)
    )


def _divide(jobs: Iterable[PlannedJob]) -> Iterator[tuple[PlannedJob, ...]]:
    """Yield the jobs in parts whose names one comment holds."""
    part: tuple[PlannedJob, ...] = ()
    for job in jobs:
        if part and len(name_jobs(tuple(one.key for one in (*part, job)))) > MOST_COMMENT:
            yield part
            part = ()
        part = (*part, job)
    yield part


def spell_job(one: NodeClass, job: FleetJob, key: JobKey) -> tuple[str, ...]:
    """Return the command of a job on its node; `{node}` stands for the node's name if any node may do it."""
    node = key.node or NODE_WORD
    places = (("--results", name_folder(one)), ("--cache", one.cache))
    return (
        *shlex.split(one.harness),
        *spell_verb(job, key),
        *("--as-node", node),
        *(word for option, value in places if value for word in (option, fill_node(value, node))),
    )


def fill_node(folder: str, node: str) -> str:
    """Return a folder of a class as it is on one of its nodes."""
    return folder.replace(NODE_WORD, node)


def spell_verb(job: FleetJob, key: JobKey) -> tuple[str, ...]:
    """Return the words of a job behind `harness`, without the name of its node and its folders."""
    return (job.verb, *job.words, *spell_job_settings(job.settings), "--job", str(key))


def forecast_night(view: NightView, plan: NightPlan) -> JobForecast:
    """Return what is expected of a night whose view has its whole budget left.

    A night begins nothing that is not expected to end in time, and finishes what it began: its limit leaves time for
    one item and one build that take longer than that.
    """
    fitting = tuple(item for item in plan.items if item.fits)
    longest_s = max([item.seconds for item in fitting], default=view.costs.run_s)
    return JobForecast(
        why=_tell(view, fitting),
        limit_s=round_limit(view.left_s + longest_s + view.costs.full_build_s + _BESIDE_S),
        expected_s=sum(item.seconds for item in fitting) if view.measured else None,
        items=plan.items,
    )


def forecast_runs(verb: str, took: Sequence[float]) -> JobForecast:
    """Return what is expected of a job whose earlier rounds took so many seconds, the latest last."""
    if not took:
        return JobForecast(why=f"{verb}: how long it takes is not known yet")
    return JobForecast(
        why=f"{verb}: the last one took {_minutes(took[-1])}",
        limit_s=round_limit(_GENEROUS * max(took)),
        expected_s=took[-1],
    )


def round_limit(seconds: float) -> float:
    """Return a time limit of at least so many seconds, in whole steps."""
    return max(_LEAST_S, math.ceil(seconds / _STEP_S) * _STEP_S)


def _tell(view: NightView, items: Sequence[WorkItem]) -> str:
    """Return what a night does, in its order, with the reason of what it begins with."""
    if not view.commits:
        return "no commit of the branch is known"
    if not view.measured and items:
        return f"nothing is known of it: it begins with the newest commit, {view.commits[-1].sha[:8]}"
    if not view.measured:
        usual_s = view.costs.full_build_s + view.costs.run_s
        return f"nothing is known of it; the newest commit usually takes {_minutes(usual_s)}, more than its budget"
    if not items:
        return "nothing to do: it looks for new commits"
    first = f"{_NAMES[items[0].kind]} {items[0].pair} first ({items[0].reason})"
    rest = list(dict.fromkeys(f"{_NAMES[item.kind]} {item.pair}" for item in items[1:]))
    if len(rest) > _NAMED:
        rest = [*rest[: _NAMED - 1], f"{len(rest) - _NAMED + 1} more"]
    return f"{first}, then {join_words(rest, 'and')}" if rest else first


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / 60))} min"


_NAMES = {
    WorkKind.CONFIRM: "confirm",
    WorkKind.BISECT: "search the commit of",
    WorkKind.HEAD: "the newest commit",
    WorkKind.ANCHOR: "the anchor in turns with the newest commit:",
    WorkKind.CELLS: "missing cases of",
    WorkKind.GAP: "the gap at",
    WorkKind.AUDIT: "audit",
}
