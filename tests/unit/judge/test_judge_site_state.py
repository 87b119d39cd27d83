"""The state of a series today: each word has its reason, and what is certain comes before what is only suspected."""

from typing import Any

import pytest

from harness.judge.site_state import SeriesEvents, find_missing, find_state
from harness.records.comparison import Comparison, Summary, Verdict
from harness.records.history import (
    ChangePoint,
    Event,
    EventKind,
    Judgement,
    Point,
    Series,
    SeriesChange,
    SeriesKey,
    SeriesStatus,
    Suspicion,
)
from harness.records.measurement import Case
from harness.records.site import SiteState

BASE = Case.of("whisper", model="base", threads=4)
ENCODE = SeriesKey(node="desk", config="c", case=BASE, metric="encode", yardstick="bench")
RATE = SeriesKey(node="desk", config="c", case=Case.of("memcpy", threads=1), metric="copy_rate")


def series(key: SeriesKey = ENCODE, count: int = 40, purpose: str = "night", first: int = 0) -> Series:
    points = (
        Point(
            position=number,
            commit=f"c{number}",
            run=f"r{number}",
            day=f"2026-{1 + number // 28:02d}-{1 + number % 28:02d}",
            value=100.0,
            purpose=purpose,
        )
        for number in range(first, first + count)
    )
    return Series(key=key, points=tuple(points))


def judgement(status: SeriesStatus = SeriesStatus.STEADY, key: SeriesKey = ENCODE) -> Judgement:
    return Judgement(key=key, status=status, epochs=(), suspicions=(), change=0.0)


def suspicion(change: float, key: SeriesKey = ENCODE) -> Suspicion:
    place = ChangePoint(since=20, earliest=19, latest=21, confidence=0.9)
    return Suspicion(
        key=key, raised=22, place=place, before=100.0, after=100.0 * (1 + change), change=change, low=change,
        high=change, score=5.0, threshold=3.0, nights=20, precedents=0,
    )  # fmt: skip


def event(kind: EventKind, *suspicions: Suspicion, open_: bool = True, run: str = "r22", **more: Any) -> Event:
    made = Event(
        id="1",
        kind=kind,
        node="desk",
        day="2026-01-22",
        run=run,
        old="c19",
        new="c22",
        suspicions=suspicions,
        open=open_,
    )
    return made.replace(**more)


def state(*events: Event, status: SeriesStatus = SeriesStatus.STEADY, key: SeriesKey = ENCODE) -> SiteState:
    return find_state(series(key), judgement(status, key), SeriesEvents(events), frozenset())


def found(change: float, key: SeriesKey = ENCODE) -> Comparison:
    side = Summary(n=9, median=1.0, minimum=1.0, maximum=1.0, spread=0.0)
    verdict = Verdict.REGRESSED if change > 0 else Verdict.IMPROVED
    return Comparison(
        case=key.case, metric=key.metric, n=9, change=change, p=0.001, p_raw=0.001, verdict=verdict, relevant=True,
        baseline=side, contender=side,
    )  # fmt: skip


def test_what_nobody_saw_is_steady() -> None:
    assert state() is SiteState.STEADY
    assert state(status=SeriesStatus.TOO_FEW) is SiteState.TOO_FEW


def test_a_suspicion_is_no_more_than_that() -> None:
    raised = event(EventKind.SUSPICION, suspicion(0.1))
    assert state(raised, status=SeriesStatus.SUSPICION) is SiteState.SUSPICION
    assert state(raised) is SiteState.STEADY, "the series came back, or it is too long ago"


@pytest.mark.parametrize(
    ("change", "key", "word"),
    [
        *((0.1, ENCODE, SiteState.SLOWER), (-0.1, ENCODE, SiteState.FASTER)),
        *((-0.1, RATE, SiteState.SLOWER), (0.1, RATE, SiteState.FASTER)),
    ],
)
def test_what_was_confirmed_has_a_direction(change: float, key: SeriesKey, word: SiteState) -> None:
    seen = event(EventKind.CODE, suspicion(change, key))
    assert state(seen, status=SeriesStatus.CONFIRMED, key=key) is word
    alone = event(
        EventKind.CODE,
        changes=(SeriesChange(key=key.replace(yardstick=""), point=3, before=1, after=1, change=change),),
    )
    assert state(alone, key=key) is word, "what a trial alone has shown"


def test_the_live_comparison_counts_and_not_what_raised_it() -> None:
    seen = event(EventKind.CODE, suspicion(0.1), found=(found(-0.2), found(0.3, RATE)))
    assert state(seen, status=SeriesStatus.CONFIRMED) is SiteState.FASTER


def test_what_is_over_is_not_shown() -> None:
    assert state(event(EventKind.CODE, suspicion(0.1), open_=False)) is SiteState.STEADY
    assert state(event(EventKind.CODE, suspicion(0.1), returned="2026-02-01")) is SiteState.STEADY


def test_the_machine_is_named_as_long_as_it_is_news() -> None:
    for run, word in (("r35", SiteState.NODE), ("r5", SiteState.STEADY)):
        seen = event(EventKind.NODE, suspicion(0.1), open_=False, run=run)
        assert state(seen) is word
        assert state(seen, status=SeriesStatus.SUSPICION) is SiteState.SUSPICION


def test_a_silent_node_has_no_state_today() -> None:
    silent = Event(id="2", kind=EventKind.MISSING, node="desk", day="2026-03-01", run="", old="", new="", open=True)
    assert state(silent, event(EventKind.CODE, suspicion(0.1))) is SiteState.MISSING
    assert state(silent.replace(open=False, returned="2026-03-09")) is SiteState.STEADY


def test_what_the_newest_nights_left_out_is_missing() -> None:
    whole, gone, late = series(), series(RATE, count=37), series(RATE.replace(metric="x"), count=38)
    assert find_missing([whole, gone, late]) == {RATE}
    assert find_state(gone, judgement(key=RATE), SeriesEvents(()), frozenset({RATE})) is SiteState.MISSING


def test_many_runs_in_one_night_are_one_night() -> None:
    whole, part = series(count=40), series(RATE, count=40)
    more = tuple(whole.points[-1].replace(run=f"r39-{number}", position=40 + number) for number in range(5))
    before = part.replace(points=part.points[:39])
    assert find_missing([whole.replace(points=(*whole.points, *more)), part]) == set()
    assert find_missing([whole.replace(points=(*whole.points, *more)), before]) == set(), "it missed one night"


def test_runs_by_hand_leave_out_what_they_like() -> None:
    assert find_missing([series(purpose="manual"), series(RATE, count=10, purpose="manual")]) == set()
    assert find_missing([series(purpose="night"), series(RATE, count=10, purpose="manual")]) == set()
    assert find_missing([]) == set()


def test_nights_of_another_config_are_no_measure() -> None:
    assert find_missing([series(), series(RATE.replace(config="d"), count=10)]) == set()
