"""The result of a search for the best settings on disk: one small file beside the bundles of its runs.

results/<node>/<yyyy-mm>/<id>.tune.json
"""

import shlex
from pathlib import Path

from harness.errors import UnreadableError
from harness.plan.run import is_plain
from harness.records.record import Record
from harness.records.run import SCHEMA
from harness.records.tune import Tuning
from harness.store.bundle import TUNING, month_folder
from harness.store.json_file import read_run
from harness.store.stored_kind import StoredKind, find_named, save_stored

# The word for the newest search.
LATEST = "tune"
KIND = StoredKind("search for the best settings", TUNING, LATEST, "harness tune --model base", "searches for settings")


class StoredTuning(Record):
    """The result of a search as it is stored."""

    schema: int
    tuning: Tuning


def save_tuning(results: Path, tuning: Tuning) -> Path:
    """Write the complete file of a search that has ended, and return its path."""
    return save_stored(results, tuning_path(results, tuning), StoredTuning(schema=SCHEMA, tuning=tuning))


def tuning_path(results: Path, tuning: Tuning) -> Path:
    """Return the file of a search."""
    return month_folder(results, tuning.node, tuning.id) / f"{tuning.id}{TUNING}"


def name_tuning(results: Path, word: str) -> Path | None:
    """Return the file of the search that a word names, on any node, or None; see `find_named`."""
    return find_named(results, word, KIND)


def load_tuning(path: Path) -> Tuning:
    """Return the search in a file, whoever made it; raises UnreadableError for one that cannot be used."""
    tuning = read_run(path, StoredTuning).tuning
    flaw = "" if is_plain(tuning.node) else f"it names the node {tuning.node!r}"
    if not flaw and path.name != f"{tuning.id}{TUNING}":
        flaw = f"it names the search {tuning.id}"
    flaw = flaw or find_tuning_flaw(tuning)
    if flaw:
        raise UnreadableError(f"{path} cannot be used", cause=flaw, hint=f"rm {shlex.quote(str(path))}")
    return tuning


def find_tuning_flaw(tuning: Tuning) -> str:
    """Return why the record of a search contradicts itself, empty if it does not; somebody may have edited it."""
    for stage in tuning.stages:
        if any(stage.axis not in dict(one.values) for one in stage.tried):
            return f"a candidate has no value of {stage.axis}"
        if stage.winner is not None and not 0 <= stage.winner < len(stage.tried):
            return f"the winner of {stage.axis} is not among those that were tried"
    missing = next((name for name in ("quant", "threads") if name not in dict(tuning.winner)), "")
    return f"its winner has no value of {missing}" if missing else ""
