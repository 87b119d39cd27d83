"""What a night has to find out: questions for live comparisons, with the evidence so far, and commits to search."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import NamedTuple

from harness.judge.event import choose_threshold, list_judged
from harness.judge.night_cost import time_run
from harness.judge.trial_answer import LiveTrial, TrialPool, answer_pool, pool_by_commits
from harness.plan.night_branch import read_time
from harness.records.bisection import BisectVerdict
from harness.records.comparison import ALPHA, Comparison, Verdict
from harness.records.history import Event, EventKind
from harness.records.measurement import Case
from harness.records.night import CodeSearch, NightCosts, Question, QuestionCause
from harness.records.raw_history import RunDetail
from harness.records.record import Record
from harness.stats.symmetry import count_least_blocks

_SHA = re.compile(r"[0-9a-f]{40}")
# More cases than that take longer than they tell: those that step together have one cause.
_CASES = 3
# Weaker members of an event may be there by chance.
_SHARE = 0.85
# The smallest change that would be seen, times the square root of the number of blocks, on a node of which nothing is
# known; and fewer blocks do not tell it.
_SCATTER, _FEW = 0.1, 8
# Trials of one night lie no farther apart.
_APART = timedelta(hours=12)


class KnownBisection(Record):
    """A stored bisection as a night needs it: its ends, what it looks for, and its verdict, None until it has one."""

    id: str
    old: str
    new: str
    case: Case
    metric: str
    spent_s: float = 0.0
    verdict: BisectVerdict | None = None


class NightTrials(NamedTuple):
    """The trials of a question, what they came to together, and how much trials on this node scatter."""

    trials: tuple[LiveTrial, ...]
    found: tuple[Comparison, ...]
    scatter: float


def ask_suspicions(events: Iterable[Event], config: str) -> tuple[Question, ...]:
    """Return the questions of suspicions that are open and of which nobody has decided anything.

    Only those of series of this config: no build of today has that of an imported report.
    """
    return tuple(
        _ask(event)
        for event in events
        if event.kind is EventKind.SUSPICION and event.open and event.triage is None and _can_ask(event, config)
    )


def add_evidence(
    questions: Iterable[Question], trials: Sequence[LiveTrial], details: Mapping[str, RunDetail], costs: NightCosts
) -> tuple[Question, ...]:
    """Return the questions that have no answer yet, with what is known of each, and what it will still take.

    `details` are the runs by their ids.
    """
    pools = pool_by_commits(trials)
    scatter = _measure_scatter(pools)
    still = []
    for one in questions:
        pool = _find_pool(one, pools)
        asked = _keep_asked(one, pool) if pool else one
        found = answer_pool(pool, _find_asker(one, pool), one.threshold).family.comparisons if pool else ()
        if not is_settled(asked, found):
            ends = {"old": pool.old, "new": pool.new} if pool else {}
            known = NightTrials(pool.trials if pool else (), found, scatter)
            still.append(_complete(asked.replace(**ends), known, details, costs))
    return tuple(still)


def is_settled(question: Question, found: Iterable[Comparison]) -> bool:
    """Return whether trials have answered: a difference that matters, or none in what shows the question best."""
    for one in found:
        if one.relevant and one.verdict in {Verdict.REGRESSED, Verdict.IMPROVED}:
            return True
        if (one.case, one.metric) == (question.cases[0], question.metrics[0]):
            farthest = max(abs(one.low or 0.0), abs(one.high or 0.0))
            small = one.verdict is not Verdict.UNRESOLVED and farthest <= question.threshold
            if one.verdict is Verdict.UNCHANGED or small:
                return True
    return False


def list_searches(
    events: Iterable[Event], bisections: Sequence[KnownBisection], details: Mapping[str, RunDetail]
) -> tuple[CodeSearch, ...]:
    """Return the changes of the code whose commit may have to be searched, what got slower first.

    The ends are those that were measured: an event may get nearer ones later. Nobody searches for a change that is
    gone, or of which somebody has decided something.
    """
    found = []
    for event in events:
        if event.kind is EventKind.CODE and event.triage is None and not event.returned:
            search = _search(event, bisections, details)
            found += [(_is_faster(event), event.day, search)] if search else []
    return tuple(search for _, _, search in sorted(found, key=lambda one: one[:2]))


def count_nights(starts: Iterable[str]) -> int:
    """Return in how many nights something began."""
    times = sorted(map(read_time, starts))
    return sum(not index or time - times[index - 1] > _APART for index, time in enumerate(times))


def _can_ask(event: Event, config: str) -> bool:
    judged = list_judged(event)
    return bool(
        judged
        and judged[0].config == config
        and event.old != event.new
        and _SHA.fullmatch(event.old)
        and _SHA.fullmatch(event.new)
    )


def _ask(event: Event) -> Question:
    judged = set(list_judged(event))
    members = [one for one in event.suspicions if one.key in judged]
    first = members[0]
    strength = first.score / first.threshold
    strong = [one for one in members if one.score / one.threshold >= _SHARE * strength]
    cases = tuple(dict.fromkeys(one.key.case for one in strong))[:_CASES]
    return Question(
        event=event.id,
        cause=QuestionCause.SUSPICION,
        old=event.old,
        new=event.new,
        cases=cases,
        metrics=tuple(dict.fromkeys(one.key.metric for one in strong if one.key.case in cases)),
        change=first.change,
        score=strength,
        threshold=choose_threshold(event),
    )


def _find_pool(question: Question, pools: Iterable[TrialPool]) -> TrialPool | None:
    """Return the trials of a question, as its old commit against its new one.

    Later points may move the old one: blocks that a night has measured for this event are not thrown away then.
    """
    turned = (pool if pool.new == question.new else pool.turn() for pool in pools)
    own = [pool for pool in turned if pool.new == question.new]
    asked = [pool for pool in own if question.event in pool.asked]
    same = [pool for pool in own if pool.old == question.old]
    return max(asked or same, key=lambda pool: len(pool.trials), default=None)


def _keep_asked(question: Question, pool: TrialPool) -> Question:
    """Return a question as the first trial that a night measured for it asked it, the strongest first.

    Later points may show other series better. What is judged together must stay what it was, or it is never answered.
    """
    first = next((one for one in pool.trials if one.asked_by == question.event and one.samples), None)
    if first is None:
        return question
    asked = [(one.case, one.metric) for one in first.samples]
    if (question.cases[0], question.metrics[0]) in asked:
        asked.insert(0, (question.cases[0], question.metrics[0]))
    return question.replace(
        cases=tuple(dict.fromkeys(case for case, _ in asked)),
        metrics=tuple(dict.fromkeys(metric for _, metric in asked)),
    )


def _find_asker(question: Question, pool: TrialPool | None) -> str:
    """Return the event that marks the trials of a question: its own, or none if they were by hand."""
    return question.event if pool and question.event in pool.asked else ""


def _complete(question: Question, known: NightTrials, details: Mapping[str, RunDetail], costs: NightCosts) -> Question:
    """Return a question with what its trials took and showed, and what is still to be expected."""
    strongest = [one for one in known.found if (one.case, one.metric) == (question.cases[0], question.metrics[0])]
    blocks = max((one.n for one in strongest), default=0)
    mde = next((one.mde for one in strongest if one.mde is not None), None)
    asked = max(1, len(question.cases) * len(question.metrics))
    scatter = mde * math.sqrt(blocks) if mde is not None and blocks >= _FEW else known.scatter
    least = count_least_blocks(ALPHA / asked)
    whole = max(least, math.ceil((scatter / question.threshold) ** 2))
    missing = max(1 if blocks else least, whole - blocks)
    return question.replace(
        nights=count_nights(one.start for one in known.trials),
        blocks=blocks,
        spent_s=sum(time_run(details[one.runs[0]]) for one in known.trials if one.runs[0] in details),
        needed_s=missing * len(question.cases) * costs.block_s,
        mde=mde,
    )


def _measure_scatter(pools: Iterable[TrialPool]) -> float:
    """Return the smallest visible change times the square root of the blocks, as trials on this node have it."""
    found = [one for pool in pools for one in answer_pool(pool).family.comparisons if one.n >= _FEW]
    known = [one.mde * math.sqrt(one.n) for one in found if one.mde is not None]
    return median(known) if known else _SCATTER


def _search(event: Event, bisections: Sequence[KnownBisection], details: Mapping[str, RunDetail]) -> CodeSearch | None:
    measured = [details[run].sha for run in event.trials[:2] if run in details]
    old, new = measured if len(set(measured)) == 2 else (event.old, event.new)
    if new == event.old or old == event.new:
        old, new = new, old
    judged = list_judged(event)
    if not judged or old == new or not (_SHA.fullmatch(old) and _SHA.fullmatch(new)):
        return None
    case, metric = judged[0].case, judged[0].metric
    relevant = [one for one in event.found if one.relevant]
    if relevant and not any((one.case, one.metric) == (case, metric) for one in relevant):
        case, metric = relevant[0].case, relevant[0].metric
    own = [one for one in bisections if (one.old, one.new, one.case, one.metric) == (old, new, case, metric)]
    known = next((one for one in own if one.verdict), own[-1] if own else None)
    return CodeSearch(
        event=event.id,
        old=old,
        new=new,
        case=case,
        metric=metric,
        threshold=choose_threshold(event),
        bisection=known.id if known else "",
        spent_s=known.spent_s if known else 0.0,
        verdict=known.verdict if known else None,
    )


def _is_faster(event: Event) -> bool:
    verdicts = [one.verdict for one in event.found if one.relevant]
    return Verdict.IMPROVED in verdicts and Verdict.REGRESSED not in verdicts
