"""Blocks of two whisper-bench processes, one after the other: slow, but without any code of ours in what is timed."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnreadableError
from harness.judge.retry import was_stopped
from harness.parse.outcome import read_outcome
from harness.plan.block import BlockPlan
from harness.records.outcome import CompletedProcess, Status, StepResult
from harness.records.trial import Role
from harness.system.foreign import read_text
from harness.system.process.child import CannotStartError, execute
from harness.system.process.orphan import mark_child
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase


class _StoodStill(NamedTuple):
    """The side that was stopped, and its process; nothing in its block counts."""

    role: Role
    completed: CompletedProcess


class BenchEngine:
    """Measures blocks with whisper-bench; a process gives every metric once, and the requested ones are kept."""

    def __init__(self, logs: Mapping[Role, Path], *, retries: int) -> None:
        self._logs = logs
        self._retries = retries

    def measure_block(self, block: BlockPlan, side_cases: Mapping[Role, SideCase]) -> BlockOutcome:
        """Return the outcome of a block of two processes; if either was stopped, both are run again."""
        attempt, halted_s = 0, 0.0
        while True:
            outcome = self._try_block(block, side_cases)
            if isinstance(outcome, BlockResult):
                again = attempt * len({pair.metric for pair in block.pairs})
                return outcome.replace(halted_s=halted_s, stood=again)
            if isinstance(outcome, LostBlock):
                return outcome.replace(halted_s=halted_s)
            halted_s += outcome.completed.stopped_s or 0.0
            if attempt == self._retries:
                reason = f"whisper-bench of the {outcome.role}: {outcome.completed.standstill}"
                return LostBlock(reason=reason, role=outcome.role, halted_s=halted_s)
            attempt += 1
            self._make_room(block, attempt)

    def _try_block(self, block: BlockPlan, side_cases: Mapping[Role, SideCase]) -> BlockOutcome | _StoodStill:
        results: dict[Role, StepResult] = {}
        metrics = {pair.metric for pair in block.pairs}
        for place, role in enumerate(block.order, 1):
            side_case = side_cases[role]
            if side_case.bench_step is None:
                return LostBlock(reason=f"the {role} has no whisper-bench", role=role, hopeless=True)
            step = side_case.bench_step.replace(
                name=f"block_{block.number}", log=_log(block), repetition=1, case=side_case.case
            )
            log = self._logs[role] / step.log
            environment = dict(side_case.environment) | dict(step.env) | mark_child(self._logs[role].parent)
            try:
                completed = execute(
                    step.argv,
                    cwd=Path(step.cwd),
                    env=environment,
                    log=log,
                    timeout_s=step.timeout_s,
                    placement=side_case.placement,
                )
                result = read_outcome(step, completed, read_text(log), "")
            except UnreadableError as error:
                return LostBlock(reason=error.what, role=role)
            except CannotStartError as error:
                return LostBlock(reason=error.line, role=role, hopeless=True)
            if was_stopped(result):
                return _StoodStill(role, completed)
            if result.status is not Status.PASSED:
                return LostBlock(reason=f"whisper-bench of the {role}: {result.reason}", role=role, cause=result.cause)
            wanted = [one for one in result.measurements if one.metric in metrics]
            numbers = tuple(one.replace(process=block.number, place=place) for one in wanted)
            results[role] = result.replace(measurements=numbers, repetition=block.number, layout=side_case.code_layout)
        return BlockResult(results=(results[Role.BASELINE], results[Role.CONTENDER]))

    def _make_room(self, block: BlockPlan, attempt: int) -> None:
        """Move the logs of a stopped block away, so that none of its numbers is read again."""
        for folder in self._logs.values():
            log = folder / _log(block)
            if log.is_file():
                log.replace(log.with_suffix(f".stopped-{attempt}.log"))


def _log(block: BlockPlan) -> str:
    return f"block-{block.number}.log"
