"""The order of a sweep: all builds first, then round by round over all cells together."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.plan.forecast import learn_durations
from harness.plan.grid import interleave
from harness.records.outcome import is_timed
from harness.records.plan import Plan, Step
from harness.render.plan import PlanEstimate
from harness.run.introduction import QUICK, estimate_steps
from harness.run.pace import StepPace, pace_step
from harness.run.session import Session
from harness.system.cache.stamp import is_done


def estimate_sweep(plans: Sequence[Plan], known: Mapping[str, float]) -> PlanEstimate:
    """Return an estimate for the steps of all plans that are not done yet."""
    steps = [step for plan in plans for step in plan.steps if not is_done(step) and step.phase not in QUICK]
    return estimate_steps(steps, known)


class SweepSchedule:
    """One pass over the plans of several sessions; finished steps are not repeated."""

    def __init__(
        self, sessions: Sequence[Session], known: Mapping[str, float], seed: int, *, built: Callable[[], None]
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._built = built
        self._steps = list(interleave([session.plan for session in sessions], seed))

    def go(self) -> None:
        """Execute every unfinished step, and call `built` before the first timed one."""
        first = next((position for position, (_, step) in enumerate(self._steps) if is_timed(step)), None)
        for position, (number, step) in enumerate(self._steps):
            if position == first:
                self._built()
            self._sessions[number].do(step, self._pace(position))

    def learn(self) -> dict[str, float]:
        """Return all durations known when the sweep has ended or stopped."""
        known = dict(self._known)
        for session in self._sessions:
            known = learn_durations(known, session.plan.steps, session.run.results)
        return known

    def _pace(self, position: int) -> StepPace:
        _, step = self._steps[position]
        return pace_step((position + 1, len(self._steps)), [step, *self._rest(position + 1)], self._known)

    def _rest(self, position: int) -> Iterator[Step]:
        done = [frozenset(result.step for result in session.run.results) for session in self._sessions]
        return (step for number, step in self._steps[position:] if not (step.name in done[number] or is_done(step)))
