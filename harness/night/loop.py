"""The loop of a night: look, plan, do the first item that fits, and look again, until nothing is left that fits."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from harness.errors import HarnessError, InterruptedRunError, UnfitError
from harness.night.lookout import Moment, Seen
from harness.night.performance import perform
from harness.night.upkeep import keep_limit
from harness.night.watch import Watch
from harness.plan.night import plan_night
from harness.records.night import DoneItem, NightPlan, WorkItem, WorkKind
from harness.render.plain import format_seconds
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.system.limit import explain_stop

_AGAIN = "harness nightly"


class NightOutcome(NamedTuple):
    """A night that has ended: what is known now, what was done, and what is left.

    `stop` is the error that ended it early, `notes` are sentences for the report.
    """

    began: datetime
    ended: datetime
    last: Seen
    plan: NightPlan
    done: tuple[DoneItem, ...]
    notes: tuple[str, ...] = ()
    stop: HarnessError | None = None


class NightLoop:
    """One night. Nothing is remembered that is not on the disk, but for two things that the next night finds out again.

    What was tried is not tried again tonight, and the code of what was built is known.

    The budget goes by a clock that nobody sets.
    """

    def __init__(self, request: NightRequest, work: Workplace, watch: Watch) -> None:
        self._request, self._work, self._watch = request, work, watch
        self._began, self._clock = datetime.now(UTC), time.monotonic()
        self._done: list[DoneItem] = []
        self._notes: list[str] = []
        self._codes: dict[str, str] = {}
        for note in _describe_branch(watch):
            self._note(note)

    def look(self) -> tuple[Seen, NightPlan]:
        """Return what is known now, and the plan that follows."""
        tried = tuple(one.item.key for one in self._done)
        seen = self._watch.look(Moment(self._began, self._left_s, tried, tuple(self._codes.items())))
        return seen, plan_night(seen.view)

    def go(self, first: Seen, plan: NightPlan) -> NightOutcome:
        """Do what fits, the most urgent first, and return what came of the night, and the error that ended it, if any.

        `first` and `plan` are what was known before the first item.
        """
        seen, stop = first, None
        while stop is None and (item := plan.next):
            try:
                self._keep_limit(plan)
                stop = self._do(item, seen)
                seen, plan = self.look()
            except KeyboardInterrupt:  # what was known before stands in the report
                stop = stop or InterruptedRunError("interrupted")
            except (HarnessError, OSError) as error:
                stop = stop or explain_stop("night", error, "finished work is kept", _AGAIN, self._work.places.results)
        return NightOutcome(
            began=self._began,
            ended=datetime.now(UTC),
            last=seen,
            plan=plan,
            done=tuple(self._done),
            notes=tuple(self._notes),
            stop=stop,
        )

    def _do(self, item: WorkItem, seen: Seen) -> HarnessError | None:
        """Carry out an item, and return the error that ends the night with it, if there is one."""
        self._announce(item)
        performed = perform(item, self._request, self._work, self._expect_code(item, seen))
        self._done.append(performed.done)
        if performed.done.reason:
            self._work.console.note(f"{performed.done.status}: {performed.done.reason}")
        return performed.stop

    def _expect_code(self, item: WorkItem, seen: Seen) -> Callable[[str], bool] | None:
        """Return a test of whether the code of the commit to be run was measured, None where no test is needed."""
        codes = {one.code for one in seen.view.measured if one.code}
        if item.kind not in (WorkKind.HEAD, WorkKind.GAP) or item.commit in dict(seen.view.codes):
            return None

        def is_known(code: str) -> bool:
            self._codes[item.commit] = code
            return code in codes and item.key not in {one.key for one in self.look()[1].items}

        return is_known if codes else None

    @property
    def _left_s(self) -> float:
        return max(0.0, self._request.budget_s - (time.monotonic() - self._clock))

    def _announce(self, item: WorkItem) -> None:
        left = format_seconds(self._left_s)
        expected = format_seconds(item.seconds)
        self._work.console.note(f"\n{item.kind} {item.pair}: {item.reason}; about {expected}, {left} left of the night")

    def _keep_limit(self, plan: NightPlan) -> None:
        limit = self._request.cache_limit_bytes
        if limit is None:
            return
        try:
            note = keep_limit(limit, _list_needed(plan, self._watch), self._request, self._work)
        except UnfitError as error:  # another command uses the node, and this one does not wait
            note = f"the cache was not pruned: {error.line}"
        self._note(note)

    def _note(self, note: str) -> None:
        """Say something once that stands in the report, too."""
        if note and note not in self._notes:
            self._work.console.note(note)
            self._notes.append(note)


def _list_needed(plan: NightPlan, watch: Watch) -> list[str]:
    """Return the commits that the rest of a night needs."""
    items: Sequence[WorkItem] = [item for item in plan.items if item.fits]
    anchor = [watch.branch.anchor.sha] if watch.branch.anchor else []
    shas = (sha for item in items for sha in (item.commit, item.baseline) if sha)
    return list(dict.fromkeys([watch.branch.head.sha, *anchor, *shas]))


def _describe_branch(watch: Watch) -> list[str]:
    branch = watch.branch
    notes = []
    if not branch.fetched:
        head = branch.head.short
        notes.append(f"{branch.repo} could not be reached ({branch.trouble}): {head} is the last known head")
    if branch.former:
        notes.append(f"the branch was force-pushed: {branch.former[:8]}, its last head, is no longer on it")
    if branch.anchor is None:
        notes.append("no anchor: the repository has no release; --anchor REF names a commit to compare each night with")
    return notes
