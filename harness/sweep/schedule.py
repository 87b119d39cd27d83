"""Goes through a sweep: all builds first, then round by round over all cells together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.plan.forecast import duration_key, learn_durations, remaining_s
from harness.plan.grid import interleave
from harness.records.outcome import is_timed
from harness.records.plan import Phase, Plan, Step
from harness.run.session import Session, StepPace
from harness.system.cache.stamp import is_done

_PREPARING = (Phase.LIST, Phase.PROBE)


class SweepEstimate(NamedTuple):
    """How long a sweep will take, by stored runs as far as they tell: `known` of `total` steps."""

    seconds: float
    known: int
    total: int


def estimate_sweep(plans: Sequence[Plan], known: Mapping[str, float]) -> SweepEstimate:
    """Return what the steps of all plans will take that are not done already."""
    steps = [step for plan in plans for step in plan.steps if not is_done(step) and step.phase not in _PREPARING]
    seconds = remaining_s(steps, known, done=frozenset(), elapsed_s=0.0)
    return SweepEstimate(seconds=seconds, known=sum(duration_key(step) in known for step in steps), total=len(steps))


class SweepSchedule:
    """One pass over the plans of several sessions; what is finished in a session is not done again."""

    def __init__(
        self, sessions: Sequence[Session], known: Mapping[str, float], seed: int, *, built: Callable[[], None]
    ) -> None:
        self._sessions = sessions
        self._known = known
        self._built = built
        self._steps = list(interleave([session.plan for session in sessions], seed))

    def go(self) -> None:
        """Execute every step that is not finished, and call `built` before the first one that is timed."""
        first = next((position for position, (_, step) in enumerate(self._steps) if is_timed(step)), None)
        for position, (number, step) in enumerate(self._steps):
            if position == first:
                self._built()
            self._sessions[number].do(step, self._pace(position))

    def learn(self) -> dict[str, float]:
        """Return what is known of durations once the sweep is over, or has broken off."""
        known = dict(self._known)
        for session in self._sessions:
            known = learn_durations(known, session.plan.steps, session.run.results)
        return known

    def _pace(self, position: int) -> StepPace:
        rest = list(self._rest(position))
        return StepPace(
            number=position + 1,
            total=len(self._steps),
            left_s=lambda elapsed_s: remaining_s(rest, self._known, done=frozenset(), elapsed_s=elapsed_s),
        )

    def _rest(self, position: int) -> Iterator[Step]:
        done = [frozenset(result.step for result in session.run.results) for session in self._sessions]
        return (step for number, step in self._steps[position:] if step.name not in done[number])
