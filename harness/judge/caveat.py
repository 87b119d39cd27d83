"""What a reader must know about a run, derived from the run itself."""

from collections.abc import Iterator

from harness.build.isa import compare_features, compare_isa
from harness.judge.check import caveat_checks
from harness.judge.illegal import explain_illegal
from harness.judge.node_fact import caveat_quietness
from harness.judge.provenance import caveat_builds
from harness.judge.quality import caveat_quality
from harness.judge.server import caveat_queues, caveat_server_texts
from harness.plan.precision import find_correlated, find_imprecise
from harness.records.caveat import Caveat, CaveatCode
from harness.records.exit_code import ExitCode
from harness.records.measurement import FLOP_RATE, TABLE_METRICS
from harness.records.outcome import Status, is_check
from harness.records.plan import Phase
from harness.records.run import Run, SystemInfo
from harness.records.suite import OF_MODELS
from harness.stats.series import summarize_run

# F32 moves twice the bytes of F16 and skips its conversion: nothing honest makes it slower by this much.
_ARTEFACT_RATIO = 8
# (slowest - fastest) / median; quiet nodes stay below a fifth of this.
_WILD = 0.5
_SHOWN = 5
_CPU_BACKENDS = ("CPU", "BLAS")
_JUDGED = frozenset(metric.name for metric in TABLE_METRICS)


def derive_caveats(run: Run) -> tuple[Caveat, ...]:
    """Return the caveats that follow from what was measured and how it went, the most important first."""
    return (
        *_about_silence(run),
        *_about_source(run),
        *_about_tests(run),
        *explain_illegal(run),
        *caveat_checks(run),
        *_about_binary(run),
        *caveat_quietness(run),
        *caveat_builds(run),
        *_about_mul_mat(run),
        *caveat_queues(run),
        *caveat_server_texts(run),
        *_about_spread(run),
        *_about_precision(run),
        *caveat_quality(run),
        *_about_gaps(run),
    )


def _about_silence(run: Run) -> Iterator[Caveat]:
    gaps = run.gaps
    if gaps:
        rest = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
        names = "; ".join(gap.name for gap in gaps[:_SHOWN])
        what = "a result is" if len(gaps) == 1 else f"{len(gaps)} results are"
        yield Caveat(code=CaveatCode.INCOMPLETE, message=f"{what} missing, and no reason is recorded: {names}{rest}")
    elif run.end and run.exit_code is ExitCode.BENCHMARK_FAILED and not any(one.status.bad for one in run.results):
        yield Caveat(code=CaveatCode.INCOMPLETE, message="nothing was measured: every benchmark was skipped")


def _about_source(run: Run) -> Iterator[Caveat]:
    commit = run.source.commit
    if commit.dirty:
        of = f"commit {commit.sha[:8]} plus uncommitted changes" if commit.sha else "a tree without git"
        yield Caveat(code=CaveatCode.DIRTY, message=f"measured {of} ({commit.changes[:12]})")


def _about_tests(run: Run) -> Iterator[Caveat]:
    tests = [result for result in run.results if result.phase is Phase.TEST]
    if not tests and run.suite.benchmarks:
        yield Caveat(code=CaveatCode.NO_TESTS, message="whisper.cpp's tests were not run (--no-tests)")
    for result in tests:
        if result.status is Status.SKIPPED:
            yield Caveat(code=CaveatCode.NO_TESTS, message=f"{result.step} ran no test: {result.reason}")


def _about_binary(run: Run) -> Iterator[Caveat]:
    if run.config.build_type == "Debug":
        message = "a Debug build was measured: it is not optimised, and several times slower than a release build"
        yield Caveat(code=CaveatCode.DEBUG_BUILD, message=message)
    if run.system_info is None:
        return
    yield from _about_devices(run, run.system_info)
    yield from compare_isa(run.system_info, run.config.isa)
    yield from compare_features(run.system_info, run.node.cpu)
    # Before v1.7.5 there was no word of OpenMP.
    if run.system_info.sectioned and "OPENMP" not in run.system_info.list_on("CPU"):
        message = "built without OpenMP: ggml's own threads were used"
        yield Caveat(code=CaveatCode.NO_OPENMP, message=message)


def _about_devices(run: Run, info: SystemInfo) -> Iterator[Caveat]:
    if info.failure and any(m.case.benchmark in OF_MODELS for m in run.measurements):
        yield Caveat(code=CaveatCode.BACKEND_FAILED, message=info.failure)
    software = [device for device in info.devices if device.software and device.backend in info.backends]
    for device in software:
        message = (
            f"{device.backend} is {device.name}, a program that imitates a GPU on the CPU: no real GPU was measured"
        )
        yield Caveat(code=CaveatCode.SOFTWARE_DEVICE, message=message)
    on_cpu = {"memcpy", "mul_mat"} & {m.case.benchmark for m in run.measurements}
    if on_cpu and any(name not in _CPU_BACKENDS for name in info.backends):
        measure = "measures" if len(on_cpu) == 1 else "measure"
        message = f"{' and '.join(sorted(on_cpu))} {measure} the CPU, whatever backend the models use"
        yield Caveat(code=CaveatCode.CPU_BENCHMARKS, message=message)


def _about_mul_mat(run: Run) -> Iterator[Caveat]:
    """Tell an artefact of the benchmark from a slow machine.

    Since v1.8.5 the operands are bytes 0 to 63 in turn. Read as F32, most products of the smallest of them underflow,
    always in the same SIMD lanes; on CPUs that handle underflow in microcode, F32 drops to a hundredth of F16.
    """
    rates = {
        (m.case.get("type"), int(m.case.get("n"))): m.value for m in run.measurements if m.metric == FLOP_RATE.name
    }
    sizes, kinds = {n for _, n in rates}, {kind for kind, _ in rates}
    gaps = len(sizes) * len(kinds) - len(rates)
    if gaps:
        message = f"{gaps} cells of mul_mat were rounded to 0.0 GFLOP/s: other processes used the CPU"
        yield Caveat(code=CaveatCode.MUL_MAT_ZERO, message=message)
    largest = max((n for kind, n in rates if kind == "f32"), default=0)
    f32, f16 = rates.get(("f32", largest), 0.0), rates.get(("f16", largest), 0.0)
    if f32 and f16 > _ARTEFACT_RATIO * f32:
        message = (
            f"mul_mat's F32 column ({f32:.1f} GFLOP/s against {f16:.1f} for F16 at n={largest}) is an artefact of its "
            "operands, whose products underflow; it says nothing about this CPU's F32"
        )
        yield Caveat(code=CaveatCode.MUL_MAT_UNDERFLOW, message=message)


def _about_spread(run: Run) -> Iterator[Caveat]:
    wild = [
        f"{metric} of {case} ({summary.spread:.0%})"
        for (case, metric), summary in summarize_run(run).items()
        if metric in _JUDGED and summary.n > 1 and summary.spread > _WILD
    ]
    if wild:
        message = f"spread exceeds {100 * _WILD:g} %, something probably disturbed the repetitions: {', '.join(wild)}"
        yield Caveat(code=CaveatCode.NOISY, message=message)


def _about_precision(run: Run) -> Iterator[Caveat]:
    imprecise = find_imprecise(run)
    if imprecise:
        limits = f"{100 * run.suite.precision:g} % in the {run.suite.max_time_s:g} s that the models may take"
        message = f"not measured to within {limits}: {', '.join(map(str, imprecise))}"
        yield Caveat(code=CaveatCode.IMPRECISE, message=message)
    alike = find_correlated(run)
    if alike:
        names = ", ".join(f"{metric} of {case} ({value:+.2f})" for (case, metric), value in alike.items())
        message = (
            f"consecutive rounds are correlated, so the medians are less precise than asked for: {names}; "
            "something slow moves the numbers (heat, clocks, other guests); a smaller --precision takes more rounds"
        )
        yield Caveat(code=CaveatCode.CORRELATED, message=message)


def _about_gaps(run: Run) -> Iterator[Caveat]:
    left_out = (one for one in run.results if one.phase is Phase.BENCHMARK and one.status is Status.SKIPPED)
    skipped = (one for one in left_out if not is_check(one))
    # Once for all repetitions.
    yield from dict.fromkeys(
        Caveat(code=CaveatCode.BENCHMARK_SKIPPED, message=f"{one.case}: {one.reason}") for one in skipped
    )
