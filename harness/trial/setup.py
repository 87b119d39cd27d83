"""Where a live comparison takes place: how the node is set, where samplers run, and who waits for quiet."""

from typing import NamedTuple

from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.plan.placement import Ranking, choose_placement
from harness.records.caveat import Caveat
from harness.records.condition import Condition
from harness.records.run import Run
from harness.run.places import Workplace
from harness.settings.request import MeasureRequest, Wish
from harness.system.quiet import Watch
from harness.system.vigil import Vigil
from harness.trial.side_case import Seat


class Scene(NamedTuple):
    """What both sides have in common."""

    wish: Wish
    ranking: Ranking
    condition: Condition
    vigil: Vigil

    def place(self, seat: Seat) -> Seat:
        """Return a seat whose processes run where they are asked to."""
        placement, env = choose_placement(self.wish, self.ranking, seat.threads)
        return seat.replace(placement=placement, environment=(*seat.environment, *env))

    def describe(self, run: Run) -> tuple[Caveat, ...]:
        """Return the caveats of the node before anything is measured."""
        found = caveat_condition(self.condition, run.node.cpu.cores, run.suite.threads)
        return (*found, *caveat_placement(self.wish, self.condition))


def set_scene(asked: MeasureRequest, work: Workplace) -> Scene:
    """Return the scene that is asked for, the node as it is now."""
    watch = Watch(work.environ)
    vigil = Vigil(watch, work.console, wait_s=asked.wait_s, retries=asked.retries)
    return Scene(wish=asked.wish, ranking=asked.ranking, condition=watch.probe_condition(), vigil=vigil)
