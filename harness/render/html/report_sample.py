"""Cells of a page for samples, and for the runs that they belong to."""

from collections.abc import Sequence

from harness.records.comparison import Summary
from harness.records.run import Run
from harness.render.html.table import PageCell, PageColumn, cell_number
from harness.render.number import format_value


def cell_summary(summary: Summary | None, *, interval: bool) -> PageCell:
    """Return the cell of a sample: its median, and its interval or, where none has one, its range."""
    if summary is None:
        return cell_number(None)
    low, high = (summary.low, summary.high) if interval else (summary.minimum, summary.maximum)
    note = (
        f"[{format_value(low)}, {format_value(high)}]" if summary.n > 1 and low is not None and high is not None else ""
    )
    return cell_number(summary.median, note=note)


def explain_notes(summaries: Sequence[Summary]) -> tuple[bool, str]:
    """Return whether samples are shown with their intervals, and what the brackets hold, in words."""
    known = [one for one in summaries if one.low is not None]
    if known:
        return True, f"in brackets the {100 * min(one.confidence for one in known):.0f} % interval"
    several = any(one.n > 1 for one in summaries)
    return False, "in brackets the smallest and the largest value" if several else "one value each"


def list_run_columns(runs: Sequence[Run]) -> tuple[PageColumn, ...]:
    """Return the column for the number of a run, none for a single run."""
    return (PageColumn(name="Run", number=True),) if len(runs) > 1 else ()


def list_run_cells(number: int, runs: Sequence[Run]) -> tuple[PageCell, ...]:
    """Return the cell for the number of a run, which counts from 0, none for a single run."""
    return (PageCell(text=str(number + 1)),) if len(runs) > 1 else ()
