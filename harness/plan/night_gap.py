"""The widest gaps in a history: commits whose run splits the longest stretch that nobody measured."""

import heapq
import itertools
import math
from collections.abc import Iterable

from harness.plan.night_bits import estimate_builds, weigh_commits
from harness.plan.night_branch import Branch
from harness.records.night import NightView, WorkItem, WorkKind
from harness.records.wording import format_count

# More than a night has time for.
_MOST = 20
# A run that tells less is not worth its minutes: of a stretch that is no wider, a search needs a few blocks more, if it
# is ever needed there. And what is measured nights later, on a node that has moved on, makes a history noisier.
LEAST_BITS = 1.0


def list_gaps(view: NightView, branch: Branch) -> list[WorkItem]:
    """Return the runs of older commits, the one that splits the widest stretch first.

    A stretch lies between two places that were measured, whose codes are not equal; a narrow one is left alone. Where
    an event is open, bisecting looks closer; what did not build once is not built again.
    """
    last = len(branch.shas) - 1
    measured = {place for run in branch.good if (place := branch.place.get(run.sha, -1)) >= 0}
    # What has the code of a commit that was measured needs no run.
    codes = {branch.code[place] for place in measured if place in branch.code}
    measured |= {place for place, code in branch.code.items() if place >= 0 and code in codes}
    if not measured:
        return []
    failed = {branch.place[run.sha] for run in branch.bad if branch.place.get(run.sha, -1) >= 0} - measured
    busy = _list_busy(view, branch)
    ends = sorted(measured | {last})
    stretches = [(first, after) for first, after in itertools.pairwise(ends) if after - first > 1]
    heap = [(first - after, first, after) for first, after in stretches if not _is_equal(branch, first, after)]
    heapq.heapify(heap)
    items: list[WorkItem] = []
    seconds = 0.0
    while heap and len(items) < _MOST and seconds <= view.left_s:
        _, first, after = heapq.heappop(heap)
        middle = _split(range(first + 1, after), failed, busy)
        if middle is None:
            continue
        item = _fill(view, branch, middle, after - first - 1)
        if item.bits < LEAST_BITS:
            break
        items.append(item)
        seconds += items[-1].seconds
        for low, high in ((first, middle), (middle, after)):
            if high - low > 1:
                heapq.heappush(heap, (low - high, low, high))
    return items


def _split(stretch: range, failed: Iterable[int], busy: Iterable[range]) -> int | None:
    """Return the place nearest to the middle of a stretch that can be measured and that no event looks at."""
    middle = (stretch.start + stretch.stop - 1) / 2
    able = (place for place in stretch if place not in failed and not any(place in one for one in busy))
    return min(able, key=lambda place: (abs(place - middle), place), default=None)


def _list_busy(view: NightView, branch: Branch) -> list[range]:
    """Return the places between the commits of events that are open."""
    pairs = [(one.old, one.new) for one in view.questions] + [(one.old, one.new) for one in view.searches]
    places = [(branch.place.get(old, -1), branch.place.get(new, -1)) for old, new in pairs]
    return [range(min(pair) + 1, max(pair)) for pair in places if min(pair) >= 0]


def _is_equal(branch: Branch, first: int, after: int) -> bool:
    code = branch.code.get(first, "")
    return bool(code) and code == branch.code.get(after, "")


def _fill(view: NightView, branch: Branch, place: int, count: int) -> WorkItem:
    sha = branch.shas[place][0]
    return WorkItem(
        kind=WorkKind.GAP,
        commit=sha,
        reason=f"in the middle of {format_count(count, 'commit')} that were not measured",
        seconds=estimate_builds(view, (sha,)) + view.costs.run_s,
        bits=math.log2(count + 1) * weigh_commits(count),
        cases=view.cells,
        asked_by=sha,
    )
