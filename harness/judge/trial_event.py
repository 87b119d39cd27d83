"""Events as live comparisons leave them: suspicions that they sorted, and changes of the code that they alone found.

A live comparison that a night asked for and that finds a difference is an event: it has the id that it was asked by,
and rests on its two commits and its coins, whatever the stored numbers say. A suspicion over the same step may be
raised later, or elsewhere once runs arrived between others. It takes over that id, so that nobody hears of it twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.judge.event import TrialAnswer, choose_threshold, is_established, settle_history, sort_event
from harness.judge.trial_answer import TrialPool, answer_pool
from harness.records.comparison import Comparison
from harness.records.history import Event, EventKind, NodeHistory, Series, SeriesChange, SeriesKey
from harness.stats.judgement import OPEN
from harness.stats.monitor import AMONG


class NodeTrials(NamedTuple):
    """The live comparisons of a node, put together, and the places of commits in its history by their names."""

    pools: Sequence[TrialPool]
    places: Mapping[str, int]


class _Match(NamedTuple):
    """A pool of trials that is about an event, and its answers to each question."""

    pool: TrialPool
    answers: list[TrialAnswer]


def sort_node(series: Sequence[Series], history: NodeHistory, trials: NodeTrials) -> NodeHistory:
    """Return the history of a node, as `judge_node` gave it of these series, with what live comparisons have shown."""
    known = {event.id for event in history.events}
    by_key = {one.key: one for one in series}
    events: list[Event] = []
    taken: set[str] = set()  # the questions that belong to one of these events
    for event in history.events:
        found = event
        if event.kind is EventKind.SUSPICION:
            matches = [*_match(event, by_key[event.suspicions[0].key], trials, known)]
            answers = [one for match in matches for one in match.answers]
            found = sort_event(event, answers).replace(id=_choose_id(event, matches, taken))
            taken |= {found.id, *(one.asked_by for one in answers if not is_established(one))}
        events.append(found)
    established = _list_established(series, trials, known | taken)
    settled = settle_history(series, history, events)
    return settled.replace(events=(*settled.events, *established))


def is_about(event: Event, series: Series, ends: Iterable[str]) -> bool:
    """Return whether two commits are those of an event, `series` being the one that shows it best.

    The last commit that is surely before becomes more certain with the next few points: one that was it, as far as was
    known when the event was raised, counts as well.
    """
    others = {*ends} - {event.new}
    return event.new in {*ends} and len(others) == 1 and others <= {*_list_before(event, series)}


def _list_before(event: Event, series: Series) -> Sequence[str]:
    """Return the commits that can have been the last one before an event when it was raised, and the one that is now.

    `AMONG` is how many points the place of a step is looked for in.
    """
    strongest = event.suspicions[0]
    first = max(0, strongest.raised - AMONG)
    between = (point.commit for point in series.points[first : strongest.place.since])
    return [event.old, *(commit for commit in between if commit != event.new)]


def _match(event: Event, series: Series, trials: NodeTrials, known: set[str]) -> Iterator[_Match]:
    """Yield the pools that are about an event, with answers as if they were of its two commits."""
    own_config = event.suspicions[0].key.config
    for pool in trials.pools:
        asked = [one for one in pool.asked if one == event.id or one not in known]
        clears = pool.config == own_config
        if pool.node != event.node:
            continue
        if is_about(event, series, (pool.old, pool.new)):
            own = pool if pool.new == event.new else pool.turn()
            answers = [answer_pool(own, one, 0.0 if one else choose_threshold(event)) for one in asked or [""]]
        elif event.id in asked:  # runs arrived between others, and its place is another one since
            answers, clears = [answer_pool(pool, event.id)], False
        else:
            touches, covers = _compare_places(event, series, pool, trials.places)
            answers = [answer_pool(pool, one) for one in asked] if touches else []
            answers, clears = [one for one in answers if _is_alike(event, one)], clears and covers
        if answers:
            ends = {"baseline": event.old, "contender": event.new, "clears": clears}
            yield _Match(pool, [one.replace(**ends) for one in answers])


def _compare_places(event: Event, series: Series, pool: TrialPool, places: Mapping[str, int]) -> tuple[bool, bool]:
    """Return whether two commits have some of the place of an event between them, and whether they have all of it."""
    old, new = places.get(pool.old), places.get(pool.new)
    if old is None or new is None:
        return False, False
    place = event.suspicions[0].place
    before = series.points[place.earliest - 1].position if place.earliest else -1
    last = series.points[place.latest].position
    return max(old, before) < min(new, last), old <= before and last <= new


def _is_alike(event: Event, answer: TrialAnswer) -> bool:
    """Return whether an answer is about a series of an event, and finds no change of it in the other direction."""
    signs = {(one.key.case, one.key.metric): one.change > 0 for one in event.suspicions}
    common = [one for one in answer.family.comparisons if (one.case, one.metric) in signs]
    certain = [one for one in common if one.relevant]
    return any(signs[one.case, one.metric] is (one.change > 0) for one in certain or []) or bool(common and not certain)


def _choose_id(event: Event, matches: Iterable[_Match], taken: set[str]) -> str:
    """Return the id of an event: what was first asked by, if a night has measured it, else its own."""
    asked = [
        (trial.start, trial.asked_by)
        for match in matches
        for trial in match.pool.trials
        if trial.asked_by in {one.asked_by for one in match.answers} - {"", *taken}
    ]
    return min(asked)[1] if asked else event.id


def _list_established(series: Sequence[Series], trials: NodeTrials, known: set[str]) -> Iterator[Event]:
    """Yield the changes of the code that nights have found and that are not among the `known` events."""
    known = {*known}
    for pool in trials.pools:
        for name in pool.asked:
            if name not in known and is_established(answer := answer_pool(pool, name)):
                known.add(name)
                yield _establish(pool, answer, series, trials.places)


def _find_series(series: Sequence[Series], pool: TrialPool, found: Comparison) -> Series | None:
    """Return the series that shows what live comparisons have found, of several yardsticks the newest; None without."""
    wanted = (pool.config, found.case, found.metric)
    own = [one for one in series if one.points and (one.key.config, one.key.case, one.key.metric) == wanted]
    return max(own, key=lambda one: one.points[-1].position, default=None)


def _establish(pool: TrialPool, answer: TrialAnswer, series: Sequence[Series], places: Mapping[str, int]) -> Event:
    first = next(one for one in pool.trials if one.asked_by == answer.asked_by)
    place = places.get(pool.new)
    changes, standing, run = [], [], first.runs[1]
    for one in answer.family.comparisons:
        if not one.relevant:
            continue
        own = _find_series(series, pool, one)
        points = own.points if own else ()
        later = [number for number, point in enumerate(points) if place is not None and point.position >= place]
        if later and points[later[0]].commit == pool.new:
            run = points[later[0]].run
        standing.append(len(later))
        changes.append(
            SeriesChange(
                key=own.key if own else SeriesKey(node=pool.node, config=pool.config, case=one.case, metric=one.metric),
                point=later[0] if later else len(points),
                before=one.baseline.median,
                after=one.contender.median,
                change=one.change,
                low=one.low,
                high=one.high,
            )
        )
    return Event(
        id=answer.asked_by,
        kind=EventKind.CODE,
        node=pool.node,
        day=first.start[:10],
        run=run,
        old=pool.old,
        new=pool.new,
        trials=answer.runs,
        found=answer.family.comparisons,
        changes=tuple(changes),
        open=min(standing) <= OPEN,
    )
