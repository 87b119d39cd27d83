"""Bundles of other nodes put among those of a results folder: as they are, each as a whole, never changed.

The order does not matter, nor does how often. Two bundles with one id and other bytes cannot both be the run: the one
that is there stays, and the other one is refused by name.
"""

import errno
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.plan.run import is_plain
from harness.records.run import NO_DATE, Run
from harness.store.bundle import BISECTION, NIGHT, PARTIAL, RUN, SWEEP, TUNING, bundle_folder, load_run
from harness.store.enclosure import write_file
from harness.store.importer import ImportOutcome, refuse_links
from harness.system.foreign import open_file, walk_tree
from harness.system.scratch import is_scratch

_ID = re.compile(rf"(?:[0-9]{{4}}(?:0[0-9]|1[0-2])[0-9]{{2}}T[0-9]{{6}}Z|{NO_DATE})-[^/\\]+")
# A longer name is none on common disks.
_MOST_BYTES = 255
# What `harness list` passes over, and so is not the name of a node.
_HIDDEN = (".", "@", "#")
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
_CHUNK_BYTES = 1 << 20
# A night over all models, each step with its log, has a few hundred files and some MB.
MOST_FILES = 20_000
MOST_BYTES = 1 << 30
_DEEPEST = 8


class ImportedItem(NamedTuple):
    """A bundle, sweep or bisection, what became of it, and the error of one that was not imported."""

    path: str
    placed: ImportOutcome
    error: HarnessError | None = None


class FoundBundles(NamedTuple):
    """What a folder holds: finished bundles, files of sweeps and bisections, and unfinished bundles, as texts."""

    bundles: list[Path]
    files: list[Path]
    unfinished: list[str]


def find_bundles(path: Path) -> FoundBundles:
    """Return the bundles that a folder is or holds, and the files of sweeps, searches and nights beside them."""
    found: list[Path] = []
    files: list[Path] = []
    unfinished: list[str] = []
    for folder, listing, entered in walk_tree(path):
        entered[:] = [name for name in entered if not is_scratch(name)]
        if RUN in listing.files:
            entered.clear()
            if folder.name.endswith(PARTIAL):
                unfinished.append(f"{folder} (an unfinished run)")
            else:
                found.append(folder)
        else:
            files += [folder / name for name in listing.files if name.endswith((SWEEP, BISECTION, NIGHT, TUNING))]
    return FoundBundles(sorted(found), sorted(files), unfinished)


def import_bundles(bundles: list[Path], results: Path, aside: Path) -> Iterator[ImportedItem]:
    """Copy each bundle to its place in the results; return what becomes of each, in order.

    `aside` is a folder in the results for what is not whole yet.
    """
    return place_each(bundles, results, lambda bundle: _place(bundle, results, aside))


def place_each(paths: Iterable[Path], results: Path, place: Callable[[Path], ImportOutcome]) -> Iterator[ImportedItem]:
    """Yield what became of each path when `place` copied it into the results, or the error if it could not."""
    for path in paths:
        error: HarnessError | None = None
        placed = ImportOutcome.FAILED
        try:
            placed = place(path)
        except OSError as trouble:
            what = f"{path} is not imported: cannot write {trouble.filename or results}"
            error = UnfitError(what, cause=trouble.strerror or str(trouble))
        except HarnessError as flaw:
            error = flaw
        yield ImportedItem(path=str(path), placed=placed, error=error)


def _place(bundle: Path, results: Path, aside: Path) -> ImportOutcome:
    run = load_run(bundle)
    if flaw := _find_flaw(run):
        raise UnreadableError(f"{bundle} is not imported", cause=flaw)
    files = _list_files(bundle)
    final = bundle_folder(results, run)
    refuse_links(results, final)
    if not final.exists():
        new = Path(tempfile.mkdtemp(dir=aside))
        try:
            whole = new / final.name
            for name in files:
                (whole / name).parent.mkdir(parents=True, exist_ok=True)
                write_file(whole / name, bundle / name)
            final.parent.mkdir(parents=True, exist_ok=True)
            if _give_place(whole, final):
                return ImportOutcome.NEW
        finally:
            shutil.rmtree(new, ignore_errors=True)
    _require_equal(bundle, files, final)
    return ImportOutcome.KNOWN


def _give_place(whole: Path, final: Path) -> bool:
    """Rename a bundle to its place; return False if another process was faster."""
    try:
        whole.rename(final)
    except OSError as error:
        if error.errno == errno.EXDEV:
            cause, hint = "it is on another disk than the results folder", f"copy the bundle there: {final.parent}"
            raise UnfitError(f"cannot move a bundle to {final.parent}", cause=cause, hint=hint) from None
        if error.errno not in _TAKEN:
            raise
        return False
    return True


def _find_flaw(run: Run) -> str:
    node = run.node.name
    if not _is_name(node) or node.startswith(_HIDDEN):
        return f"{node!r} cannot be the name of a node's folder"
    if not _is_name(run.id) or not _ID.fullmatch(run.id) or run.id.endswith(PARTIAL):
        return f"{run.id!r} is not the id of a run"
    return ""


def _is_name(text: str) -> bool:
    """Return whether a text can be the name of a folder, on every disk and in every terminal."""
    plain = is_plain(text) and not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text)
    return plain and len(text.encode()) <= _MOST_BYTES


def _list_files(bundle: Path) -> list[str]:
    """Return the relative paths of all files of a bundle; raises UnreadableError for anything else in it.

    Likewise for more of them, or more bytes, than any bundle has.
    """
    names: list[str] = []
    seen = size = 0
    for folder, listing, _ in walk_tree(bundle):
        seen += 1 + len(listing.files)
        size += sum((folder / name).lstat().st_size for name in listing.files[:MOST_FILES])
        if seen > MOST_FILES or size > MOST_BYTES or len(folder.relative_to(bundle).parts) > _DEEPEST:
            cause = f"it has more than {MOST_FILES} files, {MOST_BYTES >> 20} MB or {_DEEPEST} levels of folders"
            raise UnreadableError(f"{bundle} is not imported", cause=cause, hint="no harness writes such a bundle")
        if listing.others:
            name, kind = listing.others[0]
            raise UnreadableError(f"{bundle} is not imported", cause=f"{folder / name} is {kind}" if name else kind)
        names += [str((folder / name).relative_to(bundle)) for name in listing.files]
    return sorted(names)


def _require_equal(bundle: Path, files: list[str], final: Path) -> None:
    """Raise UnreadableError if the bundle that is there is not the same, byte by byte."""
    there = _list_files(final)
    other = sorted(set(files) ^ set(there)) or [name for name in files if not is_equal(bundle / name, final / name)]
    if other:
        raise UnreadableError(
            f"{bundle} is not imported",
            cause=f"{final} has the same id and another {other[0]}",
            hint="one of the two was changed, or two nodes have one name; remove the wrong one",
        )


def is_equal(one: Path, other: Path) -> bool:
    """Return whether two files hold the same bytes; raises UnreadableError."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with open_file(one, within=one.parent) as left, open_file(other, within=other.parent) as right:
        while chunk := left.read(_CHUNK_BYTES):
            if chunk != right.read(_CHUNK_BYTES):
                return False
    return True
