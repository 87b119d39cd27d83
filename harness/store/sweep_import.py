"""Files of finished sweeps put among those of a results folder, beside the bundles of their runs, never changed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.judge.sweep_check import find_sweep_flaw
from harness.records.sweep import Sweep
from harness.store.bundle import SWEEP
from harness.store.bundle_import import ImportedItem, is_equal, place_each
from harness.store.enclosure import give_name, write_file
from harness.store.importer import ImportOutcome, refuse_links
from harness.store.json_file import read_run
from harness.store.sweep_file import CSV, TABLE, sweep_path


class _End(msgspec.Struct):
    schema: int
    end: str = ""


def is_unfinished(path: Path) -> bool:
    """Return whether the file of a sweep says that it goes on; one that cannot be read does not."""
    try:
        return not read_run(path, _End).end
    except UnreadableError:
        return False


def import_sweeps(files: list[Path], results: Path, aside: Path) -> Iterator[ImportedItem]:
    """Copy the file of each sweep, with its tables, to its place in the results; return what becomes of each, in order.

    `aside` is a folder in the results for what is not whole yet.
    """
    return place_each(files, results, lambda path: _place(path, results, aside))


def _place(path: Path, results: Path, aside: Path) -> ImportOutcome:
    sweep = read_run(path, Sweep)
    flaw = find_sweep_flaw(sweep)
    if not flaw and path.name != f"{sweep.id}{SWEEP}":
        flaw = f"it names the sweep {sweep.id}"
    if flaw:
        raise UnreadableError(f"{path} is not imported", cause=flaw)
    final = sweep_path(results, sweep)
    refuse_links(results, final)
    placed = ImportOutcome.KNOWN if os.path.lexists(final) else ImportOutcome.NEW
    # The file that makes it a sweep comes last: where it is, the tables are.
    there = [path.with_name(f"{sweep.id}{ending}") for ending in (TABLE, CSV)]
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
                    cause=f"{target} is there and says something else",
                    hint="one of the two was changed, or two nodes have one name; remove the wrong one",
                )
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return placed
