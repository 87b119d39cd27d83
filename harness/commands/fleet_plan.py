"""`harness fleet plan`: what would run where, and why."""

from harness.commands.fleet_action import FleetCall
from harness.plan.fleet import plan_fleet


def show_plan(asked: FleetCall) -> int:
    """Print the plan of a round, and return the exit code."""
    plan = plan_fleet(asked.fleet, asked.round)
    asked.call.output.show("".join(f"{job.key}\n" for job in plan.jobs), plan)
    return 0
