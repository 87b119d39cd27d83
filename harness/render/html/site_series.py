"""The page of a series: how it stands, its epochs, its events, its points, and where to go from there."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.judge.event import suggest_comparison, suggest_run
from harness.judge.event_group import find_state
from harness.judge.night_change import is_over
from harness.judge.site_address import commit_page, event_page, node_folder
from harness.records.history import Event, EventKind, History, HistoryCommit, Judgement, Point, Series, SeriesKey
from harness.records.measurement import METRICS
from harness.records.site import SiteNode, SiteSeries, SiteState
from harness.render.figure.series_data import SeriesLinks, SeriesTrial
from harness.render.figure.series_sheet import SeriesSheet, place_events
from harness.render.figure.series_words import title_series, write_command
from harness.render.html.row import name_class
from harness.render.html.site_entry import describe_end
from harness.render.html.site_sentence import describe_group_of, describe_series
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, brief, cell_number, drop_empty
from harness.render.number import format_bounds, format_share, format_value

# So many of the newest points are in the table of the page.
MOST_POINTS = 200
# So many series of other cases are named.
MOST_LIKE = 40
# So many points before and after an event are in the figure of its page.
AROUND = 50


def show_series(one: SiteSeries, node: SiteNode, history: History, root: str) -> dict[str, Any]:
    """Return the values of the page of a series, without its figure and the numbers for the script."""
    series, judged = find_series(one.key, history)
    events = choose_events(one, history)
    commits = {it.position: it for it in history.commits}
    metric = METRICS.get(one.key.metric)
    return {
        "name": title_series(one.key),
        "sentence": describe_series(judged, one, find_since(events)),
        "state": one.state,
        "facts": _list_facts(one, node, series, judged, root),
        "lower": metric.lower_is_better if metric else True,
        "unit": metric.unit if metric else "",
        "events": _tabulate_events(events, history, root),
        "epochs": _tabulate_epochs(series, judged, commits, root),
        "points": _tabulate_points(series, node, commits, root),
        "left_out": max(0, len(series.points) - MOST_POINTS),
        "same_case": [(it.key.metric, root + it.page, it.state) for it in node.series if _is_beside(it, one)],
        "same_metric": [*_list_like(one, node, root)][:MOST_LIKE],
        "command": write_command(one.key),
        "again": suggest_run(one.key, one.commit, _find_options(node, series)),
    }


def choose_events(one: SiteSeries, history: History) -> tuple[Event, ...]:
    """Return the events of a series, oldest first."""
    named = set(one.events)
    return tuple(event for event in history.events if event.id in named)


def make_sheet(one: SiteSeries, history: History, root: str) -> SeriesSheet:
    """Return a series with all that its figure shows."""
    series, judged = find_series(one.key, history)
    events = choose_events(one, history)
    pages = {event.id: root + event_page(event.id) for event in events}
    placed = place_events(series, events, pages)
    return SeriesSheet(series=series, judgement=judged, commits=history.commits, events=placed, state=one.state)


def cut_sheet(sheet: SeriesSheet, event: str, around: int = AROUND) -> SeriesSheet:
    """Return a series with so many points before and after an event; as it is where it does not show the event.

    What later points change is left out, if they are: so the picture of an old event stays as it is.
    """
    found = next((one for one in sheet.events if one.id == event), None)
    if found is None:
        return sheet
    first = max(0, found.earliest - around)
    last = min(len(sheet.series.points), found.latest + around + 1) - 1
    whole = last == len(sheet.series.points) - 1
    newest = len(sheet.judgement.epochs) - 1
    epochs = tuple(
        one.replace(
            first=max(0, one.first - first),
            last=min(one.last, last) - first,
            level=one.level if whole or number < newest else None,
        )
        for number, one in enumerate(sheet.judgement.epochs)
        if one.last >= first and one.first <= last
    )
    events = tuple(
        one.replace(
            since=one.since - first, earliest=max(0, one.earliest - first), latest=min(one.latest, last) - first
        )
        for one in sheet.events
        if first <= one.since <= last
    )
    points = sheet.series.points[first : last + 1]
    positions = {point.position for point in points}
    return sheet.replace(
        series=sheet.series.replace(points=points),
        judgement=sheet.judgement.replace(
            epochs=epochs, suspicions=(), change=sheet.judgement.change if whole else None, visible=None, missing=0
        ),
        events=events,
        commits=tuple(one for one in sheet.commits if one.position in positions),
        state=sheet.state if whole else SiteState.STEADY,
    )


def link_series(one: SiteSeries, node: SiteNode, history: History, root: str) -> SeriesLinks:
    """Return where the figure of a series leads."""
    names = {it.name: it.short for it in history.commits}
    trials = []
    for event in choose_events(one, history):
        for found in event.found:
            if (found.case, found.metric) == (one.key.case, one.key.metric):
                bounds = "" if found.low is None or found.high is None else f" {format_bounds(found.low, found.high)}"
                words = f"{found.verdict}: {format_share(found.change)}{bounds}"
                old, new = (names.get(name, name[:8]) for name in (event.old, event.new))
                trials.append(SeriesTrial(old=old, new=new, words=words, page=root + event_page(event.id)))
    folder = f"{node_folder(node.node)}runs/"
    pages = {run.id: run.page.removeprefix(folder) for run in node.runs if run.page}
    compare = suggest_comparison(one.key, _find_options(node, find_series(one.key, history)[0]))
    return SeriesLinks(run_root=root + folder, pages=pages, trials=tuple(trials), compare=compare)


def _find_options(node: SiteNode, series: Series) -> str:
    """Return the options of a command that measures a series as the run of its newest point did."""
    newest = series.points[-1].run
    return next((run.options for run in reversed(node.runs) if run.id == newest), "")


def find_series(key: SeriesKey, history: History) -> tuple[Series, Judgement]:
    """Return a series of a history, and how it stands."""
    place = next(number for number, it in enumerate(history.series) if it.key == key)
    return history.series[place], history.judgements[place]


def find_since(events: Sequence[Event]) -> str:
    """Return the day since which a series looks unlike its past; empty where nothing says so."""
    return next((one.day for one in events if one.kind is EventKind.SUSPICION and one.open), "")


def _is_beside(other: SiteSeries, one: SiteSeries) -> bool:
    return other.key.case == one.key.case and other.key.config == one.key.config and other.key != one.key


def _is_like(other: SiteSeries, one: SiteSeries) -> bool:
    alike = other.key.metric == one.key.metric and other.key.case.benchmark == one.key.case.benchmark
    return alike and other.key != one.key


def _list_like(one: SiteSeries, node: SiteNode, root: str) -> Iterator[tuple[str, str, SiteState]]:
    """Yield series of the same metric: the case, with its configuration where that is another one, page and state."""
    for it in node.series:
        if _is_like(it, one):
            other = "" if it.key.config == one.key.config else f" ({it.key.config[:8] or 'configuration not known'})"
            yield f"{it.key.case}{other}", root + it.page, it.state


def _list_facts(
    one: SiteSeries, node: SiteNode, series: Series, judged: Judgement, root: str
) -> list[tuple[str, PageCell]]:
    metric = METRICS.get(one.key.metric)
    unit = metric.unit if metric else ""
    better = "" if metric is None else "lower is better" if metric.lower_is_better else "higher is better"
    level = judged.epochs[-1].level if judged.epochs else None
    facts = [
        ("Node", PageCell(text=node.node or "not known", link=f"{root}nodes/{node.slug}/index.html")),
        ("Case", PageCell(text=str(one.key.case))),
        ("Configuration", PageCell(text=one.key.config or "not known", note="how it was built")),
        ("Newest", PageCell(text=f"{format_value(one.value)} {unit}", note=one.day)),
        ("Direction", PageCell(text=better or "not known")),
    ]
    if level is not None:
        bounds = "" if level.low is None or level.high is None else _bound(level.low, level.high)
        facts.append(("Level", PageCell(text=f"{format_value(level.middle)} {unit}", note=bounds)))
        facts.append(("Spread", PageCell(text=f"{100 * level.spread:.2f} %", note="of single points around the level")))
    if one.change is not None:
        facts.append(("Change", PageCell(text=format_share(one.change), note="newest point against the level")))
    facts.append(("Points", PageCell(text=str(len(series.points)))))
    return facts


def _bound(low: float, high: float) -> str:
    return f"[{format_value(low)}, {format_value(high)}]"


def _tabulate_events(events: Sequence[Event], history: History, root: str) -> PageTable | None:
    if not events:
        return None
    names = {one.name: one.short for one in history.commits}
    columns = (
        PageColumn(name="State"),
        PageColumn(name="Since"),
        PageColumn(name="Event"),
        PageColumn(name="Commits"),
        PageColumn(name="Today"),
    )
    rows = tuple(_row_event(event, names, root) for event in reversed(events))
    return PageTable(caption="What happened to this series, newest first", columns=columns, rows=rows)


def _row_event(event: Event, names: dict[str, str], root: str) -> PageRow:
    state = find_state(event)
    old, new = (names.get(name, name[:8]) for name in (event.old, event.new))
    stands = f"back since {event.returned}" if is_over(event) else "open" if event.open else describe_end(event)
    return PageRow(
        cells=(
            PageCell(text=state.value, mark=state),
            PageCell(text=event.day),
            PageCell(text=describe_group_of(event, names), link=root + event_page(event.id)),
            PageCell(text=f"{old or 'the beginning'} to {new}" if event.kind is not EventKind.MISSING else old),
            PageCell(text=event.triage.state.value if event.triage else stands),
        ),
        state=name_class(state),
    )


def _tabulate_epochs(
    series: Series, judged: Judgement, commits: dict[int, HistoryCommit], root: str
) -> PageTable | None:
    if len(judged.epochs) < 2:
        return None
    columns = (
        PageColumn(name="From"),
        PageColumn(name="Commit"),
        PageColumn(name="Points", number=True),
        PageColumn(name="Level", number=True, unit=_unit(series)),
        PageColumn(name="Spread", number=True, unit="%"),
        PageColumn(name="Began because"),
    )
    rows = []
    for epoch in reversed(judged.epochs):
        first = series.points[epoch.first]
        level = epoch.level
        bounds = "" if level is None or level.low is None or level.high is None else _bound(level.low, level.high)
        why = "; ".join(f"{cut.kind}: {brief(cut.subject)}" for cut in epoch.cuts)
        rows.append(
            PageRow(
                cells=(
                    PageCell(text=first.day),
                    _cell_commit(first, commits, root),
                    PageCell(text=str(epoch.last - epoch.first + 1), value=epoch.last - epoch.first + 1),
                    cell_number(level.middle if level else None, note=bounds),
                    PageCell(
                        text="" if level is None else f"{100 * level.spread:.2f}", value=level.spread if level else None
                    ),
                    PageCell(text=why or "the first point"),
                )
            )
        )
    caption = "Stretches in which node and benchmark stayed the same: values of different ones are not compared"
    return PageTable(caption=caption, columns=columns, rows=tuple(rows))


def _tabulate_points(series: Series, node: SiteNode, commits: dict[int, HistoryCommit], root: str) -> PageTable:
    unit = _unit(series)
    pages = {run.id: root + run.page for run in node.runs if run.page}
    newest = series.points[-MOST_POINTS:]
    common = frozenset.intersection(*(frozenset(point.caveats) for point in newest))
    columns = (
        PageColumn(name="Day"),
        PageColumn(name="Commit"),
        PageColumn(name="Value", unit=unit, number=True),
        PageColumn(name="Interval", unit=unit, number=True),
        PageColumn(name="n", number=True, hint="how many values the median is made of"),
        PageColumn(name="Visible", unit="%", number=True, hint="the smallest change that this run could have shown"),
        PageColumn(name="Caveats"),
        PageColumn(name="Subject"),
    )
    rows = tuple(PageRow(cells=tuple(_list_cells(point, commits, pages, common, root))) for point in reversed(newest))
    shared = f"; all have the caveats {', '.join(sorted(common))}" if common else ""
    which = "The newest" if len(series.points) > MOST_POINTS else "All"
    caption = f"{which} {len(newest)} points, newest first{shared}"
    return drop_empty(PageTable(caption=caption, columns=columns, rows=rows))


def _list_cells(
    point: Point, commits: dict[int, HistoryCommit], pages: dict[str, str], common: frozenset[str], root: str
) -> Iterator[PageCell]:
    commit = commits.get(point.position)
    yield PageCell(text=point.day or "not known", link=pages.get(point.run, ""))
    yield _cell_commit(point, commits, root)
    yield cell_number(point.value)
    yield PageCell(text="" if point.low is None or point.high is None else _bound(point.low, point.high))
    yield PageCell(text=str(point.n), value=point.n)
    yield PageCell(text="" if point.mde is None else f"{100 * point.mde:.1f}", value=point.mde)
    yield PageCell(text=", ".join(code for code in point.caveats if code not in common))
    yield PageCell(text=brief(commit.subject) if commit else "")


def _cell_commit(point: Point, commits: dict[int, HistoryCommit], root: str) -> PageCell:
    commit = commits.get(point.position)
    return PageCell(text=commit.short if commit else point.commit[:8], link=root + commit_page(point.commit))


def _unit(series: Series) -> str:
    return METRICS[series.key.metric].unit if series.key.metric in METRICS else ""
