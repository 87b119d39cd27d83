"""The run loop: goes through a plan step by step and leaves the state on disk after each."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.inventory import learn
from harness.parse.ninja import parse_progress
from harness.parse.outcome import read_outcome
from harness.plan.bind import Unbound, bind
from harness.plan.forecast import remaining_s
from harness.plan.run import blockers
from harness.records.outcome import Status, StepResult
from harness.records.plan import Inventory, Plan
from harness.records.run import Run
from harness.records.step import Phase, Step
from harness.store.bundle import Bundle
from harness.system.console import Console
from harness.system.memory import available_bytes
from harness.system.process import execute

Durations = Mapping[str, float]


class Session:
    """One pass over a plan; what is finished in `run` is not done again."""

    def __init__(self, plan: Plan, run: Run, bundle: Bundle, console: Console, known: Durations) -> None:
        self.plan = plan
        self.run = run
        self._bundle = bundle
        self._console = console
        self._known = known
        self._inventory = Inventory()

    def go(self) -> Run:
        """Execute every step that is not finished and return the run with all results."""
        finished = {result.step: result for result in self.run.results}
        before_s, began = self.run.wall_s, time.monotonic()
        for step in self.plan.steps:
            if step.name in finished:
                self._learn(finished[step.name])
                continue
            self._announce(step)
            result = self._learn(self._perform(step))
            wall_s = round(before_s + time.monotonic() - began, 3)
            self.run = self.run.replace(results=(*self.run.results, result), wall_s=wall_s)
            self._bundle.save_run(self.run)
            self._console.end(result)
            self._show_failure(result)
        return self.run

    def _perform(self, step: Step) -> StepResult:
        failed = frozenset(result.step for result in self.run.results if result.status.bad)
        blocked = blockers(step, self.plan, failed)
        if blocked:
            return _unexecuted(step, Status.SKIPPED, f"needs {blocked[0]}, which failed")
        bound = bind(step, self._inventory)
        if isinstance(bound, Unbound):
            return _unexecuted(step, bound.status, bound.reason)
        if bound.min_memory_bytes and bound.min_memory_bytes > (free := available_bytes()):
            reason = f"needs {bound.min_memory_bytes / 1e9:.2f} GB of memory, {free / 1e9:.2f} GB are free"
            return _unexecuted(step, Status.SKIPPED, reason)
        if bound.stamp and Path(bound.stamp).exists():
            return _unexecuted(step, Status.PASSED, "").replace(reused=True)
        result = self._execute(bound)
        if bound.stamp and result.status is Status.PASSED:
            Path(bound.stamp).touch()
        return result

    def _execute(self, step: Step) -> StepResult:
        log = self._bundle.logs / step.log
        log.unlink(missing_ok=True)  # of an interrupted attempt
        if step.wipe:
            shutil.rmtree(step.wipe, ignore_errors=True)
        output = Path(step.cwd) / step.output if step.output else None
        if output:
            output.unlink(missing_ok=True)
        Path(step.cwd).mkdir(parents=True, exist_ok=True)
        completed = execute(
            step.argv,
            cwd=Path(step.cwd),
            env=dict(self.run.environment) | dict(step.env),
            log=log,
            timeout_s=step.timeout_s,
            watch=self._console.watch,
        )
        written = ""
        if output and output.is_file():
            written = output.read_text(encoding="utf-8", errors="replace")
            shutil.copyfile(output, log.with_suffix(".xml"))
        try:
            return read_outcome(step, completed, _text(log), written)
        except UnreadableError as error:
            return _unexecuted(step, Status.FAILED, error.what).replace(completed=completed, log=step.log)

    def _learn(self, result: StepResult) -> StepResult:
        """Take in what a look at the tree has found; a look that cannot be understood has failed."""
        if result.status is Status.PASSED and result.phase in (Phase.LIST, Phase.PROBE):
            try:
                self._inventory = learn(self._inventory, result, _text(self._bundle.logs / result.log))
            except UnreadableError as error:
                return result.replace(status=Status.FAILED, reason=error.what)
        return result

    def _announce(self, step: Step) -> None:
        done = frozenset(result.step for result in self.run.results)
        width = len(str(len(self.plan.steps)))
        self._console.begin(
            step,
            place=f"[{len(done) + 1:>{width}}/{len(self.plan.steps)}]",
            left_s=lambda elapsed: remaining_s(self.plan.steps, self._known, done=done, elapsed_s=elapsed),
            describe=_describe_build if step.phase is Phase.BUILD else _describe_nothing,
        )

    def _show_failure(self, result: StepResult) -> None:
        if result.status.bad and result.log:
            tail = _text(self._bundle.logs / result.log).splitlines()[-30:]
            self._console.note("\n".join(["", *(f"    {line[:300]}" for line in tail), ""]))


def _unexecuted(step: Step, status: Status, reason: str) -> StepResult:
    return StepResult(
        step=step.name, phase=step.phase, status=status, reason=reason, case=step.case, repetition=step.repetition
    )


def _text(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _describe_build(output: str) -> str:
    progress = parse_progress(output)
    return f"{progress.finished}/{progress.total}" if progress else ""


def _describe_nothing(_: str) -> str:
    return ""
