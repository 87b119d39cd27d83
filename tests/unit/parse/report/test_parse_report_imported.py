"""Reports and folders as runs: what is known is there with its origin, what is not known is empty."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given

from harness.parse.report.imported import import_run
from harness.parse.report.report import parse_report
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case, MeasurementOrigin
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import GGML_CI, Run, SettingOrigin
from harness.stats.series import summarize_run
from tests.grammar import reports

DATA = Path(__file__).parents[3] / "data"
CPU = "05ce7476__ggml-2-x86-cpu.md"
GPU = "e0f3c9d4__ggml-4-x86-cuda-v100.md"
IGNORED_GPU = "f11de0e7__ggml-4-x86-cuda-v100.md"
MAC = "740bf7f6__ggml-100-mac-m4.md"
BROKEN = "91a3530d__ggml-4-x86-cuda-v100.md"
MEDIUM = (DATA / "logs" / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text()
TURBO = (DATA / "logs" / "663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log").read_text()


def text_of(name: str) -> str:
    return (DATA / "reports" / name).read_text(encoding="utf-8")


def imported(text: str, files: Mapping[str, str] | None = None, name: str = "") -> Run:
    return import_run(parse_report(text), digest=f"{hash(text)}", name=name, files=files or {})


def codes(run: Run) -> list[str]:
    return [caveat.code for caveat in run.caveats]


def fact(run: Run, name: str) -> tuple[str, SettingOrigin]:
    return next((one.value, one.origin) for one in run.settings if one.name == name)


def value(run: Run, case: str, metric: str) -> tuple[float, MeasurementOrigin]:
    wanted = Case.parse(case)
    return next((one.value, one.origin) for one in run.measurements if (one.case, one.metric) == (wanted, metric))


def test_report_alone() -> None:
    run = imported(text_of(CPU))
    assert (run.origin, run.status, run.exit_code) == (GGML_CI, Status.PASSED, ExitCode.OK)
    assert (run.end, run.start, run.wall_s) == ("2025-03-14T08:37:31+00:00", "2025-03-14T08:22:50+00:00", 881.84)
    assert run.id.startswith("20250314T082250Z-05ce7476-")
    commit = run.source.commit
    assert (commit.sha, commit.author, commit.repo) == (
        "05ce7476aebc5965d22460c22b3041f8f721e05d",
        "Benjamin",
        "https://github.com/ggerganov/whisper.cpp",
    )
    assert commit.message == "ggml-ci: update input env variables to GG_BUILD_"
    assert (run.node.name, run.node.cpu.brand, run.node.memory_bytes) == ("unknown", "", 0)
    assert (run.toolchain.cc.name, run.toolchain.cc.version, run.weights) == ("", "", ()), "asked for is not found"
    assert run.config.compiler == "gcc"
    assert dict(run.environment)["GG_CI_COMMIT_MSG"] == "ggml-ci: update input env variables to GG_BUILD_"
    assert run.suite.models[:2] == ("tiny.en", "tiny")
    assert (run.suite.threads, run.suite.flash_attn, run.suite.repetitions) == ((4,), (0,), 1)
    assert codes(run) == ["no-tests", "no-tests", "encode-lost"]


def test_numbers_of_a_report_say_so() -> None:
    run = imported(text_of(CPU))
    assert value(run, "whisper/fa=0/model=tiny.en/threads=4", "encode") == (561.09, MeasurementOrigin.REPORT)
    assert value(run, "whisper/fa=0/model=large-v3-turbo/threads=4", "prompt") == (3.47, MeasurementOrigin.REPORT)
    assert value(run, "memcpy/threads=3", "copy_rate") == (35.38, MeasurementOrigin.REPORT)
    assert value(run, "memcpy/loop=single/threads=1", "copy_rate") == (13.86, MeasurementOrigin.REPORT)
    assert value(run, "mul_mat/n=4096/threads=4/type=q4_0", "flop_rate") == (181.9, MeasurementOrigin.REPORT)
    assert fact(run, "cpu_features") == ("AVX2", SettingOrigin.REPORT)
    assert fact(run, "runtime_s") == ("881.84", SettingOrigin.REPORT)
    assert len(run.measurements) == 5 + 49 + 12 * 4 - 6
    assert len(summarize_run(run)) == len(run.measurements)


def test_log_gives_the_encode_time_behind_ms() -> None:
    files = {
        "bench-bench-medium.log": MEDIUM,
        "runtime": "1.00user 2.00system 3:09.89elapsed 9%CPU (0avgtext+0avgdata 7maxresident)k\n",
    }
    run = imported(text_of(CPU), files, name="ggml-5-x86-amx-cc")
    assert value(run, "whisper/fa=0/model=medium/threads=4", "encode") == (10904.74, MeasurementOrigin.LOG)
    assert value(run, "whisper/fa=0/model=small/threads=4", "encode") == (4356.77, MeasurementOrigin.REPORT)
    result = next(one for one in run.results if one.case and one.case.get("model") == "medium")
    assert (result.status, result.log) == (Status.PASSED, "bench-bench-medium.log")
    assert fact(run, "node") == ("ggml-5-x86-amx-cc", SettingOrigin.FOLDER)
    assert fact(run, "backend") == ("CPU", SettingOrigin.LOG)
    assert "AMX_INT8" in fact(run, "cpu_features")[0]
    assert fact(run, "runtime_s") == ("189.89", SettingOrigin.LOG)
    lost = next(caveat.message for caveat in run.caveats if caveat.code == "encode-lost")
    assert lost.endswith("medium.en, large-v1, large-v2, large-v3, large-v3-turbo")


def test_gpu_that_ran_is_told_from_one_that_did_not() -> None:
    assert imported(text_of(GPU)).config.id == imported(text_of(IGNORED_GPU)).config.id
    assert "gpu-not-seen" not in codes(imported(text_of(GPU)))
    assert "gpu-not-seen" in codes(imported(text_of(IGNORED_GPU)))
    assert "gpu-not-used" in codes(imported(text_of(GPU), {"bench-bench-medium.log": MEDIUM}))
    used = imported(text_of(IGNORED_GPU), {"bench-bench-large-v3-turbo.log": TURBO})
    assert not {"gpu-not-used", "gpu-not-seen"} & set(codes(used))


def test_failed_build_is_a_failed_build() -> None:
    run = imported(text_of(BROKEN))
    assert (run.status, run.exit_code) == (Status.FAILED, ExitCode.BUILD_FAILED)
    assert [(one.step, one.phase, one.reason) for one in run.results] == [
        ("build_debug", Phase.BUILD, "exit code 2, before any test ran")
    ]


def failing(log: str, status: int = 8) -> str:
    text = (
        text_of(BROKEN)
        .replace("FAILURE ❌ (2)", f"FAILURE ❌ ({status})")
        .replace("- status: 2", f"- status: {status}")
    )
    return text.replace("```\n\n```\n\n", f"```\n{log}\n```\n\n")


def test_failed_tests_are_failed_tests() -> None:
    log = "Test project /x\n1/2 Test #1: a ...   Passed    0.01 sec\n2/2 Test #2: b ...***Failed    0.02 sec"
    run = imported(failing(log))
    assert run.exit_code is ExitCode.TESTS_FAILED
    assert run.results[0].reason == "failed: b"
    assert [check.name for check in run.results[0].checks] == ["a", "b"]


def test_tests_that_failed_are_failed_whatever_the_status_says() -> None:
    log = "Test project /x\n1/1 Test #1: b ...***Failed    0.02 sec"
    run = imported(failing(log, 0).replace("FAILURE ❌ (0)", "SUCCESS ✅"))
    assert run.exit_code is ExitCode.TESTS_FAILED
    assert run.results[0].reason == "failed: b, although its status is 0"
    assert "status-differs" in codes(run)


@pytest.mark.parametrize("name", ["memcpy", "mul_mat"])
def test_benchmark_whose_exit_file_says_that_it_failed(name: str) -> None:
    run = imported(text_of(CPU), {f"bench-{name}.exit": "139\n"})
    (bad,) = [one for one in run.results if one.status.bad]
    assert (bad.step, bad.measurements) == (name, ())
    assert not imported(text_of(CPU), {f"bench-{name}.exit": "0\n"}).status.bad


def test_rows_of_another_commit_are_said() -> None:
    text = text_of(CPU)
    assert "commit-differs" not in codes(imported(text))
    other = text.replace("| 05ce747 |", "| abcdef0 |", 1)
    assert other != text
    caveat = next(one for one in imported(other).caveats if one.code == "commit-differs")
    assert "abcdef0" in caveat.message


def test_killed_run_has_a_result_for_the_section_that_is_missing() -> None:
    text = text_of(CPU).replace("SUCCESS ✅", "FAILURE ❌ (124)").replace("- runtime: 14:41.84", "- runtime: ")
    run = imported(text[: text.index("### ctest_release")])
    last = run.results[-1]
    assert (last.step, last.phase, last.status) == ("ctest_release", Phase.TEST, Status.TIMED_OUT)
    assert (run.wall_s, run.start) == (0.0, run.end)


def test_model_that_failed_is_data_although_the_report_says_success() -> None:
    errors = "#### Benchmark Errors\n\n```\nBenchmark failed for model: huge\n```\n\n"
    run = imported(text_of(CPU) + errors)
    assert run.exit_code is ExitCode.BENCHMARK_FAILED
    assert [one.step for one in run.results if one.status.bad] == ["bench_huge"]
    assert "status-differs" in codes(run)


def test_section_of_another_project_counts_by_its_status() -> None:
    section = "### embd_bge\n\nBGE:\n- status: 1\n```\nx\n```\n\n"
    run = imported(failing("Test project /x", 0).replace("(0)", "(1)") + section)
    assert [(one.step, one.status) for one in run.results][-1] == ("embd_bge", Status.FAILED)
    assert "not-understood" in codes(run)


def test_duplicated_rows_are_repetitions() -> None:
    text = text_of(CPU)
    row = next(line for line in text.split("\n") if " tiny.en |" in line)
    run = imported(text.replace(row, f"{row}\n{row}"))
    summary = summarize_run(run)[Case.parse("whisper/fa=0/model=tiny.en/threads=4"), "encode"]
    assert (summary.n, summary.median) == (2, 561.09)


def test_what_was_not_understood_rides_along() -> None:
    run = imported(
        text_of(CPU).replace("sum:", "sum:", 1).replace("|             AVX2 |          tiny |", "| AVX2 tiny |")
    )
    (remark,) = run.remarks
    assert remark.text.startswith("| AVX2 tiny |")
    assert f"line {remark.line}:" in run.caveats[-1].message


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", ".", "x y"])
def test_hostile_node_name_is_not_taken(name: str) -> None:
    assert imported(text_of(CPU), name=name).node.name == "unknown"
    ours = text_of(CPU).replace("GG_BUILD_CLOUD=1", f"HARNESS_NODE={name}")
    assert imported(ours).node.name == "unknown"


def test_report_of_ours_names_its_node_weights_and_caveats() -> None:
    lines = "\n".join(
        (
            "HARNESS_CAVEAT_NO_OPENMP=no OpenMP",
            "HARNESS_CONFIG=abc Release avx2 auto",
            "HARNESS_CPU=A CPU",
            "HARNESS_NODE=desk",
            "HARNESS_WEIGHTS_tiny=synthetic",
        )
    )
    run = imported(text_of(CPU).replace("GG_BUILD_CLOUD=1", lines), name="elsewhere")
    assert (run.node.name, run.node.cpu.brand, run.config.isa) == ("desk", "A CPU", "avx2")
    assert [(one.model, one.kind) for one in run.weights] == [("tiny", "synthetic")]
    assert codes(run)[0] == "no-openmp"
    assert fact(run, "node") == ("desk", SettingOrigin.REPORT)


BSD = "      136.29 real       146.43 user        11.64 sys\n"


def test_runtime_of_a_mac_is_no_wall_time() -> None:
    text = text_of(MAC)
    bare, whole = imported(text), imported(text, {"runtime": BSD})
    assert (bare.wall_s, bare.start) == (0.0, bare.end)
    assert fact(bare, "user_s") == ("146.05", SettingOrigin.REPORT)
    assert not any(one.name == "runtime_s" for one in bare.settings)
    assert "runtime-unknown" in codes(bare)
    assert (whole.wall_s, whole.start) == (136.29, "2025-03-18T04:21:16+00:00")
    assert (fact(whole, "runtime_s"), fact(whole, "user_s")) == (
        ("136.29", SettingOrigin.LOG),
        ("146.43", SettingOrigin.LOG),
    )
    assert "runtime-unknown" not in codes(whole)
    assert bare.id == whole.id


def test_the_runtime_file_beats_the_report() -> None:
    run = imported(text_of(CPU), {"runtime": "1.00user 2.00system 3:09.89elapsed 9%CPU (0av 7maxresident)k\n"})
    assert (run.wall_s, run.start) == (189.89, "2025-03-14T08:34:22+00:00")
    assert run.id.startswith("20250314T082250Z-"), "the id is that of the report alone"


def test_the_compiler_is_the_one_that_cmake_found() -> None:
    log = "+ cmake -DX=1 ..\n-- The C compiler identification is AppleClang 16.0.0\n"
    log += "-- The CXX compiler identification is GNU 13.3.0\n"
    run = imported(text_of(MAC), {"ctest_release-cmake.log": log})
    assert (run.toolchain.cc.name, run.toolchain.cc.version) == ("AppleClang", "16.0.0")
    assert (run.toolchain.cxx.name, run.toolchain.cxx.version) == ("g++", "13.3.0")
    ours = imported(text_of(MAC).replace("GG_BUILD_METAL=1", "HARNESS_CC=gcc 12.2.0\nHARNESS_CXX=zig c++ 0.13.0"))
    assert (ours.toolchain.cc.name, ours.toolchain.cc.version) == ("gcc", "12.2.0")
    assert (ours.toolchain.cxx.name, ours.toolchain.cxx.version) == ("zig c++", "0.13.0")


@pytest.mark.parametrize(
    ("repo", "project"),
    [
        ("https://github.com/ggml-org/ggml", "ggml"),
        ("https://github.com/ggml-org/llama.cpp.git", "llama.cpp"),
        ("git@example.org:me/llama.cpp.git", "llama.cpp"),
        ("https://github.com/ggml-org/whisper.cpp/", "whisper.cpp"),
        ("/home/me/x.git", "whisper.cpp"),
        ("", "whisper.cpp"),
        ("https://example.org/..", "whisper.cpp"),
    ],
)
def test_project(repo: str, project: str) -> None:
    text = text_of(CPU).replace("https://github.com/ggerganov/whisper.cpp\n", f"{repo}\n")
    assert imported(text).project == project


def test_a_report_without_repository_and_benchmarks_is_of_no_known_project() -> None:
    assert imported(text_of(BROKEN).replace("https://github.com/ggerganov/llama.cpp\n", "\n")).project == ""


def test_id_is_that_of_the_text_and_the_node() -> None:
    report = parse_report(text_of(CPU))
    ids = [
        import_run(report, digest=digest, name=name, files={}).id
        for digest, name in (("1", "a"), ("2", "a"), ("1", "b"))
    ]
    assert len(set(ids)) == 3
    assert import_run(report, digest="1", name="a", files={"bench-bench-medium.log": MEDIUM}).id == ids[0]


def dated(date: str, files: Mapping[str, str] | None = None) -> Run:
    return imported(text_of(CPU).replace("Fri Mar 14 08:37:31 UTC 2025", date), files)


def test_date_that_is_not_understood_stays_empty_and_is_said() -> None:
    run = dated("Someday")
    assert (run.start, run.end, run.earliest) == ("", "", "")
    assert run.id.startswith("0-undated-05ce7476-")
    assert codes(run)[-1] == "date-unknown"
    assert "Someday" in run.caveats[-1].message
    assert [(remark.line, remark.text) for remark in run.remarks] == [(5, "- date:    Someday")]
    assert "not-understood" not in codes(run), "it is said once"


def test_date_that_is_missing_is_said() -> None:
    assert "date-unknown" in codes(dated(""))
    assert "date-unknown" in codes(imported(text_of(CPU).partition("## Output\n\n")[2]))


def test_date_of_another_locale() -> None:
    run = dated("2025年 03月 14日 星期五 08:37:31 UTC")
    assert run.end == "2025-03-14T08:37:31+00:00"
    assert not {"date-unknown", "date-uncertain"} & set(codes(run))


def test_date_that_leaves_something_open_is_a_bound() -> None:
    bare = dated("2025年 03月 14日 星期五 08:37:31 CST")
    assert (bare.end, bare.earliest) == ("2025-03-14T14:37:31+00:00", "2025-03-14T00:22:50+00:00")
    assert bare.start == "2025-03-14T14:22:50+00:00"
    assert "the latest possible time" in bare.caveats[-1].message
    assert bare.remarks[0].what == "the date is not exact: the time zone CST has several meanings"
    whole = dated("2025年 03月 14日 星期五 08:37:31 CST", {"stdall": "+ date\n2025-03-14T00:36:00Z begun\n"})
    assert (whole.end, whole.earliest) == ("2025-03-14T00:37:31+00:00", "")
    assert "the first possible time after a line of stdall (2025-03-14T00:36:00+00:00)" in whole.caveats[-1].message
    assert whole.id[:17] == bare.id[:17] == "20250314T142250Z-", "the id does not depend on what else was kept"


@given(reports())
def test_any_report_from_the_grammar_becomes_a_run_with_its_status(text: str) -> None:
    run = imported(text)
    report = parse_report(text)
    assert report.header
    if "FAILURE" in report.header.get("status"):
        assert run.status is Status.FAILED
