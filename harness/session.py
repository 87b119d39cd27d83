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
from harness.records.caveat import Caveat
from harness.records.outcome import Status, StepResult
from harness.records.plan import Inventory, Plan
from harness.records.run import Run
from harness.records.step import Phase, Step
from harness.store.bundle import Bundle
from harness.system.console import Console
from harness.system.disk import make_folder, require_free
from harness.system.memory import available_bytes
from harness.system.process import execute
from harness.system.source.tree import probe_tree

# What a Debug build of v1.8.5 takes, rounded up.
BUILD_BYTES = 300_000_000

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
            if step.name in finished and not self._is_gone(step, finished[step.name]):
                self._learn(finished[step.name])
                continue
            self._announce(step)
            result = self._learn(self._perform(step))
            wall_s = round(before_s + time.monotonic() - began, 3)
            others = (other for other in self.run.results if other.step != step.name)
            self.run = self.run.replace(results=(*others, result), wall_s=wall_s)
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
        if _is_done(bound):
            return _unexecuted(step, Status.PASSED, "").replace(reused=True)
        if bound.stamp:
            Path(bound.stamp).unlink(missing_ok=True)
        result = self._execute(bound)
        if result.status is Status.PASSED:
            if bound.stamp:
                Path(bound.stamp).write_text(bound.key, encoding="utf-8")
            if bound.phase is Phase.BUILD and self.run.source.mutable:
                self._check_source()
        return result

    def _is_gone(self, step: Step, result: StepResult) -> bool:
        """Whether a finished build has been removed since, or may be stale; making sure of it costs a moment."""
        if step.phase not in (Phase.CONFIGURE, Phase.BUILD) or result.status is not Status.PASSED:
            return False
        bound = bind(step, self._inventory)
        return isinstance(bound, Step) and not _is_done(bound)

    def _check_source(self) -> None:
        """Say so when the user's tree is no longer what it was called when the run began."""
        source = self.run.source
        now = probe_tree(Path(source.path), environ=dict(self.run.environment), note=self._console.note)
        if now.id != source.id and not any(caveat.code == "source-changed" for caveat in self.run.caveats):
            message = f"the tree changed while it was built ({source.id} became {now.id}): these numbers are of neither"
            caveat = Caveat(code="source-changed", message=message)
            self.run = self.run.replace(caveats=(*self.run.caveats, caveat))

    def _execute(self, step: Step) -> StepResult:
        log = self._bundle.logs / step.log
        if log.exists():  # an interrupted attempt: raw text is kept
            log.replace(log.with_suffix(".interrupted.log"))
        if step.wipe:
            _make_empty(Path(step.wipe))
        output = Path(step.cwd) / step.output if step.output else None
        if output:
            output.unlink(missing_ok=True)
        completed = execute(
            step.argv,
            cwd=Path(step.cwd),
            env=dict(self.run.environment) | dict(step.env),
            log=log,
            timeout_s=step.timeout_s,
            watch=self._console.watch,
            started=lambda pid: self._bundle.save_child(pid, step.argv),
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


def _is_done(step: Step) -> bool:
    """Whether an earlier run has done this step's work, and what it made is still there."""
    try:
        stamped = bool(step.stamp) and Path(step.stamp).read_text(encoding="utf-8") == step.key
    except OSError:
        return False
    return stamped and all(Path(product).exists() for product in step.products)


def _make_empty(folder: Path) -> None:
    """Make a build folder anew; a stale CMake cache in it could quietly turn options off."""
    if folder.exists():
        shutil.rmtree(folder)
    make_folder(folder)
    require_free(folder, BUILD_BYTES, what="a build")


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
