"""Columns for a terminal: aligned, and of harmless text."""

from collections.abc import Iterator, Sequence

from harness.records.summary import Summary
from harness.render.plain import printable


def align(rows: Sequence[Sequence[str]], *, left: int = 1, indent: str = "") -> Iterator[str]:
    """Yield the lines of a table, two blanks between columns; the first `left` ones flush left, then right."""
    clean = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    for row in clean:
        cells = (
            f"{cell:<{width}}" if number < left else f"{cell:>{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"{indent}{'  '.join(cells)}".rstrip()


def align_runs(rows: Sequence[Sequence[str]], *, several: bool, indent: str = "") -> Iterator[str]:
    """Return the lines of a table; the number of the run, the second column, only where there are several."""
    shown = rows if several else [[row[0], *row[2:]] for row in rows]
    return align(shown, indent=indent)


def format_summary(summary: Summary | None, *, digits: int = 2) -> str:
    """Return the median, behind it the spread of more than one value; a dash for no value."""
    if summary is None:
        return "-"
    spread = f" ({summary.spread:.1%})" if summary.n > 1 else ""
    return f"{summary.median:.{digits}f}{spread}"


def format_count(number: int, noun: str) -> str:
    """Return `1 block`, or `2 blocks`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
