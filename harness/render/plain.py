"""Text for a terminal: without anything that steers it, and in aligned columns."""

from collections.abc import Iterator, Sequence

from harness.records.comparison import Summary


def one_line(text: str) -> str:
    """Return `text` with all white space as single blanks."""
    return " ".join(text.split())


def harmless(text: str) -> str:
    """Return `text` with its line ends, but without anything else that could steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "        ").split("\n")
    return "\n".join(_replaced(line) for line in lines)


def printable(text: str) -> str:
    """Return `text` on one line, without anything that could steer a terminal."""
    return _replaced(one_line(text))


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


def _replaced(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
