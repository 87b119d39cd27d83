"""A bisection on disk: one small file beside the bundles of its trials, from which it goes on and is answered again.

results/<node>/<yyyy-mm>/<id>.bisect.json
"""

import glob
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnreadableError, UsageError
from harness.judge.bisect_check import find_bisection_flaw
from harness.plan.run import is_plain
from harness.records.bisection import BisectTrial, StoredBisection
from harness.records.run import Run
from harness.store.bundle import BISECTION, PARTIAL, RUN, load_run, month_folder
from harness.store.json_file import read_run
from harness.store.stored_kind import StoredKind, find_named, list_stored, save_stored
from harness.store.unfinished import is_own, require_own
from harness.system.fresh import TEMPORARY, remove_dead

Note = Callable[[str], None]
# The word for the newest bisection.
LATEST = "bisect"
_AGAIN = "harness bisect GOOD BAD"
KIND = StoredKind("bisection", BISECTION, LATEST, _AGAIN)


def save_bisection(results: Path, stored: StoredBisection) -> Path:
    """Write the complete file of a bisection, and return its path."""
    return save_stored(results, bisection_path(results, stored), stored)


def bisection_path(results: Path, stored: StoredBisection) -> Path:
    """Return the file of a bisection."""
    return month_folder(results, stored.node, stored.id) / f"{stored.id}{BISECTION}"


def find_same(results: Path, node: str, question: str, note: Note) -> StoredBisection | None:
    """Return the latest bisection of this node that the caller began with the same question, or None.

    Files that cannot be used are named.
    """
    for path in list_files(results, node):
        try:
            stored = _load(path)
        except (UsageError, UnreadableError) as error:
            note(f"ignored: {error.line}")
            continue
        if stored.question == question:
            return stored
    return None


def find_unfinished(results: Path, node: str, wanted: str, note: Note) -> StoredBisection:
    """Return the unfinished bisection of `node` whose id starts with `wanted`, or the latest for an empty `wanted`.

    Raises UsageError if there is none, more than one, if it has its answer, or if others may have changed it,
    UnreadableError for a file that is not a bisection or does not match its place and name.
    """
    if wanted and not (is_plain(wanted) and wanted == glob.escape(wanted)):
        raise UsageError(f"{wanted!r} is not the id of a bisection", hint=_AGAIN)
    found: list[StoredBisection] = []
    for path in list_files(results, node, wanted):
        try:
            stored = _load(path)
        except (UsageError, UnreadableError) as error:
            if wanted:
                raise
            note(f"ignored: {error.line}")
            continue
        if wanted or not stored.end:
            found.append(stored)
            if not wanted:
                break
    if len(found) > 1:
        raise UsageError(
            f"the ids of {len(found)} bisections begin with {wanted!r}", hint=f"harness bisect --resume {found[0].id}"
        )
    if not found:
        what = f"bisection whose id begins with {wanted!r}" if wanted else "unfinished bisection"
        raise UsageError(f"no {what} in {results / node}", hint=_AGAIN)
    if found[0].end:
        raise UsageError(f"the bisection {found[0].id} has its answer already", hint=f"harness show {found[0].id}")
    return found[0]


def name_bisection(results: Path, word: str) -> Path | None:
    """Return the file of the bisection that a word names, on any node, or None; see `find_named`."""
    return find_named(results, word, KIND)


def load_bisection(path: Path) -> StoredBisection:
    """Return the bisection in a file, whoever made it; raises UnreadableError for one that cannot be used."""
    stored = read_run(path, StoredBisection)
    flaw = find_bisection_flaw(stored)
    if not flaw and (stored.node != path.parents[1].name or path.name != bisection_path(Path(), stored).name):
        flaw = f"it names the bisection {stored.id} of the node {stored.node!r}"
    if flaw:
        raise UnreadableError(
            f"{path} cannot be used", cause=flaw, hint=f"rm {shlex.quote(str(path))}  # then: {_AGAIN}"
        )
    return stored


def clear_halves(results: Path, node: str) -> None:
    """Remove what killed searches of a node were writing. The caller holds the node."""
    for path in (results / node).glob(f"*/*{BISECTION}.*{TEMPORARY}"):
        remove_dead(path)


def list_files(results: Path, node: str = "", wanted: str = "") -> list[Path]:
    """Return the files of the bisections of a node, or of all nodes if none is named; see `list_stored`."""
    return list_stored(results, KIND, node, wanted)


def load_trials(
    results: Path, stored: StoredBisection, note: Note, *, of_anybody: bool = False
) -> Iterator[tuple[BisectTrial, tuple[Run, Run]]]:
    """Yield the trials of a bisection whose runs are both there and belong to it, with the runs, baseline first.

    The others are named; what they measured is missing. Runs `of_anybody` may be unfinished, too; else they are the
    caller's, and finished.
    """
    load = _load_any if of_anybody else _load_own
    for trial in stored.trials:
        folders = [month_folder(results, stored.node, name) / name for name in trial.runs]
        try:
            baseline, contender = map(load, folders)
        except (UsageError, UnreadableError) as error:
            note(f"ignored the trial {trial.runs[0]}: {error.line}")
            continue
        if all(run.trial and run.trial.bisection == stored.id for run in (baseline, contender)):
            yield trial, (baseline, contender)


def _load_any(folder: Path) -> Run:
    """Return the run in a folder, finished or not; raises UsageError if there is none."""
    partial = folder.with_name(f"{folder.name}{PARTIAL}")
    return _load_there(partial if partial.is_dir() and not folder.exists() else folder)


def _load_there(folder: Path) -> Run:
    if folder.is_symlink() or not (folder / RUN).is_file():
        raise UsageError(f"there is no run {folder}")
    return load_run(folder)


def _load_own(folder: Path) -> Run:
    """Return the run in a folder that the caller made; raises UsageError for another one."""
    if not folder.is_symlink() and folder.is_dir() and not is_own(folder.stat(), folder.parent):
        raise UsageError(f"{folder} was made by somebody else")
    return _load_there(folder)


def _load(path: Path) -> StoredBisection:
    """Return the bisection in a file of the caller's, in which nothing may lead to a place outside its folder."""
    require_own(path, "harness bisect")
    return load_bisection(path)
