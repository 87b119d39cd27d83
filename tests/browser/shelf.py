"""The pages of a site that was written to a folder: of what kind each is, and where its links lead."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

KINDS = {
    "nodes": r"nodes\.html",
    "overview": r"index\.html",
    "events": r"events\.html",
    "event": r"events/[^/]+\.html",
    "node": r"nodes/[^/]+/index\.html",
    "series": r"nodes/[^/]+/series/[^/]+\.html",
    "run": r"nodes/[^/]+/runs/[^/]+\.html",
    "night": r"nodes/[^/]+/night\.html",
    "commits": r"commits/index\.html",
    "commit": r"commits/(?!index)[^/]+\.html",
    "compare": r"compare\.html",
    "unreadable": r"unreadable\.html",
}
# Elements without an end.
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Link(NamedTuple):
    """A link of a page: the page, the attribute as it stands there, and what it leads to."""

    page: str
    address: str
    target: Path
    anchor: str


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "data", "poster"):
                self.links.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            elif name.startswith("on") or name in ("style", "srcdoc", "ping", "formaction", "srcset"):
                self.wrong.append(f"<{tag} {name}={(value or '')[:60]!r}>")
        if tag in ("iframe", "object", "embed", "base", "form") or (
            tag == "script" and not any(name == "src" or value == "application/json" for name, value in attrs)
        ):
            self.wrong.append(f"<{tag}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while (last := self._open.pop()) != tag:
                if last not in ("p", "li", "td", "th", "tr", "tbody", "thead", "dt", "dd", "option"):
                    self.wrong.append(f"<{last}> is not closed before </{tag}>")
        else:
            self.wrong.append(f"</{tag}> closes nothing")


class Shelf:
    """A written site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.pages = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.html"))
        self._read: dict[str, _Reader] = {}

    def kind(self, page: str) -> str:
        """Return the kind of a page; empty for a page that should not be there."""
        return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, page)), "")

    def of_kind(self, kind: str) -> list[str]:
        return [page for page in self.pages if self.kind(page) == kind]

    def sample(self, most: int) -> list[str]:
        """Return at most so many pages of each kind, far from each other in the order of their names."""
        found: list[str] = []
        for kind in KINDS:
            pages = self.of_kind(kind)
            step = max(1, len(pages) // most)
            found += pages[::step][:most]
        return found

    def read(self, page: str) -> _Reader:
        """Return what a page consists of."""
        if page not in self._read:
            reader = _Reader()
            reader.feed((self.folder / page).read_text(encoding="utf-8"))
            self._read[page] = reader
        return self._read[page]

    def links(self, page: str) -> Iterator[Link]:
        """Yield the links of a page that lead into the site."""
        for address in self.read(page).links:
            whole, anchor = urldefrag(address)
            parts = urlsplit(whole)
            if parts.scheme or parts.netloc:
                continue
            target = (self.folder / page).parent / unquote(parts.path) if parts.path else self.folder / page
            yield Link(page, address, target.resolve(), unquote(anchor))

    def leaving(self, page: str) -> list[str]:
        """Return the links of a page that lead out of the site."""
        return [one for one in self.read(page).links if urlsplit(one).scheme or urlsplit(one).netloc]
