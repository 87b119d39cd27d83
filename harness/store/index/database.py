"""The database that an index lies in: a file of SQLite in the cache, memory where there can be none, or PostgreSQL.

A file is the user's own, can be removed at any time, and is made anew where it is damaged or was made by other code.
A database on a server is shared, by harnesses of several versions, too, as long as their tables have one schema: one of
another schema is refused, and only the command that says so makes it anew. Passwords are left to libpq (PGPASSWORD,
~/.pgpass) or stand in the URL, which is never shown.
"""

import contextlib
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from harness import __version__
from harness.errors import UnfitError, UsageError
from harness.store.index.refusal import (
    URL,
    is_clash,
    is_lost,
    refuse_encoding,
    refuse_rows,
    refuse_server,
    refuse_tables,
)
from harness.store.index.table import PREFIX, SCHEMA, ClashError, DamagedError, make_tables
from harness.system.fresh import create_file

_DRIVERS = ("postgresql+psycopg", "postgresql")
# Somebody else may be filling the index; each of its transactions is shorter than this.
_PATIENCE_S = 10.0
# What a file says that cannot be believed any more; all else is about the disk, or about others who use it.
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_FORMAT", "SQLITE_MISMATCH", ""})
_OWN = 0o600
# Any number will do, as long as all who make the tables ask for the same one.
_LOCK = 7_305_801


class Database(NamedTuple):
    """An engine of SQLAlchemy, and whether it is a server that others share."""

    engine: Any
    shared: bool = False

    @contextlib.contextmanager
    def connect(self) -> Iterator["DatabaseLink"]:
        """Yield a connection; raises UnfitError for a server that cannot be used, ClashError for others in the way."""
        import sqlalchemy as sa

        try:
            with self.engine.connect() as connection:
                yield DatabaseLink(connection, shared=self.shared)
        except sa.exc.DBAPIError as error:
            if not self.shared:
                raise
            refusal, lost = refuse_server(self.engine.url, error), is_lost(error)
            raise (ClashError(refusal, lost=lost) if lost or is_clash(error) else refusal) from None
        except (DamagedError, msgspec.MsgspecError) as error:
            if not self.shared:
                raise
            raise refuse_rows(error) from None
        finally:
            self.engine.dispose()


class DatabaseLink(NamedTuple):
    """A connection to the database of an index."""

    connection: Any
    shared: bool

    @contextlib.contextmanager
    def reading(self) -> Iterator[Any]:
        """Yield the connection, in a transaction that others who read or write need not wait for."""
        with self.connection.begin():
            yield self.connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Any]:
        """Yield the connection in a transaction that writes: all of it is kept, or nothing."""
        with self.connection.begin():
            if not self.shared:
                self.connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield self.connection

    def insert(self, table: Any) -> Any:
        """Return a statement that adds rows, and passes over those that another process has added meanwhile."""
        if self.shared:
            from sqlalchemy.dialects.postgresql import insert as insert_shared

            return insert_shared(table).on_conflict_do_nothing()
        from sqlalchemy.dialects.sqlite import insert

        return insert(table).on_conflict_do_nothing()

    def add(self, connection: Any, table: Any, rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows as `insert` does; all of them name the same columns.

        Where a row names every column, a file takes it as it is: half of the time would go into what there is to
        convert, which is nothing.
        """
        statement = self.insert(table)
        if rows and not self.shared and set(rows[0]) == set(table.c.keys()):
            compiled = statement.compile(dialect=connection.dialect)
            names = compiled.positiontup
            connection.exec_driver_sql(str(compiled), [tuple(row[name] for name in names) for row in rows])
        elif rows:
            connection.execute(statement, list(rows))

    def fetch(self, connection: Any, statement: Any) -> list[Any]:
        """Return all rows of a statement as the driver makes them, a million in half of the time of SQLAlchemy's.

        Its columns must be such that SQLAlchemy has nothing to convert in them: numbers, texts and bytes. Raises the
        errors of SQLAlchemy all the same.
        """
        import sqlalchemy as sa

        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        values = compiled.construct_params()
        cursor = connection.connection.cursor()
        try:
            cursor.execute(
                str(compiled), tuple(values[name] for name in compiled.positiontup) if compiled.positional else values
            )
            return list(cursor.fetchall())
        except dialect.dbapi.Error as error:
            raise sa.exc.DBAPIError.instance(None, None, error, dialect.dbapi.Error, dialect=dialect) from error
        finally:
            cursor.close()

    def find_text(self, column: Any, text: str) -> Any:
        """Return the condition that a column holds a text, exactly as it is spelled."""
        import sqlalchemy as sa

        return (sa.func.strpos if self.shared else sa.func.instr)(column, text) > 0


def open_file(path: Path) -> Database:
    """Return the database in a file, which is made where there is none; raises OSError where it cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        create_file(path, mode=_OWN).close()
    if path.is_symlink() or not path.is_file():
        raise IsADirectoryError(0, "it is not a regular file", str(path))
    return _open_sqlite(str(path))


def open_memory() -> Database:
    """Return an empty database that is gone with this process."""
    return _open_sqlite(":memory:")


def open_server(url: str) -> Database:
    """Return a database of PostgreSQL, not connected to yet; raises UsageError for a URL of anything else.

    Raises UnfitError where its driver is not there.
    """
    import sqlalchemy as sa

    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError("--database is not the URL of a database", hint=URL) from None
    if parsed.drivername not in _DRIVERS:
        raise UsageError(f"--database: the index cannot be kept in {parsed.drivername}", hint=URL)
    # Whatever PGCLIENTENCODING or the database say, texts come as texts.
    options: dict[str, Any] = {"client_encoding": "utf8"}
    if "connect_timeout" not in parsed.query:
        options["connect_timeout"] = int(_PATIENCE_S)
    try:
        return Database(
            sa.create_engine(parsed.set(drivername=_DRIVERS[0]), poolclass=sa.NullPool, connect_args=options),
            shared=True,
        )
    except ImportError:
        hint = f"{shlex.quote(sys.executable)} -m pip install 'psycopg[binary]'  # the extra postgres has it"
        raise UnfitError("PostgreSQL needs the package psycopg", hint=hint) from None


def prepare(link: DatabaseLink, form: str, *, rebuild: bool = False) -> None:
    """Make the tables where there are none.

    `form` names the code that fills a file. Tables of another schema or, in a file, of other code raise DamagedError
    there and UnfitError on a server, unless they are to be made anew.
    """
    tables = make_tables()
    stated = {} if rebuild else _read_meta(link)
    expected = {"schema": str(SCHEMA), **({} if link.shared else {"form": form})}
    if expected.items() <= stated.items():
        return
    if stated:
        if link.shared:
            raise refuse_tables(stated)
        raise DamagedError(f"its schema is {stated.get('schema')}")
    import sqlalchemy as sa

    with link.writing() as connection:
        if link.shared:
            if refusal := refuse_encoding(str(connection.exec_driver_sql("SHOW server_encoding").scalar())):
                raise refusal
            # Two that make the same table at once would fail.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if rebuild:
            tables.metadata.drop_all(connection)
        tables.metadata.create_all(connection)
        made = expected | {"harness": __version__}
        connection.execute(link.insert(tables.meta), [{"name": key, "value": value} for key, value in made.items()])


def is_damage(error: Exception) -> bool:
    """Return whether an error of SQLite tells that its file cannot be believed."""
    original = getattr(error, "orig", None)
    name = str(getattr(original, "sqlite_errorname", "") or "")
    return any(name.startswith(known) if known else not name for known in _DAMAGED)


def _open_sqlite(name: str) -> Database:
    import sqlalchemy as sa

    pool = sa.StaticPool if name == ":memory:" else sa.NullPool
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=name),
        poolclass=pool,
        # Transactions are begun by `DatabaseLink`: the driver would begin one too late.
        connect_args={"timeout": _PATIENCE_S, "isolation_level": None},
    )
    sa.event.listen(engine, "connect", _set_up)
    return Database(engine)


def _set_up(raw: Any, _record: object) -> None:
    """Let readers and one writer work at once; what a power loss takes is read from the bundles again."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-65536"):
        raw.execute(f"PRAGMA {pragma}")


def _read_meta(link: DatabaseLink) -> dict[str, str]:
    """Return what the database says of itself; nothing where there are no tables."""
    import sqlalchemy as sa

    tables = make_tables()
    with link.reading() as connection:
        names = sa.inspect(connection).get_table_names()
        if tables.meta.name not in names:
            if any(name.startswith(PREFIX) for name in names) and not link.shared:
                raise DamagedError("a part of it is missing")
            return {}
        stated = {row.name: row.value for row in connection.execute(sa.select(tables.meta))}
        return stated or {"schema": "not known"}
