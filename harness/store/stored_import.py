"""Files of finished sweeps, searches and nights put among those of a results folder, and never changed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.judge.bisect_check import find_bisection_flaw
from harness.judge.sweep_check import find_sweep_flaw
from harness.records.bisection import StoredBisection
from harness.records.sweep import Sweep
from harness.store.bisection_file import KIND as BISECTION_KIND
from harness.store.bisection_file import bisection_path
from harness.store.bundle import NIGHT, SWEEP, TUNING
from harness.store.bundle_import import ImportedItem, is_equal, place_each
from harness.store.enclosure import give_name, write_file
from harness.store.importer import ImportOutcome, refuse_links
from harness.store.json_file import read_run
from harness.store.night_file import KIND as NIGHT_KIND
from harness.store.night_file import load_night, night_path
from harness.store.stored_kind import StoredKind
from harness.store.sweep_file import CSV, TABLE, sweep_path
from harness.store.sweep_file import KIND as SWEEP_KIND
from harness.store.tuning_file import KIND as TUNING_KIND
from harness.store.tuning_file import load_tuning, tuning_path


class _End(msgspec.Struct):
    schema: int
    end: str = ""


def is_unfinished(path: Path) -> bool:
    """Return whether the file of a sweep or a bisection says that it goes on; one that cannot be read does not."""
    if path.name.endswith((NIGHT, TUNING)):
        return False
    try:
        return not read_run(path, _End).end
    except UnreadableError:
        return False


def find_kind(path: Path) -> StoredKind:
    """Return the kind of a file that `find_bundles` found beside the bundles."""
    return next(kind for kind in (SWEEP_KIND, BISECTION_KIND, NIGHT_KIND, TUNING_KIND) if path.name.endswith(kind.end))


def import_files(files: list[Path], results: Path, aside: Path) -> Iterator[ImportedItem]:
    """Copy each file, that of a sweep with its tables, to its place in the results; return what becomes of each.

    `aside` is a folder in the results for what is not whole yet.
    """
    return place_each(files, results, lambda path: _place(path, results, aside))


def _place(path: Path, results: Path, aside: Path) -> ImportOutcome:
    final = _find_place(path, results)
    refuse_links(results, final)
    placed = ImportOutcome.KNOWN if os.path.lexists(final) else ImportOutcome.NEW
    # The file itself comes last: where it is, the tables are.
    there = [path.with_name(f"{path.name.removesuffix(SWEEP)}{ending}") for ending in (TABLE, CSV)]
    files = [*(one for one in there if one.is_file() and not one.is_symlink()), path]
    new = Path(tempfile.mkdtemp(dir=aside))
    try:
        for one in files:
            target = final.with_name(one.name)
            if not os.path.lexists(target):
                write_file(new / one.name, one)
                target.parent.mkdir(parents=True, exist_ok=True)
                give_name(new / one.name, target)
            elif not is_equal(one, target):
                raise UnreadableError(
                    f"{path} is not imported",
                    cause=f"{target} exists and holds something else",
                    hint="one of the two was changed, or two nodes have one name; remove the wrong one",
                )
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return placed


def _find_place(path: Path, results: Path) -> Path:
    """Return the place of a file in the results; raises UnreadableError for one that cannot be used."""
    if find_kind(path) is SWEEP_KIND:
        sweep = read_run(path, Sweep)
        _require(path, find_sweep_flaw(sweep), sweep.id)
        return sweep_path(results, sweep)
    if find_kind(path) is NIGHT_KIND:
        return night_path(results, load_night(path))
    if find_kind(path) is TUNING_KIND:
        return tuning_path(results, load_tuning(path))
    stored = read_run(path, StoredBisection)
    _require(path, find_bisection_flaw(stored), stored.id)
    return bisection_path(results, stored)


def _require(path: Path, flaw: str, identity: str) -> None:
    kind = find_kind(path)
    if not flaw and path.name != f"{identity}{kind.end}":
        flaw = f"it names the {kind.name} {identity}"
    if flaw:
        raise UnreadableError(f"{path} is not imported", cause=flaw)
