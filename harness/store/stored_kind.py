"""What is stored as one file beside its runs, and the words that name such a file on any node."""

import glob
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import UsageError
from harness.plan.run import is_plain
from harness.records.record import Record
from harness.store.bundle import OWN_FILE
from harness.system.fresh import make_folders, write_atomic

# The name of a folder is at most so long.
_MOST_BYTES = 255


class StoredKind(NamedTuple):
    """A kind of such files: what it is called, how their names end, the word for the latest, and a command for one.

    `plural` is how several are called, where an s does not do.
    """

    name: str
    end: str
    latest: str
    example: str
    plural: str = ""

    @property
    def several(self) -> str:
        """What several are called."""
        return self.plural or f"{self.name}s"


def save_stored(results: Path, path: Path, stored: Record) -> Path:
    """Write the complete file of `stored` at its `path` below the results, and return that path."""
    make_folders(path.parent, within=results)
    write_atomic(path, msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n", mode=OWN_FILE)
    return path


def list_stored(results: Path, kind: StoredKind, node: str = "", wanted: str = "") -> list[Path]:
    """Return the files of a kind of a node, or of all nodes if none is named, the latest first.

    Their ids begin with `wanted`; if one has it as its whole id, it is the only one.
    """
    if node and (not is_plain(node) or len(node.encode(errors="replace")) > _MOST_BYTES):
        return []  # no folder has such a name
    pattern = f"{glob.escape(node) or '*'}/*/{glob.escape(wanted)}*{kind.end}"
    found = sorted(results.glob(pattern), key=lambda path: path.name, reverse=True)
    return [path for path in found if path.name == f"{wanted}{kind.end}"] or found


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
            raise UsageError(f"there are no {kind.several} in {results}", hint=kind.example)
    elif not exact and found and any(path.is_dir() for path in results.glob(f"{node or '*'}/*/{name}*")):
        return None
    chosen = exact or found
    if len(chosen) > 1:
        hint = f"harness show {chosen[0].name.removesuffix(kind.end)}"
        raise UsageError(f"the ids of {len(chosen)} {kind.several} begin with {word!r}", hint=hint)
    return chosen[0] if chosen else None
