"""Simulated nights: look, plan, do the first item that fits, look again, with the harness's own planner and judges."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.night_node import SERIES, TIMES, Day
from benchmarks.night_results import COSTS, PAIRS, Results, TrialPlan
from benchmarks.night_watch import Watched, Watcher
from harness.plan.bisect import plan_next
from harness.plan.night import plan_night
from harness.records.bisection import Bisection, CandidateCommit, Effort, LineBlock, LineSearch, NextBlock
from harness.records.night import BranchCommit, NightView, WorkItem, WorkKind
from harness.records.purpose import RunPurpose

BUDGET_S = 3600.0
# Builds in the cache are kept for so many commits.
KEPT = 12
_PURPOSES = {WorkKind.HEAD: RunPurpose.NIGHT, WorkKind.CELLS: RunPurpose.NIGHT, WorkKind.GAP: RunPurpose.HISTORY}
_TRIALS = {
    WorkKind.CONFIRM: RunPurpose.CONFIRMATION,
    WorkKind.ANCHOR: RunPurpose.ANCHOR,
    WorkKind.AUDIT: RunPurpose.AUDIT,
}


@dataclass
class NightLog:
    """What a night did: seconds and number of items by their kind, and the events as they stood in the morning."""

    night: int
    seconds: dict[str, float] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    questions: int = 0


@dataclass
class Sighting:
    """An event that the nights came to know: its commits and kind, and the night on which it first was of that kind.

    `raised` is the night of the run that first showed it.
    """

    event: str
    kind: str
    night: int
    raised: int
    old: str
    new: str
    change: float


@dataclass
class Watch:
    """A node that is watched night by night: its branch until tonight, what is stored, and what was found."""

    results: Results
    days: Sequence[Day]
    line: list[BranchCommit] = field(default_factory=list)
    logs: list[NightLog] = field(default_factory=list)
    sightings: dict[tuple[str, str], Sighting] = field(default_factory=dict)
    anchor: str = ""
    watcher: Watcher = field(default_factory=Watcher)
    watched: Watched | None = None

    def learn(self, nights: int) -> None:
        """Give the node a first history: a run of the last commit on days that compile something, and an anchor."""
        for night, (_, commits) in enumerate(self.days[:nights]):
            self.line += commits
            if any(one.compiled for one in commits):
                self.results.night, self.results.clock_s = night, 0.0
                head = self.line[-1]
                self.results.add_run(head.sha, head.date, RunPurpose.NIGHT)
                self.anchor = self.anchor or head.sha
        self.anchor = self.line[-1].sha

    def play(self, night: int) -> NightLog:
        """Play a night: do what fits into the budget, and note what is known of events in the morning."""
        results = self.results
        results.night, results.clock_s = night, 0.0
        self.line += self.days[night][1]
        began, log = results.tell(), NightLog(night)
        tried: list[str] = []
        while True:
            self.watched = self.watcher.look(
                results, self.line, self.anchor, began=began, left_s=BUDGET_S - results.clock_s, tried=tuple(tried)
            )
            view = self.watched.view
            log.questions = max(log.questions, len(view.questions))
            item = plan_night(view).next
            if item is None:
                break
            tried.append(item.key)
            seconds = perform(results, view, item)
            results.clock_s += seconds
            log.seconds[item.kind] = log.seconds.get(item.kind, 0.0) + seconds
            log.items[item.kind] = log.items.get(item.kind, 0) + 1
        self.logs.append(log)
        self._look_at_events(night)
        return log

    def _look_at_events(self, night: int) -> None:
        assert self.watched is not None
        for event in self.watched.history.events:
            change = event.suspicions[0].change if event.suspicions else 0.0
            first = self.results.nights.get(event.run, night)
            self.sightings.setdefault(
                (event.id, event.kind), Sighting(event.id, event.kind, night, first, event.old, event.new, change)
            )


def perform(results: Results, view: NightView, item: WorkItem) -> float:
    """Do an item, and return how many seconds it took, its builds among them."""
    shas = [sha for sha in (item.baseline, item.commit) if sha]
    build_s = build(results, shas)
    if item.kind in _PURPOSES:
        dates = {one.sha: one.date for one in view.commits}
        return results.add_run(item.commit, dates.get(item.commit, ""), _PURPOSES[item.kind], build_s)
    if item.kind is WorkKind.BISECT:
        return build_s + bisect(results, view, item)
    plan = TrialPlan(item.cases, item.metrics, item.threshold, item.limit_s, item.blocks)
    return results.add_trial((item.baseline, item.commit), _TRIALS[item.kind], item.asked_by, plan, build_s)


def build(results: Results, shas: Sequence[str]) -> float:
    """Build commits, and return how long that takes: less beside others than alone, nothing for one that is kept."""
    seconds = 0.0
    for sha in dict.fromkeys(shas):
        if sha not in results.built:
            seconds += COSTS.near_build_s if results.built else COSTS.full_build_s
        results.built.pop(sha, None)
        results.built[sha] = None
    while len(results.built) > KEPT:
        results.built.pop(next(iter(results.built)))
    return seconds


def bisect(results: Results, view: NightView, item: WorkItem) -> float:
    """Search the commit of an event until there is an answer or the time is up; a later night goes on."""
    shas = [one.sha for one in view.commits if one.compiled or one.sha in (item.baseline, item.commit)]
    line = shas[shas.index(item.baseline) : shas.index(item.commit) + 1]
    search = results.searches.get(item.asked_by) or LineSearch(
        case=item.cases[0],
        metric=item.metrics[0],
        candidates=tuple(CandidateCommit(commit=sha) for sha in line[1:]),
        effort=Effort(block_s=COSTS.block_s, near_s=COSTS.near_build_s, full_s=COSTS.full_build_s),
        built=(len(line) - 1,),
        threshold=item.threshold,
    )
    before_s, coins = search.spent_s, random.Random(f"{results.node.seed}/{item.asked_by}/{results.night}")
    while isinstance(
        following := plan_next(search.replace(left_s=item.limit_s - (search.spent_s - before_s))), NextBlock
    ):
        if search.spent_s - before_s + search.effort.block_s > item.limit_s:
            break
        search = _advance(results, search, line, following, coins)
    results.searches[item.asked_by] = search
    results.ends[item.asked_by] = (item.baseline, item.commit)
    if isinstance(following, Bisection):
        results.answers[item.asked_by] = (results.night, following)
    return search.spent_s - before_s


def _advance(
    results: Results, search: LineSearch, line: Sequence[str], following: NextBlock, coins: random.Random
) -> LineSearch:
    places = (following.baseline, following.contender)
    missing = [place for place in places if place and place not in search.built]
    first = coins.random() < 0.5
    model, metric = SERIES.index((search.case, search.metric)) // len(TIMES), TIMES.index(search.metric)
    pairs = results.node.block(results.night, (line[places[0]], line[places[1]]), model, pairs=PAIRS, first=first)[
        metric
    ]
    block = LineBlock(
        purpose=following.purpose,
        baseline=places[0],
        contender=places[1],
        pairs=tuple(pairs),
        start=1 if first else -1,
    )
    return search.replace(
        blocks=(*search.blocks, block),
        built=(*search.built, *missing),
        builds=search.builds + len(missing),
        spent_s=search.spent_s + COSTS.block_s + COSTS.near_build_s * len(missing),
    )
