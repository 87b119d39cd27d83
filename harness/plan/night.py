"""The plan of a night: what is known becomes ordered items of work, each with its reason, its time and its bits.

The most urgent comes first: confirm what looks unlike its past, search the commit of a change, measure the newest
commit, its blocks against the anchor and what its run lacks, then older commits, then an audit. A night makes its plan
again after every item. So it keeps no state, and can be stopped at any time.
"""

from collections.abc import Iterator, Sequence

from harness.plan.night_branch import survey_branch
from harness.plan.night_gap import list_gaps
from harness.plan.night_head import list_anchor, list_cells, list_head
from harness.plan.night_question import list_audits, list_bisections, list_confirmations
from harness.records.night import NightPlan, NightView, WorkItem, WorkKind


def plan_night(view: NightView) -> NightPlan:
    """Return the work that is left of a night, the most urgent first, and what is passed over on purpose."""
    if not view.commits:
        return NightPlan(items=())
    branch = survey_branch(view)
    head, passed = list_head(view, branch)
    head = [item for item in head if item.key not in view.tried]
    anchor, unbuilt = list_anchor(view, branch, runs_head=bool(head))
    anchor = [item for item in anchor if item.key not in view.tried]
    reserve_s = sum(item.seconds for item in (*head, *anchor))
    confirmations, hopeless = list_confirmations(view, branch, runs_head=bool(head))
    bisections, lost = list_bisections(view, branch, reserve_s)
    cells = [] if head else list_cells(view, branch)
    audits = list_audits(view, branch)
    items = (*confirmations, *bisections, *head, *anchor, *cells, *list_gaps(view, branch), *audits)
    wanted = [item for item in items if item.key not in view.tried]
    return NightPlan(items=tuple(_fit(wanted, view.left_s)), passed=(*passed, *unbuilt, *hopeless, *lost))


def _fit(items: Sequence[WorkItem], left_s: float) -> Iterator[WorkItem]:
    """Yield each item with whether it is expected to end in time; one that is not leaves its time to those behind.

    There are always more gaps than time: they leave what an audit takes.
    """
    kept_s = sum(item.seconds for item in items if item.kind is WorkKind.AUDIT)
    for item in items:
        least_s = item.seconds + (kept_s if item.kind is WorkKind.GAP else 0.0)
        fits = item.fits and least_s <= left_s
        if fits:
            left_s -= item.seconds
        yield item if fits is item.fits else item.replace(fits=fits)
