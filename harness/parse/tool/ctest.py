"""The output of CTest: its JUnit file, and its list of tests."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE, plain_lines
from harness.records.outcome import CTestResult, Status
from harness.records.plan import ListedTest

# Why CTest did not run a test although nothing is wrong; any other reason it counts as a failure, and so do we.
_HARMLESS = ("SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION")
_MISSING = re.compile(r"Could not find executable (\S.*)")
_COMMAND = re.compile(r"\d+: Test command: (.*)")
_LABELS = re.compile(r"Labels: (.*)")
_TOTAL = re.compile(r"Total Tests: (\d{1,9})")
_NAME = re.compile(r" *Test +#\d+: (\S+)(?: .*)?")


class _Property(msgspec.Struct):
    name: str
    value: object = None


class _Test(msgspec.Struct):
    name: str
    command: list[str] = []
    properties: list[_Property] = []


class _Tests(msgspec.Struct):
    tests: list[_Test]


def parse_junit(xml: str) -> tuple[CTestResult, ...]:
    """Return the tests of a file written by `ctest --output-junit`, in its order; wall time in seconds.

    A suite that counts more failures than its tests show gets one more failed test, under the name of the suite.
    Tests that are disabled, or skip themselves, are SKIPPED, and `output` begins with the reason. Tests that could
    not be run (no executable, a required file missing) are FAILED, as in CTest's own verdict. Up to CTest 3.25 the
    file does not distinguish a time-out from a failure. Raises UnreadableError for any other file.
    """
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise UnreadableError("the JUnit file has a document type", cause="ctest writes none: it may be an entity bomb")
    try:
        root = ET.fromstring(xml)  # noqa: S314
    except ET.ParseError as error:
        raise UnreadableError("not a JUnit file written by ctest", cause=str(error)) from None
    checks = tuple(_check(test) for test in root.iter("testcase"))
    return (*checks, *_uncounted(root, sum(check.status.bad for check in checks)))


def parse_listing(text: str) -> tuple[ListedTest, ...]:
    """Return the tests that `ctest --show-only=json-v1` or `ctest -N -V` lists.

    The JSON form omits a program that does not exist, so in a tree that is not yet built every `program` is empty; the
    verbose form always names it. Raises UnreadableError for text that is cut off or something else, which would look
    like a tree without tests.
    """
    start = re.search(r"^\{", text, re.MULTILINE)
    if not start:
        found = tuple(_verbose_listing(text))
        total = next((match[1] for line in plain_lines(text) if (match := _TOTAL.fullmatch(line))), None)
        if total is None or int(total) != len(found):
            cause = f"{len(found)} tests and {'no end' if total is None else f'a total of {total}'}"
            raise UnreadableError("the list of tests from ctest is incomplete", cause=cause)
        return found
    try:
        document = msgspec.json.decode(text[start.start() : text.rfind("}") + 1], type=_Tests)
    except UNDECODABLE as error:
        raise UnreadableError("not a list of tests from ctest", cause=str(error)) from None
    return tuple(
        ListedTest(name=test.name, labels=_labels(test), program=test.command[0] if test.command else "")
        for test in document.tests
    )


def _uncounted(root: ET.Element, shown: int) -> Iterator[CTestResult]:
    counts = (root.get("failures", ""), root.get("errors", ""))
    counted = sum(int(count) for count in counts if re.fullmatch(r"[0-9]{1,9}", count))
    if counted > shown:
        output = f"the suite counts {counted} failures, and {shown} of its tests failed"
        yield CTestResult(name=root.get("name") or "ctest", status=Status.FAILED, wall_s=0.0, output=output)


def _check(test: ET.Element) -> CTestResult:
    status, reason = _status(test)
    output = test.findtext("system-out") or ""
    return CTestResult(
        name=test.get("name", ""),
        status=status,
        wall_s=_seconds(test.get("time", "")),
        output="\n".join(part for part in (reason, output.strip("\n")) if part),
    )


def _status(test: ET.Element) -> tuple[Status, str]:
    word = test.get("status", "")
    if word == "run":
        return Status.PASSED, ""
    if word == "disabled":
        return Status.SKIPPED, "disabled"
    skipped = test.find("skipped")
    if word == "notrun" or skipped is not None:
        message = skipped.get("message", "") if skipped is not None else ""
        status = Status.SKIPPED if message.startswith(_HARMLESS) else Status.FAILED
        return status, f"not run: {message}"
    failure = test.find("failure")
    message = failure.get("message", "") if failure is not None else ""
    return (Status.TIMED_OUT, "") if message == "Timeout" else (Status.FAILED, "" if message == "Failed" else message)


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,12})?(?:e-\d\d)?", text) else 0.0


def _labels(test: _Test) -> tuple[str, ...]:
    values = [item.value for item in test.properties if item.name == "LABELS"]
    return tuple(str(label) for value in values if isinstance(value, list) for label in value)


def _verbose_listing(text: str) -> Iterator[ListedTest]:
    program, labels = "", ""
    for line in plain_lines(text):
        if match := _MISSING.fullmatch(line):
            program = match[1]
        elif match := _COMMAND.fullmatch(line):
            # The arguments are quoted, the program is not; one that is missing leaves a blank.
            program = match[1].partition(' "')[0].strip() or program
        elif match := _LABELS.fullmatch(line):
            labels = match[1]
        elif match := _NAME.fullmatch(line):
            yield ListedTest(name=match[1], labels=tuple(labels.split()), program=program)
            program, labels = "", ""
