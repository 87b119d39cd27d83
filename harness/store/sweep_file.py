"""A sweep on disk: one small file beside the bundles of its runs, and its table beside it.

results/<node>/<yyyy-mm>/<id>.sweep.json, .sweep.md, .sweep.csv
"""

import glob
import shlex
from collections.abc import Callable
from pathlib import Path

from harness.errors import UnreadableError, UsageError
from harness.judge.sweep_check import find_sweep_flaw
from harness.plan.run import is_plain
from harness.records.sweep import Sweep
from harness.store.bundle import SWEEP, month_folder
from harness.store.json_file import read_run
from harness.store.stored_kind import StoredKind, find_named, list_stored, save_stored
from harness.store.unfinished import require_own
from harness.system.fresh import write_atomic

# The word for the newest sweep.
LATEST = "sweep"
TABLE = ".sweep.md"
CSV = ".sweep.csv"
_EXAMPLE = "harness sweep --threads 1,2 --flash-attn 0,1"
KIND = StoredKind("sweep", SWEEP, LATEST, _EXAMPLE)


def save_sweep(results: Path, sweep: Sweep) -> Path:
    """Write the complete file of a sweep, and return its path."""
    return save_stored(results, sweep_path(results, sweep), sweep)


def remove_sweep(results: Path, sweep: Sweep) -> None:
    """Remove the file of a sweep."""
    sweep_path(results, sweep).unlink(missing_ok=True)


def save_tables(results: Path, sweep: Sweep, *, markdown: str, csv: str) -> tuple[Path, ...]:
    """Write the table of a finished sweep in both forms, and return the files."""
    folder = month_folder(results, sweep.node, sweep.id)
    paths = (folder / f"{sweep.id}{TABLE}", folder / f"{sweep.id}{CSV}")
    for path, text in zip(paths, (markdown, csv), strict=True):
        write_atomic(path, text.encode())
    return paths


def sweep_path(results: Path, sweep: Sweep) -> Path:
    """Return the file of a sweep."""
    return month_folder(results, sweep.node, sweep.id) / f"{sweep.id}{SWEEP}"


def find_sweep(
    results: Path, node: str, wanted: str, *, unfinished: bool, note: Callable[[str], None] = lambda _: None
) -> Sweep:
    """Return the sweep of `node` whose id starts with `wanted`, or the latest one for an empty `wanted`.

    An `unfinished` one is to be resumed, so the caller must have begun it, and nobody else may be able to write to its
    file; if none is named, others are skipped with a `note`. Raises UsageError if there is none, or more than one,
    UnreadableError for a file that is not a sweep, has another schema, or does not match its place and name.
    """
    if wanted and not (is_plain(wanted) and wanted == glob.escape(wanted)):
        raise UsageError(f"{wanted!r} is not the id of a sweep", hint="harness show sweep  # shows the latest one")
    found: list[Sweep] = []
    hint = ""
    for path in list_stored(results, KIND, node, wanted):
        if unfinished and (refused := _refuse(path)):
            if wanted:
                raise refused
            if not _has_ended(path, node):
                note(f"ignored: {refused.line}")
                hint = hint or refused.hint
            continue
        sweep = _load(path, node)
        if not (unfinished and sweep.end):
            found.append(sweep)
            if not wanted:
                break
    if len(found) > 1:
        command = "harness sweep --resume" if unfinished else "harness show"
        raise UsageError(f"the ids of {len(found)} sweeps begin with {wanted!r}", hint=f"{command} {found[0].id}")
    if not found:
        kind = "unfinished sweep" if unfinished else "sweep"
        begins = f" whose id begins with {wanted!r}" if wanted else ""
        hint = hint or _EXAMPLE
        raise UsageError(f"no {kind}{begins} in {results / node}", hint=hint)
    return found[0]


def name_sweep(results: Path, word: str) -> tuple[str, str] | None:
    """Return the node and the id of the sweep that a word names, on any node, or None; see `find_named`."""
    path = find_named(results, word, KIND)
    return (path.parents[1].name, path.name.removesuffix(SWEEP)) if path else None


def _refuse(path: Path) -> UsageError | None:
    """Return why the caller cannot resume a sweep, or None."""
    try:
        require_own(path, "harness sweep")
    except UsageError as error:
        return error
    return None


def _has_ended(path: Path, node: str) -> bool:
    """Return whether the file of a sweep, which anybody may have written, says that it is finished."""
    try:
        return bool(_load(path, node).end)
    except UnreadableError:
        return False


def _load(path: Path, node: str) -> Sweep:
    """Return the sweep in a file, in which nothing may lead to a place outside its folder."""
    sweep = read_run(path, Sweep)
    flaw = find_sweep_flaw(sweep)
    if not flaw and sweep.node != node:
        flaw = f"it names the node {sweep.node!r}, but lies in the folder of {node!r}"
    if not flaw and path != path.parents[2] / sweep_path(Path(), sweep):
        flaw = f"it names the sweep {sweep.id}"
    if flaw:
        hint = f"rm {shlex.quote(str(path))}  # then start again: harness sweep"
        raise UnreadableError(f"{path} cannot be used", cause=flaw, hint=hint)
    return sweep
