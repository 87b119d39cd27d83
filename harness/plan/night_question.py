"""Confirmations, bisections and audits: the work of a night that measures two commits in turns, and why."""

import math
from collections.abc import Sequence

from harness.plan.night_bits import estimate_builds, measure_entropy
from harness.plan.night_branch import Branch, is_due
from harness.records.measurement import METRICS, Case
from harness.records.night import CodeSearch, NightView, Passed, Question, QuestionCause, WorkItem, WorkKind
from harness.records.wording import format_count

# So long a night measures to confirm, builds among it; half of it waits for what the run of the head will show.
CONFIRMATION_S = 900.0
# A question that would take more nights than that, after the first one, is not worth them.
MOST_NIGHTS = 10
# Less than that is no confirmation: the fewest blocks that decide need it.
LEAST_CONFIRMATION_S = 120.0
# Fewer seconds find no commit, and what was not found in more is not found tonight, either.
LEAST_BISECTION_S = 600.0
MOST_BISECTION_S = 6 * 3600.0
# Blocks of the two trials at both ends of a search, and those each time that the line is halved.
_TRIALS, _HALVING = 24, 2
# One in so many confirmations is repeated with one commit on both sides.
AUDITED = 10


def list_confirmations(view: NightView, branch: Branch, *, runs_head: bool) -> tuple[list[WorkItem], list[Passed]]:
    """Return one comparison for all questions of the same two commits, the strongest first, and those given up.

    What a night may measure to confirm is shared: each gets what the others are not expected to need.
    """
    passed, groups = [], []
    for group in _group(view.questions):
        broken = [sha for sha in (group[0].old, group[0].new) if _is_broken(branch, sha)]
        if broken or _is_hopeless(group):
            reason = f"not compared with {group[0].old[:8]}: {broken[0][:8]} does not build" if broken else ""
            passed.append(Passed(sha=group[0].new, reason=reason or _give_up(group)))
        elif not _is_tried(view, group):
            groups.append(group)
    left_s = min(max(0.0, CONFIRMATION_S * (0.5 if runs_head else 1.0) - view.confirmed_s), view.left_s)
    items = []
    for number, group in enumerate(groups):
        build_s = estimate_builds(view, (group[0].old, group[0].new))
        share_s = left_s / (len(groups) - number)
        others_s = sum(min(share_s, _need(view, other)) for other in groups[number + 1 :])
        limit_s = left_s - others_s - build_s
        if limit_s < LEAST_CONFIRMATION_S:
            # Builds that take long must not put a question off for ever.
            first = not number and not view.confirmed_s and build_s + LEAST_CONFIRMATION_S <= view.left_s
            limit_s = LEAST_CONFIRMATION_S if first else 0.0
        measured_s = min(limit_s, _measure(group))
        left_s = max(0.0, left_s - build_s - measured_s)
        items.append(_confirm(group, build_s + measured_s, limit_s))
    return items, passed


def list_bisections(view: NightView, branch: Branch, reserve_s: float) -> tuple[list[WorkItem], list[Passed]]:
    """Return the searches that have several commits left, and those that cannot go on.

    A search ends with the budget and goes on the next night. `reserve_s` is left for the head, if there is time for
    both.
    """
    items, passed = [], []
    for search in view.searches:
        if search.verdict is not None or search.old == search.new:
            continue
        old, new = branch.place.get(search.old, -1), branch.place.get(search.new, -1)
        if old < 0 or new < 0:
            reason = f"where event {search.event} began is no longer on the branch, so its commit cannot be searched"
            passed.append(Passed(sha=search.new, reason=reason))
        elif search.spent_s > MOST_BISECTION_S:
            hours = search.spent_s / 3600
            reason = f"the search for the commit of event {search.event} has no answer after {hours:.0f} hours"
            passed.append(Passed(sha=search.new, reason=reason))
        elif new - old > 1:
            items.append(_bisect(view, search, new - old, reserve_s))
    return items, passed


def list_audits(view: NightView, branch: Branch) -> list[WorkItem]:
    """Return the comparison of a commit with itself that every tenth confirmation asks for, with its questions."""
    asked = view.answered
    if asked is None or view.confirmations // AUDITED <= view.audits:
        return []
    sha = next((run.sha for run in reversed(branch.good)), asked.old)
    count = view.confirmations
    return [
        WorkItem(
            kind=WorkKind.AUDIT,
            baseline=sha,
            commit=sha,
            reason=f"after {format_count(count, 'confirmation')}, {sha[:8]} is compared with itself",
            seconds=estimate_builds(view, (sha,)) + _limit_audit(asked),
            bits=measure_entropy(0.01),
            cases=asked.cases,
            metrics=asked.metrics,
            threshold=asked.threshold,
            limit_s=_limit_audit(asked),
            asked_by=f"{view.audits + 1}",
        )
    ]


def describe_change(cases: Sequence[Case], metrics: Sequence[str], change: float) -> str:
    """Return `encode of base is 4.8 % slower`, of the strongest of what has changed."""
    name = cases[0].get("model") or str(cases[0]) if cases else "the program"
    metric = METRICS.get(metrics[0]) if metrics else None
    worse = (change > 0) is (metric.lower_is_better if metric else True)
    word = metric.name if metric else "time"
    return f"{word} of {name} is {100 * abs(change):.1f} % {'slower' if worse else 'faster'}"


def _group(questions: Sequence[Question]) -> list[list[Question]]:
    """Return the questions of each two commits together, the strongest first."""
    groups: dict[tuple[str, str], list[Question]] = {}
    for one in sorted(questions, key=lambda one: (-one.score, one.event)):
        if one.old != one.new:
            groups.setdefault((one.old, one.new), []).append(one)
    return list(groups.values())


def _is_broken(branch: Branch, sha: str) -> bool:
    failures = branch.list_failures(sha)
    return bool(failures) and not is_due(failures, branch.now)


def _is_hopeless(group: Sequence[Question]) -> bool:
    """Return whether one more night would hardly bring the answer nearer, as those before it have shown."""
    return all(one.nights for one in group) and _measure(group) > MOST_NIGHTS * CONFIRMATION_S


def _give_up(group: Sequence[Question]) -> str:
    first = group[0]
    seen = f", and a change of {100 * first.mde:.1f} % would have been seen" if first.mde else ""
    return (
        f"not compared with {first.old[:8]} any more: after {format_count(first.nights, 'night')} an answer would take "
        f"{_measure(group) / 3600:.0f} hours more{seen}"
    )


def _measure(group: Sequence[Question]) -> float:
    return max(one.needed_s for one in group)


def _is_tried(view: NightView, group: Sequence[Question]) -> bool:
    return any(_name(one).key in view.tried for one in group)


def _name(question: Question) -> WorkItem:
    return WorkItem(
        kind=WorkKind.CONFIRM,
        baseline=question.old,
        commit=question.new,
        asked_by=question.event,
        reason="",
        seconds=0.0,
        bits=0.0,
    )


def _need(view: NightView, group: Sequence[Question]) -> float:
    first = group[0]
    return estimate_builds(view, (first.old, first.new)) + max(LEAST_CONFIRMATION_S, _measure(group))


def _confirm(group: Sequence[Question], seconds: float, limit_s: float) -> WorkItem:
    first = group[0]
    real = first.score / (1 + first.score)
    needed_s = _measure(group)
    settled = min(1.0, limit_s / needed_s) if needed_s > 0 else 1.0
    others = f", with {format_count(len(group) - 1, 'other question')}" if len(group) > 1 else ""
    before = f", so far measured for {format_count(first.nights, 'night')}" if first.nights else ""
    seen = {
        QuestionCause.SUSPICION: f"since {first.old[:8]}",
        QuestionCause.ODD: f"than at {first.old[:8]}, in its newest run",
        QuestionCause.CREEP: f"than at {first.old[:8]}, against the anchor",
    }[first.cause]
    return _name(first).replace(
        reason=f"{describe_change(first.cases, first.metrics, first.change)} {seen} "
        f"(score {first.score:.1f}){others}{before}",
        seconds=seconds,
        # Whether it is real, and if so, whether it is the code or the node.
        bits=(measure_entropy(real) + real) * settled,
        cases=tuple(dict.fromkeys(case for one in group for case in one.cases)),
        metrics=tuple(dict.fromkeys(metric for one in group for metric in one.metrics)),
        threshold=min(one.threshold for one in group),
        limit_s=limit_s,
        fits=limit_s > 0,
    )


def _bisect(view: NightView, search: CodeSearch, count: int, reserve_s: float) -> WorkItem:
    left_s = view.left_s - reserve_s if view.left_s - reserve_s >= LEAST_BISECTION_S else view.left_s
    halvings = math.ceil(math.log2(count))
    builds_s = 2 * view.costs.full_build_s + halvings * view.costs.near_build_s
    whole_s = builds_s + (_TRIALS + _HALVING * halvings) * view.costs.block_s
    rest_s = max(LEAST_BISECTION_S, whole_s - search.spent_s)
    goes_on = ", begun before" if search.bisection else ""
    name = search.case.get("model") or str(search.case)
    return WorkItem(
        kind=WorkKind.BISECT,
        baseline=search.old,
        commit=search.new,
        reason=f"which of {count} commits changed {search.metric} of {name} since {search.old[:8]}{goes_on}",
        seconds=min(rest_s, left_s),
        bits=math.log2(count),
        cases=(search.case,),
        metrics=(search.metric,),
        threshold=search.threshold,
        limit_s=left_s,
        asked_by=search.event,
        fits=left_s >= LEAST_BISECTION_S,
    )


def _limit_audit(asked: Question) -> float:
    """Return how long a comparison of equal commits takes until it excludes a change, or is given up."""
    return min(CONFIRMATION_S / 2, max(LEAST_CONFIRMATION_S, asked.needed_s, asked.spent_s))
