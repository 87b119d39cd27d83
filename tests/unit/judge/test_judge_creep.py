"""What the blocks against the anchor ask: which two commits, in which cases, and what is known already."""

import pytest

from harness.judge.creep import AnchorNights, ask_creep
from harness.judge.trial_answer import LiveTrial
from harness.records.history import Event, EventKind
from harness.records.measurement import Case
from harness.records.night import Question, QuestionCause
from tests.live_trial import BASE, draw_trial

ANCHOR = "a" * 40
TINY = Case.of("whisper", model="tiny", threads=4, fa=0)
HEADS = [f"{number:040x}" for number in range(1, 31)]


def play(changes: list[float], cases: tuple[Case, ...] = (BASE, TINY), scatter: float = 0.004) -> list[LiveTrial]:
    return [
        draw_trial(
            (ANCHOR, HEADS[number]),
            change,
            seed=number,
            blocks=4,
            scatter=scatter,
            cases=cases,
            start=f"2026-01-{number + 1:02}T03:00:00+00:00",
        )
        for number, change in enumerate(changes)
    ]


def ask(trials: list[LiveTrial], *events: Event, anchor: str = ANCHOR) -> tuple[Question, ...]:
    places = {sha: number for number, sha in enumerate(HEADS)}
    return ask_creep(AnchorNights("node-1", anchor, "11111111", trials, places, events))


def change(new: str, kind: EventKind = EventKind.CODE) -> Event:
    return Event(id="e", kind=kind, node="node-1", day="2026-01-12", run="r", old=HEADS[9], new=new)


CREEP = [0.0] * 10 + [0.005 * step for step in range(1, 11)]


def test_what_adds_up_is_a_question_about_the_last_head_before_it_and_the_newest() -> None:
    *_, question = ask(play(CREEP))
    assert question.cause is QuestionCause.CREEP
    assert set(question.cases) == {BASE, TINY}
    assert question.metrics == ("encode",)
    assert HEADS.index(question.old) in range(7, 13)
    assert HEADS.index(question.new) in range(11, 17)
    assert question.change > 0.005
    assert question.score >= 1
    assert 0.005 <= question.threshold <= 0.02


def test_the_question_stays_the_same_when_further_nights_come() -> None:
    whole = play(CREEP)
    questions = ask(whole[:18])
    assert questions
    assert {*questions} <= {*ask(whole)}
    assert ask([one.turn() for one in whole[:18]]) == questions, "whichever side was the anchor"


def test_steady_nights_ask_nothing() -> None:
    assert ask(play([0.02] * 20)) == ()
    assert ask([]) == ()


@pytest.mark.parametrize(("kind", "asked"), [(EventKind.CODE, 0), (EventKind.NODE, 1), (EventKind.SUSPICION, 1)])
def test_a_known_change_of_the_code_explains_what_it_did(kind: EventKind, asked: int) -> None:
    trials = play([0.0] * 10 + [0.03] * 10)
    assert len(ask(trials, change(HEADS[10], kind))) == asked


def test_after_an_alarm_what_comes_is_compared_with_what_is_then() -> None:
    questions = ask(play([0.0] * 8 + [0.04] * 12 + [0.08] * 8))
    assert len(questions) == 2
    newest, former = questions
    assert HEADS.index(former.new) < HEADS.index(newest.old) < HEADS.index(newest.new)
    assert newest.event != former.event


def test_blocks_of_another_anchor_node_or_config_are_not_compared() -> None:
    trials = play([0.0] * 10 + [0.03] * 10)
    assert ask(trials, anchor="b" * 40) == ()
    assert ask([one.replace(node="node-2") for one in trials]) == ()
    assert ask([one.replace(config="22222222") for one in trials]) == ()


def test_cases_together_show_what_each_alone_does_not_yet() -> None:
    cases = tuple(Case.of("whisper", model=name, threads=4, fa=0) for name in ("tiny", "base", "small", "medium"))
    trials = play([0.0] * 12 + [0.02] * 4, cases, scatter=0.02)
    (question,) = ask(trials)
    assert len(question.cases) == 3, "no more than a comparison measures well"
    assert ask([one.replace(samples=one.samples[:1]) for one in trials]) == ()


def test_a_watch_that_saw_the_anchor_as_a_head_knows_where_the_ratio_began() -> None:
    trials = play([0.01, 0.02, 0.025, 0.03])
    assert ask(trials) == (), "nothing is known of the time before"
    places = {ANCHOR: 0} | {sha: number for number, sha in enumerate(HEADS, 1)}
    (question,) = ask_creep(AnchorNights("node-1", ANCHOR, "11111111", trials, places))
    assert (question.old, HEADS.index(question.new) <= 4) == (ANCHOR, True)
    known = change(HEADS[0])
    assert ask_creep(AnchorNights("node-1", ANCHOR, "11111111", trials, places, [known])) == (), "that explains it"
