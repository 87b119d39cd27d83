"""The plan of a fleet for people: its jobs, who measures what, and what is wrong; and as a matrix for a workflow."""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from harness.plan.fleet import AskedJob, fill_node, spell_verb
from harness.records.fleet import ANY_NODE, FleetPlan, JobState, PlannedJob
from harness.records.night import WorkItem
from harness.records.wording import format_count
from harness.render.night import lay_out, wrap_line
from harness.render.plain import format_seconds

_INDENT = "  "
# What these would do is what a plan is about; of others it says what became of them.
_TO_DO = (JobState.ABSENT, JobState.LOST)
# More nodes than that are counted on a line.
_NAMED = 4


def render_fleet_plan(plan: FleetPlan, *, width: int = 0) -> str:
    """Return the jobs of a round, what each night would do with its reason, and what is wrong.

    Lines have at most `width` columns, as far as that is possible; 0 means no limit.
    """
    nodes = {job.key.node for job in plan.jobs if job.key.node}
    first = (
        f"{plan.fleet}, round {plan.round}: {format_count(len(plan.jobs), 'job')} on {format_count(len(nodes), 'node')}"
    )
    done = sum(job.state is JobState.DONE for job in plan.jobs)
    lines = [f"{first}, {done} done" if done else first]
    if plan.jobs:
        header = ("class", "node", "job", "state", "expected", "limit", "why")
        lines += lay_out((header, *map(_row, plan.jobs)), 4, width, _INDENT)
    else:
        lines.append(f"{_INDENT}nothing to do")
    if work := list(_list_work(plan.jobs)):
        lines += ["", "Who measures what:"]
        lines += lay_out((("what", "commits", "on", "minutes", "why"), *work), 3, width, _INDENT)
    if plan.notes:
        lines.append("")
    for text in plan.notes:
        lines += wrap_line(text, width, indent="")
    return "".join(f"{line}\n" for line in lines)


def render_matrix(jobs: Sequence[AskedJob]) -> str:
    """Return the jobs of runners as the JSON list that the matrix of a workflow takes.

    A named node is a label of its runner as well, because only that makes the job run there. Where no folders are
    named, those of the action are used.
    """
    rows = [
        {
            "class": one.name,
            "node": key.node or one.name,
            "job": job.name,
            "labels": [*one.labels, *([key.node] if key.node else [])],
            "command": shlex.join(spell_verb(job, key)),
            "results": fill_node(one.results, key.node or one.name),
            "cache": fill_node(one.cache, key.node or one.name),
        }
        for key, one, job in jobs
    ]
    return json.dumps(rows)


def _row(job: PlannedJob) -> tuple[str, ...]:
    expected = "-" if job.expected_s is None else format_seconds(job.expected_s)
    return (
        job.key.node_class,
        job.key.node or ANY_NODE,
        job.key.job,
        job.state,
        expected,
        format_seconds(job.limit_s),
        job.why if job.state in _TO_DO else job.about or job.why,
    )


def _list_work(jobs: Sequence[PlannedJob]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each item that fits, with the nodes that would do it; a job that is over does nothing more."""
    nodes: defaultdict[tuple[str, str, str], dict[str, WorkItem]] = defaultdict(dict)
    for job in jobs:
        if job.state not in (JobState.DONE, JobState.ENDED):
            for item in job.items:
                if item.fits:
                    nodes[item.kind, item.baseline, item.commit][job.key.node] = item
    for (kind, _, _), found in nodes.items():
        item = next(iter(found.values()))
        minutes = sum(one.seconds for one in found.values()) / 60
        yield (kind, item.pair, _name_nodes(found), f"{minutes:.1f}", _tell_why(found))


def _name_nodes(found: Mapping[str, WorkItem]) -> str:
    return ", ".join(found) if len(found) <= _NAMED else format_count(len(found), "node")


def _tell_why(found: Mapping[str, WorkItem]) -> str:
    """Return the reason of an item, and of which node it is where the nodes have several."""
    reasons = list(dict.fromkeys(item.reason for item in found.values()))
    more = f" (and {format_count(len(reasons) - 1, 'other reason')})" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}"
