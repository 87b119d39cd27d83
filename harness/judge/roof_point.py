"""Where the benchmarks of a run stand under its roofline: how many operations they do for each byte."""

from collections.abc import Iterator

from harness.judge.roofline import list_shares
from harness.records.measurement import DECODE, ENCODE, FLOP_RATE, PEAK_FLOP_RATE, READ_RATE, Case
from harness.records.roofline import ROOFLINE, Roof, RooflineShare, RoofPoint
from harness.records.run import Run
from harness.stats.series import summarize_run
from harness.whisper.quantisation import weights_type
from harness.whisper.tensor_layout import BLOCKS, shape_of
from harness.whisper.workload import (
    MEAN_N_PAST,
    count_decode,
    count_decode_bytes,
    count_encode,
    count_encode_bytes,
    count_mul_mat,
    count_mul_mat_bytes,
)


def list_roofs(run: Run) -> tuple[Roof, ...]:
    """Return the measured limits of a run for each number of threads that has both, the fewest first."""
    summaries = summarize_run(run)
    known = {case.count("threads") for case, _ in summaries if case.benchmark == ROOFLINE}
    found = []
    for count in sorted(one for one in known if one):
        case = Case.of(ROOFLINE, threads=count)
        peak, read = (summaries.get((case, metric.name)) for metric in (PEAK_FLOP_RATE, READ_RATE))
        if peak and read and peak.median > 0 and read.median > 0:
            found.append(Roof(threads=count, peak=peak.median, read=read.median))
    return tuple(found)


def list_roof_points(run: Run) -> tuple[RoofPoint, ...]:
    """Return the rate and the intensity of each case that has a share of the roofline.

    The intensity is FLOP / bytes, where every operand is read once and every result written once: for a product of two
    n x n matrices 2 n^3 / (n^2 (bytes of a value of its type + 4 + 4)); for the encoder FLOP of a pass over its weights
    and the cross-attention cache that it writes; for the decoder FLOP of a token over the weights and caches that it
    reads. More bytes may be moved, and then the true intensity is lower; never fewer, unless a cache keeps them.
    """
    return tuple(point for share in list_shares(run) for point in _place(share))


def _place(share: RooflineShare) -> Iterator[RoofPoint]:
    case, shape = share.case, shape_of(share.case.get("model"))
    threads, n = case.count("threads") or 0, case.count("n")
    kind = weights_type(case.get("model"))
    if share.metric == FLOP_RATE.name and case.get("type") in BLOCKS and n:
        intensity = count_mul_mat(n) / count_mul_mat_bytes(n, case.get("type"))
        yield RoofPoint(case=case, metric=share.metric, threads=threads, intensity=intensity, rate=share.achieved)
    elif share.metric == ENCODE.name and shape and kind in BLOCKS:
        intensity = count_encode(shape) / count_encode_bytes(shape, kind)
        yield RoofPoint(case=case, metric=share.metric, threads=threads, intensity=intensity, rate=share.achieved)
    elif share.metric == DECODE.name and shape and kind in BLOCKS:
        intensity = count_decode(shape, MEAN_N_PAST) / count_decode_bytes(shape, kind, MEAN_N_PAST)
        rate = share.achieved * intensity
        yield RoofPoint(case=case, metric=share.metric, threads=threads, intensity=intensity, rate=rate)
