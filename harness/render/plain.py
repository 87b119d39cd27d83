"""Text for a terminal: without control sequences, and in aligned columns."""

import functools
import re
import textwrap
from collections.abc import Iterator, Sequence

from harness.records.comparison import Summary
from harness.render.bar import Picture
from harness.settings.remark import MARK, split_remarks

# A word of a shell command, quotes included, and an option with its value; what ends a line of a command that goes on.
_ONE = r"""(?:[^\s'"]|'[^']*'|"[^"]*")+"""
_WORD = re.compile(rf"--?[a-zA-Z]\S*\s+(?![-&]){_ONE}|{_ONE}")
# Longer lines of sentences are hard to read, however wide the terminal is.
_WIDEST = 118
_GOES_ON = " \\"


def one_line(text: str) -> str:
    """Return `text` with all white space replaced by single blanks."""
    return " ".join(text.split())


def harmless(text: str) -> str:
    """Return `text` with its line ends, but without anything else that could control a terminal."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "        ").split("\n")
    return "\n".join(_replaced(line) for line in lines)


def printable(text: str) -> str:
    """Return `text` on one line, without anything that could control a terminal."""
    return _replaced(one_line(text))


def cut(text: str, width: int) -> str:
    """Return the beginning of a line, with dots if the rest is cut off."""
    return text if len(text) <= width else f"{text[: max(0, width - 4)].rstrip()} ..."


def fold(text: str, width: int) -> str:
    """Return `text` with lines of at most `width` columns; the rest of a line follows below it, indented by two.

    A longer word, such as a path, stays whole, so that it can be copied.
    """
    if all(len(line) <= width for line in text.split("\n")):
        return text
    return "\n".join(piece for line in text.split("\n") for piece in fold_line(line, width))


def continue_command(command: str, *, lead: str, width: int) -> list[str]:
    """Return a shell command after `lead` in lines that can be copied together: all but the last end with a backslash.

    Each has at most `width` columns, but for a longer word; 0 means one line. A remark behind the command that does not
    fit there has lines of its own.
    """
    bare, remark = split_remarks(command)
    if remark and (not width or len(lead) + len(command) <= width):
        return [f"{lead}{command}"]
    if remark:
        beside = " " * (len(lead) - len(lead.lstrip()) + 4) + MARK.lstrip()
        said = textwrap.wrap(remark, max(width - len(beside), 20), break_long_words=False, break_on_hyphens=False)
        return [*continue_command(bare, lead=lead, width=width), *(f"{beside}{line}" for line in said)]
    first, *rest = _WORD.findall(command) or [""]
    lines = [f"{lead}{first}"]
    indent = " " * (len(lead) - len(lead.lstrip()) + 4)
    for word in rest:
        if width and len(f"{lines[-1]} {word}{_GOES_ON}") > width:
            lines[-1] += _GOES_ON
            lines.append(f"{indent}{word}")
        else:
            lines[-1] += f" {word}"
    return lines


def align_within(
    rows: Sequence[Sequence[str]], width: int, *, names: int = 1, left: int = 1, indent: str = ""
) -> Iterator[str]:
    """Yield the lines of a table as `align` does, in several parts if it is wider than `width`; 0 means no limit.

    Each part begins with the first `names` columns, which identify a row; `left` is not more than that.
    """
    rest, begun = list(range(names, len(rows[0]))), False
    while rest:
        count = len(rest)
        while width and count > 1 and _measure(rows, [*range(names), *rest[:count]], indent) > width:
            count -= 1
        chosen, rest = [*range(names), *rest[:count]], rest[count:]
        if begun:
            yield ""
        yield from align([[row[number] for number in chosen] for row in rows], left=left, indent=indent)
        begun = True


def align(rows: Sequence[Sequence[str]], *, left: int = 1, indent: str = "") -> Iterator[str]:
    """Yield the lines of a table with two blanks between columns; the first `left` are left-aligned, others right."""
    clean = functools.cache(printable)  # a long table says the same few words again and again
    columns = [
        [cell if isinstance(cell, Picture) else clean(cell) for cell in column] for column in zip(*rows, strict=True)
    ]
    for number, column in enumerate(columns):
        width = max(map(len, column))
        columns[number] = [cell.ljust(width) if number < left else cell.rjust(width) for cell in column]
    for row in zip(*columns, strict=True):
        yield f"{indent}{'  '.join(row)}".rstrip()


def align_runs(
    rows: Sequence[Sequence[str]], *, several: bool, indent: str = "", width: int = 0, names: int = 2
) -> Iterator[str]:
    """Return the lines of a table; the number of the run, the second column, only if there are several.

    The first `names` columns, with that number, identify a row: see `align_within`.
    """
    shown = rows if several else [[row[0], *row[2:]] for row in rows]
    return align_within(shown, width, names=names if several else names - 1, indent=indent)


def format_summary(summary: Summary | None, *, digits: int = 2) -> str:
    """Return the median, followed by the spread of more than one value; a dash for no value."""
    if summary is None:
        return "-"
    spread = f" ({summary.spread:.1%})" if summary.n > 1 else ""
    return f"{summary.median:.{digits}f}{spread}"


def format_seconds(seconds: float) -> str:
    """Return `45 s`, `3 min 20 s` or `1 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def fold_line(line: str, width: int) -> list[str]:
    """Return a line in pieces of at most `width` columns, as `fold` does."""
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _measure(rows: Sequence[Sequence[str]], chosen: Sequence[int], indent: str) -> int:
    widths = [max(_count_columns(row[number]) for row in rows) for number in chosen]
    return len(indent) + sum(widths) + 2 * (len(widths) - 1)


def _count_columns(cell: str) -> int:
    return len(cell) if isinstance(cell, Picture) else len(printable(cell))


def _replaced(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def wrap_behind(lead: str, text: str, width: int) -> list[str]:
    """Return a text in lines of at most `width` columns, 0 for a usual one; all but the first begin below its start."""
    return textwrap.wrap(
        printable(text),
        min(width or _WIDEST, _WIDEST),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
