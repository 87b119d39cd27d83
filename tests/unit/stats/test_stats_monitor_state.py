"""A judge that goes on from what it knew comes to the same as one that begins anew."""

import random
from collections.abc import Sequence

import pytest

from harness.records.history import Cut, CutKind, Series
from harness.stats import monitor_state
from harness.stats.monitor_state import judge_on
from harness.stats.suspicion import judge_node
from tests.unit.stats.test_stats_suspicion import draw, make

STEPS = {60: 0.05, 110: -0.05, 160: 0.03}
CUTS: dict[int, tuple[Cut, ...]] = {90: (Cut(kind=CutKind.NODE, subject="kernel: 6.1 -> 6.12"),)}


@pytest.fixture(autouse=True)
def _worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_state, "_WORTH", 0)


def node(count: int, seed: str = "a", series: int = 6) -> list[Series]:
    """Return the first nights of a node with steps, a cut, and nights that one series lacks."""
    made = []
    for index in range(series):
        whole = make(f"m{index}", draw(200, f"{seed}{index}", STEPS if index < 3 else {}), CUTS)
        gaps = set(random.Random(index).sample(range(200), 20)) if index == 4 else set()
        points = tuple(point for point in whole.points if point.position < count and point.position not in gaps)
        made.append(whole.replace(points=points))
    return made


def test_night_by_night_is_the_same_as_at_once() -> None:
    known = b""
    for count in (*range(1, 40), 55, *range(60, 200, 9), 200):
        series = node(count)
        history, known = judge_on(series, known)
        if count % 5 == 0:
            assert history == judge_node(series), count
    assert len(history.events) > 3
    assert history == judge_node(node(200))


def test_what_is_known_is_used_and_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _, known = judge_on(node(150), b"")
    monkeypatch.setattr(monitor_state, "begin_node", None)
    history, after = judge_on(node(160), known)
    assert history == judge_node(node(160))
    assert judge_on(node(160), after) == (history, after)


def _drop_first(series: list[Series]) -> Sequence[Series]:
    return [one.replace(points=one.points[1:]) for one in series]


def _alter_one(series: list[Series]) -> Sequence[Series]:
    points = series[2].points
    return [
        *series[:2],
        series[2].replace(points=(points[0].replace(value=points[0].value * 2), *points[1:])),
        *series[3:],
    ]


def _cut_one(series: list[Series]) -> Sequence[Series]:
    points = series[0].points
    changed = points[30].replace(cuts=CUTS[90])
    return [series[0].replace(points=(*points[:30], changed, *points[31:])), *series[1:]]


def _add_series(series: list[Series]) -> Sequence[Series]:
    return [*series, make("new", draw(150, "new"))]


def _swap(series: list[Series]) -> Sequence[Series]:
    return [series[1], series[0], *series[2:]]


def _fill_gap(series: list[Series]) -> Sequence[Series]:
    return [*series[:4], make("m4", draw(150, "a4"), CUTS), *series[5:]]


@pytest.mark.parametrize("change", [_drop_first, _alter_one, _cut_one, _add_series, _swap, _fill_gap])
def test_another_past_is_judged_anew(change: object) -> None:
    _, known = judge_on(node(150), b"")
    other = change(node(150))  # type: ignore[operator]
    assert judge_on(other, known)[0] == judge_node(other)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x90", b"\x9a" * 10, b"half", b"more"])
def test_what_cannot_be_read_is_judged_anew(damage: bytes) -> None:
    series = node(120)
    history, known = judge_on(series, b"")
    spoiled = {b"half": known[: len(known) // 2], b"more": known + b"x"}.get(damage, damage)
    assert judge_on(series, spoiled)[0] == history


def test_of_few_points_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_state, "_WORTH", 10**6)
    history, known = judge_on(node(50), b"x")
    assert known == b""
    assert history == judge_node(node(50))


def test_another_budget_is_judged_anew() -> None:
    _, known = judge_on(node(150), b"")
    assert judge_on(node(150), known, 0.2)[0] == judge_node(node(150), 0.2)
