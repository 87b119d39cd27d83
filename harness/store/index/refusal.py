"""What is said where a database on a server cannot be used; no password is in it."""

import re
from typing import Any

from harness.errors import UnfitError
from harness.records.secret import HIDDEN
from harness.store.index.table import SCHEMA

REBUILD = "harness index --rebuild  # with the same database; every bundle is read again"
REBUILD_ALL = "harness index --rebuild  # when all who use the database have this harness"
# An error never shows what stands before an @ in a URL.
URL = "postgresql+psycopg://HOST/DATABASE (USER@ before HOST for another user)"
# What helps, by the code of an error (SQLSTATE, appendix A of PostgreSQL's manual) or by the beginning of it.
_CLASH, _LOST, _DENIED = "40", "57P", "42501"
_HINTS = (
    ("25006", "use a login that may write, and not a standby: what is new is added before anything is read"),
    (_CLASH, "other commands wrote the same rows again and again; start this one later"),
    ("42", REBUILD),
    ("53", "free disk space, memory or connections on the server"),
)
_AWAY = (
    "is the server there, does the database exist, and is the password right (PGPASSWORD, ~/.pgpass)? Without "
    "--database and HARNESS_DATABASE the index is kept in the cache"
)
_PLAIN = re.compile("[a-z_][a-z0-9_]*")
_ENCODINGS = ("UTF8", "SQL_ASCII")


def refuse_server(url: Any, error: Exception) -> UnfitError:
    """Return what to say where a server is away, refuses, or is gone in the middle."""
    import sqlalchemy as sa

    original = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    cause = lines[0] if lines else type(error).__name__
    for password in (url.password, url.query.get("password")):
        cause = cause.replace(str(password), HIDDEN) if password else cause
    code = _find_code(error)
    right = _name_grant(url, cause, getattr(error, "statement", None) or "") if code == _DENIED else ""
    # Without a code it never came to the server: an option of the URL is wrong.
    other = f"check the options of the URL: {URL}" if isinstance(error, sa.exc.ProgrammingError) else _AWAY
    return UnfitError(
        f"the database cannot be used: {url.set(query={}).render_as_string(hide_password=True)}",
        cause=cause,
        hint=right or next((hint for begins, hint in _HINTS if code.startswith(begins)), other),
    )


def is_clash(error: Exception) -> bool:
    """Return whether a server gave up a transaction because of what others did: it may succeed when it is repeated."""
    return _find_code(error).startswith(_CLASH)


def is_lost(error: Exception) -> bool:
    """Return whether a server that was there is not any more, or ends or begins just now."""
    return bool(getattr(error, "connection_invalidated", False)) or _find_code(error).startswith(_LOST)


def _name_grant(url: Any, cause: str, statement: str) -> str:
    """Return what gives a login the right that it lacks, by what the server complained of."""
    login = url.username or "LOGIN"
    role = login if _PLAIN.fullmatch(login) else '"{}"'.format(login.replace('"', '""'))
    if "must be owner" in cause:
        return "use the login that made the tables: no other can make them anew"
    if "sequence" in cause:
        return f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    if "schema" in cause:
        return (
            f"harness index  # once, with the login that owns the database; or GRANT CREATE ON SCHEMA public TO {role}"
        )
    if "database" in cause:
        return f"GRANT CONNECT ON DATABASE {url.database} TO {role}"
    reads = not statement or statement.lstrip().upper().startswith("SELECT")
    rights = "SELECT" if reads else "SELECT, INSERT, UPDATE, DELETE"
    return f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {role}"


def refuse_tables(stated: dict[str, str]) -> UnfitError:
    """Return what to say of tables that another harness made, by what the database says of itself."""
    number, version = stated.get("schema", "not known"), stated.get("harness", "")
    newer = number.isdecimal() and int(number) > SCHEMA
    which = f"{'a newer' if newer else 'another'} harness{f' ({version})' if version else ''}"
    return UnfitError(
        f"the index in the database was made by {which}",
        cause=f"its tables have schema {number}, and this harness writes {SCHEMA}",
        hint=f"use that harness here, too; or {REBUILD}" if newer else REBUILD_ALL,
    )


def refuse_rows(error: Exception) -> UnfitError:
    """Return what to say of rows that are not what was written."""
    cause = f"somebody has changed it ({error})"
    return UnfitError("the index in the database is not what was written", cause=cause, hint=REBUILD)


def refuse_encoding(encoding: str) -> UnfitError | None:
    """Return what to say of a database that cannot hold every text, or None."""
    if encoding in _ENCODINGS:
        return None
    hint = "createdb --encoding UTF8 --template template0 NAME  # then name that one"
    return UnfitError("the index cannot be kept in this database", cause=f"its encoding is {encoding}", hint=hint)


def _find_code(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
