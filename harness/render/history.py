"""A history for people: a line for each series, the points of one series, and what happened."""

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from harness.records.history import (
    History,
    HistoryCommit,
    Judgement,
    Point,
    Series,
    SeriesKey,
    SeriesStatus,
)
from harness.records.measurement import METRICS
from harness.records.wording import format_count
from harness.render.bar import LEAST_COLUMNS
from harness.render.case_name import list_shared, share_params, shorten_case
from harness.render.history_event import list_history_events
from harness.render.number import format_share, format_value
from harness.render.plain import align, cut
from harness.render.point_plot import draw_points
from harness.render.sparkline import draw_sparkline

_INDENT = "  "
_HEADER = ("case", "metric", "unit", "newest", "interval", "measured", "change", "history", "points", "status")
_LEFT = 3
# The columns that a narrow terminal has no room for, the first one first.
_SPARED = ("interval", "points", "unit", "measured")
# So many of the newest points are drawn, so much of a subject is shown.
_DRAWN, _SUBJECT = 24, 60
# How many points are drawn and columns spared, from the widest table to the narrowest.
_LAYOUTS = ((_DRAWN, 0), *((12, spared) for spared in range(len(_SPARED) + 1)), (8, len(_SPARED)))
# Of a benchmark with more steady series than that none of them is shown.
_MANY = 24
# Points are drawn in at most so many columns, and only if so many are left for notes and subjects.
_MOST_COLUMNS, _TEXT = 33, 24
_RULE = "-"
_RULE_WIDTH = 80

_STANDINGS = {
    SeriesStatus.SUSPICION: "with a suspicion",
    SeriesStatus.CONFIRMED: "with a confirmed change",
    SeriesStatus.TOO_FEW: "with too few points",
}

_Judged = tuple[Series, Judgement]


def render_history(history: History, *, full: bool = False, plain: bool = False, width: int = 0) -> str:
    """Return a table of the series of each node and config, and the newest events; `plain` is ASCII alone.

    Without `full`, steady series of a benchmark that has very many are left out. Tables and commands have lines of at
    most `width` columns, as far as that is possible without columns that say less; 0 means no limit.
    """
    blocks: list[list[str]] = []
    pairs = zip(history.series, history.judgements, strict=True)
    for (node, config), found in itertools.groupby(pairs, key=lambda pair: (pair[0].key.node, pair[0].key.config)):
        own = list(found)
        shown, elided = _elide(own, full=full)
        blocks.append([_describe(node, config, [series for series, _ in own])])
        blocks[-1] += [*_tabulate(shown, plain=plain, width=width), *elided]
    blocks.append(list(list_history_events(history, width)))
    blocks.append([_conclude(history)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def render_series(history: History, *, most: int = 0, plain: bool = False, width: int = 0) -> str:
    """Return the newest `most` points (0: all) of the only series of a history, epoch by epoch, newest last.

    Subjects are cut so that a point is one line of at most `width` columns, and points are drawn beside the level of
    their epoch where there is room; 0 means no limit, and no drawing. `plain` is ASCII alone.
    """
    (series,), (judged,) = history.series, history.judgements
    commits = {one.position: one for one in history.commits}
    first = max(0, len(series.points) - most) if most else 0
    blocks = [
        [*_head(series, judged, plain=plain)],
        [*_list_points((series, judged), commits, first, width, plain=plain)],
        list(list_history_events(history, width)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _describe(node: str, config: str, series: Sequence[Series]) -> str:
    runs = len({point.run for one in series for point in one.points})
    days = [point.day for one in series for point in one.points if point.day]
    dates = f", {min(days)} to {max(days)}" if days else ""
    return f"{node or 'node not known'}, config {config or 'not known'}: {format_count(runs, 'run')}{dates}"


def _elide(own: Sequence[_Judged], *, full: bool) -> tuple[list[_Judged], list[str]]:
    """Return the series to show, and a line for each benchmark of which steady ones are left out."""
    counts = Counter(series.key.case.benchmark for series, judged in own if judged.status is SeriesStatus.STEADY)
    many = [] if full else [name for name, count in counts.items() if count > _MANY]
    shown = [
        (series, judged)
        for series, judged in own
        if series.key.case.benchmark not in many or judged.status is not SeriesStatus.STEADY
    ]
    return shown, [f"{_INDENT}{counts[name]} steady series of {name} not shown: --all" for name in many]


def _tabulate(shown: Sequence[_Judged], *, plain: bool, width: int) -> list[str]:
    """Return a line for each series, as wide as there is room for; below them what their cases have in common."""
    if not shown:
        return []
    shared = share_params([series.key.case for series, _ in shown])
    latest = max(series.points[-1].day for series, _ in shown)
    lines: list[str] = []
    for drawn, spared in _LAYOUTS:
        rows = [
            _HEADER,
            *(_row(one, shorten_case(one[0].key.case, shared), latest, drawn, plain=plain) for one in shown),
        ]
        kept = [number for number, name in enumerate(_HEADER) if name not in _SPARED[:spared]]
        cells = _drop_empty([[row[number] for number in kept] for row in rows], least=2)
        left = sum(name in _HEADER[:_LEFT] for name in cells[0])
        lines = [*align(cells, left=left, indent=_INDENT)]
        if not width or max(map(len, lines)) <= width:
            break
    return [*lines, *(f"{_INDENT}{line}" for line in list_shared(shared))]


def _row(one: _Judged, name: str, latest: str, drawn: int, *, plain: bool) -> tuple[str, ...]:
    """Return the cells of a series; the day of its newest point only where other series have newer ones."""
    series, judged = one
    newest = series.points[-1]
    return (
        name,
        series.key.metric,
        _unit(series.key),
        format_value(newest.value),
        _interval(newest),
        newest.day if newest.day != latest else "",
        "" if judged.change is None else format_share(judged.change),
        _draw(series, judged, drawn, plain=plain),
        str(len(series.points)),
        judged.status,
    )


def _draw(series: Series, judged: Judgement, most: int, *, plain: bool) -> str:
    """Return the newest `most` points as a line, with a bar where an epoch begins."""
    line = ""
    points = series.points[-most:]
    begins = {epoch.first - len(series.points) + len(points) for epoch in judged.epochs}
    marks = draw_sparkline([point.value for point in points], plain=plain)
    for number, mark in enumerate(marks):
        line += f"|{mark}" if number and number in begins else mark
    return line


def _head(series: Series, judged: Judgement, *, plain: bool) -> Iterator[str]:
    key = series.key
    yield f"{key.metric} of {key.case} ({_unit(key)})"
    yield f"{key.node or 'node not known'}, config {key.config or 'not known'}"
    if key.yardstick:
        yield f"yardstick: {key.yardstick}"
    yield f"{_draw(series, judged, _DRAWN, plain=plain)}  {_stand(judged)}"
    yield from _list_levels(judged)


def _stand(judged: Judgement) -> str:
    return f"{judged.status}: {judged.missing} more are needed" if judged.missing else judged.status


def _list_levels(judged: Judgement) -> Iterator[str]:
    """Yield where a series lies, how far its newest point is from there, and what would be noticed."""
    level = judged.epochs[-1].level if judged.epochs else None
    if level is None or judged.status is SeriesStatus.TOO_FEW:
        return
    held = f"{format_value(level.middle)} {_bounds(level.low, level.high)}".rstrip()
    yield f"level: {held}, the middle of {format_count(level.n, 'point')}"
    if judged.change is not None:
        which = "this level" if judged.status is SeriesStatus.STEADY else "the level before the oldest open suspicion"
        yield f"newest point: {format_share(judged.change)} against {which}"
    if judged.visible is not None:
        yield f"a step of {100 * judged.visible:.1f} % or more would be noticed within seven points (9 times of 10)"


def _list_points(
    one: _Judged, commits: dict[int, HistoryCommit], first: int, width: int, *, plain: bool
) -> Iterator[str]:
    series, judged = one
    shown = series.points[first:]
    raised = {one.raised for one in judged.suspicions}
    since = {one.place.since: one for one in judged.suspicions}
    cuts = {epoch.first: epoch.cuts for epoch in judged.epochs}
    common = set(shown[0].caveats).intersection(*(point.caveats for point in shown))
    rows: list[tuple[str, ...]] = [("date", "commit", "value", "interval", "n", "MDE", "notes", "subject")]
    rules: dict[int, list[str]] = {}
    for number, point in enumerate(shown, first):
        commit = commits.get(point.position)
        begun = [f"{point.day}  {one.kind}: {one.subject}" for one in cuts.get(number, ())]
        if number in since:
            begun.append(f"{point.day}  since here, most likely: {format_share(since[number].change)}")
        if begun and number:
            rules[len(rows)] = begun
        notes = [*(["suspicion"] if number in raised else []), *(code for code in point.caveats if code not in common)]
        rows.append(
            (
                point.day or "not known",
                commit.short if commit else point.commit[:8],
                format_value(point.value),
                _interval(point),
                str(point.n),
                "" if point.mde is None else f"{100 * point.mde:.1f} %",
                cut(" ".join(notes), _SUBJECT // 2),
                cut(commit.subject, _SUBJECT) if commit else "",
            )
        )
    if common:
        yield f"{_INDENT}of all these points: {', '.join(sorted(common))} (harness explain CODE)"
    if first:
        yield f"{_INDENT}{format_count(first, 'older point')} not shown: --all, or --limit N"
    drawn = functools.partial(draw_points, shown, judged.epochs, first, plain=plain)
    for number, line in enumerate(_align_points(rows, drawn, width)):
        for text in rules.get(number, ()):
            yield f"{_INDENT}{f'--- {text} '.ljust(min(width or _RULE_WIDTH, _RULE_WIDTH) - len(_INDENT), _RULE)}"
        yield cut(line, width) if width else line


def _align_points(rows: Sequence[Sequence[str]], draw: Callable[[int], Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of the table of points, notes and subjects flush left; between them the points are drawn."""
    numbers = list(align(_drop_empty([row[:6] for row in rows]), left=2, indent=_INDENT))
    texts = list(align(_drop_empty([("", *row[6:]) for row in rows], least=1), left=3))
    widest = max(map(len, numbers))
    columns = min(_MOST_COLUMNS, width - widest - _TEXT)
    drawn = draw(columns) if columns >= LEAST_COLUMNS else ()
    cells = [f"  {cell}" for cell in drawn] or [""] * len(rows)
    return (
        f"{number:<{widest}}{cell}{text}".rstrip() for number, cell, text in zip(numbers, cells, texts, strict=True)
    )


def _drop_empty(rows: Sequence[Sequence[str]], least: int = 0) -> list[list[str]]:
    """Return a table without the columns, from `least` on, in which no row but the header has anything."""
    kept = [number for number in range(len(rows[0])) if number < least or any(row[number] for row in rows[1:])]
    return [[row[number] for number in kept] for row in rows]


def _conclude(history: History) -> str:
    statuses = [judged.status for judged in history.judgements]
    parts = [format_count(len(statuses), "series", plural="series")]
    parts += [
        f"{statuses.count(status)} {_STANDINGS.get(status, status)}" for status in SeriesStatus if status in statuses
    ]
    return f"{parts[0]}: {', '.join(parts[1:])}"


def _unit(key: SeriesKey) -> str:
    return METRICS[key.metric].unit if key.metric in METRICS else ""


def _interval(point: Point) -> str:
    return _bounds(point.low, point.high)


def _bounds(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{format_value(low)}, {format_value(high)}]"
