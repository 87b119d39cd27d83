"""The results folder that an index is of, and whether it can be kept true to it from here.

A database on a server is read on computers that do not have the bundles, and by logins that may not write. These get
what it holds. Nor is anything forgotten because a folder is not mounted.
"""

import contextlib
import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from harness.errors import UnfitError
from harness.store.index.database import DatabaseLink
from harness.store.index.table import make_tables

# So many folders are named in a message.
_NAMED = 5


class FoundFolder(NamedTuple):
    """A results folder: its number in the database and its path.

    `frozen` says why nothing can be added to its index from here; empty where it can.
    """

    number: int
    results: Path
    frozen: str = ""


def find_folder(link: DatabaseLink, results: Path) -> FoundFolder:
    """Return the results folder of a path, which is added if it is new.

    One that is not on this computer is known by its path, or because a server knows no other. Raises UnfitError where
    neither is so, or where it would have to be added and cannot be.
    """
    import sqlalchemy as sa

    folder, mine = make_tables().folder, os.fsencode(results)
    with link.reading() as connection:
        known = {bytes(path): int(number) for path, number in connection.execute(sa.select(folder.c.path, folder.c.id))}
    there = not link.shared or os.path.isdir(results)  # noqa: PTH112 - it never raises
    writable = not link.shared or may_write(link)
    replaced = mine not in known and not there and len(known) == 1
    if replaced:
        (mine,) = known
        there = os.path.isdir(mine)  # noqa: PTH112
    if mine not in known:
        if (known and not there) or not writable:
            raise _refuse(results, known)
        with link.writing() as connection:
            connection.execute(link.insert(folder), [{"path": mine}])
            known[mine] = int(connection.execute(sa.select(folder.c.id).where(folder.c.path == mine)).scalar_one())
    path = Path(os.fsdecode(mine))
    frozen, held = "", link.shared and _has_months(link, known[mine])
    if held and not there:
        frozen = f"{path} is not on this computer"
    elif replaced:  # a mistyped path must not pass for the one that is here
        frozen = f"{results} is not on this computer, and it is of {path}"
    elif not writable:
        frozen = "this login may only read"
    elif held and _is_empty(path):
        frozen = f"{path} is empty, as if it were not mounted"
    return FoundFolder(known[mine], path, frozen)


def may_write(link: DatabaseLink) -> bool:
    """Return whether a server takes rows from this login: it may be a standby, or the login one that only reads."""
    import sqlalchemy as sa

    asked = sa.select(
        sa.func.current_setting("transaction_read_only") == "off",
        sa.func.has_table_privilege(make_tables().run.name, "INSERT"),
    )
    with link.reading() as connection:
        return all(connection.execute(asked).one())


def describe_frozen(link: DatabaseLink, number: int, frozen: str) -> str:
    """Return the line about an index that is taken as it is."""
    import sqlalchemy as sa

    tables = make_tables()
    newest = (
        sa.select(sa.func.max(tables.run.c.start))
        .join(tables.month, tables.month.c.id == tables.run.c.month)
        .where(tables.month.c.folder == number)
    )
    with link.reading() as connection:
        start = connection.execute(newest).scalar()
    held = f"its newest run began at {start}" if start else "it holds no runs"
    return f"the index is shown as it is, because {frozen}; {held}"


def _refuse(results: Path, known: Iterable[bytes]) -> UnfitError:
    paths = sorted(os.fsdecode(path) for path in known)
    if not paths:
        hint = "harness index --numbers  # where the results are, with a login that may write"
        return UnfitError("the index in the database holds no results yet", hint=hint)
    named = ", ".join(paths[:_NAMED]) + (f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else "")
    return UnfitError(
        f"the index in the database knows nothing of {results}",
        cause=f"it holds {named}",
        hint=f"--results {shlex.quote(paths[0])}",
    )


def _is_empty(path: Path) -> bool:
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        return next(entries, None) is None
    return False


def _has_months(link: DatabaseLink, number: int) -> bool:
    import sqlalchemy as sa

    month = make_tables().month
    with link.reading() as connection:
        return connection.execute(sa.select(month.c.id).where(month.c.folder == number).limit(1)).first() is not None
