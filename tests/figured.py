"""Series with everything that a picture can show, made from numbers alone."""

from collections.abc import Sequence
from datetime import date, timedelta

from harness.records.history import (
    Cut,
    CutKind,
    Epoch,
    HistoryCommit,
    Judgement,
    Level,
    Point,
    Series,
    SeriesKey,
    SeriesStatus,
)
from harness.records.measurement import Case
from harness.records.site import SiteState
from harness.render.figure.series_sheet import SeriesEvent, SeriesSheet

FIRST_DAY = date(2026, 1, 3)
KEY = SeriesKey(
    node="node-1", config="abcdef01", case=Case.of("whisper", model="base", threads=4, fa=0), metric="encode"
)


def make_sheet(values: Sequence[float], *, cut: int = 0, events: Sequence[SeriesEvent] = ()) -> SeriesSheet:
    """Return a series of these values, one a day; a new kernel begins an epoch at point `cut`, if one is given."""
    points = tuple(
        Point(
            position=number,
            commit=f"{number:040x}",
            run=f"run-{number}",
            day=(FIRST_DAY + timedelta(days=number)).isoformat(),
            value=value,
            low=value * 0.99,
            high=value * 1.01,
            n=5,
            mde=0.012,
            caveats=("noisy",) if number % 7 == 3 else (),
        )
        for number, value in enumerate(values)
    )
    starts = [0, cut] if cut else [0]
    epochs = tuple(
        Epoch(
            first=first,
            last=last - 1,
            cuts=(Cut(kind=CutKind.NODE, subject="kernel: 6.1 -> 6.12"),) if first else (),
            level=Level(n=last - first, middle=values[first], spread=0.01, memory=0.0),
        )
        for first, last in zip(starts, [*starts[1:], len(values)], strict=True)
        if values
    )
    judged = Judgement(key=KEY, status=SeriesStatus.STEADY, epochs=epochs, suspicions=(), change=0.003)
    commits = tuple(
        HistoryCommit(
            position=point.position, name=point.commit, sha=point.commit, release="", date=point.day, subject="ggml : x"
        )
        for point in points
    )
    return SeriesSheet(series=Series(key=KEY, points=points), judgement=judged, commits=commits, events=tuple(events))


def slower(since: int, *, about: int = 2) -> SeriesEvent:
    """Return a confirmed change for the worse at a point, which may be as many points earlier or later."""
    return SeriesEvent(
        id="e0123456",
        state=SiteState.SLOWER,
        label="+4.1 %",
        since=since,
        earliest=since - about,
        latest=since + about,
        page="../events/e0123456.html",
    )
