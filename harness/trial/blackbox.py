"""Blocks of two whisper-bench processes, one after the other: slow, but with nothing of ours in the measured path."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.outcome import read_outcome
from harness.plan.contest import ROLES, Block
from harness.records.outcome import Status, StepResult
from harness.records.trial import Role
from harness.system.foreign import read_text
from harness.system.process import CannotStartError, execute
from harness.trial.seat import Lost, Outcome, Played, Seat


class BlackBoxEngine:
    """Plays blocks with whisper-bench; a process gives every metric once, and those that are asked for are kept."""

    def __init__(self, logs: Mapping[Role, Path]) -> None:
        self._logs = logs

    def play(self, block: Block, seats: Mapping[Role, Seat]) -> Outcome:
        """Return what a block of two processes left behind."""
        results: dict[Role, StepResult] = {}
        metrics = {turn.metric for turn in block.turns}
        for role in block.order:
            seat = seats[role]
            step = seat.benches[block.builds[ROLES.index(role)]]
            step = step.replace(
                name=f"block_{block.number}", log=f"block-{block.number}.log", repetition=1, case=seat.case
            )
            log = self._logs[role] / step.log
            environment = dict(seat.environment) | dict(step.env)
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
            if result.status is not Status.PASSED:
                return Lost(reason=f"whisper-bench of the {role}: {result.reason}", role=role)
            numbers = tuple(one.replace(process=block.number) for one in result.measurements if one.metric in metrics)
            results[role] = result.replace(measurements=numbers, repetition=block.number)
        return Played(results=(results[Role.BASELINE], results[Role.CONTENDER]))
