"""`harness fleet cancel`: jobs of a fleet leave Slurm's queue."""

from harness.commands.fleet_action import FleetCall
from harness.errors import UsageError
from harness.fleet.slurm import cancel_jobs, look_at_cluster
from harness.judge.fleet_state import is_active, list_other_rounds
from harness.records.fleet import FleetPlan, JobState, PlannedJob, QueuedJob
from harness.render.fleet_status import render_cancellation

# Slurm has ended a job, and waits for its node to say so.
_ENDING = "COMPLETING"


def cancel_round(asked: FleetCall) -> int:
    """Cancel the jobs of a round, or of all rounds, and print which; return the exit code.

    A job is looked for in the queue alone, so those that fleet.toml does not have any more are found, too.
    """
    call = asked.call
    everything, dry = call.flag("all_rounds"), call.flag("dry_run")
    if everything and call.text("round"):
        raise UsageError("--all-rounds and --round exclude each other", hint="leave out one of them")
    cluster = look_at_cluster(asked.fleet.name, call.environ)
    classes = {one.name for one in asked.fleet.classes} if call.words("class") else set()
    chosen = [
        job
        for job in cluster.jobs
        if is_active(job)
        and job.state != _ENDING
        and (everything or job.key.round == asked.round)
        and (not classes or job.key.node_class in classes)
        and (not asked.nodes or (job.key.node or job.node) in asked.nodes)
    ]
    if chosen and not dry:
        cancel_jobs([job.number for job in chosen], call.environ)
    notes = () if everything else tuple(list_other_rounds(cluster, asked.round))
    plan = FleetPlan(fleet=asked.fleet.name, round=asked.round, jobs=tuple(_name(job) for job in chosen), notes=notes)
    limits = ("" if everything else f", round {asked.round}", *(f", class {name}" for name in sorted(classes)))
    words = "".join((*limits, *(f", node {name}" for name in asked.nodes)))
    call.output.show(render_cancellation(plan, dry=dry, chosen=words), plan)
    return 0


def _name(job: QueuedJob) -> PlannedJob:
    """Return a job of the queue as one of a plan; its command is not known here."""
    return PlannedJob(
        key=job.key,
        words=(),
        limit_s=0.0,
        why="",
        state=JobState.RUNNING if job.started else JobState.WAITING,
        since=job.started or job.submitted,
        on=job.node or job.key.node,
        about=f"job {job.number}",
        command=f"scontrol show job {job.number}",
    )
