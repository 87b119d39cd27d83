"""The cards of runs, kept in the cache so that a list need not read every run.json.

A page for each month of a node: <cache>/index/<hash of the results folder>/<node>/<yyyy-mm>. It is in the user's
cache because results may be read-only, shared or under version control, and merge as plain files: nodes write only
bundles. A page that is missing, damaged or of another version is ignored; a card of a month that has changed since, and
every card that is shown, is compared with its run.json by size and times. The index can be removed at any time.
"""

import contextlib
import functools
import os
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from harness import __version__
from harness.errors import UnreadableError
from harness.records import card as card_record
from harness.records import outcome, source
from harness.records.card import Card
from harness.records.record import short_hash
from harness.render import config_column
from harness.store import card as card_reader
from harness.store.bundle import RUN
from harness.store.card import read_card
from harness.store.layout import MonthFolder
from harness.system.foreign import list_folder, read_bytes, read_text
from harness.system.fresh import write_atomic

_FOLDER = "index"
_RESULTS = "results"
_CHECKSUM_BYTES = 4
_LEFT = re.compile(r"\.[0-9a-f]{8}\.tmp$")
# A million cards of one month.
_MOST_BYTES = 1 << 30
# What was changed so shortly before it was looked at may change again and keep its times.
_SETTLED_NS = 2_000_000_000

Progress = Callable[[int, int], None]
# Size and times of a file or folder: of its content, and of the last change of anything of it.
Stamp = tuple[int, int, int]
_NONE: Stamp = (0, 0, 0)


class _Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A card, and the stamp of the run.json that it was read from."""

    stamp: Stamp
    card: Card


class _Page(msgspec.Struct, array_like=True):
    """The cards of a month by bundle name, valid for the month with this stamp; `form` identifies the code."""

    form: str
    month: str
    stamp: Stamp
    entries: dict[str, _Entry]


class RunIndex:
    """The cards of one results folder; `read` counts the files that had to be read, `trouble` says why none is kept."""

    def __init__(self, results: Path, cache: Path, progress: Progress = lambda _done, _total: None) -> None:
        self.read = 0
        self.trouble = ""
        self._results = results
        self._folder = cache / _FOLDER / _name(os.fsencode(results))
        self._progress = progress
        self._pages: dict[str, dict[str, _Entry]] = {}

    def cards(self, months: Sequence[MonthFolder]) -> Iterator[Card | UnreadableError]:
        """Yield for each bundle a card, or the reason why it cannot be read, in no particular order."""
        total = sum(len(month.names) for month in months)
        for month in months:
            yield from self._turn_to(month, total)

    def confirm(self, cards: Iterable[Card]) -> bool:
        """Return whether these cards are up to date; the others are dropped, to be read again."""
        right = True
        for card in cards:
            month, _, name = card.path.rpartition(os.sep)
            if self._pages[month][name].stamp != _stamp(f"{card.path}{os.sep}{RUN}"):
                del self._pages[month][name]
                right = False
        return right

    def _turn_to(self, month: MonthFolder, total: int) -> list[Card | UnreadableError]:
        stamp = _stamp(month.path)
        before, true = self.read, True
        if month.path not in self._pages:
            self._pages[month.path], true = self._load(month.path, stamp)
        entries = self._pages[month.path]
        found: list[Card | UnreadableError] = []
        for name in month.names:
            entry = entries.get(name)
            if entry is None:
                self._progress(self.read, total)
                found.append(self._read(month.path, name))
            else:
                found.append(entry.card)
        if self.read > before or not true:
            self._save(month.path, stamp)
        return found

    def _read(self, month: str, name: str) -> Card | UnreadableError:
        self.read += 1
        path = f"{month}{os.sep}{name}"
        stamp = _stamp(f"{path}{os.sep}{RUN}")  # first: what is changed from here on has another
        try:
            card = read_card(path)
        except UnreadableError as error:
            return error
        self._pages[month][name] = _Entry(stamp, card)
        return card

    def _page(self, month: str) -> Path:
        return self._folder / Path(month).relative_to(self._results)

    def _load(self, month: str, stamp: Stamp) -> tuple[dict[str, _Entry], bool]:
        """Return the known cards of a month, and whether its page is valid; empty if the page is damaged or foreign."""
        try:
            content = read_bytes(self._page(month), most_bytes=_MOST_BYTES)
            body = content[_CHECKSUM_BYTES:]
            if content[:_CHECKSUM_BYTES] != _checksum(body):
                return {}, True
            page = msgspec.msgpack.decode(body, type=_Page)
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}, True
        if (page.form, page.month) != (_form(), month):
            return {}, True
        if page.stamp == stamp:
            return page.entries, True
        files = {name: f"{month}{os.sep}{name}{os.sep}{RUN}" for name in page.entries}
        return {name: entry for name, entry in page.entries.items() if entry.stamp == _stamp(files[name])}, False

    def _save(self, month: str, stamp: Stamp) -> None:
        """Write a complete page; other processes may write it at the same time, and the last one wins."""
        page, settled = self._page(month), time.time_ns() - _SETTLED_NS
        entries = {name: entry for name, entry in self._pages[month].items() if max(entry.stamp[1:]) < settled}
        stamp = stamp if max(stamp[1:]) < settled else _NONE
        try:
            body = msgspec.msgpack.encode(_Page(_form(), month, stamp, entries))
            if not page.parent.is_dir():
                self._prepare(page.parent)
            _forget(page.parent, Path(month).parent)
            write_atomic(page, _checksum(body) + body, durable=False, mode=0o600)
        except FileNotFoundError:
            return  # another process, which tidies up, was faster
        except (OSError, UnicodeEncodeError) as error:  # a path need not be text
            self.trouble = f"{page.parent}: {getattr(error, 'strerror', None) or error}"

    def _prepare(self, folder: Path) -> None:
        """Make the folder for the pages of a node, and remove pages of nodes and results that no longer exist."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(self._folder / _RESULTS, os.fsencode(self._results), durable=False)
        for other in self._folder.iterdir():
            if not (self._results / other.name).is_dir():
                _forget(other)
        for other in self._folder.parent.iterdir():
            with contextlib.suppress(UnreadableError, OSError, ValueError):
                results = read_bytes(other / _RESULTS, within=other)
                if other.name == _name(results) and not Path(os.fsdecode(results)).is_dir():
                    _forget_all(other)


def _name(results: bytes) -> str:
    """Return the name of the folder for the pages of a results folder."""
    return short_hash(results.hex())


def _forget_all(folder: Path) -> None:
    """Remove all pages of a results folder that no longer exists."""
    for node in list_folder(folder).folders:
        _forget(folder / node)
    (folder / _RESULTS).unlink()
    folder.rmdir()


def _forget(pages: Path, node: Path | None = None) -> None:
    """Remove the pages of months that `node` does not have, all for None, and leftovers of killed processes."""
    if pages.is_symlink() or not pages.is_dir():
        return
    for page in pages.iterdir():
        gone = node is None or not (node / page.name).is_dir()
        if gone and (_LEFT.search(page.name) or _is_page(page)):
            page.unlink(missing_ok=True)
    if node is None:
        with contextlib.suppress(OSError):  # somebody has put something there
            pages.rmdir()


def _is_page(path: Path) -> bool:
    try:
        content = read_bytes(path, within=path.parent)
    except UnreadableError:
        return False
    return content[:_CHECKSUM_BYTES] == _checksum(content[_CHECKSUM_BYTES:])


def _stamp(path: str) -> Stamp:
    """Return the stamp of a file or folder; zeros if it does not exist."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a hundred thousand times; a Path takes longer than the call
    except OSError:
        return _NONE
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big")


@functools.cache
def _form() -> str:
    """Return a digest of the code that makes cards, since other code may make other cards."""
    files = [Path(module.__file__ or "") for module in (card_record, card_reader, outcome, source, config_column)]
    try:
        return short_hash(__version__, *(read_text(file) for file in files))
    except UnreadableError:
        return __version__
