"""`harness fleet submit`: what is missing of a round goes to Slurm."""

import contextlib
import shlex
from collections.abc import Iterator, Sequence

from harness.commands.fleet_action import FleetCall
from harness.commands.fleet_round import find_class, look_at_round
from harness.errors import UnavailableError, UsageError
from harness.fleet.slurm import SilentSlurmError, submit_array
from harness.plan.fleet import list_arrays
from harness.plan.fleet_array import name_folder, spell_submission
from harness.records.fleet import JobArray, JobState, PlannedJob, Scheduler
from harness.records.fleet_name import LOGS
from harness.render.fleet_script import render_script
from harness.render.fleet_status import render_submission
from harness.system.disk import make_folder
from harness.system.lock import hold

# Held while a round is looked at and submitted, so that two submissions from one results folder submit nothing twice.
_LOCK = "submit.lock"
_MISSING = (JobState.ABSENT, JobState.LOST)


def submit_round(asked: FleetCall) -> int:
    """Submit the jobs of a round that are absent or lost, print what became of all, and return the exit code."""
    if all(one.scheduler is not Scheduler.SLURM for one in asked.fleet.classes):
        hint = "their workflow starts them (docs/how-to/fleet.md)"
        raise UsageError("no class is for Slurm: runners of GitHub Actions take their jobs by themselves", hint=hint)
    call = asked.call
    dry = call.flag("dry_run")
    with contextlib.nullcontext() if dry else _hold_submission(asked):
        found = look_at_round(asked, forecast=True)
        plan = found.plan
        wanted = plan.replace(jobs=tuple(job for job in plan.jobs if job.state in _MISSING))
        sent, refused = _submit_all(asked, list_arrays(asked.fleet, wanted), found.nodes, dry=dry)
    after = plan.replace(jobs=(*sent, *refused))
    call.output.show(render_submission((sent, refused), plan, dry=dry), after)
    return UnavailableError.exit_code if refused else 0


def _submit_all(
    asked: FleetCall, arrays: Sequence[JobArray], nodes: tuple[str, ...], *, dry: bool
) -> tuple[tuple[PlannedJob, ...], tuple[PlannedJob, ...]]:
    """Submit arrays, and return the jobs that Slurm took and those that it did not take, with its reason.

    What Slurm refuses does not keep it from the others. Raises SilentSlurmError if it answers to none of them.
    """
    sent: list[PlannedJob] = []
    refused: list[PlannedJob] = []
    silent: SilentSlurmError | None = None
    for array in arrays:
        try:
            if silent:
                raise silent
            sent += _submit(asked, array, nodes, dry=dry)
        except UnavailableError as error:
            silent = error if isinstance(error, SilentSlurmError) else None
            if silent and not (sent or refused):
                raise
            about, command = f"not submitted: {error.line}", error.hint or "harness fleet plan --script"
            refused += [job.replace(about=about, command=command) for job in array.jobs]
    return tuple(sent), tuple(refused)


def _submit(asked: FleetCall, array: JobArray, nodes: tuple[str, ...], *, dry: bool) -> list[PlannedJob]:
    """Submit an array, and return its jobs as they are then; with `dry` only say what would be done."""
    one = find_class(asked.fleet, array.node_class)
    words, script = spell_submission(one, array, nodes), render_script(array, name_folder(one))
    if dry:
        asked.call.output.console.note(shlex.join(words))
        return list(array.jobs)
    number = submit_array(words, script, asked.call.environ)
    return [
        job.replace(
            state=JobState.WAITING,
            about=f"{'was lost; ' if job.state is JobState.LOST else ''}submitted as job {number}_{index}",
            command=f"scontrol show job {number}_{index}",
        )
        for index, job in enumerate(array.jobs)
    ]


@contextlib.contextmanager
def _hold_submission(asked: FleetCall) -> Iterator[None]:
    """Hold the lock of submissions; where the file system has no locks, `--job` on the nodes still doubles nothing."""
    folder = asked.places.results / LOGS
    make_folder(folder)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(folder / _LOCK, busy=lambda: _note_wait(asked)))
        except (OSError, NotImplementedError) as error:
            asked.call.output.console.note(f"{folder / _LOCK} cannot be locked ({error}): submit one at a time")
        yield


def _note_wait(asked: FleetCall) -> None:
    asked.call.output.console.note("waiting for another harness fleet submit to end")
