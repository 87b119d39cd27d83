"""The setup of a live comparison: the condition of the node, the placement of workers, and the wait for quiet."""

from typing import NamedTuple

from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.plan.placement import Ranking, choose_placement
from harness.records.caveat import Caveat
from harness.records.condition import Condition
from harness.records.run import Run
from harness.run.places import Workplace
from harness.settings.request import MeasureRequest, PlacementRequest
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader
from harness.trial.side_case import SideCase


class Setup(NamedTuple):
    """What both sides of a comparison, or all configs of a sweep, have in common."""

    placement_request: PlacementRequest
    ranking: Ranking
    condition: Condition
    monitor: QuietMonitor

    def place(self, side_case: SideCase) -> SideCase:
        """Return a side case with the requested placement of its processes."""
        placement, env = choose_placement(self.placement_request, self.ranking, side_case.threads)
        return side_case.replace(placement=placement, environment=(*side_case.environment, *env))

    def describe(self, run: Run) -> tuple[Caveat, ...]:
        """Return the caveats of the node before anything is measured."""
        found = caveat_condition(self.condition, run.node.cpu.cores, run.suite.threads)
        return (*found, *caveat_placement(self.placement_request, self.condition))


def make_setup(request: MeasureRequest, work: Workplace) -> Setup:
    """Return the requested setup, with the present condition of the node."""
    watch = CounterReader(work.environ)
    monitor = QuietMonitor(watch, work.console, wait_s=request.wait_s, retries=request.retries, refusal=request.refusal)
    return Setup(
        placement_request=request.placement_request,
        ranking=request.ranking,
        condition=watch.probe_condition(),
        monitor=monitor,
    )
