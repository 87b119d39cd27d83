"""Numbers that belong to no sample: disturbed attempts, and those of another build."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from harness.judge.provenance import discard_other_build, find_other_file, is_compiling, is_same_build, list_dependents
from harness.judge.quietness import choose_quietest
from harness.records.outcome import Status, StepResult
from harness.records.plan import Plan, Step
from harness.records.run import Run
from harness.store.bundle import Bundle
from harness.system.built import BuiltFiles, distrust
from harness.system.cache.stamp import stamped_s
from harness.system.code import read_code
from harness.system.foreign import is_regular

# What Ninja says where everything is as it left it.
_NOTHING = "ninja: no work to do."
# The start of a process is recorded in whole seconds.
_GRAIN_S = 1.0


def list_attempts(run: Run, step: str) -> list[StepResult]:
    """Return the attempts at a step that were discarded because of a disturbance."""
    return [other for other in run.attempts if other.step == step]


def discard_attempt(run: Run, bundle: Bundle, result: StepResult) -> Run:
    """Return the run with a discarded attempt, saved; its log is renamed to make room for the next one."""
    log = bundle.logs / result.log
    kept = log.with_suffix(f".disturbed-{len(list_attempts(run, result.step)) + 1}.log")
    if is_regular(log, within=bundle.path):  # a run that was killed right here has moved it already
        log.replace(kept)
    run = run.replace(
        results=tuple(other for other in run.results if other.step != result.step),
        discarded=(*run.discarded, result.replace(log=kept.name)),
    )
    bundle.save_run(run)
    return run


def keep_quietest(run: Run, bundle: Bundle, result: StepResult) -> tuple[Run, StepResult]:
    """Return the quietest of all attempts at a step under the step's own log, and the run with the others discarded."""
    earlier = list_attempts(run, result.step)
    # A run that was killed right here has moved a log already.
    best = choose_quietest(
        [result, *(other for other in earlier if is_regular(bundle.logs / other.log, within=bundle.path))]
    )
    if best is result:
        return run, result
    run = discard_attempt(run, bundle, result)
    (bundle.logs / best.log).replace(bundle.logs / result.log)
    return run.replace(discarded=tuple(other for other in run.discarded if other is not best)), best.replace(
        log=result.log
    )


class EndedStep(NamedTuple):
    """A step and its result; `made` means that it was carried out now, and nothing from before was used."""

    step: Step
    result: StepResult
    made: bool


def take_build(ended: EndedStep, run: Run, plan: Plan, bundle: Bundle, note: Callable[[str], None]) -> Run:
    """Return the run with the code of the timed build, if the step makes it.

    Numbers of an earlier build are discarded, unless the two are known to be the same; the state is saved before a log
    is moved, so that numbers of both are never mixed.
    """
    step, result, made = ended
    if not is_compiling(step, plan) or result.status is not Status.PASSED:
        return run
    site = plan.sites[-1]
    timed = step.cwd == site.folder
    before, after = run.code, None
    if timed:
        after = read_code(Path(site.folder), run.source.path, variant=site.variant)
        run = run.replace(code=after)
    stale = list_dependents(step, plan, run)
    untouched = _NOTHING in bundle.read_log(result.log) if made else _is_older(step, stale)
    if not stale or is_same_build(before if timed else None, after, untouched=untouched):
        return run
    known = len(run.discarded)
    run = discard_other_build(run, stale, known=bool(before and before.known and after and after.known))
    bundle.save_run(run)
    moved = {result.step: result.log for result in run.discarded[known:]}
    for one in stale:
        if one.log and moved.get(one.step):
            with contextlib.suppress(FileNotFoundError):
                (bundle.logs / one.log).replace(bundle.logs / moved[one.step])
    if moved:
        note(run.caveats[-1].message)
    return run


def refuse_build(run: Run, plan: Plan, note: Callable[[str], None]) -> None:
    """Make sure that the timed build is built again if it may no longer be the one that an unfinished run finished.

    Its objects may be unchanged although a program or a library that was linked from them has changed.
    """
    folder = Path(plan.sites[-1].folder)
    made = {step.name for step in plan.steps if is_compiling(step, plan) and step.cwd == str(folder)}
    finished = any(result.step in made and result.status is Status.PASSED for result in run.results)
    if finished and folder.is_dir() and (why := find_other_file(run.built, BuiltFiles(folder).sums)):
        note(f"{folder} may not be the build that was measured: {why}; it is built again")
        distrust(folder)


def _is_older(step: Step, stale: Sequence[StepResult]) -> bool:
    """Return whether a build was complete before it was used, according to the time of its stamp."""
    made_s = stamped_s(step)
    starts = [datetime.fromisoformat(one.completed.start).timestamp() for one in stale if one.completed]
    return made_s is not None and all(made_s <= start + _GRAIN_S for start in starts)
