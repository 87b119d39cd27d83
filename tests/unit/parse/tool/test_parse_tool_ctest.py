from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.parse.tool.ctest import parse_junit, parse_listing
from harness.records.outcome import Status
from harness.records.plan import ListedTest

LOGS = Path(__file__).parents[3] / "data" / "logs"


def read(name: str) -> str:
    return (LOGS / name).read_text(encoding="utf-8", errors="replace")


def test_tests_that_passed() -> None:
    cli, vad = parse_junit(read("ctest-4.4-passed.xml"))
    assert (cli.name, cli.status, cli.wall_s) == ("test-whisper-cli-tiny", Status.PASSED, 1.34671)
    assert cli.output.startswith("whisper_init_from_file_with_params_no_state: loading model")
    assert (vad.name, vad.status) == ("test-vad", Status.PASSED)


MIXED = {
    "passes": Status.PASSED,
    "fails": Status.FAILED,
    "crashes": Status.FAILED,
    "hangs": Status.TIMED_OUT,
    "missing-program": Status.FAILED,
    "disabled": Status.SKIPPED,
    "skips-itself": Status.SKIPPED,
    "needs-file": Status.FAILED,
    "will-fail": Status.FAILED,
}


def test_every_way_in_which_a_test_can_end() -> None:
    checks = {check.name: check for check in parse_junit(read("ctest-4.4-mixed.xml"))}
    assert {name: check.status for name, check in checks.items()} == MIXED
    assert 'expected <ok> & got "no"' in checks["fails"].output
    assert checks["crashes"].output == "SEGFAULT\nabout to crash"
    assert checks["disabled"].output == "disabled\nDisabled"
    assert checks["skips-itself"].output == "not run: SKIP_RETURN_CODE=77\nno data"
    assert checks["missing-program"].output.startswith("not run: Unable to find executable")
    assert checks["needs-file"].output.startswith("not run: Required Files Missing")


def test_failures_are_those_of_ctests_own_verdict() -> None:
    verdict = read("ctest-4.4-mixed.log").partition("The following tests FAILED:")[2]
    bad = [check.name for check in parse_junit(read("ctest-4.4-mixed.xml")) if check.status.bad]
    assert bad == [line.split(" - ")[1].split()[0] for line in verdict.splitlines() if " - " in line]


def test_older_ctest_does_not_tell_time_outs() -> None:
    found = {check.name: check.status for check in parse_junit(read("ctest-3.25-mixed.xml"))}
    assert found == MIXED | {"hangs": Status.FAILED}


def test_no_tests_no_checks() -> None:
    assert parse_junit(read("ctest-4.4-none.xml")) == ()


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "Segmentation fault",
        "<testsuite><testcase name='a'",
        '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><testsuite>&c;</testsuite>',
    ],
)
def test_what_is_no_junit_file_is_refused(xml: str) -> None:
    with pytest.raises(UnreadableError):
        parse_junit(xml)


CLI = ListedTest(name="test-whisper-cli-tiny", labels=("gh", "tiny"), program="/build/bin/whisper-cli")


def test_listing_of_a_built_tree() -> None:
    listing = parse_listing(read("ctest-3.25-listing-built.json"))
    assert len(listing) == 11
    assert listing[0] == CLI
    assert listing[9] == ListedTest(name="test-vad", labels=("unit",), program="/build/bin/test-vad")
    assert listing[10] == ListedTest(name="test-vad-full", labels=("base", "en"), program="")  # it was not built


def test_json_names_no_programs_before_the_build() -> None:
    listing = parse_listing(read("ctest-4.4-listing-unbuilt.json"))
    assert [test.name for test in listing] == [test.name for test in parse_listing(read("ctest-4.4-verbose-built.log"))]
    assert {test.program for test in listing} == {""}


@pytest.mark.parametrize("file", ["ctest-4.4-verbose-built.log", "ctest-4.4-verbose-unbuilt.log"])
def test_verbose_listing_names_programs_before_and_after_the_build(file: str) -> None:
    listing = parse_listing(f"+ ctest -N -V\n{read(file)}")
    assert len(listing) == 11
    assert listing[0] == CLI
    assert {test.name: test.program for test in listing[9:]} == {
        "test-vad": "/build/bin/test-vad",
        "test-vad-full": "/build/bin/test-vad-full",
    }


def test_listing_behind_an_echo_and_a_warning() -> None:
    text = f"+ ctest --show-only=json-v1\n{read('ctest-3.25-listing-built.json')}"
    assert parse_listing(text)[0] == CLI


def test_listing_without_tests() -> None:
    assert parse_listing("Test project /build\n\nTotal Tests: 0\n") == ()
    assert parse_listing('{"kind": "ctestInfo", "tests": []}') == ()


@pytest.mark.parametrize("text", ['{"tests": [{"name"', "{}", '{"tests": 3}', '{"tests": [{"name": 1}]}'])
def test_broken_listing_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_listing(text)


@pytest.mark.parametrize(("failures", "errors", "shown"), [("0", "0", 0), ("1", "0", 1), ("0", "2", 1), ("x", "", 0)])
def test_a_suite_that_counts_more_failures_than_it_shows(failures: str, errors: str, shown: int) -> None:
    xml = f'<testsuite name="s" failures="{failures}" errors="{errors}"><testcase name="a" status="run"/></testsuite>'
    first, *rest = parse_junit(xml)
    assert first.status is Status.PASSED
    assert [(check.name, check.status) for check in rest] == [("s", Status.FAILED)] * shown
