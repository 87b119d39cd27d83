"""Changes that are known: one event for all series of a node, and how far each of them moved."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest

from harness.records.history import ChangePoint, Cut, CutKind, EventKind, Point, Series, SeriesKey, Suspicion
from harness.records.measurement import Case
from harness.stats.known_change import list_known_changes, measure_shift

KERNEL = Cut(kind=CutKind.NODE, subject="kernel: 6.1 -> 6.12")
COMPILER = Cut(kind=CutKind.NODE, subject="compiler: GNU 12 -> GNU 13")
FLASH = Cut(kind=CutKind.YARDSTICK, subject="flash attention: off -> on")


def make(name: str, values: Sequence[float], cuts: Mapping[int, tuple[Cut, ...]], every: int = 1) -> Series:
    points = tuple(
        Point(
            position=every * index,
            commit=f"c{every * index}",
            run=f"r{every * index}",
            day=f"d{every * index:03}",
            value=value,
            cuts=cuts.get(index, ()),
        )
        for index, value in enumerate(values)
    )
    return Series(
        key=SeriesKey(node="n", config="c", case=Case.of("whisper", model=name), metric="encode"), points=points
    )


def draw(count: int, seed: str, step: float, at: int) -> list[float]:
    source = random.Random(seed)
    return [math.exp(source.gauss(0, 0.01) + step * (index >= at)) for index in range(count)]


def suspect(series: Series, since: int, returned: int | None = None) -> Suspicion:
    place = ChangePoint(since=since, earliest=since, latest=since, confidence=0.9)
    return Suspicion(
        key=series.key, raised=since + 1, place=place, before=1.0, after=1.1, change=0.1, low=0.0, high=0.2,
        score=5.0, threshold=3.0, nights=since, precedents=0, returned=returned,
    )  # fmt: skip


def test_a_change_is_one_event_for_all_series_that_see_it() -> None:
    series = [
        make("tiny", [1.0] * 20, {10: (KERNEL,)}),
        make("base", [1.0] * 10, {7: (KERNEL,)}, every=2),  # measured every second night: sees it later
        make("small", [1.0] * 20, {}),
    ]
    (event,) = list_known_changes(series, [[], [], []])
    assert (event.kind, event.subject, event.run, event.day) == (EventKind.NODE, KERNEL.subject, "r10", "d010")
    assert (event.old, event.new) == ("c9", "c10")
    assert [(one.key.case.get("model"), one.point) for one in event.changes] == [("tiny", 10), ("base", 7)]
    assert event.suspicions == ()


def test_the_same_change_later_is_another_event() -> None:
    back = Cut(kind=CutKind.NODE, subject="kernel: 6.12 -> 6.1")
    series = [make("tiny", [1.0] * 80, {10: (KERNEL,), 30: (back,), 60: (KERNEL,)})]
    events = list_known_changes(series, [[]])
    assert [(event.subject, event.run) for event in events] == [
        (KERNEL.subject, "r10"), (back.subject, "r30"), (KERNEL.subject, "r60"),
    ]  # fmt: skip
    assert len({event.id for event in events}) == 3
    fewer = list_known_changes([series[0].replace(points=series[0].points[:40])], [[]])
    assert [event.id for event in fewer] == [event.id for event in events[:2]], "ids stay"


def test_what_changes_together_is_named_together_and_yardsticks_apart() -> None:
    events = list_known_changes([make("tiny", [1.0] * 20, {10: (KERNEL, FLASH, COMPILER)})], [[]])
    assert [(event.kind, event.subject) for event in events] == [
        (EventKind.YARDSTICK, FLASH.subject),
        (EventKind.NODE, f"{KERNEL.subject}; {COMPILER.subject}"),
    ]


def test_what_a_series_begins_with_is_no_change() -> None:
    assert list_known_changes([make("tiny", [1.0] * 5, {0: (KERNEL,)})], [[]]) == ()


def test_how_far_a_series_moved_is_held_by_its_interval() -> None:
    held = 0
    for seed in range(200):
        found = measure_shift(make("tiny", draw(60, f"shift/{seed}", 0.05, 30), {30: (KERNEL,)}), 30, [])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.change < found.high < found.low + 0.03
        held += found.low <= math.expm1(0.05) <= found.high
    assert held >= 180


def test_a_suspicion_bounds_what_is_the_level() -> None:
    series = make("tiny", [1.0] * 10 + [2.0] * 10 + [4.0] * 10 + [8.0] * 10, {20: (KERNEL,)})
    found = measure_shift(series, 20, [suspect(series, 10), suspect(series, 30)])
    assert found is not None
    assert [found.before, found.after] == pytest.approx([2, 4])
    away = make("tiny", [1.0] * 10 + [2.0] * 5 + [1.0] * 10 + [4.0] * 10, {25: (KERNEL,)})
    found = measure_shift(away, 25, [suspect(away, 10, returned=15)])
    assert found is not None
    assert found.before == pytest.approx(1)


@pytest.mark.parametrize(("before", "after", "bounded"), [(7, 1, False), (1, 7, False), (4, 3, False), (5, 3, True)])
def test_few_points_have_no_interval(before: int, after: int, *, bounded: bool) -> None:
    found = measure_shift(make("tiny", draw(before + after, "few", 0.1, before), {before: (KERNEL,)}), before, [])
    assert found is not None
    assert (found.low is not None) is (found.high is not None) is bounded


def test_without_numbers_there_is_no_change_to_speak_of() -> None:
    series = make("tiny", [math.nan] * 5 + [1.0] * 5, {5: (KERNEL,)})
    assert measure_shift(series, 5, []) is None
    (event,) = list_known_changes([series], [[]])
    assert event.changes == ()


def test_a_change_too_large_for_a_number_is_a_large_one() -> None:
    series = make("tiny", [1e-300] * 5 + [1e300] * 5, {5: (KERNEL,)})
    found = measure_shift(series, 5, [])
    assert found is not None
    assert 1e300 < found.change < math.inf
