"""What a night knows before its next item, made of stored runs, judged history and the branch: pure, and made anew.

Nothing is remembered from one item to the next but what was tried in vain. Of a results folder that several nodes
share, only the runs of this node count; of runs of other configs only what their comparisons show.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.judge.night_cost import estimate_costs, time_run
from harness.judge.night_question import (
    KnownBisection,
    add_evidence,
    ask_suspicions,
    list_searches,
)
from harness.judge.odd import ask_odd
from harness.judge.trial_answer import LiveTrial
from harness.plan.night_branch import is_since, read_time
from harness.records.history import EventKind, History
from harness.records.measurement import Case
from harness.records.night import BranchCommit, MeasuredCommit, NightView, Question, QuestionCause
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RawHistory, RunDetail
from harness.records.run import OURS


class NightFacts(NamedTuple):
    """All that has to be loaded for the view of a night, again before each item.

    `history` is `raw`, judged, sorted by `trials` and with the triage of people. `trials` are the live comparisons that
    sort events (`choose_trials`), read. `asked` are questions that history does not raise by itself: the newest point
    that looks odd, and what creeps. `bisections` are those of this node. `config` is the id of the config that is
    measured now; empty for that of the newest run of a night, or else of the newest run. `commits` is the branch,
    oldest first, and `cells` are the cases that the suite wants. `built` are the commits whose builds of this config
    are in the cache, `codes` the machine code of those, if their build is known but no run is. `left_s`, `tried`,
    `began`, `now` and the others are as in `NightView`.
    """

    node: str
    now: str
    began: str
    left_s: float
    commits: tuple[BranchCommit, ...]
    anchor: str
    cells: tuple[Case, ...]
    raw: RawHistory
    history: History
    config: str = ""
    trials: Sequence[LiveTrial] = ()
    asked: Sequence[Question] = ()
    bisections: Sequence[KnownBisection] = ()
    built: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    tried: tuple[str, ...] = ()
    fetched: bool = True
    wants_tests: bool = True


class _Runs(NamedTuple):
    """The runs of this node and config, oldest first, and the cases with a number of each by its id."""

    details: tuple[RunDetail, ...]
    cells: Mapping[str, tuple[Case, ...]]
    metrics: Mapping[str, tuple[str, ...]]

    def choose(self, *purposes: str) -> list[RunDetail]:
        """Return one side of each live comparison with one of these purposes, oldest first."""
        sides = {one.trial: one for one in self.details if one.trial and one.purpose in purposes}
        return list(sides.values())


def make_night_view(facts: NightFacts) -> NightView:
    """Return what a night knows, see `NightView`."""
    config = facts.config or _choose_config(facts)
    runs = _choose_runs(facts, config)
    counts = {name: len(cases) for name, cases in runs.cells.items()}
    costs = estimate_costs(runs.details, counts, len(facts.cells))
    by_id = {one.run_id: one for one in facts.raw.details.values() if one.node == facts.node}
    events = [one for one in facts.history.events if one.node == facts.node]
    sorted_ids = {one.id for one in events if one.kind is not EventKind.SUSPICION or one.triage is not None}
    others = [*ask_odd(facts.history, facts.node, config), *facts.asked]
    asked = [*ask_suspicions(events, config), *(one for one in others if one.event not in sorted_ids)]
    trials = [one for one in facts.trials if one.node == facts.node and one.config == config]
    confirmations, audits = runs.choose(RunPurpose.CONFIRMATION), runs.choose(RunPurpose.AUDIT)
    anchored = _list_anchored(runs, facts.anchor)
    sides: Counter[str] = Counter()
    for one in anchored:
        sides[one.sha] += one.blocks
    return NightView(
        node=facts.node,
        now=facts.now,
        began=facts.began,
        left_s=facts.left_s,
        commits=facts.commits,
        anchor=facts.anchor,
        cells=facts.cells,
        measured=tuple(_list_measured(runs)),
        questions=add_evidence(asked, trials, by_id, costs),
        searches=list_searches(events, facts.bisections, by_id),
        anchored=tuple(sides.items()),
        anchored_tonight=sum(one.blocks for one in anchored if _is_tonight(one, facts)),
        confirmations=len(confirmations),
        audits=len(audits),
        answered=_recall_question(confirmations, runs, trials),
        confirmed_s=sum(time_run(one) for one in confirmations if _is_tonight(one, facts)),
        built=facts.built,
        codes=tuple(dict([*facts.codes, *((one.sha, one.code) for one in runs.details if one.code)]).items()),
        costs=costs,
        tried=facts.tried,
        fetched=facts.fetched,
        wants_tests=facts.wants_tests,
    )


def _is_tonight(one: RunDetail, facts: NightFacts) -> bool:
    return is_since(one.start, read_time(facts.began), read_time(facts.now))


def _choose_config(facts: NightFacts) -> str:
    own = [one for one in facts.raw.details.values() if one.node == facts.node and one.origin == OURS and one.config]
    own.sort(key=lambda one: (one.purpose == RunPurpose.NIGHT, one.start))
    return own[-1].config if own else ""


def _choose_runs(facts: NightFacts, config: str) -> _Runs:
    own = {
        number: one
        for number, one in facts.raw.details.items()
        if one.node == facts.node and one.config == config and one.sha and not one.changes and one.origin == OURS
    }
    cells: defaultdict[str, dict[Case, None]] = defaultdict(dict)
    metrics: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for key, points in facts.raw.series.items():
        if key.node == facts.node and key.config == config:
            case = Case.parse(key.case)
            for point in points:
                if point.run in own:
                    cells[own[point.run].run_id][case] = None
                    metrics[own[point.run].run_id][key.metric] = None
    ordered = sorted(own.values(), key=lambda one: (one.start, one.run_id))
    return _Runs(
        tuple(ordered),
        {name: tuple(found) for name, found in cells.items()},
        {name: tuple(found) for name, found in metrics.items()},
    )


def _list_measured(runs: _Runs) -> Iterable[MeasuredCommit]:
    """Yield the runs that are points of a history, and those without a build."""
    for one in runs.details:
        if not one.trial:
            yield MeasuredCommit(
                sha=one.sha,
                run=one.run_id,
                start=one.start,
                code=one.code,
                cells=runs.cells.get(one.run_id, ()),
                tests=one.tests,
                failed=one.failure,
            )


def _list_anchored(runs: _Runs, anchor: str) -> list[RunDetail]:
    """Return the sides of heads in the blocks against this anchor, oldest first."""
    pairs: defaultdict[str, list[RunDetail]] = defaultdict(list)
    for one in runs.details:
        if one.trial and one.purpose == RunPurpose.ANCHOR:
            pairs[one.trial].append(one)
    found = []
    for pair in pairs.values():
        heads = [one for one in pair if one.sha != anchor]
        if len(pair) == 2 and len(heads) == 1:
            found += heads
    return found


def _recall_question(confirmations: Sequence[RunDetail], runs: _Runs, trials: Sequence[LiveTrial]) -> Question | None:
    """Return the question of the newest confirmation, which an audit asks again of one commit."""
    if not confirmations:
        return None
    newest = confirmations[-1]
    known = next((one for one in trials if newest.run_id in one.runs), None)
    cases, metrics = runs.cells.get(newest.run_id, ()), runs.metrics.get(newest.run_id, ())
    if known and known.samples:
        cases = tuple(dict.fromkeys(one.case for one in known.samples))
        metrics = tuple(dict.fromkeys(one.metric for one in known.samples))
    if not cases:
        return None
    return Question(
        event=newest.asked_by,
        cause=QuestionCause.SUSPICION,
        old=known.baseline if known else newest.sha,
        new=known.contender if known else newest.sha,
        cases=cases,
        metrics=metrics,
        change=0.0,
        score=1.0,
        threshold=(known.threshold if known else 0.0) or 0.02,
        spent_s=time_run(newest),
        blocks=newest.blocks,
    )
