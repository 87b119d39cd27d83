"""What came of an item of a night's work, before it is known how long it took."""

from typing import NamedTuple

from harness.errors import HarnessError, InterruptedRunError, UnfitError
from harness.records.night import DoneStatus
from harness.records.outcome import OF_NODE
from harness.records.run import Run


class WorkResult(NamedTuple):
    """How an item ended, in which runs, and why it failed; `stop` is the error that ends the night with it.

    `exit_code` is what a command that did the same would have returned.
    """

    status: DoneStatus
    runs: tuple[str, ...] = ()
    reason: str = ""
    exit_code: int = 0
    stop: HarnessError | None = None


def interrupt() -> InterruptedRunError:
    """Return the error of a night that was asked to stop."""
    return InterruptedRunError("interrupted; finished work is kept", hint="harness nightly  # goes on with it")


def name_failure(run: Run) -> str:
    """Return the first step of a run that failed, and why; empty if none did."""
    bad = next((one for one in run.results if one.status.bad), None)
    if bad is None:
        gap = next(iter(run.gaps), None)
        return f"{gap.name} is missing" if gap else ""
    return f"{bad.step}: {bad.reason}"


def find_trouble(run: Run) -> UnfitError | None:
    """Return the error for a step that failed for a reason of the node's, or None: no commit would do better."""
    bad = next((one for one in run.results if one.status.bad and one.cause in OF_NODE), None)
    if bad is None or bad.cause is None:
        return None
    return UnfitError(f"{bad.step} of {run.source.commit.short} failed: {bad.reason}", cause=bad.cause.meaning)
