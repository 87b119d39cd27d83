"""Blocks of two whisper-bench processes, one after the other: slow, but with nothing of ours in the measured path."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnreadableError
from harness.judge.retry import was_stopped
from harness.parse.outcome import read_outcome
from harness.plan.block import Block
from harness.records.outcome import Completed, Status, StepResult
from harness.records.trial import Role
from harness.system.foreign import read_text
from harness.system.process.child import CannotStartError, execute
from harness.system.process.orphan import mark_child
from harness.trial.side_case import Lost, Outcome, Played, Seat


class _Stood(NamedTuple):
    """The side that stood still, and what it left behind; nothing of its block counts."""

    role: Role
    completed: Completed


class BlackBoxEngine:
    """Plays blocks with whisper-bench; a process gives every metric once, and those that are asked for are kept."""

    def __init__(self, logs: Mapping[Role, Path], *, retries: int) -> None:
        self._logs = logs
        self._retries = retries

    def play(self, block: Block, seats: Mapping[Role, Seat]) -> Outcome:
        """Return what a block of two processes left behind; both are run again where either stood still."""
        attempt, halted_s = 0, 0.0
        while True:
            outcome = self._play(block, seats)
            if isinstance(outcome, Played):
                again = attempt * len({turn.metric for turn in block.turns})
                return outcome.replace(halted_s=halted_s, stood=again)
            if isinstance(outcome, Lost):
                return outcome.replace(halted_s=halted_s)
            halted_s += outcome.completed.stopped_s or 0.0
            if attempt == self._retries:
                reason = f"whisper-bench of the {outcome.role}: {outcome.completed.standstill}"
                return Lost(reason=reason, role=outcome.role, halted_s=halted_s)
            attempt += 1
            self._make_room(block, attempt)

    def _play(self, block: Block, seats: Mapping[Role, Seat]) -> Outcome | _Stood:
        results: dict[Role, StepResult] = {}
        metrics = {turn.metric for turn in block.turns}
        for place, role in enumerate(block.order, 1):
            seat = seats[role]
            if seat.bench is None:
                return Lost(reason=f"the {role} has no whisper-bench", role=role, hopeless=True)
            step = seat.bench.replace(name=f"block_{block.number}", log=_log(block), repetition=1, case=seat.case)
            log = self._logs[role] / step.log
            environment = dict(seat.environment) | dict(step.env) | mark_child(self._logs[role].parent)
            try:
                completed = execute(
                    step.argv,
                    cwd=Path(step.cwd),
                    env=environment,
                    log=log,
                    timeout_s=step.timeout_s,
                    placement=seat.placement,
                )
                result = read_outcome(step, completed, read_text(log), "")
            except UnreadableError as error:
                return Lost(reason=error.what, role=role)
            except CannotStartError as error:
                return Lost(reason=error.line, role=role, hopeless=True)
            if was_stopped(result):
                return _Stood(role, completed)
            if result.status is not Status.PASSED:
                return Lost(reason=f"whisper-bench of the {role}: {result.reason}", role=role, cause=result.cause)
            wanted = [one for one in result.measurements if one.metric in metrics]
            numbers = tuple(one.replace(process=block.number, place=place) for one in wanted)
            results[role] = result.replace(measurements=numbers, repetition=block.number, layout=seat.layout)
        return Played(results=(results[Role.BASELINE], results[Role.CONTENDER]))

    def _make_room(self, block: Block, attempt: int) -> None:
        """Move the logs of a block that stood still, so that none of its numbers is read again."""
        for folder in self._logs.values():
            log = folder / _log(block)
            if log.is_file():
                log.replace(log.with_suffix(f".stopped-{attempt}.log"))


def _log(block: Block) -> str:
    return f"block-{block.number}.log"
