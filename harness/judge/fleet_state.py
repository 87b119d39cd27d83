"""What became of the jobs of a round: from the results alone whether they are done, else from Slurm's queue and logs.

Pure: what Slurm said, what lies in the results, and which jobs have a log, go in.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from harness.plan.fleet_node import choose_nodes, is_away, meets
from harness.records.fleet import (
    ClusterView,
    FleetPlan,
    JobState,
    JobTrace,
    NodeClass,
    PlannedJob,
    QueuedJob,
    Scheduler,
)
from harness.records.wording import format_count

# States of jobs that Slurm has ended; it shows them for some minutes more.
_ENDED = frozenset(
    "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT".split()
)
# Of these, the command itself ended, with 0 or another exit code.
_CAME_TO_AN_END = frozenset(("COMPLETED", "FAILED"))
_WAITING = frozenset("PENDING REQUEUED REQUEUE_HOLD REQUEUE_FED SPECIAL_EXIT RESV_DEL_HOLD".split())
# What Slurm gives as a reason, as the beginning of its word: what a job waits for, and whether somebody has to act.
_REASONS: tuple[tuple[str, str, bool], ...] = (
    ("BadConstraints", "no node has the features that it asks for", True),
    ("Resources", "its node is busy", False),
    ("Priority", "jobs before it wait for the same node", False),
    ("BeginTime", "it was put back into the queue, and Slurm lets it wait for a while", False),
    ("ReqNodeNotAvail", "its node cannot be used now", False),
    ("Reservation", "it waits for its reservation", False),
    ("DependencyNeverSatisfied", "the job that it waits for failed", True),
    ("Dependency", "it waits for another job", False),
    ("JobHeldUser", "it is held by its owner", True),
    ("JobHeldAdmin", "it is held by an administrator", True),
    ("JobHoldMaxRequeue", "it was put back into the queue too often, and is held", True),
    ("launch_failed", "it could not be started on its node, and is held", True),
    ("PartitionDown", "its partition is down", True),
    ("PartitionInactive", "its partition is inactive", True),
    ("PartitionTimeLimit", "its time limit is above that of its partition", True),
    ("PartitionNodeLimit", "its partition does not allow it", True),
    ("PartitionConfig", "its partition does not allow it", True),
    ("NodeDown", "its node is down", True),
    ("InvalidAccount", "its account is not valid", True),
    ("InvalidQOS", "its quality of service is not valid", True),
    ("Assoc", "its account has reached a limit", False),
    ("QOS", "its quality of service has reached a limit", False),
)


class RoundFacts(NamedTuple):
    """What is known of a round beside its plan: Slurm's answer, traces in the results, and the logs of jobs by key.

    A log is its path and its last line, which may be empty. What the nodes of the classes `unseen` write is not seen on
    this computer until it was collected.
    """

    cluster: ClusterView | None
    traces: tuple[JobTrace, ...]
    logs: Mapping[str, tuple[str, str]]
    unseen: frozenset[str] = frozenset()


def is_active(job: QueuedJob) -> bool:
    """Return whether Slurm has not ended a job yet."""
    return job.state not in _ENDED


def judge_round(plan: FleetPlan, classes: Iterable[NodeClass], facts: RoundFacts) -> FleetPlan:
    """Return the plan with the state of each job, a sentence about it, and a command that shows more."""
    by_name = {one.name: one for one in classes}
    traces: dict[str, list[JobTrace]] = {}
    for trace in facts.traces:
        traces.setdefault(trace.key, []).append(trace)
    queued: dict[str, list[QueuedJob]] = {}
    for other in facts.cluster.jobs if facts.cluster else ():
        queued.setdefault(str(other.key), []).append(other)
    jobs = []
    for job in plan.jobs:
        key = str(job.key)
        found = _judge(job, by_name[job.key.node_class], (traces.get(key, []), queued.get(key, [])), facts)
        jobs.append(found)
    return plan.replace(jobs=tuple(jobs))


def _judge(
    job: PlannedJob, one: NodeClass, known: tuple[list[JobTrace], list[QueuedJob]], facts: RoundFacts
) -> PlannedJob:
    traces, queued = known
    done = [trace for trace in traces if trace.finished]
    if done:
        return _name_done(job, done)
    active = [other for other in queued if is_active(other)]
    # Where two owners submitted it at once, the one that runs says most.
    active.sort(key=lambda other: (other.state in _WAITING, other.submitted))
    if active and facts.cluster:
        return _name_active(job, active[0], one, facts.cluster)
    if one.scheduler is Scheduler.GITHUB:
        return _name_runner(job, traces)
    if facts.cluster is None:
        return job.replace(
            state=JobState.ABSENT, on=job.key.node, about="not done; whether it is in the queue is not known"
        )
    return _name_rest(job, traces, [other for other in queued if not is_active(other)], facts)


def _name_done(job: PlannedJob, done: list[JobTrace]) -> PlannedJob:
    newest = max(done, key=lambda trace: trace.newest)
    where = " and ".join(sorted({trace.node for trace in done}))
    twice = f"done on {where}: it was submitted twice" if len(done) > 1 else f"exit code {newest.exit_code}"
    word = newest.runs[-1] if newest.runs else "night"
    command = f"harness show {newest.node}/{word}" if newest.runs else f"harness show night --node {newest.node}"
    return job.replace(state=JobState.DONE, since=newest.newest, on=newest.node, about=twice, command=command)


def _name_active(job: PlannedJob, queued: QueuedJob, one: NodeClass, cluster: ClusterView) -> PlannedJob:
    more = f"scontrol show job {queued.number}"
    times = f", restarted {queued.restarts} times" if queued.restarts > 1 else ", restarted once"
    again = times if queued.restarts else ""
    if queued.state not in _WAITING:
        about = (
            f"job {queued.number} runs{again}" if queued.state == "RUNNING" else f"job {queued.number}: {queued.state}"
        )
        since = queued.started or queued.submitted
        return job.replace(state=JobState.RUNNING, since=since, on=queued.node, about=about, command=more)
    why, stuck = _explain(queued, one, cluster)
    if stuck:
        more = stuck
    return job.replace(
        state=JobState.HOPELESS if stuck else JobState.WAITING,
        since=queued.submitted,
        on=job.key.node,
        about=f"job {queued.number} waits{again}: {why}",
        command=more,
    )


def _explain(queued: QueuedJob, one: NodeClass, cluster: ClusterView) -> tuple[str, str]:
    """Return what a job waits for, and, if it waits until somebody does something, a command that shows more."""
    node = next((node for node in cluster.nodes if node.name == queued.key.node), None)
    if queued.key.node and node is None:
        return f"Slurm has no node {queued.key.node}", "sinfo -N"
    if all(meets(one.features, other.features) is False for other in ([node] if node else cluster.nodes)):
        return f"{'its node lacks' if node else 'no node has'} {one.features}", "sinfo -N -o '%N %f'"
    if node and is_away(node):
        reason = f": {node.reason}" if node.reason else ""
        return f"{node.name} is {' and '.join(node.states)}{reason}", f"scontrol show node {node.name}"
    members = [other for other in cluster.nodes if other.name in choose_nodes(one, cluster)]
    if not node and members and all(map(is_away, members)):
        return "no node of its class can be used", "sinfo -R"
    for beginning, meaning, stuck in _REASONS:
        if queued.reason.replace(" ", "_").startswith(beginning):
            more = f" (scontrol release {queued.number})" if "is held" in meaning else ""
            return meaning + more, f"scontrol show job {queued.number}" if stuck else ""
    return queued.reason or "Slurm has not looked at it yet", ""


def _name_runner(job: PlannedJob, traces: list[JobTrace]) -> PlannedJob:
    """Return a job of a runner, of which only its results are known."""
    begun = f"begun on {traces[0].node}, not finished" if traces else "runners are asked by their workflow"
    return job.replace(state=JobState.ABSENT, about=begun, command="gh run list")


def _name_rest(job: PlannedJob, traces: list[JobTrace], ended: list[QueuedJob], facts: RoundFacts) -> PlannedJob:
    path, last = facts.logs.get(str(job.key), ("", ""))
    unseen = job.key.node_class in facts.unseen
    if not (traces or ended or path):
        where = "what was collected" if unseen else "the results"
        return job.replace(state=JobState.ABSENT, on=job.key.node, about=f"neither in the queue nor in {where}")
    said = []
    command = f"tail {shlex.quote(path)}" if path else ""
    if ended:
        newest = max(ended, key=lambda other: other.submitted)
        if unseen and newest.state in _CAME_TO_AN_END:
            return _name_ended(job, newest)
        said.append(f"Slurm ended job {newest.number}: {newest.state}")
        command = command or f"scontrol show job {newest.number}"
    if traces and traces[0].runs:
        said.append(f"{traces[0].runs[-1]} is not finished")
    elif ended and not path and max(ended, key=lambda other: other.submitted).state in _CAME_TO_AN_END:
        said.append("it left neither a result nor a log: its node may not write to `results` of its class")
    else:
        said.append("it left no result")
    if last:
        said.append(f"its log ends with: {last}")
    since = max([*(trace.newest for trace in traces), *(other.submitted for other in ended)], default="")
    return job.replace(
        state=JobState.LOST,
        since=since,
        on=job.key.node or next(filter(None, [*(one.node for one in traces), *(one.node for one in ended)]), ""),
        about="; ".join(said),
        command=command or "harness list --unfinished",
    )


def _name_ended(job: PlannedJob, ended: QueuedJob) -> PlannedJob:
    """Return a job whose command came to its end where nobody here can see what it left."""
    about = f"Slurm ended job {ended.number}: {ended.state}; its results were not collected yet"
    return job.replace(
        state=JobState.ENDED, since=ended.submitted, on=ended.node, about=about, command="harness fleet collect"
    )


def list_unplanned(plan: FleetPlan, cluster: ClusterView) -> Iterator[str]:
    """Yield a sentence on the jobs of the round that are in the queue and that the file of the fleet does not have."""
    planned = {job.key for job in plan.jobs}
    there = [job for job in cluster.jobs if is_active(job) and job.key.round == plan.round and job.key not in planned]
    for job in there[:1]:
        more = f", and {format_count(len(there) - 1, 'other')}" if len(there) > 1 else ""
        yield (
            f"{job.key}{more}: in the queue, but not in the file of the fleet any more "
            f"(scontrol show job {job.number}; scancel {job.number})"
        )


def list_other_rounds(cluster: ClusterView, round_word: str) -> Iterator[str]:
    """Yield a sentence on the jobs of each other round that are still in the queue, with a command that shows them."""
    counts = Counter(job.key.round for job in cluster.jobs if is_active(job) and job.key.round != round_word)
    for word, count in sorted(counts.items()):
        are = "are" if count > 1 else "is"
        yield f"{format_count(count, 'job')} of round {word} {are} in the queue (harness fleet status --round {word})"


# The head of an attempt, and lines of an error that say less than its first one.
_LESS = re.compile(r"== |\s*(?:cause|try): ")
_SAID = "harness: "


def choose_last_line(text: str) -> str:
    """Return the line at the end of a log that says most: that of the newest error, else the last; empty if none."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _LESS.match(line)]
    return next((line for line in reversed(lines) if line.startswith(_SAID)), lines[-1] if lines else "")
