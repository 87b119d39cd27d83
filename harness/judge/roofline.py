"""Whether a measured roofline is credible, and how near the benchmarks of a run came to it."""

from collections.abc import Iterator, Mapping

from harness.build.feature import X86
from harness.build.recipe import ACCELERATORS
from harness.plan.roofline import AFTER, BEFORE, CACHES, GRAIN_BYTES, MOMENTS, last_cache_bytes
from harness.records.caveat import Caveat, CaveatCode
from harness.records.comparison import Summary
from harness.records.measurement import DECODE, ENCODE, FLOP_RATE, METRICS, PEAK_FLOP_RATE, READ_RATE, Case
from harness.records.node import Node
from harness.records.plan import Phase
from harness.records.roofline import ROOFLINE, CeilingKind, Roofline, RooflineShare
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.weights import WeightsKind
from harness.records.wording import format_count
from harness.stats.series import summarize_run
from harness.whisper.quantisation import weights_type
from harness.whisper.tensor_layout import file_bytes, shape_of
from harness.whisper.workload import MEAN_N_PAST, count_decode_bytes, count_encode

# Vector units that multiply and add at once: two on x86, up to four on the largest Arm cores.
_PIPES_X86 = 2
_PIPES = 4
_OVER_BOUND = 1.1
_OCCUPIED = 0.95
_MOVED = 0.05
# A file that is not the F16 one of its shape holds other types, and how many bytes a token reads is not known.
_SAME_SIZE = 0.01

Summaries = Mapping[tuple[Case, str], Summary]


def bound_peak(roofline: Roofline, threads: int, arch: str) -> float | None:
    """Return lanes x 2 x pipes x measured clock x threads in GFLOP/s, or None without a clock; only a sanity bound."""
    clock = roofline.find(CeilingKind.CLOCK, threads)
    pipes = _PIPES_X86 if arch.lower() in X86 else _PIPES
    return roofline.lanes * 2 * pipes * clock.best * threads if clock else None


def judge_roofline(roofline: Roofline, node: Node) -> Iterator[Caveat]:
    """Yield the caveats about one answer of the probe."""
    over, disturbed = [], []
    for one in roofline.ceilings:
        what = f"{one.kind} with {format_count(one.threads, 'thread')}"
        bound = bound_peak(roofline, one.threads, node.cpu.arch) if one.kind is CeilingKind.PEAK else None
        if bound and one.best > _OVER_BOUND * bound:
            over.append(f"{what} is {one.best:.1f} GFLOP/s, and the bound is {bound:.1f}")
        if one.occupancy < _OCCUPIED:
            disturbed.append(f"{what} {one.occupancy:.0%}")
    if over:
        message = f"the peak is higher than vectors, units and clock rate allow: {', '.join(over)}"
        yield Caveat(code=CaveatCode.ROOF_OVER_BOUND, message=message)
    if disturbed:
        message = (
            "other processes used the CPUs, so the true roofline is higher; the threads had this share of CPU "
            f"time: {', '.join(disturbed)}"
        )
        yield Caveat(code=CaveatCode.ROOF_DISTURBED, message=message)
    most = max((one.threads for one in roofline.ceilings), default=1)
    cache = last_cache_bytes(node, most)
    if roofline.array_bytes < CACHES * cache // GRAIN_BYTES * GRAIN_BYTES:
        message = (
            f"arrays of {roofline.array_bytes / 1e6:.0f} MB are smaller than {CACHES} times the last-level cache "
            f"({cache / 1e6:.0f} MB): the read and copy rates may be those of the cache"
        )
        yield Caveat(code=CaveatCode.ROOF_CACHED, message=message)


def judge_run(run: Run, answers: Mapping[str, Roofline]) -> tuple[Caveat, ...]:
    """Return the caveats about the rooflines of a run; `answers` holds the answers of the probe by step."""
    caveats = {one.code: one for roofline in answers.values() for one in judge_roofline(roofline, run.node)}
    return (*caveats.values(), *_judge_gaps(run), *_judge_move(run))


def list_shares(run: Run) -> tuple[RooflineShare, ...]:
    """Return the medians of a run as shares of the mean roofline before and after; empty if none was measured.

    mul_mat and encode are compared with the FP32 peak, decode with the read rate, each with the same number of threads.
    Results of a GPU have no share, because its roofline is not measured.
    """
    summaries = summarize_run(run)
    return tuple(share for key, summary in summaries.items() for share in _share(run, summaries, key, summary))


def _judge_gaps(run: Run) -> Iterator[Caveat]:
    if not any(result.measurements for result in run.results if result.phase is Phase.BENCHMARK):
        return
    gaps: dict[str, list[str]] = {}
    for result in run.results:
        if result.step in MOMENTS and not result.measurements:
            gaps.setdefault(result.reason, []).append(MOMENTS[result.step])
    for reason, whens in gaps.items():
        yield Caveat(
            code=CaveatCode.ROOF_MISSING,
            message=f"the roofline was not measured {' and '.join(whens)} the benchmarks: {reason}",
        )


def _judge_move(run: Run) -> Iterator[Caveat]:
    before, after = (
        {
            (one.case, one.metric): one.value
            for result in run.results
            if result.step == step
            for one in result.measurements
        }
        for step in (BEFORE, AFTER)
    )
    moved = [
        f"{METRICS[metric].label} with {case.get('threads')} threads {value:.4g} before, {after[case, metric]:.4g} "
        f"{METRICS[metric].unit} after"
        for (case, metric), value in before.items()
        if metric in (PEAK_FLOP_RATE.name, READ_RATE.name)
        and abs(after.get((case, metric), value) / value - 1) > _MOVED
    ]
    if moved:
        message = f"the roofline changed while the benchmarks ran, through heat or other processes: {'; '.join(moved)}"
        yield Caveat(code=CaveatCode.ROOF_MOVED, message=message)


def _share(run: Run, summaries: Summaries, key: tuple[Case, str], summary: Summary) -> Iterator[RooflineShare]:
    case, metric = key
    shape = shape_of(case.get("model")) if run.config.backend not in ACCELERATORS else None
    threads = case.count("threads")
    if threads is None or summary.median <= 0:  # an imported run may not say, or say what cannot be
        return
    if metric == FLOP_RATE.name and case.benchmark == Benchmark.MUL_MAT:
        yield from _against(summaries, PEAK_FLOP_RATE.name, key, summary.median)
    elif metric == ENCODE.name and shape:
        yield from _against(summaries, PEAK_FLOP_RATE.name, key, count_encode(shape) / (summary.median * 1e6))
    elif metric == DECODE.name and shape and _is_typed(run, case.get("model")):
        moved_bytes = count_decode_bytes(shape, weights_type(case.get("model")), MEAN_N_PAST)
        cached = moved_bytes <= last_cache_bytes(run.node, threads)
        for share in _against(summaries, READ_RATE.name, key, moved_bytes / (summary.median * 1e6)):
            yield share.replace(cached=cached)


def _against(summaries: Summaries, roofline: str, key: tuple[Case, str], achieved: float) -> Iterator[RooflineShare]:
    case, metric = key
    top = summaries.get((Case.of(ROOFLINE, threads=case.get("threads")), roofline))
    if top and top.median > 0:
        yield RooflineShare(case=case, metric=metric, achieved=achieved, roof=top.median, unit=METRICS[roofline].unit)


def _is_typed(run: Run, model: str) -> bool:
    """Return whether the types of the matrices are known, from the name of a model that is not an arbitrary file."""
    shape = shape_of(model)
    weights = next((one for one in run.weights if one.model == model), None)
    if shape is None or weights is None or weights.kind is not WeightsKind.FILE:
        return shape is not None
    whole = file_bytes(shape)
    return abs(weights.size_bytes - whole) <= _SAME_SIZE * whole
