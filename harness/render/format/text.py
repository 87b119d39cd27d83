"""Foreign text, made harmless in the syntax of a format."""

import re
from collections.abc import Iterable, Sequence

from harness.render.plain import harmless, printable

# A naive reader splits at every bar, escaped or not, so a bar has to go as an entity.
_MARKDOWN = str.maketrans({"&": "&amp;", "|": "&#124;"})
_IN_CODE = str.maketrans({"`": "'", "|": "\N{BROKEN BAR}"})
_FENCE_SIGN = "```"
# Behind a closing bracket an opening one makes a link, or a picture that is fetched from somewhere.
_LINK = "]("
_OPENING = re.compile(r" {0,3}```[^`]*")  # longer ones are counted as none: what they hold leaks
_CLOSING = re.compile(r" {0,3}`{3,}[ \t]*")
_FENCE = re.compile(r"^( {0,3}(?:`{3,}|~{3,}))", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")
_BEYOND = re.compile(r"[^\x00-\x7f]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LIVELY = re.compile(rf"{_TAG.pattern}|\]\(")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown(text: str) -> str:
    """Return `text` for a cell or line of GitHub's Markdown, without bars, tags, links and line ends."""
    indent = " " if text.startswith(" ") else ""
    return indent + lifeless(printable(text).translate(_MARKDOWN))


def code_span(text: str) -> str:
    """Return `text` as a piece of code in GitHub's Markdown: it stays one line, and nothing in it has an effect.

    In code there are no tags, pictures, links, mentions, and no references to issues or commits. What would end the
    code or the cell of a table is replaced by a sign that looks like it.
    """
    inner = printable(text).translate(_IN_CODE)
    return f"`{inner}`" if inner else ""


def code_block(lines: Iterable[str], language: str = "text") -> list[str]:
    """Return lines as a block of code in Markdown; as in `code_span`, nothing in them has an effect."""
    tame = (fenced(harmless(line).replace("\n", " ")) for line in lines)
    return [f"{_FENCE_SIGN}{language}", *tame, _FENCE_SIGN]


def lifeless(text: str) -> str:
    """Return `text` for a line of Markdown without tags and links; `dependabot[bot]` and `a < b` are kept."""
    return _TAG.sub("&lt;", text).replace(_LINK, "]&#40;")


def visible(text: str) -> str:
    """Return `text` of several lines with visible signs for control characters and those that reorder text."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(json: str) -> str:
    """Return equivalent JSON with an escape for each control character and for those that reorder text.

    The encoder itself escapes only those below a blank; the others occur only inside strings.
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def ascii_alone(json: str) -> str:
    """Return equivalent JSON with one or two escapes for each character beyond ASCII."""
    return _BEYOND.sub(lambda found: re.sub("....", r"\\u\g<0>", found[0].encode("utf-16-be").hex()), json)


def leaks(report: str) -> bool:
    """Return whether a report has a tag or a link outside its fences."""
    inside = False
    for line in report.split("\n"):
        if inside:
            inside = not _CLOSING.fullmatch(line)
        elif _OPENING.fullmatch(line):
            inside = True
        elif _LIVELY.search(line):
            return True
    return False


def fenced(text: str) -> str:
    """Return `text` with four blanks before each line that could open or close a fence."""
    return _FENCE.sub(r"    \1", text)


def csv_cell(value: object) -> object:
    """Return a cell that a spreadsheet does not take for a formula: an apostrophe precedes what would begin one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def xml(text: str) -> str:
    """Return `text` without the characters that XML 1.0 cannot hold (section 2.2)."""
    if text.isprintable():
        return text
    return "".join(character for character in text if _in_xml(ord(character)))


def sql(value: str | int | float) -> str:
    """Return a quoted SQL literal, as llama-bench writes every value; columns convert by their type affinity."""
    text = str(value).replace("\0", "")
    return "'" + text.replace("'", "''") + "'"


def markdown_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line of a table, right-aligned; a wide value pushes the rest to the right, as with printf."""
    padded = (f"{markdown(cell):>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |\n"


def _in_xml(point: int) -> bool:
    return point in (0x9, 0xA, 0xD) or 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or point >= 0x10000
