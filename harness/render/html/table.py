"""A table of a page: heads with their units, and cells that carry a number, a link or a state."""

import math
from collections.abc import Iterable

from harness.records.comparison import Verdict
from harness.records.outcome import Status
from harness.records.record import Record
from harness.records.site import SiteState
from harness.render.figure.figure import FigureTable
from harness.render.number import format_bounds, format_share, format_value
from harness.render.plain import one_line

# The marks that verdicts and statuses share with the states of series.
MARKS = {
    Verdict.REGRESSED: SiteState.SLOWER,
    Verdict.IMPROVED: SiteState.FASTER,
    Verdict.UNCHANGED: SiteState.STEADY,
    Verdict.UNRESOLVED: SiteState.TOO_FEW,
    Status.PASSED: SiteState.STEADY,
    Status.FAILED: SiteState.MISSING,
    Status.TIMED_OUT: SiteState.MISSING,
    Status.SKIPPED: SiteState.TOO_FEW,
}
_NONE = "\N{EN DASH}"


class PageColumn(Record):
    """The head of a column; numbers stand at the right. `hint` says more where the pointer rests on the name."""

    name: str
    unit: str = ""
    number: bool = False
    hint: str = ""


class PageCell(Record):
    """A cell: its text, a number to sort by, the address of a link, and a state whose mark stands before the text.

    `note` is smaller and stands behind the text, such as an interval.
    """

    text: str
    value: float | None = None
    link: str = ""
    mark: SiteState | None = None
    note: str = ""


class PageRow(Record):
    """The cells of a row; `words` and `state` are what a filter looks in, both in lower case."""

    cells: tuple[PageCell, ...]
    words: str = ""
    state: str = ""


class PageTable(Record):
    """A table: what it shows in one line, its columns, and its rows."""

    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[PageRow, ...]


def drop_empty(table: PageTable) -> PageTable:
    """Return a table without the columns in which no row has anything."""
    kept = [
        place
        for place in range(len(table.columns))
        if any(row.cells[place].text not in ("", _NONE) for row in table.rows)
    ]
    rows = (row.replace(cells=tuple(row.cells[place] for place in kept)) for row in table.rows)
    return table.replace(columns=tuple(table.columns[place] for place in kept), rows=tuple(rows))


def cell_number(value: float | None, *, note: str = "") -> PageCell:
    """Return the cell of a number, or of a dash where there is none."""
    if value is None or math.isnan(value):
        return PageCell(text=_NONE)
    return PageCell(text=format_value(value), value=_sortable(value), note=note)


def cell_change(change: float | None, low: float | None = None, high: float | None = None) -> PageCell:
    """Return the cell of a relative change, with its interval if there is one."""
    if change is None or math.isnan(change):
        return PageCell(text=_NONE)
    note = format_bounds(low, high) if low is not None and high is not None else ""
    return PageCell(text=format_share(change), value=_sortable(change), note=note)


def cell_percent(share: float | None) -> PageCell:
    """Return the cell of a share, for a column in per cent."""
    if share is None or math.isnan(share):
        return PageCell(text=_NONE)
    return PageCell(text=f"{100 * share:.1f}", value=_sortable(share))


def cell_verdict(word: Verdict | Status, text: str = "") -> PageCell:
    """Return the cell of a verdict or a status, with its mark."""
    return PageCell(text=text or word.value, mark=MARKS[word])


def read_figure_table(table: FigureTable, caption: str, most: int = 200) -> PageTable:
    """Return the numbers behind a figure as a table of a page, at most so many rows of it.

    A column whose cells look like numbers is one of numbers.
    """
    rows = table.rows[:most]
    columns = [
        PageColumn(name=name, number=place > 0 and _is_numeric(row[place] for row in rows))
        for place, name in enumerate(table.head)
    ]
    cut = f"{caption} (the first {most} of {len(table.rows)} rows)" if len(table.rows) > most else caption
    return PageTable(
        caption=cut,
        columns=tuple(columns),
        rows=tuple(PageRow(cells=tuple(PageCell(text=shorten(text)) for text in row)) for row in rows),
    )


def brief(text: str) -> str:
    """Return a text that others wrote, such as a subject, as one line that is not too long."""
    return shorten(one_line(text))


def shorten(text: str, most: int = 200) -> str:
    """Return a text of at most so many characters, the last of them an ellipsis if something is left out."""
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _sortable(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _is_numeric(texts: Iterable[str]) -> bool:
    known = [text.lstrip("+-\N{MINUS SIGN}[<") for text in texts if text not in ("", "-", "\N{EN DASH}")]
    return bool(known) and all(text[:1].isdigit() or text in ("inf", "nan") for text in known)
