from pathlib import Path

import pytest

from harness.parse.report.testlog import parse_test_log
from harness.parse.tool.ctest import parse_junit
from harness.records.outcome import Status

LOGS = Path(__file__).parents[3] / "data" / "logs"

OLD = """\
+ ctest --output-on-failure -E test-opt
Test project /work/build-ci-debug
    Start 1: test-a
1/4 Test #1: test-a ................   Passed    0.01 sec
    Start 2: test-b
2/4 Test #2: test-b .................***Failed    0.25 sec
cannot open the file
+ not an echo of the script
last line

    Start 3: test-with-a-longer-name
3/4 Test #3: test-with-a-longer-name ...***Exception: SegFault  0.50 sec

    Start 4: test-d
4/4 Test #4: test-d ................***Timeout 1500.04 sec

25% tests passed, 3 tests failed out of 4

Total Test time (real) =   2.82 sec

The following tests FAILED:
\t  2 - test-b (Failed)
Errors while running CTest

real\t0m2.827s
"""


def test_tests_with_failures() -> None:
    outcome = parse_test_log(OLD)
    assert not outcome.none
    assert [(check.name, check.status, check.wall_s) for check in outcome.checks] == [
        ("test-a", Status.PASSED, 0.01),
        ("test-b", Status.FAILED, 0.25),
        ("test-with-a-longer-name", Status.FAILED, 0.5),
        ("test-d", Status.TIMED_OUT, 1500.04),
    ]
    assert outcome.checks[1].output == "cannot open the file\n+ not an echo of the script\nlast line"
    assert outcome.checks[2].output == "Exception: SegFault"


def test_only_the_last_call_counts() -> None:
    assert len(parse_test_log(OLD + OLD).checks) == 4


def test_real_log_says_what_the_junit_file_of_that_call_says() -> None:
    log = (LOGS / "ctest-4.4-mixed.log").read_text(encoding="utf-8", errors="replace")
    checks = parse_test_log(log).checks
    expected = parse_junit((LOGS / "ctest-4.4-mixed.xml").read_text(encoding="utf-8"))
    assert [(check.name, check.status) for check in checks] == [(check.name, check.status) for check in expected]
    outputs = {check.name: check.output for check in checks}
    assert "about to crash" in outputs["crashes"]
    assert "Could not find executable" in outputs["missing-program"]
    assert outputs["hangs"] == ""


@pytest.mark.parametrize("log", ["", "+ ctest\nTest project /x\n", "1/1 Test #1: without a verdict"])
def test_no_tests(log: str) -> None:
    assert parse_test_log(log).checks == ()


def test_no_tests_were_found() -> None:
    assert parse_test_log("+ ctest -L main\nTest project /x\nNo tests were found!!!\n").none


def test_the_summary_counts_for_itself() -> None:
    passed = "1/1 Test #1: test-a ...   Passed    0.01 sec\n\n{}% tests passed, {} tests failed out of 1\n"
    assert parse_test_log(passed.format(100, 0)).failed == 0
    assert parse_test_log(passed.format(0, 1)).failed == 1
