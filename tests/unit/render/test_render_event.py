"""Events as a few lines each, and with everything that is known of one."""

import math
import random

import pytest

from harness.judge.event_group import EventGroup, find_state, share_event
from harness.records.history import Event, EventKind, History, HistoryCommit, Point, Series, SeriesChange, SeriesKey
from harness.records.measurement import Case
from harness.records.witness import SharedEvent
from harness.render.event import render_event, render_events
from harness.stats.suspicion import judge_node

SHA = "ab" * 20
STEPS = {"encode": 0.06, "flop_rate": 0.06}


def make() -> History:
    """Return a history of two series, a time and a rate, that both go up by 6 % with the 41st commit."""
    series = []
    for metric, size in STEPS.items():
        draw = random.Random(metric)
        key = SeriesKey(node="desk", config="c", case=Case.of("whisper", model="base", threads=4), metric=metric)
        points = tuple(
            Point(
                position=night,
                commit=f"{night:040x}",
                run=f"run{night}",
                day=f"day{night}",
                value=100 * math.exp(draw.gauss(0, 0.005) + size * (night >= 40)),
            )
            for night in range(45)
        )
        series.append(Series(key=key, points=points))
    commits = tuple(
        HistoryCommit(
            position=night, name=f"{night:040x}", sha=f"{night:040x}", release=f"b{night}", date="d", subject=""
        )
        for night in range(45)
    )
    judged = judge_node(series)
    (event,) = judged.events
    event = event.replace(command="harness ab OLD NEW --model base --metric encode --threshold 2.0%")
    return History(series=tuple(series), judgements=judged.judgements, events=(event,), commits=commits)


HISTORY = make()
NAMES = {one.name: one.short for one in HISTORY.commits}


def share(event: Event) -> SharedEvent:
    """Return an event of one node alone."""
    return share_event(EventGroup(event.kind, find_state(event), (event,), event.old, event.new))


def test_each_series_says_whether_it_became_slower() -> None:
    text = render_events([share(one) for one in HISTORY.events], NAMES)
    times, rates = (next(line for line in text.splitlines() if metric in line) for metric in STEPS)
    assert "whisper/model=base/threads=4  +" in times
    assert "  slower  none this strong in " in times
    assert "  faster  none this strong in " in rates
    assert text.splitlines()[-1] == "  to find out: harness ab OLD NEW --model base --metric encode --threshold 2.0%"


@pytest.mark.parametrize("width", [80, 200])
def test_events_fit_a_terminal(width: int) -> None:
    lines = render_events([share(one) for one in HISTORY.events], NAMES, width=width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert any("none this strong" in line for line in lines) is (width == 200)


def test_one_event_has_its_evidence_and_its_commits() -> None:
    (event,) = HISTORY.events
    lines = render_event(share(event), HISTORY, NAMES).splitlines()
    assert lines[0] == f"{event.id}  {event.day}  SUSPICION  desk: between b39 and {NAMES[event.new]}"
    assert lines[1].split()[:5] == ["metric", "case", "unit", "change", "interval"]
    row = dict(zip(STEPS, lines[2:4], strict=True))["encode"].split()
    assert row[0] == "encode"
    assert row[-1] == "b40", "since when"
    assert {"ms/pass", "slower"} < {*row}
    assert lines[-len(NAMES) :][-1].split()[0] == NAMES[event.new]
    assert "  commits that were measured after b39:" in lines


def test_a_known_change_has_the_series_that_moved_farthest_first() -> None:
    keys = [one.key for one in HISTORY.series]
    changes = tuple(
        SeriesChange(key=key, point=3, before=1.0, after=1.0 + size, change=size, low=size - 0.01, high=size + 0.01)
        for key, size in zip(keys, (0.005, -0.05), strict=True)
    )
    event = Event(
        id="0a", kind=EventKind.NODE, node="desk", day="d", run="r", old=SHA, new=SHA, subject="kernel", changes=changes
    )
    lines = render_events([share(event)], {}, older=3).splitlines()
    assert lines == [
        "3 older events not shown: --all, or --limit N",
        "0a  d  NODE  desk: among runs of abababab",
        "  kernel",
        "  flop_rate  whisper/model=base/threads=4  -5.0 %  [-6.0, -4.0]  slower",
        "  encode     whisper/model=base/threads=4  +0.5 %  [-0.5, +1.5]",
    ]


@pytest.mark.parametrize(
    ("kind", "left"),
    [(EventKind.SUSPICION, ", and left open (a longer --max-time may settle it)"), (EventKind.CODE, "")],
)
def test_a_live_comparison_that_left_it_open_says_what_may_settle_it(kind: EventKind, left: str) -> None:
    (event,) = HISTORY.events
    text = render_events([share(event.replace(kind=kind, trials=("a", "b")))], NAMES)
    assert f"  measured in turns{left}: a, b\n" in text
    shown = render_event(
        share(event.replace(kind=kind, trials=("a", "b", "c", "d"))), HISTORY, NAMES, options="--results x"
    )
    for pair in ("a b", "c d"):
        assert f"  what it found: harness compare {pair} --results x\n" in shown


@pytest.mark.parametrize(
    ("changes", "commands"),
    [
        ({}, ["to find out: harness ab", "to find the commit: harness bisect"]),
        ({"search": ""}, ["to find out: harness ab"]),
        ({"kind": EventKind.CODE, "command": ""}, ["to find the commit: harness bisect"]),
        ({"returned": "2026-02-01"}, []),
        ({"kind": EventKind.CODE, "command": "", "bisection": "x-bisect-1"}, []),
    ],
)
def test_an_event_names_the_commands_that_would_settle_it(changes: dict[str, object], commands: list[str]) -> None:
    (event,) = HISTORY.events
    event = event.replace(**{"command": "harness ab", "search": "harness bisect", **changes})
    lines = [line.strip() for line in render_events([share(event)], NAMES).splitlines()]
    assert [line for line in lines if line.startswith("to find")] == commands
    assert ("the search for its commit: harness show x-bisect-1" in lines) is bool(event.bisection)


@pytest.mark.parametrize(("old", "where"), [("", "never measured"), (SHA, "last measured with abababab")])
def test_what_is_missing_says_what_and_since_when(old: str, where: str) -> None:
    event = Event(
        id="0a", kind=EventKind.MISSING, node="desk", day="d", run="r", old=old, new=SHA, subject="no tests\n2 cases"
    )
    assert render_events([share(event)], {}).splitlines() == [
        f"0a  d  MISSING  desk: {where}",
        "  no tests",
        "  2 cases",
    ]
    assert "; back since e\n" in render_events([share(event.replace(returned="e"))], {})
    for changes, last in (
        ({"kind": EventKind.BROKEN}, "last built with abababab" if old else "never built"),
        ({"run": ""}, "last reported with abababab" if old else "silent"),
    ):
        assert f"desk: {last}\n" in render_events([share(event.replace(**changes))], {})
