"""Runs that look odd by themselves, as questions for the night: did the code change, or the node, or was it chance."""

import re

from harness.judge.event import find_threshold
from harness.records.history import EventKind, History, OddRun
from harness.records.night import Question, QuestionCause

_SHA = re.compile(r"[0-9a-f]{40}")
# More cases than that take longer than they tell: those that step together have one cause.
_CASES = 3


def ask_odd(history: History, node: str, config: str) -> tuple[Question, ...]:
    """Return a question for each of the newest runs of a node that looks odd, the newest first.

    Not for those that are back, that stepped among runs of one commit, or whose step is a suspicion by now. A question
    that a comparison has answered is returned as well: whoever knows the comparisons leaves it out.
    """
    own = [one for one in history.odd if one.node == node and not one.back]
    return tuple(_ask(one, config) for one in reversed(own) if _can_ask(one, config) and not _is_known(one, history))


def _can_ask(odd: OddRun, config: str) -> bool:
    return odd.series[0].key.config == config and all(_SHA.fullmatch(sha) for sha in (odd.old, odd.new))


def _is_known(odd: OddRun, history: History) -> bool:
    """Return whether a suspicion of one of the series holds the run, in an event that has its commit.

    A series may join an event whose two commits were named before: what came since is not explained by those.
    """
    places = {one.name: one.position for one in history.commits}
    keys = {one.key for one in odd.series}
    numbers = {
        one.key: number
        for one in history.series
        if one.key in keys
        for number, point in enumerate(one.points)
        if point.run == odd.run
    }
    return any(
        suspicion.place.earliest <= numbers[suspicion.key] <= suspicion.raised
        for event in history.events
        if event.kind in (EventKind.SUSPICION, EventKind.CODE, EventKind.NODE)
        and places.get(odd.new, 0) <= places.get(event.new, 0)
        for suspicion in event.suspicions
        if suspicion.key in numbers
    )


def _ask(odd: OddRun, config: str) -> Question:
    own = [one for one in odd.series if one.key.config == config]
    cases = tuple(dict.fromkeys(one.key.case for one in own))[:_CASES]
    return Question(
        event=odd.id,
        cause=QuestionCause.ODD,
        old=odd.old,
        new=odd.new,
        cases=cases,
        metrics=tuple(dict.fromkeys(one.key.metric for one in own if one.key.case in cases)),
        change=own[0].change,
        score=odd.score,
        threshold=find_threshold(max(abs(one.change) for one in own)),
    )
