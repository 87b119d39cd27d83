"""One sitting of a search: a new one is begun or an earlier one taken up, it goes on, and its answer is kept."""

import contextlib
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from harness.bisect.loop import BisectLoop
from harness.bisect.workshop import BrokenEndError, Workshop
from harness.errors import HarnessError, InterruptedRunError, UsageError
from harness.judge.bisect_report import make_report
from harness.records.bisection import BisectReport, BisectVerdict, StoredBisection
from harness.records.commit_line import CommitLine
from harness.records.record import short_hash
from harness.records.run import SCHEMA
from harness.run.places import Workplace
from harness.settings.recall import DECISIVE
from harness.settings.request import BisectRequest
from harness.store.bisection_file import clear_halves, find_same, save_bisection
from harness.store.unfinished import describe_kept
from harness.system.limit import explain_stop
from harness.system.scratch import BLOCK, scratch_folder
from harness.trial.setup import Setup

# What a search takes over from an earlier one. The commits between the ends are looked up anew: whoever wrote that file
# may have known others.
_MEASURED = ("id", "start", "seed", "built", "trials", "spent_s")


def begin_search(request: BisectRequest, line: CommitLine) -> StoredBisection:
    """Return a new search, which is not stored yet."""
    begun = datetime.now(UTC)
    return StoredBisection(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-bisect-{short_hash(line.ends, request.case, request.metric, length=8)}",
        node=request.run.node.name,
        start=begun.isoformat(timespec="seconds"),
        question="",
        words=request.words,
        line=line,
        case=request.case,
        metric=request.metric,
        threshold=request.design.threshold,
        seed=request.design.seed,
        pairs=request.design.pairs,
        relink=request.design.relink,
        settings=tuple(one for one in request.run.used if one.name in DECISIVE),
        backend=request.run.build.recipe.backend,
        engine=request.run.measure.suite.engine,
    )


def take_up_search(
    request: BisectRequest, stored: StoredBisection, work: Workplace, *, resumed: bool
) -> StoredBisection:
    """Return the search to go on with: `stored`, with what an earlier one with the same question has measured.

    Raises UsageError if a search that is to be resumed has another question by now.
    """
    results, console = work.places.results, work.console
    clear_halves(results, stored.node)
    workshop = Workshop(request, stored, work, lambda _: None)
    question = workshop.ask()
    workshop.close()
    if resumed:
        if stored.question != question:
            raise UsageError(
                f"{stored.id} cannot be resumed: what it measures has changed",
                cause="it was begun with another CPU, compiler or harness, or with other weights",
                hint=f"{shlex.join(['harness', 'bisect', *filter(None, stored.words)])}  # begins again",
            )
        return stored
    same = None if request.renewed else find_same(results, stored.node, question, console.note)
    if same:
        console.note(f"going on with {same.id}, which asked the same (--renew begins again)")
        stored = stored.replace(**{name: getattr(same, name) for name in _MEASURED})
    return stored.replace(question=question)


def go_on(request: BisectRequest, stored: StoredBisection, setup: Setup, work: Workplace) -> BisectReport:
    """Return the answer of a search; its trials are sealed, however it ends. The caller holds the node's lock.

    Raises BrokenEndError if one of the ends cannot be built or measured.
    """
    with scratch_folder(work.places.cache, BLOCK) as fresh:
        loop = BisectLoop(request.replace(design=request.design.replace(seed=stored.seed)), stored, setup, work, fresh)
        loop.take_up()
        with _naming_kept_runs(loop, work):
            found = loop.go()
            loop.seal()
    report = make_report(loop.stored, found, loop.pairs)
    end = "" if report.verdict is BisectVerdict.UNRESOLVED else datetime.now(UTC).isoformat(timespec="seconds")
    save_bisection(work.places.results, loop.stored.replace(end=end))
    return report


@contextlib.contextmanager
def _naming_kept_runs(loop: BisectLoop, work: Workplace) -> Iterator[None]:
    """Make what stops a search say what was kept, and how it goes on."""
    again = f"harness bisect --resume {loop.stored.id} {work.places.options}"
    try:
        yield
    except KeyboardInterrupt:
        kept = describe_kept(loop.bundles)
        loop.seal(interrupted=True)
        raise InterruptedRunError(f"interrupted; {kept}", hint=again) from None
    except BrokenEndError:
        loop.seal()
        raise
    except (HarnessError, OSError, MemoryError) as error:
        stop = explain_stop("search", error, describe_kept(loop.bundles), again, work.places.results)
        stop.hint = stop.hint or again
        raise stop from None
