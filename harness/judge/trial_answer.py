"""Stored live comparisons as answers: which of them are of the two commits of a suspicion, and what they came to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from harness.judge.comparison import CompareQuestion, judge_trials
from harness.judge.event import TrialAnswer, choose_threshold, sort_event
from harness.judge.history import name_commit
from harness.judge.sample import match_trials
from harness.records.history import Event, EventKind, History, Series
from harness.records.measurement import TABLE_METRICS
from harness.records.raw_history import RunDetail
from harness.records.record import Record
from harness.records.run import Run
from harness.stats.monitor import AMONG

_METRICS = frozenset(metric.name for metric in TABLE_METRICS)


class TrialMatch(Record):
    """A stored live comparison that an event asks for: its runs before and after, as the index knows them."""

    event: Event
    old: RunDetail
    new: RunDetail


def match_events(history: History, details: Iterable[RunDetail]) -> tuple[TrialMatch, ...]:
    """Return the live comparisons among stored runs that are of the two commits of a SUSPICION, on its node.

    The last commit that is surely before becomes more certain with the next few points: one that was it, as far as was
    known when the event was raised, is taken as well.
    """
    sides: defaultdict[tuple[str, str], list[RunDetail]] = defaultdict(list)
    for one in details:
        if one.trial and not one.changes:
            sides[one.node, one.trial].append(one)
    trials = sorted(
        (pair for pair in sides.values() if len(pair) == 2), key=lambda pair: (pair[0].start, pair[0].trial)
    )
    series = {one.key: one for one in history.series}
    found = []
    for event in history.events:
        if event.kind is EventKind.SUSPICION:
            before = _list_before(event, series[event.suspicions[0].key])
            for pair in trials:
                for old, new in (pair, pair[::-1]):
                    fits = old.node == event.node and name_commit(old) in before and name_commit(new) == event.new
                    found += [TrialMatch(event=event, old=old, new=new)] if fits else []
    return tuple(found)


def answer_trial(event: Event, old: Run, new: Run) -> TrialAnswer | None:
    """Return what the two runs of a live comparison show about an event; None unless they are a pair of one config.

    One of another config than the series' can show what the code did. It cannot show that the code did nothing.
    """
    pairs = match_trials([old], [new])
    if not pairs or old.config.id != new.config.id:
        return None
    question = CompareQuestion(threshold=choose_threshold(event), metrics=_METRICS)
    answer = TrialAnswer(
        node=event.node,
        baseline=event.old,
        contender=event.new,
        runs=(old.id, new.id),
        family=judge_trials(pairs, question),
    )
    alike = old.config.id == event.suspicions[0].key.config
    return answer if alike or sort_event(event, [answer]).kind is not EventKind.NODE else None


def _list_before(event: Event, series: Series) -> Sequence[str]:
    """Return the commits that can have been the last one before an event when it was raised, and the one that is now.

    `AMONG` is how many points the place of a step is looked for in.
    """
    strongest = event.suspicions[0]
    first = max(0, strongest.raised - AMONG)
    between = (point.commit for point in series.points[first : strongest.place.since])
    return [event.old, *(commit for commit in between if commit != event.new)]
