"""The newest commit's part of a night: its run, its blocks against the anchor, and what its runs lack."""

from collections.abc import Sequence

from harness.plan.night_bits import estimate_builds, measure_entropy, weigh_commits
from harness.plan.night_branch import Branch, is_due, is_fresh, is_since, measure_age, read_time
from harness.records.measurement import Case
from harness.records.night import MeasuredCommit, NightView, Passed, WorkItem, WorkKind
from harness.records.suite import Benchmark
from harness.records.wording import format_count

# Blocks against the anchor each night, and how many are enough for one code.
ANCHOR_BLOCKS = 4
ENOUGH_BLOCKS = 8
# Each case takes its time in every block.
_ANCHOR_CASES = 4


def list_head(view: NightView, branch: Branch) -> tuple[list[WorkItem], list[Passed]]:
    """Return the run of the head, unless its code was measured on enough nights, or it does not build."""
    head = view.commits[-1].sha
    alike = branch.list_alike(head)
    own = [run for run in alike if run.sha == head]
    failures = branch.list_failures(head)
    if _lacks_tests(view, own) and not failures:
        return [_run_head(view, branch, "the tests of the newest commit have not run yet")], []
    starts = [run.start for run in alike]
    if any(measure_age(run.start, branch.now) is None for run in own) or (alike and not is_due(starts, branch.now)):
        like = alike[-1].sha
        equal = Passed(sha=head, reason=f"its code is that of {like[:8]}, which was measured", like=like)
        return [], [] if own else [equal]
    if failures and not is_due(failures, branch.now):
        return [], [Passed(sha=head, reason="it does not build")]
    reason = "the newest commit has not been measured yet"
    if failures:
        reason = "the newest commit did not build, and is tried again"
    elif any(is_fresh(start, branch.now) for start in starts):
        reason = "the code of the newest commit is measured on three nights, to see a small change"
    elif alike:
        reason = "the code of the newest commit was not measured for more than a week"
    return [_run_head(view, branch, reason)], []


def _lacks_tests(view: NightView, own: Sequence[MeasuredCommit]) -> bool:
    """Return whether the only run of the head was one without tests: they are asked for once more, not every night."""
    return view.wants_tests and len(own) == 1 and not own[0].tests


def list_anchor(view: NightView, branch: Branch, *, runs_head: bool) -> tuple[list[WorkItem], list[Passed]]:
    """Return the blocks of this night of the anchor against the head, as long as its code has few of them."""
    head, anchor = view.commits[-1].sha, view.anchor
    cases = tuple(case for case in view.cells if case.benchmark == Benchmark.WHISPER)[:_ANCHOR_CASES]
    blocks = ANCHOR_BLOCKS - view.anchored_tonight
    known = sum(count for sha, count in view.anchored if branch.are_equal(sha, head))
    if not anchor or not cases or blocks <= 0 or known >= ENOUGH_BLOCKS or branch.are_equal(anchor, head):
        return [], []
    if branch.list_failures(head) and not runs_head:
        return [], []
    failures = branch.list_failures(anchor)
    if failures and not is_due(failures, branch.now):
        return [], [Passed(sha=anchor, reason="the anchor does not build with the compiler of today")]
    built_s = estimate_builds(view, (anchor, head), (head,) if runs_head else ())
    item = WorkItem(
        kind=WorkKind.ANCHOR,
        baseline=anchor,
        commit=head,
        reason=f"{format_count(blocks, 'block')} against the anchor, to see small changes that add up",
        seconds=built_s + blocks * len(cases) * view.costs.block_s,
        bits=measure_entropy(weigh_commits(0)),
        cases=cases,
        blocks=blocks,
        asked_by=head,
    )
    return [item], []


def list_cells(view: NightView, branch: Branch) -> list[WorkItem]:
    """Return the run of the cases for which no run of the head's code has a number."""
    head = view.commits[-1].sha
    alike = branch.list_alike(head)
    missing = tuple(case for case in view.cells if not any(case in run.cells for run in alike))
    if not alike or not missing:
        return []
    began = read_time(view.began)
    own = [run.start for run in alike if run.sha == head]
    if any(is_since(start, began, branch.now) for start in own) or not is_due(own[1:], branch.now):
        return []
    return [
        WorkItem(
            kind=WorkKind.CELLS,
            commit=head,
            reason=f"{format_count(len(missing), 'case')} without a number: {_shorten(missing)}",
            seconds=estimate_builds(view, (head,)) + len(missing) * view.costs.cell_s,
            bits=len(missing) * measure_entropy(weigh_commits(1)),
            cases=missing,
            asked_by=head,
        )
    ]


def _run_head(view: NightView, branch: Branch, reason: str) -> WorkItem:
    head = view.commits[-1].sha
    known = {branch.place[run.sha] for run in branch.good if branch.place.get(run.sha, -1) >= 0}
    since = branch.place[head] - max(known) if known else branch.place[head] + 1
    chance = weigh_commits(max(0, since))
    return WorkItem(
        kind=WorkKind.HEAD,
        commit=head,
        reason=reason,
        seconds=estimate_builds(view, (head,)) + view.costs.run_s,
        bits=measure_entropy(chance),
        cases=view.cells,
        asked_by=head,
    )


def _shorten(cases: Sequence[Case], most: int = 3) -> str:
    named = ", ".join(map(str, cases[:most]))
    return named if len(cases) <= most else f"{named} and {len(cases) - most} more"
