"""The jobs of a round of a fleet for people: one line each, what became of it, and the command that shows more."""

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.records.fleet import ANY_NODE, FleetPlan, JobState, PlannedJob
from harness.records.wording import format_count
from harness.render.plain import align

_HEADER = ("class", "node", "job", "state", "since", "what is known", "more")
# States that need somebody.
_BAD = (JobState.HOPELESS, JobState.LOST)


def render_status(plan: FleetPlan) -> str:
    """Return how many jobs are in which state, a line for each, and the nodes that are silent."""
    lines = [f"fleet {plan.fleet}, round {plan.round}: {count_states(plan.jobs)}", *_list_jobs(plan.jobs)]
    lines += [f"MISSING  {event.node}: {event.subject} (event {event.id})" for event in plan.missing]
    lines += [f"note: {note}" for note in plan.notes]
    return _join(lines)


def render_submission(parts: tuple[Sequence[PlannedJob], Sequence[PlannedJob]], whole: FleetPlan, *, dry: bool) -> str:
    """Return the jobs of a round that were submitted, or would be, those that Slurm refused, and the others' states."""
    sent, refused = parts
    notes = [f"note: {note}" for note in whole.notes]
    if not (sent or refused):
        return _join([f"nothing to submit in round {whole.round}: {count_states(whole.jobs)}", *notes])
    keys = {job.key for job in (*sent, *refused)}
    others = [job for job in whole.jobs if job.key not in keys]
    verb = "would submit" if dry else "submitted"
    head = f"{verb} {format_count(len(sent), 'job')} of fleet {whole.fleet}, round {whole.round}"
    head += f"; Slurm did not take {format_count(len(refused), 'job')}" if refused else ""
    more = [f"not submitted: {count_states(others)}"] if others else []
    return _join([head, *_list_jobs((*sent, *refused)), *more, *notes])


def render_cancellation(plan: FleetPlan, *, dry: bool, chosen: str = "") -> str:
    """Return the jobs that were cancelled, or would be; `chosen` are the words by which they were looked for."""
    if not plan.jobs:
        return _join([f"no job of fleet {plan.fleet}{chosen} is in the queue", *(f"note: {one}" for one in plan.notes)])
    verb = "would cancel" if dry else "cancelled"
    head = f"{verb} {format_count(len(plan.jobs), 'job')} of fleet {plan.fleet}"
    rows = [(str(job.key), str(job.state), job.on or "-", job.about) for job in plan.jobs]
    return _join([head, *align(rows, left=4)])


def _list_jobs(jobs: Sequence[PlannedJob]) -> list[str]:
    rows = [
        (
            job.key.node_class,
            name_node(job),
            job.key.job,
            str(job.state),
            format_time(job.since),
            job.about or "-",
            job.command or "-",
        )
        for job in jobs
    ]
    return list(align((_HEADER, *rows), left=len(_HEADER))) if rows else []


def _join(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def needs_somebody(jobs: Iterable[PlannedJob]) -> bool:
    """Return whether a job is lost, or waits for what does not come by itself."""
    return any(job.state in _BAD for job in jobs)


def count_states(jobs: Sequence[PlannedJob]) -> str:
    """Return how many jobs are in which state: `6 jobs: 4 done, 1 running, 1 lost`."""
    counts = Counter(job.state for job in jobs)
    parts = [f"{counts[state]} {state}" for state in JobState if counts[state]]
    return f"{format_count(len(jobs), 'job')}{': ' if parts else ''}{', '.join(parts)}"


def name_node(job: PlannedJob) -> str:
    """Return the node of a job; that of one which any node may do is known once it has one."""
    return job.key.node or (f"{ANY_NODE} ({job.on})" if job.on else ANY_NODE)


def format_time(time: str) -> str:
    """Return a time in UTC as people read it: `11-28 03:17`."""
    return f"{time[5:10]} {time[11:16]}" if len(time) >= 16 else "-"
