"""What is left of a sweep that was broken off: its runs that are there, and what it takes to measure the others."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.judge.resume import find_other_cpu
from harness.judge.sweep_check import find_stranger, list_cases
from harness.plan.side import ORIGINS
from harness.records.run import Run
from harness.records.sweep import Sweep
from harness.store.bundle import PARTIAL, PLAN, Bundle, load_run, month_folder
from harness.store.unfinished import is_own, require_own
from harness.system.lock import is_claimed


class KeptRun(NamedTuple):
    """A run of a sweep that is there, and whether it is finished."""

    run: Run
    sealed: bool


def look_for_runs(
    results: Path, sweep: Sweep, note: Callable[[str], None], *, mine: bool = False
) -> dict[int, KeptRun]:
    """Return the runs that are there and are what the sweep names, by the numbers of its configs.

    Each of the others is named with the reason. A finished one that lacks something is of no use, nor, where only the
    caller's own are looked for, one of somebody else.
    """
    kept: dict[int, KeptRun] = {}
    for number, entry in enumerate(sweep.entries):
        if not entry.run:
            continue
        found = _find(month_folder(results, sweep.node, entry.run), entry.run, mine=mine)
        why = found if isinstance(found, str) else find_stranger(sweep, number, found.run)
        if isinstance(found, KeptRun) and not why:
            gaps = found.run.gaps if found.sealed else ()
            why = f"it has no word of {gaps[0].name}" if gaps else ""
            if not why:
                kept[number] = found
        if why:
            note(f"the run {entry.run} does not count: {why}")
    return kept


def adopt(results: Path, sweep: Sweep, kept: Mapping[int, KeptRun]) -> tuple[Sweep, dict[int, KeptRun]]:
    """Return the sweep and its runs with those of the caller's unfinished ones that are its own, but are not named.

    It was killed before it could name them, or names another. One without a plan is removed: it was killed before
    there was anything to go on with.
    """
    found = dict(kept)
    known = {one.run.id for one in kept.values()}
    for path in sorted((results / sweep.node).glob(f"*/*{PARTIAL}")):
        try:
            require_own(path)
            run = load_run(path)
        except HarnessError:
            continue
        if run.sweep != sweep.id or run.id in known or path.name != f"{run.id}{PARTIAL}":
            continue
        if not (path / PLAN).exists():
            if not run.results and not is_claimed(path):
                Bundle(path).discard()
            continue
        for number in range(len(sweep.entries)):
            named = _name(sweep, number, run.id)
            if number not in found and not find_stranger(named, number, run):
                sweep, found[number] = named, KeptRun(run, sealed=False)
                break
    return sweep, found


def _name(sweep: Sweep, number: int, run: str) -> Sweep:
    entries = (
        entry.replace(run=run, reason="") if index == number else entry for index, entry in enumerate(sweep.entries)
    )
    return sweep.replace(entries=tuple(entries))


def _find(month: Path, name: str, *, mine: bool) -> KeptRun | str:
    """Return a run, finished or not, or why there is none."""
    for path, sealed in ((month / name, True), (month / f"{name}{PARTIAL}", False)):
        if path.is_symlink():
            return f"{path} is a link"
        if mine and path.exists() and not is_own(path.stat(), month):
            return f"{path} was made by somebody else"
        if path.is_dir():
            try:
                return KeptRun(load_run(path), sealed)
            except UnreadableError as error:
                return error.line
    return f"it is not in {month}"


def list_open(sweep: Sweep, kept: Mapping[int, KeptRun]) -> list[int]:
    """Return the numbers of the configs that have cells to measure and no run.

    One that could not be prepared is among them: what was missing then may be there now.
    """
    return [one for one in range(len(sweep.entries)) if one not in kept and list_cases(sweep, one)]


def refuse_mixture(sweep: Sweep, fresh: Run, kept: Iterable[Run]) -> None:
    """Raise UsageError where the cells of a config measured now and those of earlier runs would not be comparable."""
    names = {axis.name for axis in sweep.axes}
    for run in kept:
        told = {weights.model: weights.sha256 for weights in run.weights if weights.sha256}
        unlike = {
            "the CPU": bool(find_other_cpu(run.node, fresh.node)),
            "the source": not names & set(ORIGINS) and run.source.id != fresh.source.id,
            "the compiler": "compiler" not in names and run.toolchain.cc != fresh.toolchain.cc,
            "a file of weights": any(
                one.sha256 and told.get(one.model, one.sha256) != one.sha256 for one in fresh.weights
            ),
        }
        changed = next((what for what, differs in unlike.items() if differs), "")
        if changed:
            raise UsageError(
                f"{changed} has changed since {sweep.id} was begun",
                cause=f"{run.id} is measured, and the cells that are left would be of something else",
                hint="harness sweep, without --resume, measures all of it as it is now",
            )
