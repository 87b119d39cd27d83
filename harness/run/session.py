"""The run loop: carries out a plan step by step and saves the state after each step."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnavailableError, UnreadableError
from harness.judge.quietness import describe_others
from harness.judge.retry import can_wait, find_retry_refusal, find_stop_refusal, is_wanted, was_stopped
from harness.parse.inventory import learn
from harness.parse.outcome import read_outcome
from harness.parse.tool.ninja import parse_progress
from harness.plan.need import blockers, blocks, explain_block, list_needed
from harness.plan.placeholder import Unfilled, fill_placeholders
from harness.plan.precision import extend_plan, foresee_s
from harness.plan.run import is_measured
from harness.records.outcome import Status, StepResult
from harness.records.plan import Inventory, Phase, Plan, Step
from harness.records.run import Run
from harness.run.constancy import ConstancyCheck
from harness.run.option_check import check_options, keep_configured
from harness.run.pace import StepPace, pace_step
from harness.run.places import make_room
from harness.store.bundle import OWN_FILE, Bundle
from harness.store.discard import EndedStep, discard_attempt, keep_quietest, list_attempts, take_build
from harness.store.duration import Durations
from harness.system.cache.stamp import claim, is_done, lift_stamp, put_stamp
from harness.system.console import Console
from harness.system.foreign import is_regular, read_bytes
from harness.system.fresh import open_log, write_atomic
from harness.system.inspection import take_quantised
from harness.system.monitor import RETRIES, QuietMonitor
from harness.system.process.child import CannotStartError, execute
from harness.system.process.memory import available_bytes
from harness.system.process.orphan import mark_child

# These phases run what was just built: if it cannot be started, that is its own failure, not the environment's.
_BUILT = (Phase.PROBE, Phase.REFERENCE, Phase.ROOFLINE, Phase.BENCHMARK)
# Without these, a run lacks something, but it is not a failed one.
_DISPENSABLE = (Phase.REFERENCE, Phase.ROOFLINE)


class Session:
    """One pass over a plan; steps that are finished in `run` are not repeated. A `monitor` watches measurements."""

    def __init__(
        self,
        plan: Plan,
        run: Run,
        bundle: Bundle,
        console: Console,
        known: Durations,
        monitor: QuietMonitor | None = None,
    ) -> None:
        self.plan = plan
        self.run = run
        self._bundle = bundle
        self._console = console
        self._known = known
        self._monitor = monitor
        self._constancy = ConstancyCheck(monitor.counters if monitor else None)
        self.inventory = Inventory()
        self._pace: StepPace  # of the step that is being carried out

    def go(self) -> Run:
        """Execute unfinished steps, then repeat disturbed ones, and return the run with all results."""
        for step in self._steps():
            self.do(step)
        for step in self._disturbed():
            self.do(step)
        return self.run

    def extend(self, step: Step) -> None:
        """Add a step to the plan."""
        self.plan = self.plan.replace(steps=(*self.plan.steps, step))
        self._bundle.save_plan(self.plan)

    def do(self, step: Step, pace: StepPace | None = None) -> None:
        """Execute one step of the plan, unless it is finished; `pace` is its place in a larger whole."""
        known, note = next((one for one in self.run.results if one.step == step.name), None), self._console.note
        if known and self._is_still_good(step, known):
            self.run = take_build(EndedStep(step, known, made=False), self.run, self.plan, self._bundle, note)
            self.run = self._constancy.keep(self.run, step, known, self.plan.sites[-1].folder)
            return
        began = time.monotonic()
        self._pace = pace or self._own_pace(step)
        self._announce(step)
        result = self._learn(self._perform(step))
        self.run = check_options(step, result, self.run)
        ended = EndedStep(step, result, made=not result.reused)
        self.run = take_build(ended, self.run, self.plan, self._bundle, note)
        self.run = self._constancy.keep(self.run, step, result, self.plan.sites[-1].folder)
        self.run = self._constancy.check(self.run, step.cwd)
        if result.phase is Phase.BENCHMARK and result.has_numbers and self.run.code:
            result = result.replace(build=self.run.code.id)
        others = (other for other in self.run.results if other.step != step.name)
        wall_s = round(self.run.wall_s + time.monotonic() - began, 3)
        self.run = self.run.replace(results=(*others, result), wall_s=wall_s)
        self._bundle.save_run(self.run)
        self._console.end(result)
        self._show_failure(result)

    def do_needed(self, step: Step) -> None:
        """Execute the steps that `step` needs and that were not begun yet."""
        for need in list_needed(step, self.plan):
            if not any(result.step == need.name for result in self.run.results):
                self.do(need)

    def _steps(self) -> Iterator[Step]:
        """Yield the steps of the plan, which grows by further rounds if a precision was requested."""
        position = 0
        while position < len(self.plan.steps):
            yield self.plan.steps[position]
            position += 1
            longer = extend_plan(self.plan, self.run)
            if longer is not self.plan:
                self.plan = longer
                self._bundle.save_plan(longer)

    def _perform(self, step: Step) -> StepResult:
        failed = frozenset(result.step for result in self.run.results if blocks(result))
        blocked = blockers(step, self.plan, failed)
        if blocked:
            skipped = StepResult.unexecuted(step, Status.SKIPPED, explain_block(blocked[0], self.run.results))
            return skipped.replace(blocked_by=blocked[0])
        filled = fill_placeholders(step, self.inventory)
        if isinstance(filled, Unfilled):
            return StepResult.unexecuted(step, filled.status, filled.reason)
        if filled.min_memory_bytes and filled.min_memory_bytes > (free := available_bytes()):
            reason = f"needs {filled.min_memory_bytes / 1e9:.2f} GB of memory, but only {free / 1e9:.2f} GB are free"
            return StepResult.unexecuted(step, Status.SKIPPED, reason)
        if not is_done(filled):
            with claim(filled, note=self._console.warn):
                if not is_done(filled):  # another run may have made it meanwhile
                    return self._make(filled)
        return self._take_made(filled, StepResult.unexecuted(step, Status.PASSED, "").replace(reused=True))

    def _make(self, filled: Step) -> StepResult:
        lift_stamp(filled)
        if filled.phase is Phase.BUILD and self.run.source.mutable:
            self._constancy.begin_build(self.run)
        result = self._measure(filled) if is_measured(filled) else self._execute(filled)
        keep_configured(filled, self._bundle.logs / filled.log)
        missing = [product for product in filled.products if not Path(product).exists()]
        if result.status is Status.PASSED and missing:
            reason = f"it succeeded, but did not write {Path(missing[0]).name} to {Path(missing[0]).parent}"
            status = Status.SKIPPED if filled.phase is Phase.REFERENCE else Status.FAILED
            return result.replace(status=status, reason=reason)
        result = self._take_made(filled, result)
        if result.status is Status.PASSED:
            put_stamp(filled)
            if filled.phase is Phase.BUILD and self.run.source.mutable:
                self.run = self._constancy.check_source(self.run, self._console.note)
        return result

    def _measure(self, step: Step) -> StepResult:
        """Execute a measurement when the node is quiet, and repeat it if it was stopped or disturbed; keep the best.

        Stopped measurements, and disturbed ones of models, are repeated at once, all others at the end (`_disturbed`).
        Attempts discarded before an interruption count, so the limit holds for a step however often it is resumed.
        """
        retries = self._monitor.retries if self._monitor else RETRIES
        self._constancy.begin(step.cwd, self.run, step.argv)
        while True:
            result = self._watch(step, self._monitor) if self._monitor else self._execute(step)
            if was_stopped(result) and result.completed:
                disturbance = f"{step.title}: {result.completed.standstill}"
                refusal = find_stop_refusal(result, self.run, retries=retries)
            elif is_wanted(result) and result.quiet:
                disturbance = f"{step.title}: others used {describe_others(result.quiet)}"
                if can_wait(step) and retries and not list_attempts(self.run, step.name):
                    self._console.note(f"{disturbance}; it will be repeated at the end if there is time")
                    return result
                refusal = find_retry_refusal(result, self.plan, self.run, self._known, retries=retries)
            else:
                return result
            if refusal:
                self._console.note(f"{disturbance}; keeping the quietest attempt, with a caveat: {refusal}")
                self.run, best = keep_quietest(self.run, self._bundle, result)
                return best
            self._console.note(f"{disturbance}; repeating it")
            self.run = discard_attempt(self.run, self._bundle, result)

    def _watch(self, step: Step, monitor: QuietMonitor) -> StepResult:
        """Execute a measurement when the node is quiet, and return its result with the load from other processes."""
        if monitor.wait():
            self._announce(step)
        before = monitor.read()
        result = self._execute(step)
        if monitor.caveat:
            self.run = self.run.add_caveat(monitor.caveat)
        return result.replace(quiet=monitor.since(before, result.completed), placement=step.placement)

    def _disturbed(self) -> Iterator[Step]:
        """Yield the steps to repeat after all others, in the order of the plan."""
        retries = self._monitor.retries if self._monitor else 0
        for step in self.plan.steps if retries else ():
            result = next((one for one in self.run.results if one.step == step.name and is_wanted(one)), None)
            if not (result and can_wait(step)) or list_attempts(self.run, step.name):
                continue
            refusal = find_retry_refusal(result, self.plan, self.run, self._known, retries=retries)
            if refusal:
                self._console.note(f"{step.title}: not repeated: {refusal}")
            else:
                self.run = discard_attempt(self.run, self._bundle, result)
                yield step

    def _is_still_good(self, step: Step, result: StepResult) -> bool:
        """Return whether a finished step need not be repeated: its build exists, and its output can be read."""
        lost = result.log and result.phase in (Phase.LIST, Phase.PROBE) and not self._bundle.read_log(result.log)
        if lost or self._is_gone(step, result):
            return False
        return self._learn(result).status is result.status

    def _is_gone(self, step: Step, result: StepResult) -> bool:
        """Return whether a finished build has been removed since, or may be outdated; checking it again is cheap."""
        built = step.phase in (Phase.CONFIGURE, Phase.BUILD) or (step.phase in _DISPENSABLE and step.stamp)
        if not built or result.status is not Status.PASSED:
            return False
        filled = fill_placeholders(step, self.inventory)
        return isinstance(filled, Step) and not is_done(filled)

    def _execute(self, step: Step) -> StepResult:
        log = self._bundle.logs / step.log
        if os.path.lexists(log):  # an interrupted attempt: raw text is kept
            log.replace(log.with_suffix(".interrupted.log"))
        open_log(log, mode=OWN_FILE).close()
        make_room(step, self.run)
        output = Path(step.cwd) / step.output if step.output else None
        if output:
            output.unlink(missing_ok=True)
        try:
            completed = execute(
                step.argv,
                cwd=Path(step.cwd),
                env=dict(self.run.environment) | dict(step.env) | mark_child(self._bundle.path),
                log=log,
                timeout_s=step.timeout_s,
                watch=self._console.watch,
                placement=step.placement,
            )
        except CannotStartError as error:
            if step.phase not in _BUILT:
                raise
            status = Status.SKIPPED if step.phase in _DISPENSABLE else Status.FAILED
            return StepResult.unexecuted(step, status, error.line).replace(log=step.log)
        written = ""
        try:
            if output and is_regular(output):
                answer = read_bytes(output)
                written = answer.decode("utf-8", errors="replace")
                write_atomic(log.with_suffix(".xml"), answer, mode=OWN_FILE)
            return read_outcome(step, completed, self._bundle.read_log(step.log), written)
        except UnreadableError as error:
            return StepResult.unexecuted(step, Status.FAILED, error.what).replace(completed=completed, log=step.log)

    def _learn(self, result: StepResult) -> StepResult:
        """Add the findings of a list or probe step to the inventory; if they cannot be parsed, the step has failed."""
        if result.status is Status.PASSED and result.phase in (Phase.LIST, Phase.PROBE):
            try:
                self.inventory = learn(self.inventory, result, self._bundle.read_log(result.log))
            except UnreadableError as error:
                return result.replace(status=Status.FAILED, reason=error.what)
        return result

    def _take_made(self, step: Step, result: StepResult) -> StepResult:
        """Record the weights that a step has made; if they are not the expected ones, the step has failed."""
        if step.phase is not Phase.QUANTISE or result.status is not Status.PASSED:
            return result
        made = next(weights for weights in self.run.weights if weights.path in step.products)
        try:
            taken = take_quantised(made)
        except (UnreadableError, UnavailableError) as error:
            return result.replace(status=Status.FAILED, reason=error.line)
        weights = tuple(taken if one is made else one for one in self.run.weights)
        self.run = self.run.replace(weights=weights)
        return result

    def _own_pace(self, step: Step) -> StepPace:
        steps, done = self.plan.steps, frozenset(result.step for result in self.run.results)
        others = (one for one in steps if one.name != step.name and one.name not in done and not is_done(one))
        number = 1 + next(number for number, one in enumerate(steps) if one.name == step.name)
        further_s = foresee_s(self.plan, self.run)
        return pace_step((number, len(steps)), [step, *others], self._known, further_s=further_s)

    def _announce(self, step: Step) -> None:
        number, total, foresee = self._pace
        self._console.begin(
            step,
            place=f"[{number:>{len(str(total))}}/{total}]",
            foresee=foresee,
            read=parse_progress if step.phase is Phase.BUILD else lambda _: None,
        )

    def _show_failure(self, result: StepResult) -> None:
        again = any(result.fails_like(other) for other in self.run.results if other.step != result.step)
        if result.status.bad and result.log and not again:
            tail = self._bundle.read_log(result.log).splitlines()[-30:]
            self._console.note("\n".join(["", *(f"    {line[:300]}" for line in tail), ""]))
