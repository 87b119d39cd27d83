"""Which build a number came from, and which numbers remain valid after a build was made again."""

from collections.abc import Iterator, Sequence

from harness.records.build import CodeDigests, are_equal
from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase, Plan, Step
from harness.records.run import Run
from harness.records.wording import format_count

# The phases of steps that use a build or ask it something.
_OF_A_BUILD = (Phase.PROBE, Phase.TEST, Phase.BENCHMARK)
# Names in the folder of a build, each with what tells its content from others.
Files = Sequence[tuple[str, str]]
# These stand after a build for the order alone.
_APART = (Phase.CONFIGURE, Phase.ROOFLINE)


def is_compiling(step: Step, plan: Plan) -> bool:
    """Return whether a step compiles and links one of the builds."""
    configured = {one.name for one in plan.steps if one.phase is Phase.CONFIGURE}
    return step.phase is Phase.BUILD and not configured.isdisjoint(step.needs)


def list_dependents(step: Step, plan: Plan, run: Run) -> tuple[StepResult, ...]:
    """Return the results of steps that used the build which `step` makes, in the order of execution."""
    names = {step.name}
    for other in plan.steps:  # each stands behind what it needs
        if other.phase not in _APART and not names.isdisjoint(other.needs):
            names.add(other.name)
    done = (result for result in run.results if result.step in names and result.phase in _OF_A_BUILD)
    return tuple(result for result in done if result.completed)


def is_same_build(before: CodeDigests | None, after: CodeDigests | None, *, untouched: bool) -> bool:
    """Return whether numbers of both builds may be put together.

    If the code of either is not known, only a build that was not touched in between is the same.
    """
    if before and after and before.known and after.known:
        return are_equal(before, after)
    return untouched


def find_other_file(before: Files, now: Files) -> str:
    """Return why a build may not be the earlier one, or an empty string if it is; both are as in `Run.built`.

    Additional files belong to other variants, which share the folder.
    """
    if not before:
        return "the run does not record its files"
    found = dict(now)
    changed = next((name for name, digest in before if not digest or found.get(name) != digest), "")
    return f"{changed} has changed" if changed else ""


def discard_other_build(run: Run, stale: tuple[StepResult, ...], *, known: bool) -> Run:
    """Return the run with the numbers of an earlier build discarded, their logs renamed, and a caveat that says so.

    Other results of that build, such as tests, are removed. `known` says whether its code is known to be different.
    """
    discarded = tuple(_discard_log(run, result) for result in stale if result.measurements)
    kept = tuple(result for result in run.results if result not in stale)
    caveats = run.caveats
    if discarded:
        why = "its code is different" if known else "it is not known whether its code is the same"
        message = (
            f"the build was made again before the run had ended, and {why}: the "
            f"measurements of {format_count(len(discarded), 'step')} were discarded and repeated"
        )
        caveats = (*caveats, Caveat(code=CaveatCode.OTHER_BUILD, message=message))
    return run.replace(results=kept, discarded=(*run.discarded, *discarded), caveats=caveats)


def keep_one_build(run: Run) -> Run:
    """Return the run with each number of another build than the recorded one replaced by a failure.

    The harness itself never writes such a record; somebody must have edited it.
    """
    if not (run.code and run.code.id):
        return run
    strange = tuple(one for one in run.results if one.build not in ("", run.code.id))
    if not strange:
        return run
    reason = f"its numbers did not come from {run.code.id}, the build that the run records"
    bad = {one.step: _fail(one, reason) for one in strange}
    results = tuple(bad.get(one.step, one) for one in run.results)
    return run.replace(results=results, discarded=(*run.discarded, *map(_discard, strange)))


def caveat_builds(run: Run) -> Iterator[Caveat]:
    """Yield a caveat if the run holds numbers of several builds."""
    builds = sorted({result.build for result in run.results if result.build and result.measurements})
    if len(builds) > 1:
        message = f"the run holds numbers of {len(builds)} builds ({', '.join(builds)}): they are not one sample"
        yield Caveat(code=CaveatCode.MIXED_BUILDS, message=message)


def _discard_log(run: Run, result: StepResult) -> StepResult:
    number = 1 + sum(other.step == result.step and other.cause is Cause.OTHER_BUILD for other in run.discarded)
    stem = result.log.removesuffix(".log")
    return _discard(result).replace(log=f"{stem}.other-build-{number}.log" if result.log else "")


def _discard(result: StepResult) -> StepResult:
    return result.replace(reason="measured with another build", cause=Cause.OTHER_BUILD)


def _fail(result: StepResult, reason: str) -> StepResult:
    failed = result.replace(status=Status.FAILED, reason=reason, cause=Cause.OTHER_BUILD)
    return failed.replace(measurements=(), counts=(), checks=(), build="")
