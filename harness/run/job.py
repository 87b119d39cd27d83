"""An unfinished run of a job of a fleet goes on, as `run --resume` does it, where it can."""

from collections.abc import Callable

from harness.errors import UnavailableError, UnreadableError, UsageError
from harness.records.run import Run
from harness.run.execution import OpenRun, reopen_run
from harness.run.places import Workplace
from harness.run.resume import find_unfinished
from harness.settings.request import RunRequest
from harness.store.job_trace import list_begun
from harness.system.quiet import CounterReader


def go_on(
    request: RunRequest, work: Workplace, watch: CounterReader, resolve: Callable[[Run], RunRequest]
) -> OpenRun | None:
    """Return the newest unfinished run of the job of `request` that can go on, None if there is none.

    `resolve` returns the request of an unfinished run. Those that cannot go on are named, and left as they are. The
    caller holds the node.
    """
    results, job, node = work.places.results, request.job, request.node.name
    for begun in (one.run for one in list_begun(results, job, node) if one.run) if job else ():
        try:
            kept = find_unfinished(work, node, begun)
            return reopen_run(kept, resolve(kept[0]), work, (request.node, watch))
        except (UsageError, UnavailableError, UnreadableError) as error:
            work.console.note(f"{begun} does not go on: {error.line}")
    return None
