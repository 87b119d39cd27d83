"""What is measured fails: a bundle, a FAILURE report, the exit code of the kind."""

import signal

import pytest

from harness.records.outcome import Status
from tests.flow.kit import Kit


@pytest.mark.parametrize(
    ("faults", "code", "shown"),
    [
        ({"cmake Debug": {"exit": 1, "print": "CMake Error: no such thing"}}, 10, "CMake Error: no such thing"),
        ({"cmake --build Release": {"exit": 1, "print": "ops.cpp:7: error: boom"}}, 10, "ops.cpp:7: error: boom"),
        ({"ctest Release": {"exit": 8}}, 11, "exit code 8"),
        ({"ctest Debug": {"silent": True}}, 11, "ran no test"),
        ({"whisper-bench -m": {"signal": 11, "silent": True}}, 12, "SIGSEGV"),
        ({"whisper-bench -m": {"signal": 4, "silent": True}}, 12, "instruction"),
        ({"whisper-bench -m": {"silent": True}}, 12, "no measurement"),
        ({"whisper-bench -m": {"silent": True, "print": "encode time = nan ms / 1 runs"}}, 12, "no measurement"),
        ({"whisper-bench -w 1": {"silent": True}}, 12, "no measurement"),
        ({"whisper-bench -h": {"exit": 1, "silent": True}}, 12, "exit code 1"),
        ({"ninja -t Release": {"silent": True}}, 10, "no bench program"),
    ],
)
def test_failure_is_data(kit: Kit, faults: dict[str, dict[str, object]], code: int, shown: str) -> None:
    kit.break_tools(faults)
    done = kit.run("--repetitions", "2")
    assert done.returncode == code, done.stderr
    assert shown in done.stderr
    assert kit.only_run().exit_code == code
    assert "FAILURE ❌" in kit.report()
    assert kit.partials() == []


def test_a_failed_build_skips_the_rest(kit: Kit) -> None:
    kit.break_tools({"cmake --build Debug": {"exit": 1, "print": "error: boom"}})
    kit.run()
    run = kit.only_run()
    statuses = {result.step: result.status for result in run.results}
    assert statuses["build_debug"] is Status.FAILED
    assert statuses["build_release"] is Status.SKIPPED
    assert statuses["bench_tiny_t2_fa0_r1" if "bench_tiny_t2_fa0_r1" in statuses else "memcpy"] is Status.SKIPPED
    assert "error: boom" in kit.report()


def test_a_failed_benchmark_does_not_stop_the_others(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 4, "times": 1}})
    done = kit.run("--repetitions", "3", "--bench", "whisper")
    assert done.returncode == 12
    statuses = [result.status for result in kit.only_run().results if result.case]
    assert statuses == [Status.FAILED, Status.PASSED, Status.PASSED]


def test_a_tree_without_tests_is_skipped_with_a_caveat_and_no_success_of_tests(kit: Kit) -> None:
    (kit.tools / "data" / "listing.log").write_text("Test project /build\n\nTotal Tests: 0\n")
    done = kit.run("--bench", "whisper", "--repetitions", "1")
    assert done.returncode == 0
    tests = {result.step: result.status for result in kit.only_run().results if result.phase == "test"}
    assert tests == {"ctest_debug": Status.SKIPPED, "ctest_release": Status.SKIPPED}
    assert "registers no tests" in done.stdout


def test_a_time_out_keeps_what_was_printed(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"print": "half a line", "silent": True, "sleep": 300}})
    done = kit.run("--timeout", "1", "--repetitions", "1", "--bench", "whisper")
    assert done.returncode == 12
    (result,) = (result for result in kit.only_run().results if result.case)
    assert result.status is Status.TIMED_OUT
    (bundle,) = kit.bundles()
    assert "half a line" in (bundle / "logs" / "bench-bench-tiny.log").read_text()


@pytest.mark.parametrize("key", ["whisper-bench -m", "whisper-bench -h"])
def test_an_illegal_instruction_names_the_option_to_change(kit: Kit, key: str) -> None:
    kit.break_tools({key: {"signal": int(signal.SIGILL), "silent": True}})
    words = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")
    done = kit.run(*words, "-D", "CMAKE_C_FLAGS=-march=itanium")
    assert done.returncode == 12, done.stderr
    for text in (done.stdout, kit.report()):
        told = " ".join(text.split())
        assert "was killed by an illegal instruction (SIGILL): -march=itanium in -D CMAKE_C_FLAGS" in told
        assert "leave out -march=itanium" in told
    assert "illegal-instruction" in {caveat.code for caveat in kit.only_run().caveats}


def test_an_empty_help_is_not_taken_for_an_old_dialect(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -h": {"silent": True}})
    assert kit.run("--repetitions", "1", "--bench", "whisper").returncode == 12


def test_a_run_that_measured_nothing_is_no_success(kit: Kit) -> None:
    help_text = (kit.tools / "data" / "help.log").read_text()
    lines = [line for line in help_text.splitlines() if "-fa" not in line and "-nfa" not in line]
    (kit.tools / "data" / "help.log").write_text("\n".join(lines))
    done = kit.run("--flash-attn", "1", "--bench", "whisper", "--repetitions", "1")
    assert done.returncode == 12
    assert "FAILURE" in kit.report()
