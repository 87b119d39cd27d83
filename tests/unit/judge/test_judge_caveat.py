"""Caveats: what a reader must know, and nothing when there is nothing."""

from harness.judge.caveat import derive_caveats
from harness.records.backend import Device
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run, SystemInfo
from tests import factory

TESTED = factory.result("ctest_release", Phase.TEST)
ALL_IN = SystemInfo(
    n_threads=4,
    hardware_threads=4,
    features=tuple((f"CPU/{name}", "1") for name in ("AVX", "AVX2", "F16C", "FMA", "OPENMP")),
)


def codes(run: Run) -> list[str]:
    return [caveat.code for caveat in derive_caveats(run)]


def mul_mat(f16: float, f32: float) -> StepResult:
    def case(kind: str) -> Case:
        return Case.of("mul_mat", n=4096, type=kind, threads=2)

    values = ((case("f16"), "flop_rate", f16), (case("f32"), "flop_rate", f32))
    return factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, *values)


def test_a_clean_run_has_none() -> None:
    assert codes(factory.run(TESTED, mul_mat(70.0, 40.0)).replace(system_info=ALL_IN)) == []


def test_a_dirty_tree() -> None:
    run = factory.run(TESTED)
    dirty = run.source.commit.replace(changes="abc123")
    assert codes(run.replace(source=run.source.replace(commit=dirty))) == ["dirty"]


def test_no_tests_at_all_and_tests_that_were_skipped() -> None:
    skipped = TESTED.replace(status=Status.SKIPPED, reason="the tree registers no tests")
    assert codes(factory.run()) == ["no-tests"]
    assert "registers no tests" in derive_caveats(factory.run(skipped))[0].message


def test_simd_that_is_owned_and_not_compiled_in_names_the_option() -> None:
    without = ALL_IN.replace(features=tuple(pair for pair in ALL_IN.features if pair[0] != "CPU/AVX2"))
    (caveat,) = derive_caveats(factory.run(TESTED).replace(system_info=without))
    assert caveat.code == "simd-not-compiled"
    assert "GGML_AVX2" in caveat.message


def test_missing_openmp() -> None:
    without = ALL_IN.replace(features=tuple(pair for pair in ALL_IN.features if pair[0] != "CPU/OPENMP"))
    assert codes(factory.run(TESTED).replace(system_info=without)) == ["no-openmp"]


def test_openmp_is_unknown_in_the_old_grammar() -> None:
    old = SystemInfo(
        n_threads=4,
        hardware_threads=4,
        features=tuple((name.replace("CPU/", "/"), value) for name, value in ALL_IN.features if "OPENMP" not in name),
    )
    assert codes(factory.run(TESTED).replace(system_info=old)) == []


def test_underflow_in_mul_mat_is_told_from_a_slow_cpu() -> None:
    assert codes(factory.run(TESTED, mul_mat(157.3, 1.1))) == ["mul-mat-underflow"]
    assert codes(factory.run(TESTED, mul_mat(65.4, 35.8))) == []


def test_gaps_in_mul_mat_are_told() -> None:
    whole = mul_mat(65.4, 35.8)
    small = Case.of("mul_mat", n=64, type="f16", threads=2)
    gap = whole.measurements[0].replace(case=small)
    assert codes(factory.run(TESTED, whole.replace(measurements=(*whole.measurements, gap)))) == ["mul-mat-zero"]


def test_repetitions_that_differ_wildly_are_told() -> None:
    case = Case.of("whisper", model="base", threads=2, fa=0)

    def bench(*values: float) -> Run:
        results = (
            factory.result(f"r{number}", Phase.BENCHMARK, Status.PASSED, (case, "decode", value))
            for number, value in enumerate(values)
        )
        return factory.run(TESTED, *results)

    assert codes(bench(8.0, 8.2, 8.9)) == []
    assert codes(bench(8.0, 8.2, 163.0)) == ["noisy"]


def test_a_benchmark_that_was_skipped() -> None:
    case = Case.of("memcpy", threads=4)
    skipped = factory.result("memcpy", Phase.BENCHMARK, Status.SKIPPED).replace(case=case, reason="needs 2.15 GB")
    assert codes(factory.run(TESTED, skipped, skipped.replace(step="again"))) == ["benchmark-skipped"]


def test_a_gpu_that_is_a_program_is_said_to_be_one() -> None:
    device = Device(backend="Vulkan0", name="llvmpipe (LLVM 15.0.6, 256 bits)", driver="llvmpipe", software=True)
    used = ALL_IN.replace(backends=("Vulkan0",), devices=(device,))
    assert codes(factory.run(TESTED).replace(system_info=used)) == ["software-device"]
    unused = used.replace(backends=("CPU",))
    assert codes(factory.run(TESTED).replace(system_info=unused)) == []


def test_benchmarks_that_know_the_cpu_alone_are_said_to_beside_a_gpu() -> None:
    run = factory.run(TESTED, mul_mat(70.0, 40.0))
    assert codes(run.replace(system_info=ALL_IN.replace(backends=("CUDA0",)))) == ["cpu-benchmarks"]
    assert codes(run.replace(system_info=ALL_IN.replace(backends=("CPU", "BLAS")))) == []


def test_a_debug_build_that_was_measured() -> None:
    run = factory.run(TESTED)
    assert codes(run.replace(config=run.config.replace(build_type="Debug"))) == ["debug-build"]
