"""Reports of upstream's CI, taken apart by the parsers, made into a run, and rendered again: byte for byte."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.parse.bench.bench import measure_whisper
from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CompletedProcess, Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run, SystemInfo
from harness.records.source import Commit, Source
from harness.records.suite import Suite
from harness.render.report import format_date, format_elapsed, render_report

DATA = Path(__file__).parents[2] / "data"
MakeRun = Callable[..., Run]
METRICS = ("encode", "decode", "batchd", "prompt")
NODE_0 = "663cafc1__ggml-0-x86-cpu-low-perf.md"
MAC = "740bf7f6__ggml-100-mac-m4.md"
# The others show "ms" where an encode time is meant.
REPORTS = [NODE_0, MAC, "96db0c5a__ggml-0-x86-cpu-low-perf.md", "e0f3c9d4__ggml-4-x86-cuda-v100.md"]


def finish(wall_s: float, user_s: float = 0.0, system_s: float = 0.0, exit_code: int = 0) -> CompletedProcess:
    return CompletedProcess(
        argv=("x",),
        exit_code=exit_code,
        wall_s=wall_s,
        user_s=user_s,
        system_s=system_s,
        max_rss_bytes=0,
        start="2025-03-21T09:32:12+00:00",
    )


def passed(step: str, phase: Phase, **fields: object) -> StepResult:
    return StepResult(step=step, phase=phase, status=Status.PASSED).replace(**fields)


def field(report: str, name: str) -> str:
    found = re.search(rf"^- {name}: +(\S.*)$", report, re.MULTILINE)
    assert found
    return found[1]


def fenced(report: str, title: str) -> str:
    return report.partition(f"#### {title} Benchmark\n\n```\n")[2].partition("\n```\n")[0]


def seconds(text: str) -> float:
    minutes, _, rest = text.replace("m", ":").rstrip("s").rpartition(":")
    return int(minutes or 0) * 60 + float(rest)


def ctest_result(report: str, mode: str) -> tuple[StepResult, str]:
    body = report.partition(f"### ctest_{mode}\n")[2].partition("```\n")[2].partition("\n```")[0]
    log, _, times = body.partition("\n\nreal\t")
    wall, user, system = (seconds(part) for part in re.findall(r"\d+m[\d.]+s", times))
    name = f"ctest_{mode}"
    result = passed(name, Phase.TEST, log=f"{name}-ctest.log", completed=finish(wall, user, system))
    return result.replace(build_type=mode.capitalize()), f"{log}\n"


def table_result(row: str) -> StepResult:
    _, model, threads, fa, *values, _ = (cell.strip() for cell in row.strip("|").split("|"))
    case = Case.of("whisper", model=model, threads=threads, fa=fa)
    measurements = tuple(
        Measurement(case=case, metric=metric, value=float(value)) for metric, value in zip(METRICS, values, strict=True)
    )
    return passed(
        f"bench_{model}", Phase.BENCHMARK, case=case, measurements=measurements, log=f"bench-bench-{model}.log"
    )


def rebuild(report: str, make_run: MakeRun) -> tuple[Run, dict[str, str], list[str]]:
    head, _, output = report.rpartition("## Output\n\n")
    header, _, environment = head.rpartition("```\n\n## Environment\n\n```\n")
    message = header.partition("```\n")[2].removesuffix("\n")
    commit = Commit(
        sha=field(report, "commit").rpartition("/")[2],
        author=field(report, "author"),
        message=message,
        repo=field(report, "repo"),
    )
    debug, debug_log = ctest_result(output, "debug")
    release, release_log = ctest_result(output, "release")
    memcpy = f"+ whisper-bench -w 1 -t 4\n{fenced(output, 'memcpy')}\n"
    mul_mat = f"+ whisper-bench -w 2 -t 4\n{fenced(output, 'ggml_mul_mat')}\n"
    models = [table_result(row) for row in output.splitlines() if re.search(r"\| [0-9a-f]{7,8} \|$", row)]
    results = (
        debug,
        release,
        passed(
            "memcpy",
            Phase.BENCHMARK,
            log="bench-memcpy.log",
            case=Case.of("memcpy", threads=4),
            measurements=measure_memcpy(memcpy, 4, 1),
        ),
        passed(
            "mul_mat",
            Phase.BENCHMARK,
            log="bench-mul_mat.log",
            case=Case.of("mul_mat", threads=4),
            measurements=measure_mul_mat(mul_mat, 4, 1),
        ),
        *reversed(models),  # in whatever order they ran, the suite's is shown
    )
    logs = {
        "ctest_debug-ctest.log": debug_log,
        "ctest_release-ctest.log": release_log,
        "bench-memcpy.log": memcpy,
        "bench-mul_mat.log": mul_mat,
    }
    run = make_run(
        source=Source(id="0" * 12, kind="git", path="/source", commit=commit),
        wall_s=seconds(field(report, "runtime")),
        end=date_of(report),
        results=results,
        caveats=(),
    )
    names = tuple(result.case.get("model") for result in models if result.case)
    return run.replace(suite=run.suite.replace(models=names)), logs, environment.splitlines()[:-2]


def date_of(report: str) -> str:
    _, month, day, clock, _, year = field(report, "date").split()
    number = ("Jan", "Feb", "Mar", "Apr", "May", "Jun").index(month) + 1
    return f"{year}-{number:02d}-{int(day):02d}T{clock}Z"


@pytest.mark.parametrize("name", REPORTS)
def test_reports_of_upstream_come_out_byte_for_byte(name: str, make_run: MakeRun) -> None:
    report = (DATA / "reports" / name).read_bytes().decode()
    run, logs, environment = rebuild(report, make_run)
    sha = run.source.commit.sha
    expected = report.replace(f" {sha[:8]} |", f" {sha[:7]} |")  # git's short name had eight characters on some nodes
    if name == MAC:  # BSD's time, Pacific time
        expected = expected.replace("- runtime: 146.05", "- runtime: 2:26.05").replace(" PDT ", " UTC ")
        neon = SystemInfo(n_threads=4, hardware_threads=10, features=(("CPU/NEON", "1"),))
        run = run.replace(system_info=neon)
    assert render_report(run, logs, environment).encode() == expected.encode()


def test_the_taking_apart_is_not_vacuous(make_run: MakeRun) -> None:
    report = (DATA / "reports" / NODE_0).read_text(encoding="utf-8")
    run, logs, environment = rebuild(report, make_run)
    assert len(run.measurements) == 5 + 49 + 3 * 4
    assert run.source.commit.message.endswith("runs without any errors.")
    assert "```console" in run.source.commit.message
    assert environment[-1] == "GG_BUILD_LOW_PERF=1"
    assert logs["bench-memcpy.log"].count("memcpy: ") == 6


def test_medians_of_repetitions_and_one_row_per_setting(make_run: MakeRun) -> None:
    case = Case.of("whisper", model="base", threads=4, fa=0)
    results = tuple(
        passed(f"r{n}", Phase.BENCHMARK, case=case, measurements=measure_whisper(whisper_log(total), case, n))
        for n, total in enumerate((3000.0, 1000.0, 20000.0), start=1)
    )
    report = render_report(make_run(results=results), {})
    assert (
        "|             AVX2 |          base |   4 |   0 | 3000.00 |    1.00 |    0.50 |    0.10 | f24588a |" in report
    )
    assert report.count("f24588a |") == 1


def whisper_log(encode: float) -> str:
    return (
        f"whisper_print_timings:   encode time = {encode:8.2f} ms /     1 runs ( {encode:8.2f} ms per run)\n"
        "whisper_print_timings:   decode time =   256.00 ms /   256 runs (     1.00 ms per run)\n"
        "whisper_print_timings:   batchd time =   160.00 ms /   320 runs (     0.50 ms per run)\n"
        "whisper_print_timings:   prompt time =   409.60 ms /  4096 runs (     0.10 ms per run)\n"
    )


def bad_bench(model: str, repetition: int, status: Status = Status.FAILED, exit_code: int = 2) -> StepResult:
    case = Case.of("whisper", model=model, threads=4, fa=0)
    return StepResult(
        step=f"bench_{model}_r{repetition}",
        phase=Phase.BENCHMARK,
        status=status,
        case=case,
        completed=finish(1.0, exit_code=exit_code),
        measurements=measure_whisper(whisper_log(5.0), case, repetition),
    )


@pytest.mark.parametrize(
    ("status", "exit_code", "shown"),
    [(Status.FAILED, 2, 2), (Status.FAILED, -11, 139), (Status.FAILED, 0, 1), (Status.TIMED_OUT, -2, 124)],
)
def test_failed_models_are_listed_once_and_have_no_row(
    make_run: MakeRun, status: Status, exit_code: int, shown: int
) -> None:
    results = (bad_bench("base", 1, status, exit_code), bad_bench("base", 2, status, exit_code))
    report = render_report(make_run(results=results), {})
    assert "- status:  FAILURE ❌ (12)\n" in report
    assert report.endswith(
        f"### bench\n\nWhisper Benchmark Results\n- status: {shown}\n"
        "#### Model Benchmarks\n\nNo model benchmark results available.\n\n"
        "#### Benchmark Errors\n\n```\nBenchmark failed for model: base\n```\n\n"
    )


def test_failed_build_shows_the_end_of_its_log(make_run: MakeRun) -> None:
    log = "+ cmake --build .\n" + "".join(f"[{n}/99 1.0] Building\n" for n in range(60)) + "error: no such thing\n\n"
    results = (
        passed("configure_debug", Phase.CONFIGURE, build_type="Debug", completed=finish(1.0)),
        StepResult(
            step="build_debug",
            build_type="Debug",
            phase=Phase.BUILD,
            status=Status.FAILED,
            completed=finish(1.0, exit_code=1),
            log="ctest_debug-make.log",
        ),
        StepResult(
            step="ctest_debug", build_type="Debug", phase=Phase.TEST, status=Status.SKIPPED, reason="the build failed"
        ),
        StepResult(step="memcpy", phase=Phase.BENCHMARK, status=Status.SKIPPED, reason="the build failed"),
    )
    report = render_report(make_run(results=results), {"ctest_debug-make.log": log})
    assert "- status:  FAILURE ❌ (10)\n" in report
    output = report.partition("## Output\n\n")[2]
    assert output.startswith("### ctest_debug\n\nRuns ctest in debug mode\n- status: 1\n```\n[31/99 1.0] Building\n")
    assert output.endswith("[59/99 1.0] Building\nerror: no such thing\n```\n")


def test_failed_tests_do_not_hide_the_benchmarks(make_run: MakeRun) -> None:
    results = (
        StepResult(
            step="ctest_release",
            build_type="Release",
            phase=Phase.TEST,
            status=Status.FAILED,
            completed=finish(1.0, exit_code=8),
        ),
        passed("memcpy", Phase.BENCHMARK, case=Case.of("memcpy", threads=1), log="m"),
    )
    report = render_report(make_run(results=results), {"m": "+ x\nmemcpy:    1.00 GB/s ( 1 thread)\n"})
    assert "FAILURE ❌ (11)" in report
    assert "### ctest_debug" not in report
    assert "Runs ctest in release mode\n- status: 8\n" in report
    assert "- status: 0\n#### memcpy Benchmark\n\n```\nmemcpy:    1.00 GB/s ( 1 thread)\n```\n\n####" in report


def test_tests_that_were_not_run_say_why(make_run: MakeRun) -> None:
    result = StepResult(
        step="ctest_debug",
        build_type="Debug",
        phase=Phase.TEST,
        status=Status.SKIPPED,
        reason="no test has the label gh",
    )
    report = render_report(make_run(results=(result,)), {})
    assert report.endswith("- status: 0\n```\nNot run: no test has the label gh\n```\n")


def test_uncommitted_changes_are_marked(make_run: MakeRun) -> None:
    run = make_run()
    source = run.source.replace(commit=run.source.commit.replace(changes="abcdef012345"))
    case = Case.of("whisper", model="base", threads=4, fa=0)
    results = (passed("a", Phase.BENCHMARK, case=case, measurements=measure_whisper(whisper_log(5.0), case, 1)),)
    report = render_report(run.replace(source=source, results=results), {})
    assert "| f24588a+ |" in report
    assert "\nHARNESS_DIRTY=abcdef012345\n" in report
    assert f"/commit/{run.source.commit.sha}\n" in report


def test_tree_without_git(make_run: MakeRun) -> None:
    run = make_run()
    commit = Commit(sha="", changes="abcdef012345", release="v1.8.5")
    report = render_report(run.replace(source=run.source.replace(commit=commit)), {})
    assert "- repo:    (unknown)\n- commit:  (no git) v1.8.5 abcdef012345\n- author:  (unknown)\n" in report
    assert "```\n(no commit message)\n```\n\n## Environment" in report
    assert "HARNESS_DIRTY" not in report


def test_environment_is_sorted_and_one_line_each(make_run: MakeRun) -> None:
    run = make_run(environment=(("GG_BUILD_LOW_PERF", "1"), ("PATH", "/usr/bin")))
    body = render_report(run, {}).partition("## Environment\n\n```\n")[2].partition("```\n")[0]
    lines = body.splitlines()
    assert lines == sorted(lines)
    assert lines[:3] == ["GG_BUILD_CXX_COMPILER=g++", "GG_BUILD_C_COMPILER=gcc", "GG_BUILD_LOW_PERF=1"]
    assert "HARNESS_WEIGHTS_base=synthetic" in lines
    assert "HARNESS_CAVEAT_LOAD=3.1 CPUs were busy with other work at the start" in lines
    assert "HARNESS_CPU=Intel(R) Xeon(R) Processor" in lines
    assert not [line for line in lines if not re.fullmatch(r"(GG_BUILD|HARNESS)_\w+([.-]\w+)*=\S.*", line)]


def test_a_run_that_did_not_end_has_the_time_of_its_start(make_run: MakeRun) -> None:
    assert "- date:    Fri Mar 21 09:32:12 UTC 2025\n" in render_report(make_run(end=""), {})


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (189.89, "3:09.89"),
        (30.389, "0:30.38"),
        (1501.42, "25:01.42"),
        (0.0, "0:00.00"),
        (59.9999, "0:59.99"),
        (3599.99, "59:59.99"),
        (3600.7, "1:00:00"),
        (90061.0, "25:01:01"),
        (1e308, "277777777:46:40"),
        (-1e308, "-16666666667:20.00"),
    ],
)
def test_elapsed_time_is_gnu_times(elapsed: float, text: str) -> None:
    assert format_elapsed(elapsed) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2024-10-01T07:05:09Z", "Tue Oct  1 07:05:09 UTC 2024"),
        ("2025-03-21T09:35:22+00:00", "Fri Mar 21 09:35:22 UTC 2025"),
        ("2025-03-21T01:35:22.250000-08:00", "Fri Mar 21 09:35:22 UTC 2025"),
        ("2025-03-21T09:35:22", "Fri Mar 21 09:35:22 UTC 2025"),
    ],
)
def test_date_is_that_of_date_1(moment: str, text: str) -> None:
    assert format_date(moment) == text


def test_suite_of_the_fixture_is_the_one_that_is_shown(make_run: MakeRun) -> None:
    suite: Suite = make_run().suite.replace(threads=(2, 4), flash_attn=(0, 1), repetitions=7)
    report = render_report(make_run(suite=suite), {})
    for line in ("HARNESS_THREADS=2,4", "HARNESS_FLASH_ATTN=0,1", "HARNESS_REPETITIONS=7", "HARNESS_SEED=1"):
        assert f"\n{line}\n" in report
