"""A history for people: a line for each series, the points of one series, and what happened."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.records.history import (
    EventKind,
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
from harness.render.event import describe_event
from harness.render.number import format_share, format_value
from harness.render.plain import align, cut
from harness.render.sparkline import draw_sparkline

_INDENT = "  "
_HEADER = ("case", "metric", "unit", "newest", "interval", "change", "history", "points", "status")
_LEFT = 3
# So many of the newest points are drawn, so many events are told of, and so much of a subject is shown.
_DRAWN, _EVENTS, _SUBJECT, _NAMED = 24, 8, 60, 3
# Of a benchmark with more steady series than that none of them is shown.
_MANY = 24
_RULE = "-"
_RULE_WIDTH = 80

_Judged = tuple[Series, Judgement]


def render_history(history: History, *, full: bool = False, plain: bool = False, width: int = 0) -> str:
    """Return a table of the series of each node and config, and the newest events; `plain` is ASCII alone.

    Without `full`, steady series of a benchmark that has very many are left out. Commands have lines of at most `width`
    columns; 0 means no limit.
    """
    blocks: list[list[str]] = []
    pairs = zip(history.series, history.judgements, strict=True)
    for (node, config), found in itertools.groupby(pairs, key=lambda pair: (pair[0].key.node, pair[0].key.config)):
        own = list(found)
        shown, elided = _elide(own, full=full)
        blocks.append([_describe(node, config, [series for series, _ in own])])
        rows = [_HEADER, *(_row(series, judged, plain=plain) for series, judged in shown)]
        blocks[-1] += [*align(_drop_empty(rows, least=_LEFT), left=_LEFT, indent=_INDENT), *elided]
    blocks.append(list(_list_events(history, width)))
    blocks.append([_conclude(history)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def render_series(history: History, *, most: int = 0, plain: bool = False, width: int = 0) -> str:
    """Return the newest `most` points (0: all) of the only series of a history, epoch by epoch, newest last.

    Subjects are cut so that a point is one line of at most `width` columns; 0 means no limit.
    """
    (series,), (judged,) = history.series, history.judgements
    commits = {one.position: one for one in history.commits}
    first = max(0, len(series.points) - most) if most else 0
    blocks = [
        [*_head(series, judged, plain=plain)],
        [*_list_points(series, judged, commits, first, width)],
        list(_list_events(history, width)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _describe(node: str, config: str, series: Sequence[Series]) -> str:
    runs = len({point.run for one in series for point in one.points})
    days = sorted(point.day for one in series for point in (one.points[0], one.points[-1]) if point.day)
    dates = f", {days[0]} to {days[-1]}" if days else ""
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


def _row(series: Series, judged: Judgement, *, plain: bool) -> tuple[str, ...]:
    newest = series.points[-1]
    return (
        str(series.key.case),
        series.key.metric,
        _unit(series.key),
        format_value(newest.value),
        _interval(newest),
        "" if judged.change is None else format_share(judged.change),
        _draw(series, judged, plain=plain),
        str(len(series.points)),
        judged.status,
    )


def _draw(series: Series, judged: Judgement, *, plain: bool) -> str:
    """Return the newest points as a line, with a bar where an epoch begins."""
    line = ""
    points = series.points[-_DRAWN:]
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
    yield f"{_draw(series, judged, plain=plain)}  {_stand(judged)}"


def _stand(judged: Judgement) -> str:
    level = judged.epochs[-1].level if judged.epochs else None
    if level is None or judged.status is SeriesStatus.TOO_FEW:
        return f"{judged.status}: {judged.missing} more" if judged.missing else judged.status
    held = (
        "" if level.low is None or level.high is None else f" [{format_value(level.low)}, {format_value(level.high)}]"
    )
    change = "" if judged.change is None else f"; the newest point {format_share(judged.change)}"
    seen = "" if judged.visible is None else f"; a step of {100 * judged.visible:.1f} % would be seen within a week"
    return (
        f"{judged.status}: level {format_value(level.middle)}{held} by {format_count(level.n, 'point')}{change}{seen}"
    )


def _list_points(
    series: Series, judged: Judgement, commits: dict[int, HistoryCommit], first: int, width: int
) -> Iterator[str]:
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
        if begun and number > first:
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
    for number, line in enumerate(_align_points(rows)):
        for text in rules.get(number, ()):
            yield f"{_INDENT}{f'--- {text} '.ljust(min(width or _RULE_WIDTH, _RULE_WIDTH) - len(_INDENT), _RULE)}"
        yield cut(line, width) if width else line


def _align_points(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of the table of points, notes and subjects flush left."""
    numbers = list(align(_drop_empty([row[:6] for row in rows]), left=2, indent=_INDENT))
    texts = list(align(_drop_empty([("", *row[6:]) for row in rows], least=1), left=3))
    width = max(map(len, numbers))
    return (f"{number:<{width}}{text}".rstrip() for number, text in zip(numbers, texts, strict=True))


def _drop_empty(rows: Sequence[Sequence[str]], least: int = 0) -> list[list[str]]:
    """Return a table without the columns, from `least` on, in which no row but the header has anything."""
    kept = [number for number in range(len(rows[0])) if number < least or any(row[number] for row in rows[1:])]
    return [[row[number] for number in kept] for row in rows]


def _list_events(history: History, width: int) -> Iterator[str]:
    """Yield the newest events: open ones that nobody has decided about, then what is more than a suspicion."""
    names = {one.name: one.short for one in history.commits}
    standing = [one for one in history.events if one.kind is EventKind.SUSPICION and one.open and not one.triage]
    other = [one for one in history.events if one.kind is not EventKind.SUSPICION or one.triage]
    for title, events in (("Suspicions, to be measured again:", standing), ("Other events:", other)):
        if not events:
            continue
        yield title
        for event in events[-_EVENTS:]:
            lines = describe_event(event, names, width=width and width - len(_INDENT))
            yield from (f"{_INDENT}{line}" for line in lines)
    left = len(history.events) - len(standing[-_EVENTS:]) - len(other[-_EVENTS:])
    if left:
        yield f"{format_count(left, 'older event')}: harness events"


def _conclude(history: History) -> str:
    statuses = [judged.status for judged in history.judgements]
    parts = [format_count(len(statuses), "series", plural="series")]
    parts += [f"{statuses.count(status)} {status}" for status in SeriesStatus if status in statuses]
    return f"{parts[0]}: {', '.join(parts[1:])}"


def _unit(key: SeriesKey) -> str:
    return METRICS[key.metric].unit if key.metric in METRICS else ""


def _interval(point: Point) -> str:
    return _bounds(point.low, point.high)


def _bounds(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{format_value(low)}, {format_value(high)}]"
