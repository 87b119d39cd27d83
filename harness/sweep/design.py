"""The design of a sweep, and its configs prepared: each is an ordinary run and its plan."""

from collections.abc import Sequence
from datetime import UTC, datetime

from harness.errors import UnavailableError, UnfitError
from harness.judge.sweep_check import sum_up
from harness.plan.grid import lay_grid
from harness.plan.placement import place_plan
from harness.plan.run import plan_run
from harness.plan.transcription import SAMPLE, is_transcribed
from harness.records.plan import Plan
from harness.records.run import SCHEMA, Run
from harness.records.source import Source
from harness.records.suite import Benchmark, Suite
from harness.records.sweep import Cell, Sweep
from harness.records.weights import Audio
from harness.run.places import Workplace
from harness.run.prepare import Supplies, begin_run, prepare, prepare_audio, ready_all
from harness.settings.request import GridRequest, RunRequest
from harness.system.transcript import require_words
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
        benchmarks=tuple(one for one in (Benchmark.WHISPER, Benchmark.QUALITY) if one in suite.benchmarks),
        models=tuple(dict.fromkeys(case.get("model") for case in cases)),
        threads=tuple(dict.fromkeys(int(case.get("threads")) for case in cases)),
        flash_attn=tuple(dict.fromkeys(int(case.get("fa")) for case in cases)),
        cases=cases,
        tests=False,
        test_build_types=(),
        precision=0.0,
        max_time_s=0.0,
    )


def prepare_entry(
    request: RunRequest, work: Workplace, setup: Setup, *, label: str, lenient: bool = False
) -> tuple[Run, Plan]:
    """Return the run and the plan of one config; sources and weights are fetched, but nothing is built.

    `label` distinguishes its steps from those of other configs. If `lenient`, what cannot be looked at of the text is
    left out, not refused.

    Raises UnavailableError or UnfitError for what cannot be fetched, UsageError for what does not exist.
    """
    prepared = prepare(request, work)
    ready = ready_all(request, work, prepared.source)
    weights = tuple(one for one, _ in ready)
    caveats = tuple(dict.fromkeys(caveat for _, found in ready for caveat in found))
    heard = Benchmark.QUALITY in request.measure.suite.benchmarks and any(map(is_transcribed, weights))
    audio = _prepare_audio(request, work, prepared.source, lenient=lenient) if heard else ()
    supplies = Supplies(weights=weights, audio=audio, caveats=caveats)
    state, inputs = begin_run(prepared, request, supplies)
    state = state.replace(caveats=(*state.caveats, *setup.describe(state)))
    plan = place_plan(plan_run(inputs), setup.placement_request, setup.ranking)
    if label:
        plan = plan.replace(steps=tuple(step.replace(title=f"{step.title} ({label})") for step in plan.steps))
    return state, plan


def _prepare_audio(request: RunRequest, work: Workplace, source: Source, *, lenient: bool) -> tuple[Audio, ...]:
    """Return the recordings that are to be read.

    If `lenient`, there are none where the source has no sample and the user named no recording, and texts are left out
    where their words cannot be counted.
    """
    try:
        audio = prepare_audio(request, work, source)
    except UnavailableError:
        if not lenient or request.measure.audio != (SAMPLE,):
            raise
        return ()
    try:
        require_words(audio, request.measure.suite.language)
    except UnfitError:
        if not lenient:
            raise
        return tuple(one.replace(text="") for one in audio)
    return audio
