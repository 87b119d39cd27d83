"""Questions to the index: which runs are wanted, and what a list shows of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from harness.records.card import Card, RunFilter
from harness.store.index.database import DatabaseLink
from harness.store.index.reader import TEXTS, make_card, quote_word
from harness.store.index.table import DamagedError, make_tables

EVERYTHING = RunFilter()
# A statement takes some thousands of values at most.
_CHUNK = 500
# So many rows are looked at in one piece.
_SPAN = 10_000
_T = TypeVar("_T")


class ChosenRun(NamedTuple):
    """A run that answers a question: its row, the path of its bundle, and what tells runs apart."""

    row: int
    path: str
    node: str
    run_id: str
    start: str
    stamp: str


class IndexedFolder(NamedTuple):
    """A results folder: its number in the database, and the paths of its months by theirs."""

    number: int
    months: Mapping[int, str]


def choose_runs(
    link: DatabaseLink, folder: IndexedFolder, wanted: RunFilter, newest: int = 0, *, unmeasured: bool = False
) -> list[ChosenRun]:
    """Return the runs of a results folder that are wanted, or the `newest` so many of them, oldest first.

    The numbers of `unmeasured` ones are not known yet.
    """
    import sqlalchemy as sa

    tables = make_tables()
    run, month = tables.run, tables.month
    asked = (
        sa.select(run.c.name, run.c.month, run.c.id, run.c.node, run.c.run_id, run.c.start, run.c.stamp)
        .join(month, month.c.id == run.c.month)
        .where(month.c.folder == folder.number, *list_conditions(link, wanted))
    )
    if unmeasured:
        detail = tables.detail
        asked = asked.outerjoin(detail, detail.c.run == run.c.id).where(detail.c.run.is_(None))
    if newest:
        asked = asked.order_by(run.c.name.desc(), month.c.node.desc(), month.c.name.desc()).limit(newest)
    with link.reading() as connection:
        rows = link.fetch(connection, asked)
    if not all(isinstance(row[0], bytes) for row in rows):
        raise DamagedError("the name of a run")
    months = folder.months
    found = [(name, months[number], *rest) for name, number, *rest in rows if number in months]
    found.sort()
    return [ChosenRun(row, f"{path}{os.sep}{os.fsdecode(name)}", *rest) for name, path, row, *rest in found]


def load_cards(link: DatabaseLink, folder: IndexedFolder, chosen: Sequence[ChosenRun]) -> list[Card]:
    """Return the cards of runs, in order; raises DamagedError where a row is not what was written.

    A row that another process has replaced since is found by the name of its run.
    """
    import sqlalchemy as sa

    run = make_tables().run
    asked = sa.select(run.c.month, run.c.name, run.c.checksum, *(run.c[name] for name in TEXTS))
    cards: dict[str, Card] = {}
    wanted = {one.path for one in chosen}
    with link.reading() as connection:

        def take(condition: Any) -> None:
            for month, name, checksum, *texts in link.fetch(connection, asked.where(condition)):
                if (path := f"{folder.months.get(month, '')}{os.sep}{os.fsdecode(name)}") in wanted:
                    cards[path] = make_card(path, checksum, texts)

        for condition in _iter_rows([one.row for one in chosen]):
            take(condition)
        for names in chunk([os.fsencode(one.path.rpartition(os.sep)[2]) for one in chosen if one.path not in cards]):
            take(run.c.name.in_(names))
    return [cards[one.path] for one in chosen if one.path in cards]


def _iter_rows(ids: Sequence[int]) -> Iterator[Any]:
    """Yield conditions that rows with these ids fulfil, and where they lie close together few others."""
    column = make_tables().run.c.id
    first, last = min(ids, default=0), max(ids, default=0)
    if last - first < 2 * len(ids):
        for begin in range(first, last + 1, _SPAN):
            yield column.between(begin, min(begin + _SPAN - 1, last))
    else:
        for some in chunk(ids):
            yield column.in_(some)


def list_conditions(link: DatabaseLink, wanted: RunFilter) -> Iterator[Any]:
    """Yield what `RunFilter.matches` says, in the words of the database."""
    import sqlalchemy as sa

    run = make_tables().run
    if wanted.node:
        yield run.c.node == wanted.node
    if wanted.model:
        yield link.find_text(run.c.models, quote_word(wanted.model))
    if wanted.commit:
        begins = sa.func.substr(run.c.sha, 1, len(wanted.commit)) == wanted.commit.lower()
        yield sa.or_(begins, run.c.release == wanted.commit)
    if wanted.release:
        yield run.c.release == wanted.release
    if wanted.since:
        yield sa.or_(run.c.start == "", run.c.start >= wanted.since)
    if wanted.until:
        yield sa.func.substr(run.c.earliest, 1, len(wanted.until)) <= wanted.until


def chunk(values: Sequence[_T]) -> Iterator[list[_T]]:
    """Yield values in pieces that a statement takes."""
    return (list(values[first : first + _CHUNK]) for first in range(0, len(values), _CHUNK))
