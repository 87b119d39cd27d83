from collections.abc import Callable
from pathlib import Path

from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from harness.render.terminal import render_summary
from tests import factory

DATA = Path(__file__).parents[2] / "data"
GOLDEN = Path(__file__).parents[2] / "golden"
MakeRun = Callable[..., Run]


def model(name: str, repetition: int, *values: float) -> StepResult:
    case = Case.of("whisper", model=name, threads=4, fa=0)
    metrics = ("encode", "decode", "batchd", "prompt", "load")
    measurements = tuple(
        Measurement(case=case, metric=metric, value=value, repetition=repetition)
        for metric, value in zip(metrics, values, strict=False)
    )
    return StepResult(
        step=f"bench_{name}_r{repetition}",
        phase=Phase.BENCHMARK,
        status=Status.PASSED,
        case=case,
        repetition=repetition,
        measurements=measurements,
        completed=factory.completed().replace(max_rss_bytes=327_000_000 + 1_000_000 * repetition)
        if name == "tiny"
        else None,
    )


def results() -> tuple[StepResult, ...]:
    text = (DATA / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md").read_text(encoding="utf-8")
    bench = StepResult(step="memcpy", phase=Phase.BENCHMARK, status=Status.PASSED)
    checks = (
        CTestResult(name="test-whisper-cli-tiny", status=Status.PASSED, wall_s=1.0),
        CTestResult(name="test-vad", status=Status.FAILED, wall_s=1.0),
        CTestResult(name="test-vad-full", status=Status.SKIPPED, wall_s=0.0),
    )
    return (
        StepResult(step="ctest_debug", build_type="Debug", phase=Phase.TEST, status=Status.PASSED, checks=checks[:1]),
        StepResult(
            step="ctest_release",
            build_type="Release",
            phase=Phase.TEST,
            status=Status.FAILED,
            reason="failed: test-vad",
            log="ctest_release-ctest.log",
            checks=checks,
        ),
        bench.replace(measurements=measure_memcpy(text, 4, 1)),
        bench.replace(step="mul_mat", measurements=measure_mul_mat(text, 4, 1)),
        model("base", 1, 2216.24, 5.23, 2.79, 2.44, 60.1),
        model("tiny", 1, 1005.23, 2.74, 1.60, 1.40, 40.5),
        model("tiny", 2, 1015.23, 2.74, 1.62, 1.41, 40.6),
        model("tiny", 3, 1004.00, 2.75, 1.60, 1.40, 40.7),
        model("small", 1, 7974.40),
        StepResult(
            step="bench_small_r2",
            phase=Phase.BENCHMARK,
            status=Status.TIMED_OUT,
            reason="timed out after 3600 s",
            log="bench-bench-small-t4-fa0-r2.log",
        ),
    )


def test_summary_is_the_golden_one(make_run: MakeRun) -> None:
    text = render_summary(make_run(results=results()), "results/node-1/2025-03/x")
    assert text == (GOLDEN / "summary.txt").read_text(encoding="utf-8")


def test_lines_are_plain_and_have_no_loose_ends(make_run: MakeRun) -> None:
    text = render_summary(make_run(results=results()), "b")
    assert "\x1b" not in text
    assert all(line == line.rstrip() and len(line) <= 110 for line in text.splitlines() if "again:" not in line)


def test_run_without_results_says_where_it_is(make_run: MakeRun) -> None:
    text = render_summary(make_run(caveats=(), system_info=None), "results/x")
    assert text.startswith("PASSED  whisper.cpp v1.8.5 f24588a on node-1 in 190 s\n")
    assert "  bundle: results/x\n  report: results/x/README.md\n  next:   harness run --source DIR" in text
    assert "model" not in text


def test_failed_step_is_named_with_its_log(make_run: MakeRun) -> None:
    failed = StepResult(
        step="build_debug",
        build_type="Debug",
        phase=Phase.BUILD,
        status=Status.FAILED,
        reason="exit code 1",
        log="ctest_debug-make.log",
    )
    text = render_summary(make_run(results=(failed,)), "b")
    assert text.startswith("FAILED  ")
    assert "  failed: build_debug: exit code 1 - see logs/ctest_debug-make.log\n" in text
    assert "  next:   less b/logs/ctest_debug-make.log\n" in text


def test_repetitions_that_failed_alike_are_named_once(make_run: MakeRun) -> None:
    def failed(repetition: int, reason: str, model: str = "tiny") -> StepResult:
        step = factory.step(f"bench_{model}_r{repetition}", case=Case.of("whisper", model=model, threads=2, fa=0))
        return StepResult.unexecuted(step, Status.FAILED, reason)

    alike = [failed(number, "exit code 3") for number in (1, 2, 3)]
    others = [failed(4, "killed by SIGILL"), failed(1, "exit code 3", "base")]
    text = render_summary(make_run(results=(*alike, *others)), "b")
    assert text.count("failed:") == 3
    assert "  failed: bench_tiny_r1 and 2 more like it: exit code 3\n" in text
    assert "  failed: bench_tiny_r4: killed by SIGILL\n" in text
    assert "  failed: bench_base_r1: exit code 3\n" in text
