"""Watches the node during a run: waits for quiet, and says how quiet a step was."""

import time

from harness.errors import NoisyError, UnfitError
from harness.judge.quietness import describe_others, is_quiet, limit_cpus, measure_quietness
from harness.records.caveat import Caveat, CaveatCode
from harness.records.condition import CounterReading, Quietness
from harness.records.outcome import CompletedProcess
from harness.render.plain import format_seconds
from harness.settings.request import NoiseRefusal
from harness.system.console import Console
from harness.system.quiet import CounterReader

# So long must others leave the CPUs alone: a hundred ticks of each.
_WINDOW_S = 1.0
_MOST_WINDOW_S = 5.0
# How often a measurement that no monitor looks after is taken again where it stood still.
RETRIES = 2
# So often a scheduler may start a job again on a node that is too noisy.
MOST_RESTARTS = 5


class QuietMonitor:
    """Watches the node for one run: waits `wait_s` seconds in total, and allows `retries` repetitions of a step.

    With a `refusal`, the first wait raises NoisyError if it was in vain.
    """

    def __init__(
        self,
        watch: CounterReader,
        console: Console,
        *,
        wait_s: float,
        retries: int,
        refusal: NoiseRefusal | None = None,
    ) -> None:
        self.retries = retries
        self.caveat: Caveat | None = None
        self.counters = watch
        self._console = console
        self._asked_s = wait_s
        self._left_s = wait_s
        self._refusal = refusal

    def wait(self) -> bool:
        """Wait until the node is quiet or the time is up; return whether it had to wait.

        If the time is up, `caveat` names the processes that used the CPUs. Raises NoisyError where such a node is
        refused, and UnfitError if it was too often.
        """
        refusal, self._refusal = self._refusal, None
        if self._left_s <= 0 and not refusal:
            return False
        waited = False
        while not is_quiet(seen := self.look(_WINDOW_S)):
            self._left_s -= min(seen.wall_s, _MOST_WINDOW_S)  # not the hour for which a laptop was stopped
            others = describe_others(seen)
            if refusal and self._left_s <= 0:
                raise refuse_noise(self._asked_s, others, refusal)
            if not waited:
                self._console.note(
                    f"waiting until other processes use less than {limit_cpus(seen.cpus):.2f} CPUs; now {others}"
                )
            waited = True
            if self._left_s <= 0:
                self._give_up(others)
                break
            self._console.tick(
                f"waiting for quiet, at most {format_seconds(self._left_s)}: other processes use {others}"
            )
        return waited

    def look(self, window_s: float) -> Quietness:
        """Watch for `window_s` seconds and return what happened."""
        before = self.counters.read()
        time.sleep(window_s)
        return measure_quietness(before, self.counters.read())

    def read(self) -> CounterReading:
        """Return the current counters."""
        return self.counters.read()

    def since(self, before: CounterReading, completed: CompletedProcess | None) -> Quietness:
        """Return what happened since `before`, without the CPU time of a child that has ended."""
        child_s = completed.user_s + completed.system_s if completed else 0.0
        return measure_quietness(before, self.counters.read(), child_s=child_s)

    def _give_up(self, others: str) -> None:
        message = f"not quiet within {format_seconds(self._asked_s)}: other processes used {others}"
        self._console.note(f"{message}; measuring anyway")
        self.caveat = Caveat(code=CaveatCode.NOT_QUIET, message=message)


def refuse_noise(waited_s: float, others: str, refusal: NoiseRefusal) -> UnfitError:
    """Return the error for a node that is too noisy: after too many restarts one that no scheduler tries again."""
    waited = f"it was not quiet within {format_seconds(waited_s)}" if waited_s else "it is not quiet"
    what = "the node is too noisy: nothing is measured"
    cause = f"{waited}: other processes used {others}"
    if refusal.restarts < MOST_RESTARTS:
        return NoisyError(what, cause=cause)
    return UnfitError(f"{what}, and after {refusal.restarts} restarts it is not tried again", cause=cause)
