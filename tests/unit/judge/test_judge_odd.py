"""Odd runs become questions, unless they are back, cannot be asked, or are a suspicion by now."""

import pytest

from harness.judge.odd import ask_odd
from harness.records.history import (
    Event,
    EventKind,
    History,
    HistoryCommit,
    OddRun,
    OddSeries,
    Point,
    Series,
    SeriesKey,
)
from harness.records.measurement import Case
from harness.records.night import QuestionCause
from tests.unit.judge.test_judge_event import suspect

KEYS = [
    SeriesKey(node="n", config="c", case=Case.of("whisper", model=model, threads=4, fa=0), metric=metric)
    for model in ("base", "tiny", "small", "medium")
    for metric in ("encode", "decode")
]
ODD = OddRun(
    id="odd",
    node="n",
    run="r11",
    day="d",
    old="a" * 40,
    new="b" * 40,
    score=1.4,
    series=(OddSeries(key=KEYS[1], change=0.031), OddSeries(key=KEYS[2], change=-0.05)),
)


def remember(*odd: OddRun, events: tuple[Event, ...] = ()) -> History:
    points = tuple(
        Point(position=number, commit=f"{number:040x}", run=f"r{number}", day="d", value=1.0) for number in range(13)
    )
    series = tuple(Series(key=key, points=points) for key in KEYS)
    return History(series=series, judgements=(), events=events, commits=(), odd=odd)


def test_a_question_asks_for_half_of_the_change() -> None:
    (question,) = ask_odd(remember(ODD), "n", "c")
    assert (question.event, question.cause, question.old, question.new) == ("odd", QuestionCause.ODD, ODD.old, ODD.new)
    assert (question.cases, question.metrics) == ((KEYS[1].case, KEYS[2].case), ("decode", "encode"))
    assert (question.change, question.score, question.threshold) == (0.031, 1.4, 0.02)
    small = ODD.replace(series=(OddSeries(key=KEYS[1], change=0.031),))
    assert ask_odd(remember(small), "n", "c")[0].threshold == pytest.approx(0.015)
    many = ODD.replace(series=tuple(OddSeries(key=key, change=0.03) for key in KEYS))
    assert len(ask_odd(remember(many), "n", "c")[0].cases) == 3
    later = ODD.replace(id="later")
    assert [one.event for one in ask_odd(remember(ODD, later), "n", "c")] == ["later", "odd"]


@pytest.mark.parametrize("odd", [ODD.replace(back=True), ODD.replace(node="m"), ODD.replace(old="v1.8.4")])
def test_some_are_not_asked(odd: OddRun) -> None:
    assert ask_odd(remember(odd), "n", "c") == ()


def test_another_config_is_not_asked() -> None:
    assert ask_odd(remember(ODD), "n", "another") == ()


@pytest.mark.parametrize(("raised", "asked"), [(12, 0), (11, 0), (10, 1)])
def test_a_suspicion_of_the_same_step_is_asked_instead(raised: int, asked: int) -> None:
    suspicion = suspect(0.05, KEYS[1].case, "decode").replace(key=KEYS[1], raised=raised)
    event = Event(id="e", kind=EventKind.SUSPICION, node="n", day="d", run="r", old="", new="", suspicions=(suspicion,))
    assert len(ask_odd(remember(ODD, events=(event,)), "n", "c")) == asked


@pytest.mark.parametrize("kind", [EventKind.NODE, EventKind.CODE, EventKind.SUSPICION])
def test_an_event_explains_no_commit_that_came_after_its_own(kind: EventKind) -> None:
    suspicion = suspect(0.05, KEYS[1].case, "decode").replace(key=KEYS[1], raised=11)
    commits = tuple(
        HistoryCommit(position=place, name=name, sha=name, release="", date="", subject="")
        for place, name in enumerate((ODD.old, "c" * 40, ODD.new))
    )

    def ask(new: str) -> list[str]:
        event = Event(id="e", kind=kind, node="n", day="d", run="r", old="", new=new, suspicions=(suspicion,))
        known = remember(ODD, events=(event,)).replace(commits=commits)
        return [one.event for one in ask_odd(known, "n", "c")]

    assert ask("c" * 40) == ["odd"], "the series joined an event of an older commit"
    assert ask(ODD.new) == []
