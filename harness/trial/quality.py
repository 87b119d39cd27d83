"""The text of both sides of a live comparison: looked at once, before the blocks."""

from collections.abc import Sequence
from pathlib import Path

from harness.plan.guard import require_text
from harness.plan.quality import plan_quality
from harness.records.outcome import StepResult
from harness.records.plan import Phase, Plan
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.run.builder import BuildResult
from harness.run.places import Workplace
from harness.run.prepare import Preparation, Supplies, gather_inputs
from harness.run.session import Session
from harness.store.bundle import Bundle
from harness.store.duration import load_durations
from harness.trial.side import Side


def refuse_silence(sides: Sequence[Side], cache: Path) -> None:
    """Raise UnavailableError, before anything is built, if the text of a side cannot be looked at."""
    for side in sides:
        if Benchmark.QUALITY in side.suite.benchmarks:
            plan, subject = _plan_looks(side, side.state, cache), f"--quality has nothing to look at in the {side.role}"
            require_text(plan, side.state.weights, subject)


def look_at_text(side: Side, built: BuildResult, opened: tuple[Run, Bundle], work: Workplace) -> Run:
    """Return the run that records a side, with what its build makes of the recordings, if that is asked for."""
    run, bundle = opened
    if Benchmark.QUALITY not in side.suite.benchmarks:
        return run
    plan = _plan_looks(side, run, work.places.cache)
    steps = tuple(step.replace(title=f"{step.title}, {side.role}") for step in plan.steps)
    plan = plan.replace(steps=steps)
    begun = run.replace(results=built.run.results)
    session = Session(plan, begun, bundle, work.console, load_durations(work.places.cache))
    session.inventory = built.inventory
    known = {result.step for result in built.run.results}
    for step in plan.steps:
        if step.case and step.case.benchmark == Benchmark.QUALITY:
            session.do_needed(step)
            session.do(step)
    found = tuple(one for one in session.run.results if one.step not in known and _is_kept(one))
    return session.run.replace(results=found)


def _plan_looks(side: Side, run: Run, cache: Path) -> Plan:
    """Return the plan of a side's build with the steps that look at its text."""
    state = side.state
    prepared = Preparation(
        cache=str(cache),
        node=state.node,
        toolchain=state.toolchain,
        source=state.source,
        environment=state.environment,
        caveats=(),
    )
    supplies = Supplies(weights=run.weights, audio=state.audio)
    steps = plan_quality(gather_inputs(prepared, side.request, supplies, drawn=side.drawn))
    return side.plan.replace(steps=(*side.plan.steps, *steps))


def _is_kept(result: StepResult) -> bool:
    return result.phase is Phase.REFERENCE or (result.case is not None and result.case.benchmark == Benchmark.QUALITY)
