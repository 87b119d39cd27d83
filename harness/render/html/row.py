"""The rows of a table as markup. Most of a page are cells, and a template takes four times as long to write one."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from harness.records.site import SiteState
from harness.render.figure.state import write_state
from harness.render.format.text import visible
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable

# A longer text may be broken into lines.
_LONG = 40
_CLASSES: Mapping[SiteState, str] = {SiteState.TOO_FEW: "too-few", SiteState.NODE: "node"}


def write_rows(table: PageTable) -> Any:
    """Return the rows of the body of a table as `Markup`; every text in it is escaped as in a template."""
    from markupsafe import Markup

    return Markup("\n".join(_write_row(row, table.columns) for row in table.rows))  # noqa: S704


def name_class(state: SiteState) -> str:
    """Return the word of a state in the names of classes and in `data-state`."""
    return _CLASSES.get(state, state.value)


def show(text: str) -> str:
    """Return a text with signs for control characters and for those that reorder text."""
    return text if text.isprintable() else visible(text)


@cache
def draw_mark(state: SiteState) -> str:
    """Return the mark of a state, for a place that has the word beside it."""
    return write_state(state, labelled=False)


def _write_row(row: PageRow, columns: Sequence[PageColumn]) -> str:
    words = f' data-words="{_escape(row.words)}"' if row.words else ""
    state = f' data-state="{_escape(row.state)}"' if row.state else ""
    return f"<tr{words}{state}>{''.join(_list_cells(row.cells, columns))}</tr>"


def _list_cells(cells: Sequence[PageCell], columns: Sequence[PageColumn]) -> Iterator[str]:
    opened, closed = "<th scope=row", "</th>"
    for cell, column in zip(cells, columns, strict=True):
        kind = ' class="number"' if column.number else ' class="long"' if len(cell.text) > _LONG else ""
        value = "" if cell.value is None else f' data-value="{cell.value}"'
        yield f"{opened}{kind}{value}>{_write_text(cell)}{closed}"
        opened, closed = "<td", "</td>"


def _write_text(cell: PageCell) -> str:
    text = f"<bdi>{_escape(cell.text)}</bdi>"
    if cell.link:
        text = f'<a href="{_escape(cell.link)}">{text}</a>'
    if cell.mark:
        text = f'<span class="state state-{name_class(cell.mark)}">{draw_mark(cell.mark)}{text}</span>'
    return f'{text} <span class="note">{_escape(cell.note)}</span>' if cell.note else text


@lru_cache(maxsize=4096)
def _escape(text: str) -> str:
    from markupsafe import escape

    return str(escape(show(text)))
