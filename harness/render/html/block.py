"""What stands on a page below its first sentence: sections, and the blocks that they are made of."""

from collections.abc import Iterable
from typing import ClassVar

from harness.records.caveat import Caveat, CaveatCode
from harness.records.record import Record
from harness.records.site import SiteState
from harness.render.figure.figure import Figure
from harness.render.html.table import PageCell, PageTable


class TextBlock(Record):
    """A paragraph, or a list of sentences if there are several."""

    kind: ClassVar[str] = "text"
    lines: tuple[str, ...]
    heading: str = ""


class FigureBlock(Record):
    """A figure with its numbers."""

    kind: ClassVar[str] = "figure"
    figure: Figure


class TableBlock(Record):
    """A table; `folded` behind its caption where a reader seldom wants it, `bare` where a heading says the same."""

    kind: ClassVar[str] = "table"
    table: PageTable
    folded: bool = False
    bare: bool = False


class FactBlock(Record):
    """Names and values."""

    kind: ClassVar[str] = "facts"
    facts: tuple[tuple[str, PageCell], ...]


class PageCaveat(Record):
    """A caveat with the meaning of its code, which is empty for a code that this version does not know."""

    code: str
    message: str
    meaning: str


class CaveatBlock(Record):
    """What a reader must know."""

    kind: ClassVar[str] = "caveats"
    caveats: tuple[PageCaveat, ...]


class CommandBlock(Record):
    """A command to copy, and what it does."""

    kind: ClassVar[str] = "command"
    line: str
    what: str = ""


class LogBlock(Record):
    """The end of a log behind the name of its step; `opened` for one that people look for. `place` is its path."""

    kind: ClassVar[str] = "log"
    step: str
    place: str
    text: str
    mark: SiteState
    status: str
    note: str = ""
    opened: bool = False


Block = TextBlock | FigureBlock | TableBlock | FactBlock | CaveatBlock | CommandBlock | LogBlock


class PageSection(Record):
    """A part of a page; `name` is its address on the page. A `minor` one is not in the list of contents."""

    title: str
    name: str
    blocks: tuple[Block, ...]
    minor: bool = False


class PageContent(Record):
    """A page: its heading, the sentence that comes first with the mark of a state, more words, and its sections.

    `place` leads to it from the root of a site: texts and addresses, the last one without an address.
    """

    title: str
    lead: str
    mark: SiteState
    more: str = ""
    sections: tuple[PageSection, ...] = ()
    place: tuple[tuple[str, str], ...] = ()


def explain_caveats(found: Iterable[Caveat]) -> CaveatBlock:
    """Return caveats with the meanings of their codes."""
    known = {one.value: one.meaning for one in CaveatCode}
    return CaveatBlock(
        caveats=tuple(PageCaveat(code=one.code, message=one.message, meaning=known.get(one.code, "")) for one in found)
    )
