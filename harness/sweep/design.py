"""The design of a sweep, and its configs prepared: each is an ordinary run and its plan."""

from collections.abc import Sequence
from datetime import UTC, datetime

from harness.judge.sweep_check import sum_up
from harness.plan.grid import lay_grid
from harness.plan.placement import place_plan
from harness.plan.run import plan_run
from harness.records.plan import Plan
from harness.records.run import SCHEMA, Run
from harness.records.suite import Benchmark, Suite
from harness.records.sweep import Cell, Sweep
from harness.run.places import Workplace
from harness.run.prepare import Supplies, begin_run, prepare, ready_all
from harness.settings.request import GridRequest, RunRequest
from harness.trial.setup import Setup


def design_sweep(request: GridRequest, node: str) -> Sweep:
    """Return the sweep of a grid on a node; raises UsageError for a grid that is empty or too large."""
    entries, cells = lay_grid(request.axes, request.excludes)
    begun = datetime.now(UTC)
    return Sweep(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{sum_up(request.axes, cells)}",
        node=node,
        start=begun.isoformat(timespec="seconds"),
        seed=request.suite.seed,
        repetitions=request.suite.repetitions,
        axes=request.axes,
        entries=entries,
        cells=cells,
        settings=request.kept,
        job=request.job,
    )


def choose_entry_suite(suite: Suite, cells: Sequence[Cell]) -> Suite:
    """Return the suite that measures exactly `cells`, which share one config."""
    cases = tuple(dict.fromkeys(cell.case for cell in cells))
    return suite.replace(
        benchmarks=(Benchmark.WHISPER,),
        models=tuple(dict.fromkeys(case.get("model") for case in cases)),
        threads=tuple(dict.fromkeys(int(case.get("threads")) for case in cases)),
        flash_attn=tuple(dict.fromkeys(int(case.get("fa")) for case in cases)),
        cases=cases,
        tests=False,
        test_build_types=(),
        precision=0.0,
        max_time_s=0.0,
    )


def prepare_entry(request: RunRequest, work: Workplace, setup: Setup, *, label: str) -> tuple[Run, Plan]:
    """Return the run and the plan of one config; sources and weights are fetched, but nothing is built.

    `label` distinguishes its steps from those of other configs.

    Raises UnavailableError or UnfitError for what cannot be fetched, UsageError for what does not exist.
    """
    prepared = prepare(request, work)
    ready = ready_all(request, work, prepared.source)
    caveats = tuple(dict.fromkeys(caveat for _, found in ready for caveat in found))
    supplies = Supplies(weights=tuple(weights for weights, _ in ready), caveats=caveats)
    state, inputs = begin_run(prepared, request, supplies)
    state = state.replace(caveats=(*state.caveats, *setup.describe(state)))
    plan = place_plan(plan_run(inputs), setup.placement_request, setup.ranking)
    if label:
        plan = plan.replace(steps=tuple(step.replace(title=f"{step.title} ({label})") for step in plan.steps))
    return state, plan
