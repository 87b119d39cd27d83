"""Finishing what a killed `ab`, `calibrate` or `tune` left behind, as Ctrl-C would have finished it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import HarnessError, UsageError
from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import SEARCH, Run
from harness.records.trial import TrialEnd
from harness.records.wording import format_count
from harness.run.finish import seal_run
from harness.settings.request import Places
from harness.store.bundle import LOGS, PARTIAL, PLAN, RUN, Bundle, load_run, month_folder
from harness.store.unfinished import require_own
from harness.system.console import Console
from harness.system.process.orphan import stop_orphans
from harness.system.scratch import BLOCK, clear_scratch

_LEAST_AGE_S = 60


def settle_unfinished(places: Places, node: str, console: Console) -> None:
    """Finish the user's killed comparisons and searches on this node, and remove bundles that are empty.

    Neither can be resumed; killed runs and sweeps are left for --resume. Bundles that another process holds, or may
    hold, are not touched. The files that their blocks measured are removed. The caller holds the node.
    """
    clear_scratch(places.cache, BLOCK)
    results = places.results
    bundles = list(_list_dead(results, node))
    left = {bundle.path: run for bundle in bundles if (run := _load(bundle, console))}
    for bundle in bundles:
        try:
            _settle(results, bundle, left, console)
        except (HarnessError, OSError) as error:  # a bundle that cannot be finished must not stop a measurement
            line = error.line if isinstance(error, HarnessError) else str(error)
            console.note(f"cannot finish {bundle.path}, which a killed harness left: {line}")
        finally:
            bundle.release()


def _load(bundle: Bundle, console: Console) -> Run | None:
    """Return the record of an unfinished run, None if there is none or it cannot be read."""
    if (bundle.path / RUN).is_file():
        try:
            return load_run(bundle.path)
        except HarnessError as error:
            console.note(f"cannot read {bundle.path}: {error.line}")
    return None


def _list_dead(results: Path, node: str) -> Iterator[Bundle]:
    """Yield the user's unfinished runs that no process holds; from now on, this process holds them."""
    for path in sorted((results / node).glob(f"*/*{PARTIAL}")):
        bundle = Bundle(path)
        try:
            require_own(path)
        except (UsageError, OSError):
            continue
        if bundle.claim():
            yield bundle


def _settle(results: Path, bundle: Bundle, left: Mapping[Path, Run], console: Console) -> None:
    run = left.get(bundle.path)
    if run is None:
        _remove_empty(bundle)
    elif run.trial or SEARCH in run.sweep:
        for name in stop_orphans(bundle.path):
            console.note(f"ended {name}, left running by a killed harness")
        ended = datetime.fromtimestamp((bundle.path / RUN).stat().st_mtime, UTC)
        finished = _end_trial(run, _find_partner(results, run, left)) if run.trial else _end_search(run)
        _, _, folder = seal_run(finished, bundle, ended)
        console.note(f"finished {folder}, which a killed harness left{_count(finished)}")
    elif not (bundle.path / PLAN).exists() and not run.results and not run.sweep:
        bundle.discard()  # killed before there was a plan to resume


def _remove_empty(bundle: Bundle) -> None:
    """Remove a bundle without any record, unless it is so new that another process may just have made it."""
    age_s = datetime.now(UTC).timestamp() - bundle.path.stat().st_mtime
    if age_s > _LEAST_AGE_S and [path.name for path in bundle.path.iterdir()] in ([], [LOGS]):
        for path in (bundle.logs, bundle.path):
            if path.is_dir():
                path.rmdir()


def _find_partner(results: Path, run: Run, left: Mapping[Path, Run]) -> Run | None:
    """Return the other side of a comparison, unfinished or already finished."""
    trial = run.trial
    if trial is None:
        return None
    finished = month_folder(results, run.node.name, trial.id) / trial.id
    others = [*left.values(), *([load_run(finished)] if (finished / RUN).is_file() else [])]
    return next(
        (one for one in others if one.trial and one.trial.id == trial.id and one.trial.role is not trial.role), None
    )


def _end_trial(run: Run, partner: Run | None) -> Run:
    """Return one side with only the blocks that both sides have."""
    blocks = {result.step for result in (partner or run).results}
    results = tuple(result for result in run.results if result.step in blocks)
    caveat = Caveat(code=CaveatCode.STOPPED, message=f"ended before every comparison was decided: {TrialEnd.KILLED}")
    trial = run.trial.replace(stopped=TrialEnd.KILLED) if run.trial else None
    run = run.replace(trial=trial, results=results, caveats=(*run.caveats, caveat))
    return run if run.measurements else _say_empty(run, "trial", f"no block has ended: {TrialEnd.KILLED}")


def _end_search(run: Run) -> Run:
    """Return a part of a search with only the weights that were made."""
    run = run.replace(weights=tuple(one for one in run.weights if one.sha256))
    return run if run.measurements else _say_empty(run, "search", f"nothing was measured: {TrialEnd.KILLED}")


def _say_empty(run: Run, step: str, reason: str) -> Run:
    """Return the run with a failed step that says why it is empty: an empty run has not passed."""
    failure = StepResult(step=step, phase=Phase.BENCHMARK, status=Status.FAILED, reason=reason)
    return run.replace(results=(*run.results, failure))


def _count(run: Run) -> str:
    count = len(run.measurements)
    return f": {format_count(count, 'measurement')}" if count else ": nothing was measured"
