"""What is stored as one file beside its runs, and the words that name such a file on any node."""

import glob
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError
from harness.plan.run import is_plain


class StoredKind(NamedTuple):
    """A kind of such files: what it is called, how their names end, the word for the latest, and a command for one."""

    name: str
    end: str
    latest: str
    example: str


def find_named(results: Path, word: str, kind: StoredKind) -> Path | None:
    """Return the file that a word names, or None if it does not name one of this kind.

    A word is an id or the beginning of one, with or without NODE/ before it, or that for the latest of all. The
    beginning of the id of a run does not count. Raises UsageError if there is none, or more than one.
    """
    node, _, name = word.rpartition("/")
    if word == kind.latest:
        node = name = ""
    elif not name or not all(is_plain(part) and part == glob.escape(part) for part in (name, node or name)):
        return None
    found = sorted(results.glob(f"{node or '*'}/*/{name}*{kind.end}"), key=lambda path: path.name, reverse=True)
    exact = [path for path in found if path.name == f"{name}{kind.end}"]
    if word == kind.latest:
        exact = found[:1]
        if not exact:
            raise UsageError(f"there are no {kind.name}s in {results}", hint=kind.example)
    elif not exact and found and any(path.is_dir() for path in results.glob(f"{node or '*'}/*/{name}*")):
        return None
    chosen = exact or found
    if len(chosen) > 1:
        hint = f"harness show {chosen[0].name.removesuffix(kind.end)}"
        raise UsageError(f"the ids of {len(chosen)} {kind.name}s begin with {word!r}", hint=hint)
    return chosen[0] if chosen else None
