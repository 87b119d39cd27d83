"""Which figures there are of what was measured: the one that says most comes first."""

from collections.abc import Callable, Sequence
from functools import partial

from harness.judge.roof_point import list_roofs
from harness.judge.sample import match_trials, name_sides, pool_trials
from harness.records.bisection import BisectReport
from harness.records.compare_result import CompareResult
from harness.records.comparison import Verdict
from harness.records.measurement import COPY_RATE, FLOP_RATE, TABLE_METRICS
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.sweep import SweepTable
from harness.records.tune import Tuning
from harness.render.case_name import share_params, shorten_case
from harness.render.figure.bisection import draw_bisection
from harness.render.figure.figure import Figure, FigureKind
from harness.render.figure.memcpy import draw_memcpy
from harness.render.figure.model import draw_models
from harness.render.figure.mul_mat import draw_mul_mat
from harness.render.figure.repetitions import draw_repetitions, list_repeated
from harness.render.figure.roofline import draw_roofline
from harness.render.figure.sweep import draw_sweep, list_sweep_metrics
from harness.render.figure.trial import retrace_trial
from harness.render.figure.tune import draw_tuning
from harness.render.figure.verdicts import draw_verdicts
from harness.render.repeat import name_unlike
from harness.stats.series import summarize_run

# A figure that can be drawn, and its kind; it is drawn only if it is wanted.
DrawnFigure = tuple[FigureKind, Callable[[], Figure]]
# So many cases and metrics of a live comparison have a figure of their own, those with a difference before others.
_MOST_TRIALS = 6
_SURE = (Verdict.REGRESSED, Verdict.IMPROVED)


def list_run_figures(run: Run) -> tuple[DrawnFigure, ...]:
    """Return the figures of one run."""
    keys = summarize_run(run).keys()
    benchmarks = {case.benchmark for case, _ in keys}
    metrics = {metric for _, metric in keys}
    found: list[DrawnFigure] = []
    if _has_models(run):
        found.append((FigureKind.MODELS, partial(draw_models, (run,))))
    if Benchmark.MUL_MAT in benchmarks and FLOP_RATE.name in metrics:
        found.append((FigureKind.MUL_MAT, partial(draw_mul_mat, run)))
    if list_roofs(run):
        found.append((FigureKind.ROOFLINE, partial(draw_roofline, run)))
    if Benchmark.MEMCPY in benchmarks and COPY_RATE.name in metrics:
        found.append((FigureKind.MEMCPY, partial(draw_memcpy, run)))
    if list_repeated(run):
        found.append((FigureKind.REPETITIONS, partial(draw_repetitions, run)))
    return tuple(found)


def list_runs_figures(runs: Sequence[Run]) -> tuple[DrawnFigure, ...]:
    """Return the figures of several runs: what they have in common first, then what each has of its own."""
    if len(runs) == 1:
        return list_run_figures(runs[0])
    models = [run for run in runs if _has_models(run)]
    together: list[DrawnFigure] = [(FigureKind.MODELS, partial(draw_models, models))] if models else []
    own = (one for run in runs for one in list_run_figures(run) if one[0] is not FigureKind.MODELS)
    return (*together, *own)


def list_trial_figures(result: CompareResult, sides: tuple[Run, Run]) -> tuple[DrawnFigure, ...]:
    """Return the figures of a live comparison, given its verdicts and its two runs, the baseline first."""
    title = _title(result, sides)
    command = f"harness compare {' '.join((*result.baseline_runs, *result.contender_runs))}"
    verdicts = (FigureKind.VERDICTS, partial(draw_verdicts, result.family, title, command))
    pairs = match_trials([sides[0]], [sides[1]])
    metrics = frozenset(one.metric for one in result.family.comparisons)
    samples, names = pool_trials(pairs, metrics).samples, name_sides(pairs)
    verdict_of = {(one.case, one.metric): one for one in result.family.comparisons}
    shared = share_params([one.case for one in result.family.comparisons])
    found: list[tuple[tuple[bool, int], DrawnFigure]] = []
    for number, sample in enumerate(samples):
        name = names[sample.case]
        one = verdict_of.get((name, sample.metric))
        if one is None:
            continue
        words = f"{sample.metric} of {shorten_case(name, shared)}"
        draw = partial(retrace_trial, samples, number, words, result.family.threshold, command)
        found.append(((one.verdict not in _SURE, number), (FigureKind.TRIAL, draw)))
    ranked = sorted(found, key=lambda entry: entry[0])[:_MOST_TRIALS]
    return (verdicts, *(drawn for _, drawn in ranked))


def _title(result: CompareResult, sides: tuple[Run, Run]) -> str:
    """Return what was compared: settings, where both sides are of one commit and differ in these."""
    node, (before, after) = sides[0].node.name, name_unlike(*sides)
    if result.baseline == result.contender and before and after:
        return f"{after} against {before}: {result.baseline} on {node}"
    return f"{result.contender} against {result.baseline} on {node}"


def list_sweep_figures(table: SweepTable) -> tuple[DrawnFigure, ...]:
    """Return the grids of a sweep, one for each metric that it has numbers of."""
    metrics = list_sweep_metrics(table) or ("",)
    return tuple((FigureKind.SWEEP, partial(draw_sweep, table, metric)) for metric in metrics)


def list_tuning_figures(tuning: Tuning) -> tuple[DrawnFigure, ...]:
    """Return the figure of a search for the best settings."""
    return ((FigureKind.TUNE, partial(draw_tuning, tuning)),)


def list_bisection_figures(report: BisectReport) -> tuple[DrawnFigure, ...]:
    """Return the figures of a search for a commit."""
    return ((FigureKind.BISECTION, partial(draw_bisection, report)),)


def _has_models(run: Run) -> bool:
    metrics = {metric.name for metric in TABLE_METRICS}
    return any(case.benchmark == Benchmark.WHISPER and metric in metrics for case, metric in summarize_run(run))


def draw_all(figures: Sequence[DrawnFigure]) -> tuple[Figure, ...]:
    """Return all of them, drawn."""
    return tuple(draw() for _, draw in figures)
