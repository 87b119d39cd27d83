"""Whether a roofline can be believed, and what comes near it."""

import pytest

from harness.judge.roofline import bound_peak, judge_roofline, judge_run, list_shares
from harness.records.measurement import Case
from harness.records.node import CpuCache
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.roofline import Ceiling, CeilingKind, Roofline
from harness.records.run import Run
from harness.records.weights import WeightsKind
from harness.whisper.tensor_layout import SHAPES
from harness.whisper.workload import count_decode_bytes, count_encode
from tests import factory

NODE = factory.node()
TINY = Case.of("whisper", model="tiny", threads=4, fa=0)


def ceiling(kind: CeilingKind, best: float, occupancy: float = 1.0) -> Ceiling:
    return Ceiling(kind=kind, threads=4, best=best, median=best, n=9, occupancy=occupancy)


def roofline(peak: float = 396.0, occupancy: float = 1.0) -> Roofline:
    ceilings = (
        ceiling(CeilingKind.PEAK, peak, occupancy),
        ceiling(CeilingKind.CLOCK, 3.1),
        ceiling(CeilingKind.READ, 30.0),
    )
    return Roofline(vector="avx", lanes=8, fused=True, array_bytes=1 << 28, ceilings=ceilings)


def measured(step: str, peak: float, read: float, threads: int = 4) -> StepResult:
    case = Case.of("roof", threads=threads)
    return factory.result(
        step, Phase.ROOFLINE, Status.PASSED, (case, "peak_flop_rate", peak), (case, "read_rate", read)
    )


def timed(case: Case = TINY, encode: float = 1000.0, decode: float = 5.0) -> StepResult:
    return factory.result("bench", Phase.BENCHMARK, Status.PASSED, (case, "encode", encode), (case, "decode", decode))


def codes(run: Run, answers: dict[str, Roofline] | None = None) -> list[str]:
    return [caveat.code for caveat in judge_run(run, answers or {})]


def test_the_bound_is_lanes_units_clock_and_threads() -> None:
    assert bound_peak(roofline(), 4, "x86_64") == pytest.approx(8 * 2 * 2 * 3.1 * 4)
    assert bound_peak(roofline(), 4, "aarch64") == pytest.approx(8 * 2 * 4 * 3.1 * 4)
    assert bound_peak(roofline(), 2, "x86_64") is None


def test_a_peak_far_above_the_bound_is_not_believed() -> None:
    assert not list(judge_roofline(roofline(396.0 * 1.09), NODE))
    assert [caveat.code for caveat in judge_roofline(roofline(396.8 * 1.11), NODE)] == ["roof-over-bound"]


def test_threads_without_cpus_are_no_roofline() -> None:
    (caveat,) = judge_roofline(roofline(occupancy=0.5), NODE)
    assert caveat.code == "roof-disturbed"
    assert "50%" in caveat.message


def test_arrays_that_fit_the_caches_are_said() -> None:
    caches = (CpuCache(level=3, kind="unified", size_bytes=100 << 20, shared_by=4),)
    node = NODE.replace(cpu=NODE.cpu.replace(caches=caches))
    assert [caveat.code for caveat in judge_roofline(roofline(), node)] == ["roof-cached"]


def test_a_roofline_that_moved_is_a_caveat() -> None:
    before = measured("roof_before", 400, 30)
    assert codes(factory.run(before, timed(), measured("roof_after", 385, 31))) == []
    assert codes(factory.run(before, timed(), measured("roof_after", 379, 30))) == ["roof-moved"]
    (caveat,) = judge_run(factory.run(before, timed(), measured("roof_after", 400, 33)), {})
    assert "read with 4 threads 30 before, 33 GB/s after" in caveat.message


def test_a_roofline_that_is_missing_is_a_caveat_where_something_was_measured() -> None:
    gone = factory.result("roof_after", Phase.ROOFLINE, Status.SKIPPED).replace(reason="exit code 1")
    run = factory.run(measured("roof_before", 400, 30), timed(), gone)
    (caveat,) = judge_run(run, {})
    assert caveat.code == "roof-missing"
    assert caveat.message == "the roofline was not measured after the benchmarks: exit code 1"
    assert codes(factory.run(gone)) == []
    assert codes(factory.run(timed())) == [], "--no-roofline"


def test_a_roofline_alone_is_no_measurement_of_the_code() -> None:
    assert factory.run(measured("roof_before", 400, 30)).exit_code == 12
    assert factory.run(measured("roof_before", 400, 30), timed()).exit_code == 0


def test_shares_are_of_the_mean_roofline_with_as_many_threads() -> None:
    product = Case.of("mul_mat", n=4096, threads=4, type="q8_0")
    other = Case.of("whisper", model="tiny", threads=2, fa=0)
    run = factory.run(
        measured("roof_before", 410, 30),
        timed(),
        timed(other),
        factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, (product, "flop_rate", 600.0)),
        measured("roof_after", 390, 32),
    )
    shares = {(share.case, share.metric): share for share in list_shares(run)}
    assert set(shares) == {(TINY, "encode"), (TINY, "decode"), (product, "flop_rate")}
    assert shares[TINY, "encode"].ratio == pytest.approx(count_encode(SHAPES["tiny"]) / 1e9 / 400)
    read = count_decode_bytes(SHAPES["tiny"], "f16", 127.5) / 5e6
    assert shares[TINY, "decode"].ratio == pytest.approx(read / 31)
    assert shares[product, "flop_rate"].ratio == 1.5
    assert not any(share.cached for share in shares.values())


def test_what_fits_into_the_cache_is_marked() -> None:
    caches = (CpuCache(level=3, kind="unified", size_bytes=100 << 20, shared_by=4),)
    run = factory.run(measured("roof_before", 400, 30), timed())
    run = run.replace(node=NODE.replace(cpu=NODE.cpu.replace(caches=caches)))
    assert [share.metric for share in list_shares(run) if share.cached] == ["decode"]


def test_a_model_of_unknown_shape_or_type_has_no_share() -> None:
    unknown = Case.of("whisper", model="mine", threads=4, fa=0)
    assert not list_shares(factory.run(measured("roof_before", 400, 30), timed(unknown)))
    file = factory.weights("tiny").replace(kind=WeightsKind.FILE, size_bytes=30_000_000)
    run = factory.run(measured("roof_before", 400, 30), timed()).replace(weights=(file,))
    assert [share.metric for share in list_shares(run)] == ["encode"], "how many bytes a token reads is not known"
    whole = file.replace(size_bytes=77_691_713)
    assert len(list_shares(run.replace(weights=(whole,)))) == 2


def test_an_imported_run_that_does_not_tell_its_threads_has_no_share() -> None:
    assert list_shares(factory.run(timed(Case.of("whisper", model="tiny", fa=0)))) == ()


def test_without_a_roofline_there_are_no_shares() -> None:
    assert list_shares(factory.run(timed())) == ()


def test_what_a_gpu_computed_has_no_share() -> None:
    run = factory.run(measured("roof_before", 100.0, 20.0), timed())
    assert len(list_shares(run)) == 2
    assert list_shares(run.replace(config=run.config.replace(backend="cuda"))) == ()
    assert len(list_shares(run.replace(config=run.config.replace(backend="blas")))) == 2
