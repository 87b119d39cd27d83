"""The tables of the index, the same on SQLite and PostgreSQL.

    meta      which schema the rest has; in a file also which code wrote it, on a server which harness made it
    folder    the results folders: one in a file of SQLite, any number in a database of PostgreSQL
    month     results/<node>/<yyyy-mm>, with the stamp at which all of it was known
    run       a bundle: where it is, its stamp, and what a list shows of it
    sweep     the file of a sweep
    detail    what a history needs of a run beside its numbers, once somebody has asked for one
    machine   what a node was, in words; runs on an unchanged node share one
    series    node, config, case, metric and yardstick
    point     a run's value in a series

A run that changed gets another id, so its points are never those of the bundle as it was. Texts are compared byte by
byte everywhere, or answers would depend on the locale of a server.
"""

import functools
from typing import Any, NamedTuple

from harness.errors import UnfitError

# To be raised when a table changes its form, or when its rows say something else of the same bundles
# (tests/unit/store/index/test_store_index_form.py asks for it). Harnesses of one number share a database on a server.
SCHEMA = 6
PREFIX = "harness_"
# The columns of the tables `series` and `detail`, in the order in which their checksums are made.
SERIES = ("node", "config", "case_name", "metric", "yardstick")
DETAIL = tuple(
    "ended config options commit_date subject repo changes engine purpose asked_by caveats machine code failure tests "
    "blocks build_s asks harness points".split()
)


class DamagedError(Exception):
    """An index is not what was written; whoever can makes it anew."""


class ClashError(Exception):
    """What was in the way may be so no longer: other processes, or a server that restarts if it was `lost`.

    `refusal` is what to say where it still is.
    """

    def __init__(self, refusal: UnfitError, *, lost: bool = False) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.lost = lost


class IndexTables(NamedTuple):
    """The tables by their names without the prefix, and `metadata`, which makes and drops them."""

    metadata: Any
    meta: Any
    folder: Any
    month: Any
    run: Any
    sweep: Any
    detail: Any
    machine: Any
    series: Any
    point: Any


@functools.cache
def make_tables() -> IndexTables:
    """Return the tables; nothing is done to a database."""
    made = _Maker()
    return IndexTables(
        metadata=made.metadata,
        meta=made.table("meta", made.text_column("name", primary_key=True), *made.text_columns("value")),
        folder=made.table("folder", made.id(), made.path("path"), made.unique("path")),
        month=made.table(
            "month",
            made.id(),
            made.integer("folder"),
            *map(made.path, ("node", "name")),
            *made.text_columns("stamp"),
            made.integer("runs"),
            made.unique("folder", "node", "name"),
        ),
        run=_make_run(made),
        sweep=made.table(
            "sweep",
            made.key("month"),
            made.path("name", primary_key=True),
            *made.text_columns("stamp", "sweep_id", "node", "start", "ended"),
            *map(made.integer, ("configs", "cells")),
        ),
        detail=made.table(
            "detail",
            made.key("run"),
            *made.text_columns(*DETAIL),
            made.checksum(),
        ),
        machine=made.table("machine", made.text_column("digest", primary_key=True), *made.text_columns("facts")),
        series=_make_series(made),
        point=_make_point(made),
    )


class _Maker:
    """Makes tables and their columns; every column but an interval's always has a value."""

    def __init__(self) -> None:
        import sqlalchemy as sa

        self.sa = sa
        self.metadata = sa.MetaData()
        self._text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

    def table(self, name: str, *parts: Any, **options: Any) -> Any:
        return self.sa.Table(f"{PREFIX}{name}", self.metadata, *parts, **options)

    def id(self) -> Any:
        """Return the column of a number that the database gives."""
        return self.sa.Column("id", self.sa.Integer, primary_key=True)

    def key(self, name: str) -> Any:
        """Return the column of a number that another table gives."""
        return self.sa.Column(name, self.sa.Integer, primary_key=True, autoincrement=False)

    def integer(self, name: str) -> Any:
        return self.sa.Column(name, self.sa.Integer, nullable=False, default=0)

    def text_column(self, name: str, **options: Any) -> Any:
        return self.sa.Column(name, self._text, **options)

    def text_columns(self, *names: str) -> list[Any]:
        return [self.text_column(name, nullable=False, default="") for name in names]

    def checksum(self) -> Any:
        """Return the column of what `harness.store.index.checksum` makes of the others."""
        return self.sa.Column("checksum", self.sa.BigInteger, nullable=False)

    def path(self, name: str, **options: Any) -> Any:
        """Return the column of a name on a disk, which need not be text."""
        return self.sa.Column(name, self.sa.LargeBinary, nullable=False, **options)

    def unique(self, *names: str) -> Any:
        return self.sa.UniqueConstraint(*names)


def _make_run(made: _Maker) -> Any:
    run = made.table(
        "run",
        made.id(),
        made.integer("month"),
        made.path("name"),
        *made.text_columns(
            *"stamp run_id start earliest node sha commit_name release config models status origin project".split()
        ),
        *made.text_columns("trial", "role", "sweep"),
        made.checksum(),
        made.unique("month", "name"),
        sqlite_autoincrement=True,  # the id of a run that is gone is not given to another one
    )
    made.sa.Index(f"{PREFIX}run_by_name", run.c.name)
    # A history is of one node, and what is newest of a node is at the end.
    made.sa.Index(f"{PREFIX}run_by_node", run.c.node, run.c.start)
    return run


def _make_series(made: _Maker) -> Any:
    return made.table("series", made.id(), *made.text_columns(*SERIES), made.checksum(), made.unique(*SERIES))


def _make_point(made: _Maker) -> Any:
    return made.table(
        "point",
        made.key("series"),
        made.key("run"),
        made.integer("n"),
        made.sa.Column("median", made.sa.Double, nullable=False),
        made.sa.Column("low", made.sa.Double),
        made.sa.Column("high", made.sa.Double),
        made.checksum(),
        sqlite_with_rowid=False,  # a series lies in one piece
    )
