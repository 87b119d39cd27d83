"""Outcomes: no measurement is a failure, whatever the exit code."""

import json
import signal
from pathlib import Path

import pytest

from harness.parse.outcome import describe_exit, read_outcome
from harness.records.measurement import Case
from harness.records.outcome import FLOODED, Cause, Status
from harness.records.plan import Phase, StepQuestion
from harness.records.suite import Engine
from tests import factory

LOGS = Path(__file__).parents[2] / "data" / "logs"
WHISPER = factory.step("bench_base_t4_fa0_r1", case=Case.of("whisper", model="base", threads=4, fa=0))
TIMINGS = """\
whisper_print_timings:   encode time =  2216.24 ms /     1 runs (  2216.24 ms per run)
whisper_print_timings:   decode time =  1339.21 ms /   256 runs (     5.23 ms per run)
whisper_print_timings:   batchd time =   893.00 ms /   320 runs (     2.79 ms per run)
whisper_print_timings:   prompt time =  9994.00 ms /  4096 runs (     2.44 ms per run)
whisper_print_timings:    total time = 14443.00 ms
"""


def text(name: str) -> str:
    return (LOGS / name).read_text(errors="replace")


def test_values_come_from_totals_and_counts() -> None:
    result = read_outcome(WHISPER, factory.completed(), TIMINGS, "")
    assert result.status is Status.PASSED
    values = {measurement.metric: measurement.value for measurement in result.measurements}
    assert values["encode"] == 2216.24
    assert values["decode"] == pytest.approx(1339.21 / 256)


def test_exit_code_0_without_a_measurement_has_failed() -> None:
    result = read_outcome(WHISPER, factory.completed(), "usage: whisper-bench [options]\n", "")
    assert result.status is Status.FAILED
    assert "no measurement" in result.reason


@pytest.mark.parametrize("metric", ["encode", "decode", "batchd", "prompt"])
def test_half_a_benchmark_is_none(metric: str) -> None:
    cut = TIMINGS.replace(f"{metric} time = ", f"{metric} time = nan ms / 1 runs (")
    result = read_outcome(WHISPER, factory.completed(), cut, "")
    assert (result.status, result.measurements) == (Status.FAILED, ())
    assert metric in result.reason


def test_a_mul_mat_that_stops_early_is_none() -> None:
    step = factory.step("mul_mat", case=Case.of("mul_mat", threads=2))
    lines = text("v1.8.5-mul_mat-t2.log").splitlines()
    assert read_outcome(step, factory.completed(), "\n".join(lines[:-3]), "").status is Status.FAILED
    broken = [*lines[:-1], lines[-1].replace(lines[-1].split("F32")[1].split("GFLOPS")[0], "     nan ")]
    assert read_outcome(step, factory.completed(), "\n".join(broken), "").status is Status.FAILED


def test_a_rate_that_was_rounded_to_zero_does_not_spoil_the_rest() -> None:
    step = factory.step("mul_mat", case=Case.of("mul_mat", threads=2))
    log = text("v1.8.5-mul_mat-t2.log").replace("Q4_0     1.3 GFLOPS", "Q4_0     0.0 GFLOPS")
    result = read_outcome(step, factory.completed(), log, "")
    assert result.status is Status.PASSED
    assert len(result.measurements) == 48


def test_what_was_compiled_in_is_told_whatever_the_exit_code() -> None:
    step = factory.step("features", Phase.PROBE, asks=StepQuestion.FEATURES)
    told = "system_info: n_threads = 1 / 2 | WHISPER : COREML = 0 | CPU : AVX = 1 | \n"
    assert read_outcome(step, factory.completed(2), told, "").status is Status.PASSED
    assert read_outcome(step, factory.completed(2), "error: no weights\n", "").status is Status.SKIPPED


def test_empty_weights_have_failed_although_numbers_were_printed() -> None:
    result = read_outcome(WHISPER, factory.completed(), text("v1.8.5-whisper-tiny-empty.log"), "")
    assert result.status is Status.FAILED
    assert "empty" in result.reason
    assert result.measurements == ()


def test_a_bad_exit_code_outranks_the_numbers() -> None:
    result = read_outcome(WHISPER, factory.completed(4), TIMINGS, "")
    assert (result.status, result.reason, result.measurements) == (Status.FAILED, "exit code 4", ())


def test_a_time_out_outranks_the_exit_code() -> None:
    result = read_outcome(WHISPER, factory.completed(-signal.SIGINT, timed_out=True), "", "")
    assert result.status is Status.TIMED_OUT
    assert "9 s" in result.reason


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [(2, "exit code 2"), (-4, "SIGILL (the build uses an instruction"), (-9, "SIGKILL (out of memory?)"), (-99, "99")],
)
def test_exits_are_explained(exit_code: int, expected: str) -> None:
    assert expected in describe_exit(exit_code)


def test_memcpy_and_mul_mat_are_measured() -> None:
    memcpy = factory.step("memcpy", case=Case.of("memcpy", threads=2))
    mul_mat = factory.step("mul_mat", case=Case.of("mul_mat", threads=2))
    assert read_outcome(memcpy, factory.completed(), text("v1.8.5-memcpy-t2.log"), "").status is Status.PASSED
    measured = read_outcome(mul_mat, factory.completed(), text("v1.8.5-mul_mat-t2.log"), "")
    assert len(measured.measurements) == 7 * 7


CTEST = factory.step("ctest_release", Phase.TEST)


def test_counts_and_times_of_tests_come_from_the_junit_file() -> None:
    result = read_outcome(CTEST, factory.completed(), "", text("ctest-4.4-passed.xml"))
    assert result.status is Status.PASSED
    assert {check.name for check in result.checks} >= {"test-whisper-cli-tiny", "test-vad"}
    assert all(check.wall_s > 0 for check in result.checks)


def test_failing_tests_are_named() -> None:
    result = read_outcome(CTEST, factory.completed(8), "", text("ctest-4.4-mixed.xml"))
    assert result.status is Status.FAILED
    assert "crashes" in result.reason


def test_a_test_that_dies_of_an_illegal_instruction_says_so() -> None:
    junit = text("ctest-4.4-mixed.xml").replace('message="SEGFAULT"', 'message="ILLEGAL"')
    result = read_outcome(CTEST, factory.completed(8), "", junit)
    assert result.reason.endswith("; killed by SIGILL: crashes")
    assert result.cause is Cause.ILLEGAL_INSTRUCTION


@pytest.mark.parametrize("phase", [Phase.BUILD, Phase.TEST, Phase.ROOFLINE, Phase.BENCHMARK])
def test_the_cause_of_a_death_is_recorded(phase: Phase) -> None:
    step = factory.step("some", phase)
    assert read_outcome(step, factory.completed(-signal.SIGILL), "", "").cause is Cause.ILLEGAL_INSTRUCTION
    assert read_outcome(step, factory.completed(-signal.SIGSEGV), "", "").cause is None
    assert read_outcome(step, factory.completed(-9), f"x\n{FLOODED}\n", "").cause is Cause.FLOODED
    assert read_outcome(step, factory.completed(-4, timed_out=True), "", "").cause is None


def test_a_bench_program_that_dies_at_once_is_no_program_without_an_answer() -> None:
    step = factory.step("features", Phase.PROBE, asks=StepQuestion.FEATURES)
    result = read_outcome(step, factory.completed(-signal.SIGILL), "", "")
    assert result.status is Status.SKIPPED
    assert result.reason.startswith("killed by SIGILL")


@pytest.mark.parametrize("junit", ["", text("ctest-4.4-none.xml")])
def test_a_ctest_that_ran_nothing_is_no_success(junit: str) -> None:
    assert read_outcome(CTEST, factory.completed(), "No tests were found!!!", junit).status is Status.FAILED


SAMPLED = WHISPER.replace(engine=Engine.LIBRARY)
ANSWERS = "\n".join(
    f'{{"ok": true, "command": "{command}", "units": 2, "wall_ns": 8000000}}'
    for command in ("start", "load", "encode", "decode", "batch", "prompt")
)


def test_what_the_worker_answered() -> None:
    result = read_outcome(SAMPLED, factory.completed(), ANSWERS, "")
    assert result.status is Status.PASSED
    assert {one.metric: one.value for one in result.measurements} == dict.fromkeys(
        ("load", "encode", "decode", "batchd", "prompt"), 4.0
    )
    assert read_outcome(WHISPER, factory.completed(), ANSWERS, "").status is Status.FAILED, "not its words"


def test_a_refusal_of_the_worker_is_the_reason() -> None:
    refusal = '{"ok": false, "command": "prompt", "error": "whisper_decode returned -1"}'
    result = read_outcome(SAMPLED, factory.completed(), f"{ANSWERS}\n{refusal}\n", "")
    assert (result.status, result.reason, result.measurements) == (Status.FAILED, "whisper_decode returned -1", ())


def test_a_worker_that_left_something_out() -> None:
    cut = ANSWERS.replace("batch", "other")
    result = read_outcome(SAMPLED, factory.completed(), cut, "")
    assert (result.status, result.reason) == (Status.FAILED, "exit code 0, but no measurement of batchd")


def test_the_librarys_own_benchmarks_are_read_like_the_bench_programs() -> None:
    case = Case.of("memcpy", threads=2)
    step = factory.step("memcpy", case=case).replace(engine=Engine.LIBRARY)
    said = json.dumps({"ok": True, "command": "memcpy", "wall_ns": 1, "text": text("v1.8.5-memcpy-t2.log")})
    sampled = read_outcome(step, factory.completed(), said, "")
    asked = read_outcome(step.replace(engine=Engine.BENCH), factory.completed(), text("v1.8.5-memcpy-t2.log"), "")
    assert sampled.status is Status.PASSED
    assert sampled.measurements == asked.measurements


def test_numbers_of_another_backend_are_none() -> None:
    cuda = WHISPER.replace(backend="cuda")
    result = read_outcome(cuda, factory.completed(), f"whisper_backend_init_gpu: no GPU found\n{TIMINGS}", "")
    assert (result.status, result.measurements) == (Status.FAILED, ())
    assert "cuda was asked for, but CPU ran" in result.reason
    proven = read_outcome(cuda, factory.completed(), f"whisper_backend_init_gpu: using CUDA0 backend\n{TIMINGS}", "")
    assert proven.status is Status.PASSED
    memcpy = factory.step("memcpy", case=Case.of("memcpy", threads=2)).replace(backend="cuda")
    assert read_outcome(memcpy, factory.completed(), text("v1.8.5-memcpy-t2.log"), "").status is Status.PASSED


def test_a_death_after_a_backend_failed_names_the_backend() -> None:
    cuda = WHISPER.replace(backend="cuda")
    log = (
        "whisper_model_load:        CUDA0 total size =    77.11 MB\n"
        "whisper_backend_init_gpu: using CUDA0 backend\nggml_backend_cuda_init: invalid device 0\n"
        "whisper_backend_init_gpu: failed to initialize CUDA0 backend\n"
        "ggml-backend.cpp:898: pre-allocated tensor (leaf_0) in a buffer (CUDA0) that cannot run the operation (NONE)\n"
    )
    reason = read_outcome(cuda, factory.completed(-signal.SIGABRT), log, "").reason
    assert reason.startswith("killed by SIGABRT (it gave up); cuda was asked for, but ")
    assert "failed to initialize CUDA0 backend" in reason
    assert read_outcome(cuda, factory.completed(1), "no such file\n", "").reason == "exit code 1"


def test_a_configuration_that_failed_names_the_package() -> None:
    log = "+ cmake -DGGML_BLAS_VENDOR=OpenBLAS\nCMake Error: BLAS not found, please refer to\n"
    result = read_outcome(factory.step("configure_release", Phase.CONFIGURE), factory.completed(1), log, "")
    assert result.status is Status.FAILED
    assert result.reason == "exit code 1: not installed (Debian packages): libopenblas-dev"


def test_a_blas_library_that_does_not_tell_is_no_failure() -> None:
    probe = factory.step("blas", Phase.PROBE, asks=StepQuestion.BLAS_LIBRARY)
    assert read_outcome(probe, factory.completed(2), "loads no BLAS library\n", "").status is Status.SKIPPED
    told = '{"kind": "blas", "file": "/l/libblis.so.4"}\n'
    assert read_outcome(probe, factory.completed(), told, "").status is Status.PASSED


def test_a_node_without_nvidia_smi_is_no_failure() -> None:
    probe = factory.step("gpu", Phase.PROBE, asks=StepQuestion.GPU_DRIVER)
    missing = read_outcome(probe, factory.completed(1), "no such file or directory\n", "")
    assert (missing.status, missing.reason) == (Status.SKIPPED, "nvidia-smi listed no GPU")
    told = "580.159.04, 81559, NVIDIA H100 80GB HBM3\n"
    assert read_outcome(probe, factory.completed(), told, "").status is Status.PASSED
    # A table that is printed before the driver fails is none.
    failed = read_outcome(probe, factory.completed(9), f"{told}GPU is lost\n", "")
    assert (failed.status, failed.reason) == (Status.SKIPPED, "exit code 9")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("x: flash attn = 0\nx: flash attn = 1", "it ran with flash attention 1, but 0 was asked for"),
        ("system_info: n_threads = 2 / 8 | CPU : NEON = 1 |", "it ran with 2 threads, but 4 were asked for"),
        ("cplan requested more threads (4) than available (2)", "did not get the threads"),
        ("whisper_model_load: type          = 1 (tiny)", "its weights have the size of tiny, but base was asked for"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_was_asked_for_is_not_what_was_measured(lines: str, words: str, *, first: bool) -> None:
    log = f"{lines}\n{TIMINGS}" if first else f"{TIMINGS}\n{lines}\n"
    result = read_outcome(WHISPER, factory.completed(), log, "")
    assert (result.status, result.measurements) == (Status.FAILED, ())
    assert words in result.reason
    agreed = "x: flash attn = 0\nsystem_info: n_threads = 4 / 8 |\nwhisper_model_load: type = 2 (base)\n"
    assert read_outcome(WHISPER, factory.completed(), agreed + TIMINGS, "").status is Status.PASSED


def test_a_reference_that_was_not_made_is_no_failure_and_says_why() -> None:
    step = factory.step("reference_base", Phase.REFERENCE)
    assert read_outcome(step, factory.completed(), "", "").status is Status.PASSED
    refused = read_outcome(step, factory.completed(1), "warning: x\nreference: /w/base.bin ends too early\n", "")
    assert (refused.status, refused.reason) == (Status.SKIPPED, "/w/base.bin ends too early")
    killed = read_outcome(step, factory.completed(-9), "", "")
    assert killed.status is Status.SKIPPED
    assert killed.reason.startswith("killed by SIGKILL")
    late = read_outcome(step, factory.completed(-9, timed_out=True), "", "")
    assert late.status is Status.SKIPPED
    assert "timed out" in late.reason
