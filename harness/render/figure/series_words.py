"""A series in words: its name, how it stands, what its points are, and the command that prints them."""

import math
import shlex

from harness.records.history import Point, SeriesKey
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.figure.figure import FigureTable
from harness.render.figure.series_sheet import SeriesSheet, describe_cuts, name_commit
from harness.render.number import format_share, format_value

# So many rows a table has at most.
_ROWS = 200


def describe_point(point: Point, commit: str, unit: str) -> str:
    """Return what is shown where the pointer rests on a point."""
    known = point.low is not None and point.high is not None
    bounds = f" [{format_value(point.low or 0.0)}, {format_value(point.high or 0.0)}]" if known else ""
    parts = [f"{format_value(point.value)} {unit}{bounds}", f"commit {commit}", point.day, f"n = {point.n}"]
    return ", ".join(part for part in (*parts, *point.caveats) if part)


def name_series(key: SeriesKey) -> str:
    """Return the title of a picture of a series."""
    return f"{title_series(key)} on {key.node or 'a node that is not known'}"


def title_series(key: SeriesKey) -> str:
    """Return what a series measures: `encode of tiny (fa=1, threads=1)`, `copy rate of memcpy (threads=2)`."""
    model = key.case.get("model")
    rest = [f"{name}={value}" for name, value in key.case.params if name != "model" or not model]
    if model and key.case.benchmark != Benchmark.WHISPER:
        rest.insert(0, key.case.benchmark)
    more = f" ({', '.join(rest)})" if rest else ""
    return f"{key.metric.replace('_', ' ')} of {model or key.case.benchmark}{more}"


def describe_series(sheet: SeriesSheet) -> str:
    """Return in a sentence how many points there are, and how the newest one stands."""
    points = [point for point in sheet.series.points if math.isfinite(point.value)]
    if not points:
        return "No point can be drawn."
    days = [point.day for point in points if point.day]
    span = f" from {min(days)} to {max(days)}" if days else ""
    newest = f"{format_value(points[-1].value)} {sheet.unit}".rstrip()
    words = f"{format_count(len(points), 'point')}{span}; the newest is {newest}"
    if sheet.judgement.change is not None:
        words += f", {format_share(sheet.judgement.change)} against the level before"
    if sheet.events:
        words += f"; {format_count(len(sheet.events), 'event')}"
    return f"{words}. State: {sheet.state}."


def tabulate_points(sheet: SeriesSheet) -> FigureTable:
    """Return the newest points, the newest one first."""
    commits = sheet.find_commits()
    begun = {epoch.first: describe_cuts(epoch.cuts) for epoch in sheet.judgement.epochs if epoch.first}
    since = {one.since: f"{one.state} {one.label}" for one in sheet.events}
    rows = []
    for number in range(len(sheet.series.points) - 1, max(-1, len(sheet.series.points) - 1 - _ROWS), -1):
        point = sheet.series.points[number]
        notes = (begun.get(number, ""), since.get(number, ""), *point.caveats)
        rows.append(
            (
                point.day,
                name_commit(point, commits),
                format_value(point.value),
                "" if point.low is None else format_value(point.low),
                "" if point.high is None else format_value(point.high),
                str(point.n),
                "" if point.mde is None else f"{100 * point.mde:.1f}",
                ", ".join(note for note in notes if note),
            )
        )
    unit = f" ({sheet.unit})" if sheet.unit else ""
    head = ("day", "commit", f"value{unit}", f"low{unit}", f"high{unit}", "n", "MDE (%)", "notes")
    return FigureTable(head=head, rows=tuple(rows))


def write_command(key: SeriesKey) -> str:
    """Return the command that prints all points of a series."""
    words = [
        key.metric,
        str(key.case),
        *(["--node", key.node] if key.node else []),
        *([key.config] if key.config else []),
    ]
    return shlex.join(["harness", "history", *words, "--all"])
