"""A night in one line: what was confirmed, what is missing or broken, and whether the newest commit was measured."""

from collections.abc import Iterator, Mapping

from harness.judge.night_change import is_over, is_slower
from harness.records.exit_code import ExitCode
from harness.records.history import Event, EventKind
from harness.records.night import DoneStatus, WorkKind
from harness.records.night_report import NightReport
from harness.records.wording import format_count
from harness.render.plain import format_seconds

_ORDER = ("regression", "improvement", "broken", "missing", "node", "benchmark", "over")
_PHRASES: Mapping[str, tuple[str, str]] = {
    "regression": ("1 regression confirmed", "{} regressions confirmed"),
    "improvement": ("1 improvement confirmed", "{} improvements confirmed"),
    "broken": ("the newest commits do not build", "the newest commits do not build"),
    "missing": ("1 alarm for what is not measured any more", "{} alarms for what is not measured any more"),
    "node": ("the node changed", "the node changed {} times"),
    "benchmark": ("the benchmark changed", "the benchmark changed {} times"),
    "over": ("1 event is over", "{} events are over"),
}

_FAILURES: Mapping[int, str] = {
    ExitCode.BUILD_FAILED: "{} does not build",
    ExitCode.TESTS_FAILED: "tests of {} fail",
    ExitCode.BENCHMARK_FAILED: "a benchmark of {} failed",
}


def sum_up_night(report: NightReport) -> str:
    """Return the night in one line, the worst first."""
    found: dict[str, int] = {}
    for event in report.new:
        for word in _sum_up(event):
            found[word] = found.get(word, 0) + 1
    words = [_count(word, number) for word, number in sorted(found.items(), key=lambda item: _ORDER.index(item[0]))]
    if why := _find_failure(report):
        words.append(why)
    if not words:
        words = ["nothing new"]
    if report.suspicions:
        words.append(format_count(len(report.suspicions), "open suspicion"))
    return ", ".join(words)


def _count(word: str, number: int) -> str:
    one, many = _PHRASES[word]
    return one if number == 1 else many.format(number)


def _sum_up(event: Event) -> Iterator[str]:
    if is_over(event):
        yield "over"
    elif event.kind is EventKind.CODE:
        yield "regression" if is_slower(event) else "improvement"
    elif event.kind is not EventKind.SUSPICION:
        words = {EventKind.NODE: "node", EventKind.YARDSTICK: "benchmark", EventKind.MISSING: "missing"}
        yield words.get(event.kind, "broken")


def _find_failure(report: NightReport) -> str:
    """Return what failed of the newest commit, or why it has no numbers; empty where it is well."""
    heads = [one for one in report.done if one.item.kind is WorkKind.HEAD]
    if heads and heads[-1].status is not DoneStatus.DONE:
        last = heads[-1]
        name, reason = last.item.commit[:8], f": {last.reason}" if last.reason else ""
        if phrase := _FAILURES.get(last.exit_code):
            return phrase.format(name) + reason
        return f"not measured: {name}{reason or f': {last.status}'}"
    for one in report.passed:
        if one.sha == report.head.sha and not one.like:
            return f"not measured: {one.sha[:8]}: {one.reason}"
    left = next((one for one in report.left if one.kind is WorkKind.HEAD), None)
    if heads or left is None:
        return ""
    if left.seconds > report.budget_s:  # no night will ever have time for it
        takes, budget = format_seconds(left.seconds), format_seconds(report.budget_s)
        return f"not measured: the newest commit, which takes about {takes}, more than the budget of {budget}"
    return "not measured: the newest commit, which is left for the next night"
