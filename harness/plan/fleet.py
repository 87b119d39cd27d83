"""The plan of a fleet: its classes and nodes become jobs, each with its command, its time and its reason."""

import shlex
from collections.abc import Iterator, Sequence

from harness.records.fleet import Fleet, FleetJob, FleetPlan, JobKey, NodeChoice, NodeClass, PlannedJob
from harness.settings.fleet import spell_job_settings

# Where nothing is known of how long a job takes.
_LIMIT_S = 4 * 3600.0
_NODE = "{node}"


def plan_fleet(fleet: Fleet, round_word: str) -> FleetPlan:
    """Return the jobs of a round."""
    jobs = [job for one in fleet.classes for job in _plan_class(fleet, one, round_word)]
    return FleetPlan(fleet=fleet.name, round=round_word, jobs=tuple(jobs))


def _plan_class(fleet: Fleet, one: NodeClass, round_word: str) -> Iterator[PlannedJob]:
    for job in one.jobs:
        for node in one.nodes if job.on is NodeChoice.EACH else ("",):
            key = JobKey(fleet=fleet.name, round=round_word, node_class=one.name, node=node, job=job.name)
            yield PlannedJob(key=key, words=spell_job(one, job, key), limit_s=_LIMIT_S, why=job.verb)


def spell_job(one: NodeClass, job: FleetJob, key: JobKey) -> tuple[str, ...]:
    """Return the command of a job on its node; `{node}` stands for the node's name if any node may do it."""
    return (
        *shlex.split(one.harness),
        job.verb,
        *job.words,
        *spell_job_settings(job.settings),
        *("--job", str(key)),
        *_spell_places(one, key.node or _NODE),
    )


def _spell_places(one: NodeClass, node: str) -> Sequence[str]:
    places = (("--results", one.results), ("--cache", one.cache))
    return (
        *("--as-node", node),
        *(word for option, value in places if value for word in (option, value.replace(_NODE, node))),
    )
