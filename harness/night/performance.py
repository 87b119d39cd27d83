"""One item of a night's work, carried out: an ordinary run, a live comparison, or a sitting of a search."""

import time
from collections.abc import Callable
from typing import NamedTuple

from harness.bisect.workshop import BrokenEndError
from harness.errors import (
    HarnessError,
    InterruptedRunError,
    PartlyUnfitError,
    UnavailableError,
    UnreadableError,
    UsageError,
)
from harness.night.comparison import compare_commits
from harness.night.measurement import build_commit, measure_commit
from harness.night.quest import search_commit
from harness.night.result import WorkResult, interrupt
from harness.records.exit_code import ExitCode
from harness.records.night import DoneItem, DoneStatus, WorkItem, WorkKind
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.system.limit import explain_stop, limit_of

_DO = {
    WorkKind.CONFIRM: compare_commits,
    WorkKind.ANCHOR: compare_commits,
    WorkKind.AUDIT: compare_commits,
    WorkKind.BISECT: search_commit,
    WorkKind.HEAD: measure_commit,
    WorkKind.CELLS: measure_commit,
    WorkKind.GAP: measure_commit,
}
_EQUAL = "built, and not measured: its code is that of a commit that was"
# What is at fault is the commit, or what it takes to get it: another item may go well.
_OF_ITEM = (UsageError, UnavailableError, UnreadableError, PartlyUnfitError)


class Performed(NamedTuple):
    """An item that was done, and the error that ends the night with it, if there is one."""

    done: DoneItem
    stop: HarnessError | None = None


def perform(
    item: WorkItem, request: NightRequest, work: Workplace, is_known: Callable[[str], bool] | None = None
) -> Performed:
    """Carry out an item and return what came of it; nothing that was measured is lost, however it ends.

    Of a commit whose code, once it is built, `is_known`, nothing is measured: what was measured holds for it as well.
    What is wrong with a commit fails the item alone. What is wrong with the node, such as a full disk, ends the night.
    """
    began = time.monotonic()
    stop: HarnessError | None = None
    try:
        built = build_commit(item, request, work) if is_known else ""
        if built and is_known and is_known(built):
            result = WorkResult(DoneStatus.DONE, reason=_EQUAL)
        else:
            result = _DO[item.kind](item, request, work)
        stop = result.stop
    except _OF_ITEM as error:
        result = WorkResult(status=DoneStatus.FAILED, reason=error.line, exit_code=error.exit_code)
    except BrokenEndError as error:
        fate = "cannot be measured" if error.built else "cannot be built"
        code = ExitCode.BENCHMARK_FAILED if error.built else ExitCode.BUILD_FAILED
        reason = f"{error.commit[:8]} {fate}: {error}"
        result = WorkResult(status=DoneStatus.FAILED, reason=reason, exit_code=int(code))
    except (KeyboardInterrupt, InterruptedRunError):
        stop = interrupt()
        result = WorkResult(status=DoneStatus.BROKEN_OFF, reason="interrupted")
    except HarnessError as error:
        stop = error
        result = WorkResult(status=DoneStatus.BROKEN_OFF, reason=error.line)
    except (OSError, MemoryError, RuntimeError) as error:
        stop = _explain(error, work)
        result = WorkResult(status=DoneStatus.BROKEN_OFF, reason=stop.line)
    done = DoneItem(
        item=item,
        status=result.status,
        seconds=round(time.monotonic() - began, 1),
        runs=result.runs,
        reason=result.reason,
        exit_code=result.exit_code,
    )
    return Performed(done, stop)


def _explain(error: OSError | MemoryError | RuntimeError, work: Workplace) -> HarnessError:
    """Return the error that ends a night for what the system refused; a bug is raised again."""
    if isinstance(error, RuntimeError):  # of a thread that cannot be started
        limit = limit_of(error)
        if limit is None:
            raise error
        return limit
    return explain_stop("night", error, "finished work is kept", "harness nightly", work.places.results)
