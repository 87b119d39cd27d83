"""The numbers of a series for the script of its page, which zooms and compares; `site.js` says what they mean."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.records.history import Point
from harness.records.record import Record
from harness.render.figure.series import open_series
from harness.render.figure.series_sheet import SeriesSheet, describe_cuts, name_commit
from harness.render.figure.series_words import name_series

# So many letters of a text are enough to recognise it.
_LETTERS = 100


class SeriesTrial(Record):
    """A live comparison of two commits of a series: what it came to, in words, and the address of its page."""

    old: str
    new: str
    words: str
    page: str = ""


class SeriesLinks(Record):
    """Where a page of a series leads: `pages` of runs below `run_root`, by id, and live comparisons.

    `compare` is the command that compares the commits `{old}` and `{new}` live, empty if nothing can.
    """

    run_root: str = ""
    pages: Mapping[str, str] = {}
    trials: tuple[SeriesTrial, ...] = ()
    compare: str = ""


def write_series_data(sheet: SeriesSheet, links: SeriesLinks) -> dict[str, Any]:
    """Return the numbers of a series as columns, in the order of its points, and what is said about it."""
    points = sheet.series.points
    commits = sheet.find_commits()
    subjects = {position: one.subject[:_LETTERS] for position, one in commits.items()}
    return {
        "name": name_series(sheet.series.key),
        "metric": sheet.series.key.metric,
        "unit": sheet.unit,
        "lower": sheet.is_lower_better,
        "run_root": links.run_root,
        "position": [point.position for point in points],
        "value": [_round(point.value) for point in points],
        "low": _column(points, lambda point: _round(point.low)),
        "high": _column(points, lambda point: _round(point.high)),
        "day": [point.day for point in points],
        "n": [point.n for point in points],
        "commit": [name_commit(point, commits) for point in points],
        "subject": [subjects.get(point.position, "") for point in points],
        "run": [point.run for point in points],
        "paged": [links.pages.get(point.run, "") for point in points],
        "caveats": _column(points, lambda point: ", ".join(point.caveats)),
        "epochs": list(_list_epochs(sheet)),
        "events": list(_list_events(sheet)),
        "trials": [{"old": one.old, "new": one.new, "words": one.words, "page": one.page} for one in links.trials],
        "ab": links.compare,
        "frame": _find_frame(sheet),
    }


def _column(points: Iterable[Point], read: Callable[[Point], Any]) -> list[Any]:
    """Return a value for each point, or nothing if no point has one."""
    values = [read(point) for point in points]
    return values if any(value not in (None, "") for value in values) else []


def _list_epochs(sheet: SeriesSheet) -> Iterable[dict[str, Any]]:
    for epoch in sheet.judgement.epochs:
        level = epoch.level.middle if epoch.level else None
        words = describe_cuts(epoch.cuts)
        yield {"first": epoch.first, "last": epoch.last, "label": words, "level": _round(level)}


def _list_events(sheet: SeriesSheet) -> Iterable[dict[str, Any]]:
    for one in sheet.events:
        yield {
            "state": one.state.value,
            "label": one.label,
            "page": one.page,
            "since": one.since,
            "earliest": one.earliest,
            "latest": one.latest,
        }


def _find_frame(sheet: SeriesSheet) -> dict[str, Any]:
    plot = open_series(sheet)
    return {
        "left": round(plot.left, 1),
        "right": round(plot.right, 1),
        "top": round(plot.top, 1),
        "bottom": round(plot.bottom, 1),
        "first": plot.across.low,
        "last": plot.across.high,
        "low": plot.up.low,
        "high": plot.up.high,
    }


def _round(value: float | None) -> float | None:
    """Return a number with six digits that count; None for what JSON has no word for."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
