"""Attempts at a step that others disturbed: kept in the bundle where they belong to no sample."""

from harness.plan.quietness import choose_quietest
from harness.records.outcome import StepResult
from harness.records.run import Run
from harness.store.bundle import Bundle
from harness.system.foreign import is_regular


def list_aside(run: Run, step: str) -> list[StepResult]:
    """Return the attempts at a step that were set aside for a disturbance."""
    return [other for other in run.attempts if other.step == step]


def set_aside(run: Run, bundle: Bundle, result: StepResult) -> Run:
    """Return the run with an attempt among the discarded, saved; its log makes room for the next one's."""
    log = bundle.logs / result.log
    kept = log.with_suffix(f".disturbed-{len(list_aside(run, result.step)) + 1}.log")
    if is_regular(log, within=bundle.path):  # a run that was killed right here has moved it already
        log.replace(kept)
    run = run.replace(
        results=tuple(other for other in run.results if other.step != result.step),
        discarded=(*run.discarded, result.replace(log=kept.name)),
    )
    bundle.save_run(run)
    return run


def keep_quietest(run: Run, bundle: Bundle, result: StepResult) -> tuple[Run, StepResult]:
    """Return the quietest of all attempts at a step under the step's own log, and the run with the others aside."""
    aside = list_aside(run, result.step)
    # A run that was killed right here has moved a log already.
    best = choose_quietest(
        [result, *(other for other in aside if is_regular(bundle.logs / other.log, within=bundle.path))]
    )
    if best is result:
        return run, result
    run = set_aside(run, bundle, result)
    (bundle.logs / best.log).replace(bundle.logs / result.log)
    return run.replace(discarded=tuple(other for other in run.discarded if other is not best)), best.replace(
        log=result.log
    )
