"""`harness fleet plan`: what would run where, and why."""

import shlex

from harness.commands.fleet_action import FleetCall
from harness.commands.fleet_round import FleetRound, find_class, look_at_round
from harness.commands.output import OutputForm
from harness.errors import UsageError
from harness.plan.fleet import list_arrays, list_jobs
from harness.plan.fleet_array import name_folder, spell_submission
from harness.records.fleet import Fleet, JobArray, Scheduler
from harness.render.fleet import render_fleet_plan, render_matrix
from harness.render.fleet_script import render_script


def show_plan(asked: FleetCall) -> int:
    """Print the plan of a round, its scripts or its matrix, and return the exit code."""
    call = asked.call
    if call.flag("script") and call.output.form is OutputForm.JSON:
        raise UsageError("--script prints text, not JSON", hint="leave out --json  # or --script, for each job's words")
    if call.flag("matrix"):
        fleet = _keep(asked.fleet, Scheduler.GITHUB)
        call.output.write_own(render_matrix(list_jobs(fleet, asked.round, None, asked.nodes)))
        return 0
    found = look_at_round(asked, forecast=True, lenient=True)
    plan = found.plan
    if call.flag("script"):
        call.output.write(_render_scripts(asked, found))
    else:
        call.output.show(render_fleet_plan(plan, width=call.output.width), plan)
    return 0


def _render_scripts(asked: FleetCall, found: FleetRound) -> str:
    """Return what Slurm would be given for each class and node; raises UsageError if that is nothing."""
    arrays = list_arrays(asked.fleet, found.plan)
    if not arrays:
        hint = "harness fleet plan  # says which nodes the classes have"
        raise UsageError("no job of this round is for a node of Slurm", hint=hint)
    return "\n".join(_render_array(asked.fleet, array, found.nodes) for array in arrays)


def _render_array(fleet: Fleet, array: JobArray, nodes: tuple[str, ...]) -> str:
    one = find_class(fleet, array.node_class)
    return f"# {shlex.join(spell_submission(one, array, nodes))}\n{render_script(array, name_folder(one))}"


def _keep(fleet: Fleet, scheduler: Scheduler) -> Fleet:
    return fleet.replace(classes=tuple(one for one in fleet.classes if one.scheduler is scheduler))
