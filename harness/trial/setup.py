"""Where a live comparison takes place: how the node is set, where samplers run, and who waits for quiet."""

from collections.abc import Mapping
from typing import NamedTuple

from harness.judge.node_fact import caveat_condition, caveat_placement
from harness.parse.host.cpu import rank_cores
from harness.plan.placement import Ranking, Wish, choose_placement, choose_wish
from harness.records.caveat import Caveat
from harness.records.condition import Condition
from harness.records.run import Run
from harness.settings.layer import Settings
from harness.system.console import Console
from harness.system.probe import probe_capture
from harness.system.process.placement import require_placement
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
        """Return a seat whose processes run where the settings want them; raises UsageError where they cannot."""
        placement, env = choose_placement(self.wish, self.ranking, seat.threads)
        return seat.replace(placement=placement, environment=(*seat.environment, *env))

    def describe(self, run: Run) -> tuple[Caveat, ...]:
        """Return the caveats of the node before anything is measured."""
        found = caveat_condition(self.condition, run.node.cpu.cores, run.suite.threads)
        return (*found, *caveat_placement(self.wish, self.condition))


def set_scene(settings: Settings, environ: Mapping[str, str], console: Console) -> Scene:
    """Return the scene that the settings ask for; raises UsageError and UnfitError for what cannot be."""
    wish = choose_wish(settings)
    require_placement(wish)
    watch = Watch(environ)
    vigil = Vigil(watch, console, wait_s=settings.number("wait_quiet"), retries=int(settings.number("retries")))
    ranking = rank_cores(probe_capture(environ)) if wish.pin else ()
    return Scene(wish=wish, ranking=ranking, condition=watch.probe_condition(), vigil=vigil)
