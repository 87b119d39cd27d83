"""Text that goes into somebody else's syntax, made harmless there."""

from collections.abc import Sequence

from harness.render.plain import printable

# A naive reader splits at every bar, escaped or not, so a bar has to go as an entity.
_MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", "|": "&#124;"})


def markdown(text: str) -> str:
    """Return `text` for a cell or a line of GitHub's markdown: no bars, tags or line ends; an indent is kept."""
    indent = " " if text.startswith(" ") else ""
    return indent + printable(text).translate(_MARKDOWN)


def xml(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot hold (section 2.2)."""
    return "".join(character for character in text if _in_xml(ord(character)))


def sql(value: str | int | float) -> str:
    """Return a quoted SQL literal, as llama-bench writes every value: columns have the affinity of their type."""
    text = str(value).replace("\0", "")
    return "'" + text.replace("'", "''") + "'"


def markdown_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line of a table, right-aligned; a wide value pushes the rest to the right, as printf does."""
    padded = (f"{markdown(cell):>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |\n"


def _in_xml(point: int) -> bool:
    return point in (0x9, 0xA, 0xD) or 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or point >= 0x10000
