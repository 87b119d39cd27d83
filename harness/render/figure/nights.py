"""The nights of a node, a mark for each day: measured, not quiet, failed, or missed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from harness.records.caveat import DISTURBED
from harness.records.outcome import Status
from harness.records.purpose import RunPurpose
from harness.records.record import Record
from harness.records.site import SiteRun
from harness.records.wording import format_count
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words, measure_words

# Pixels: a day with what is between days, the left edge, above and below the days.
_PITCH, _LEFT, _ABOVE, _BELOW = 16.0, 46.0, 52.0, 30.0
_WEEK = 7
# The least width, so that words find room.
_LEAST = 360
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ((0, "Mon"), (2, "Wed"), (4, "Fri"))
# So many of the newest days are in the table.
_ROWS = 200


class NightState(StrEnum):
    """How the day of a node went; OTHER is a day on which something was measured, but not by a night."""

    MEASURED = "measured"
    DISTURBED = "not quiet"
    FAILED = "failed"
    MISSED = "missed"
    OTHER = "only by hand"


_MARKS: Mapping[NightState, tuple[MarkShape, str, float]] = {
    NightState.MEASURED: (MarkShape.SQUARE, "fill-line-1 faint", 5.5),
    NightState.DISTURBED: (MarkShape.SQUARE, "stroke-suspicion hollow", 4.5),
    NightState.FAILED: (MarkShape.DIAMOND, "fill-slower", 4.5),
    NightState.MISSED: (MarkShape.CROSS, "stroke-missing bold", 3.5),
    NightState.OTHER: (MarkShape.DOT, "fill-muted", 2.5),
}


class NodeDay(Record):
    """A day of a node: how it went, and its runs with what they are known for."""

    day: date
    state: NightState
    runs: tuple[SiteRun, ...] = ()

    @property
    def words(self) -> str:
        """What is to be known of it, in one line."""
        codes = dict.fromkeys(code for run in self.runs for code in run.caveats if code in DISTURBED)
        bad = [f"{run.id} {run.status.lower()}" for run in self.runs if _is_bad(run)]
        count = [format_count(len(self.runs), "run")] if self.runs else []
        return ", ".join((*count, *codes, *bad))


def list_days(runs: Sequence[SiteRun]) -> tuple[NodeDay, ...]:
    """Return the days from the first run to the last that are to be seen: those with runs, and nights without.

    A node that was never measured by a night misses none: its runs count as nights.
    """
    by_day: defaultdict[date, list[SiteRun]] = defaultdict(list)
    for run in runs:
        if day := _read_day(run.start):
            by_day[day].append(run)
    nights = sorted(day for day, own in by_day.items() if any(run.purpose == RunPurpose.NIGHT for run in own))
    found = [NodeDay(day=day, state=_sort(own, nights), runs=tuple(own)) for day, own in by_day.items()]
    if nights:
        between = (nights[0] + timedelta(days=number) for number in range((nights[-1] - nights[0]).days))
        found += [NodeDay(day=day, state=NightState.MISSED) for day in between if day not in by_day]
    return tuple(sorted(found, key=lambda one: one.day))


def draw_nights(node: str, runs: Sequence[SiteRun], *, width: int = 1000) -> Figure:
    """Return the newest days of a node, a column for each week, as many as there is room for in `width` pixels."""
    days = list_days(runs)
    weeks = int((width - _LEFT - 12) / _PITCH)
    if days:
        width = min(width, max(_LEAST, int(_LEFT + 12 + _PITCH * ((days[-1].day - days[0].day).days // _WEEK + 2))))
    height = int(_ABOVE + _WEEK * _PITCH + _BELOW)
    drawing = Drawing()
    title = f"Nights of {node or 'a node that is not known'}"
    drawing.write((12, 17), fit_words(title, width - 24, 15.5), "fill-text title")
    if days:
        _draw_days(drawing, days, weeks)
    _draw_legend(drawing, days, width, height)
    return Figure(
        kind=FigureKind.NIGHTS,
        title=title,
        summary=_describe(days, weeks),
        width=width,
        height=height,
        marks=drawing.finish(),
        table=_tabulate(days),
    )


def _read_day(start: str) -> date | None:
    try:
        return date.fromisoformat(start[:10])
    except ValueError:
        return None


def _is_bad(run: SiteRun) -> bool:
    return run.status in (Status.FAILED, Status.TIMED_OUT)


def _sort(runs: Sequence[SiteRun], nights: Sequence[date]) -> NightState:
    own = [run for run in runs if run.purpose == RunPurpose.NIGHT] if nights else list(runs)
    if not own:
        return NightState.OTHER
    if any(_is_bad(run) for run in own):
        return NightState.FAILED
    return (
        NightState.DISTURBED if any(code in DISTURBED for run in own for code in run.caveats) else NightState.MEASURED
    )


def _draw_days(drawing: Drawing, days: Sequence[NodeDay], weeks: int) -> None:
    last = days[-1].day
    last_monday = last - timedelta(days=last.weekday())
    first_monday = max(days[0].day - timedelta(days=days[0].day.weekday()), last_monday - timedelta(weeks=weeks - 1))
    for number, name in _WEEKDAYS:
        drawing.write((_LEFT - 10, _ABOVE + number * _PITCH + 4), name, "fill-muted small", anchor="end")
    free = 0.0
    for number in range((last_monday - first_monday).days // _WEEK + 1):
        monday = first_monday + timedelta(weeks=number)
        x = _LEFT + number * _PITCH
        if number == 0 or monday.day <= _WEEK:
            words = _MONTHS[monday.month - 1] + (f" {monday.year}" if number == 0 or monday.month == 1 else "")
            if x >= free:
                drawing.write((x - 5, _ABOVE - 14), words, "fill-muted small")
                free = x + measure_words(words, 11) + 8
    for one in days:
        if one.day < first_monday:
            continue
        week, weekday = divmod((one.day - first_monday).days, _WEEK)
        shape, classes, size = _MARKS[one.state]
        tip = f"{one.day.isoformat()}: {', '.join(part for part in (one.state, one.words) if part)}"
        drawing.mark((_LEFT + week * _PITCH, _ABOVE + weekday * _PITCH), classes, shape, size=size, tip=tip)


def _draw_legend(drawing: Drawing, days: Sequence[NodeDay], width: int, height: int) -> None:
    """Draw what the marks mean, of those that are there."""
    x = 18.0
    for state in dict.fromkeys(state for state in NightState if any(one.state is state for one in days)):
        wide = measure_words(state, 11) + 25
        if x + wide > width:
            break
        shape, classes, size = _MARKS[state]
        drawing.mark((x, height - 16), classes, shape, size=size)
        drawing.write((x + 11, height - 12), state, "fill-muted small")
        x += wide


def _describe(days: Sequence[NodeDay], weeks: int) -> str:
    if not days:
        return "No run of this node has a date."
    counts = Counter(one.state for one in days)
    parts = ", ".join(f"{counts[state]} {state}" for state in NightState if counts[state])
    whole = (days[-1].day - days[0].day).days // _WEEK + 1 <= weeks
    shown = "" if whole else f" The newest {weeks} weeks are shown."
    return f"{days[0].day.isoformat()} to {days[-1].day.isoformat()}: {parts}.{shown}"


def _tabulate(days: Sequence[NodeDay]) -> FigureTable:
    rows: Iterator[NodeDay] = reversed(days[-_ROWS:])
    return FigureTable(
        head=("day", "state", "what is known"),
        rows=tuple((one.day.isoformat(), one.state.value, one.words) for one in rows),
    )
