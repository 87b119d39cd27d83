"""The output of ctest while it runs tests, as in upstream's reports."""

import re

from harness.records.outcome import CTestResult, Status
from harness.records.record import Record

_RESULT = re.compile(r" *[0-9]+/[0-9]+ Test +#[0-9]+: ")
_VERDICT = re.compile(r"(?:\*\*\*|   )([A-Z][A-Za-z ():]{0,60}?) +([0-9]{1,9}\.[0-9]{1,6}) sec")
_START = re.compile(r" +Start +[0-9]+: ")
_SUMMARY = re.compile(r"[0-9]{1,3}% tests passed, ([0-9]{1,9}) tests failed out of [0-9]{1,9}")
_COMMAND = "+ ctest "
NONE = "No tests were found!!!"
_STATUSES = {"Passed": Status.PASSED, "Timeout": Status.TIMED_OUT, "Skipped": Status.SKIPPED}
_DISABLED = "Not Run (Disabled)"
_MAX_LINE = 1000


class TestOutcome(Record):
    """The tests of one ctest call; `none` says that it found no test, `failed` is the count in its summary."""

    __test__ = False  # not a test of pytest's

    checks: tuple[CTestResult, ...]
    none: bool
    failed: int = 0


def parse_test_log(log: str) -> TestOutcome:
    """Return the tests of the last call of ctest in a log, wall time in seconds.

    Lines: ` 4/5 Test  #4: name ....***Failed    0.00 sec`, `Passed`, `***Exception: SegFault`, `***Timeout`,
    `***Not Run`. The text between the start of a test that is not `Passed` and that of the next is its output.
    """
    begin = log.rfind(f"\n{_COMMAND}")
    checks: list[CTestResult] = []
    output: list[str] = []
    started = False
    failed = 0
    for line in log[max(begin, 0) :].split("\n"):
        head = _RESULT.match(line)
        verdict = _VERDICT.search(line[:_MAX_LINE], head.end() - 1) if head else None
        if head and verdict:
            if not started:
                _attach(checks, output)
            name = line[head.end() : verdict.start()].rstrip(" .")
            word = verdict[1]
            status = Status.SKIPPED if word == _DISABLED else _STATUSES.get(word, Status.FAILED)
            checks.append(CTestResult(name=name, status=status, wall_s=float(verdict[2]), output=_reason(word)))
            started = False
        elif summary := _SUMMARY.match(line):
            failed = int(summary[1])
            break
        elif _START.match(line):
            _attach(checks, output)
            started = True
        else:
            output.append(line)
    _attach(checks, output)
    return TestOutcome(checks=tuple(checks), none=f"\n{NONE}" in log, failed=failed)


def _reason(word: str) -> str:
    return "" if word in ("Passed", "Failed", "Timeout") else word


def _attach(checks: list[CTestResult], output: list[str]) -> None:
    """Assign the lines since the last result to that test, and clear them."""
    text = "\n".join(output).strip("\n")
    if checks and text and checks[-1].status is not Status.PASSED:
        before = checks[-1].output
        checks[-1] = checks[-1].replace(output="\n".join(part for part in (before, text) if part))
    output.clear()
