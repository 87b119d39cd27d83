"""The remainder of an unfinished sweep: the runs that exist, and what is needed to measure the others."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.judge.resume import find_other_cpu
from harness.judge.sweep_check import find_stranger, list_entry_cases
from harness.plan.side import ORIGINS
from harness.records.run import Run
from harness.records.sweep import Sweep
from harness.store.bundle import PARTIAL, PLAN, Bundle, load_run, month_folder
from harness.store.unfinished import is_own, require_own
from harness.system.lock import is_claimed


class KeptRun(NamedTuple):
    """An existing run of a sweep, and whether it is finished."""

    run: Run
    sealed: bool


def look_for_runs(
    results: Path, sweep: Sweep, note: Callable[[str], None], *, mine: bool = False
) -> dict[int, KeptRun]:
    """Return the runs that the sweep names and that really belong to it, by the numbers of its configs.

    `note` is called with the reason for each of the others. A finished run with missing numbers does not count, nor,
    with `mine`, a run of another user.
    """
    kept: dict[int, KeptRun] = {}
    for number, entry in enumerate(sweep.entries):
        if not entry.run:
            continue
        found = _find(month_folder(results, sweep.node, entry.run), entry.run, mine=mine)
        why = found if isinstance(found, str) else find_stranger(sweep, number, found.run)
        if isinstance(found, KeptRun) and not why:
            gaps = found.run.gaps if found.sealed else ()
            why = f"{gaps[0].name} is missing from it" if gaps else ""
            if not why:
                kept[number] = found
        if why:
            note(f"ignored the run {entry.run}: {why}")
    return kept


def adopt(results: Path, sweep: Sweep, kept: Mapping[int, KeptRun]) -> tuple[Sweep, dict[int, KeptRun]]:
    """Return the sweep and its runs, with the user's unfinished runs that belong to it although it does not name them.

    The sweep was killed before it could name them, or names another run. Runs without a plan are removed: they were
    killed before there was anything to resume.
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
    """Return a run, finished or not, or why it cannot be used."""
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

    Configs that could not be prepared are among them: what was missing then may be available now.
    """
    return [one for one in range(len(sweep.entries)) if one not in kept and list_entry_cases(sweep, one)]


def refuse_mixture(sweep: Sweep, fresh: Run, kept: Iterable[Run]) -> None:
    """Raise UsageError if cells measured now would not be comparable with those of earlier runs."""
    names = {axis.name for axis in sweep.axes}
    for run in kept:
        sums = {weights.model: weights.sha256 for weights in run.weights if weights.sha256}
        unlike = {
            "the CPU": bool(find_other_cpu(run.node, fresh.node)),
            "the source": not names & set(ORIGINS) and run.source.id != fresh.source.id,
            "the compiler": "compiler" not in names and run.toolchain.cc != fresh.toolchain.cc,
            "a file of weights": any(
                one.sha256 and sums.get(one.model, one.sha256) != one.sha256 for one in fresh.weights
            ),
        }
        changed = next((what for what, differs in unlike.items() if differs), "")
        if changed:
            raise UsageError(
                f"{changed} has changed since {sweep.id} was started",
                cause=f"{run.id} was measured before that, and the remaining cells would not be comparable with it",
                hint="harness sweep  # measures everything as it is now",
            )
