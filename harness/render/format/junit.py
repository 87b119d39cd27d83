"""JUnit XML as Jenkins, GitLab and GitHub actions read it (the junit-10 schema of the xUnit plugin).

A suite for each part of a run: the build steps, the tests of each build, the benchmarks. A test case of the benchmarks
is one process; its output holds its numbers, each with its unit.
"""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.judge.check import describe_check
from harness.records.measurement import METRICS
from harness.records.outcome import CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run
from harness.render.format.format import Format, RunSheet
from harness.render.format.row import identify_run
from harness.render.format.text import xml


class _Outcome(Record):
    name: str
    wall_s: float
    status: Status
    reason: str
    output: str


def render(sheets: Sequence[RunSheet]) -> str:
    """Return one `testsuites`; times are in seconds."""
    projects = dict.fromkeys(sheet.run.project for sheet in sheets)
    root = ET.Element("testsuites", name=xml(" ".join(name for name in projects if name) or "unknown"))
    nodes = Counter(sheet.run.node.name for sheet in sheets)
    for sheet in sheets:
        run = sheet.run
        # Readers take cases of one name for one case, and keep the last.
        where = run.node.name if nodes[run.node.name] == 1 else f"{run.node.name}.{run.id}"
        for name, outcomes in _suites(run):
            _add_suite(root, run, f"{where}.{name}", outcomes)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suites(run: Run) -> Iterator[tuple[str, list[_Outcome]]]:
    build = [result for result in run.results if result.phase in (Phase.CONFIGURE, Phase.LIST, Phase.BUILD)]
    bench = [result for result in run.results if result.phase in (Phase.PROBE, Phase.BENCHMARK)]
    if build:
        yield "build", [_step(result) for result in build]
    for result in run.results:
        if result.phase is Phase.TEST:
            yield result.step, [_check(check) for check in result.checks] or [_step(result)]
    if bench:
        yield "bench", [_step(result) for result in bench]


def _step(result: StepResult) -> _Outcome:
    lines = [
        f"{measurement.case} {measurement.metric}: {measurement.value:.10g} {METRICS[measurement.metric].unit}\n"
        for measurement in result.measurements
    ]
    if found := describe_check(result):
        lines.append(f"{result.case}: {found}\n")
    wall_s = result.completed.wall_s if result.completed else 0.0
    return _Outcome(name=result.step, wall_s=wall_s, status=result.status, reason=result.reason, output="".join(lines))


def _check(check: CTestResult) -> _Outcome:
    return _Outcome(name=check.name, wall_s=check.wall_s, status=check.status, reason="", output=check.output)


def _add_suite(root: ET.Element, run: Run, name: str, outcomes: Sequence[_Outcome]) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name=xml(name),
        tests=str(len(outcomes)),
        failures=str(sum(outcome.status is Status.FAILED for outcome in outcomes)),
        errors=str(sum(outcome.status is Status.TIMED_OUT for outcome in outcomes)),
        skipped=str(sum(outcome.status is Status.SKIPPED for outcome in outcomes)),
        time=f"{sum(outcome.wall_s for outcome in outcomes):.3f}",
        hostname=xml(run.node.name),
    )
    if run.start:
        suite.set("timestamp", xml(run.start[:19]))
    properties = ET.SubElement(suite, "properties")
    facts = {key: str(value) for key, value in identify_run(run).items() if value}
    facts |= {f"caveat.{caveat.code}": caveat.message for caveat in run.caveats}
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=xml(key), value=xml(value))
    for outcome in outcomes:
        _add_case(suite, name, outcome)


def _add_case(suite: ET.Element, classname: str, outcome: _Outcome) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=xml(classname), name=xml(outcome.name), time=f"{outcome.wall_s:.3f}"
    )
    tags = {Status.FAILED: "failure", Status.TIMED_OUT: "error", Status.SKIPPED: "skipped"}
    if outcome.status in tags:
        mark = ET.SubElement(case, tags[outcome.status], message=xml(outcome.reason or str(outcome.status)))
        if outcome.status.bad:
            mark.set("type", str(outcome.status))
    if outcome.output:
        ET.SubElement(case, "system-out").text = xml(outcome.output)


FORMAT = Format(
    name="junit",
    endings=(".xml",),
    description="build steps, tests and benchmark processes as JUnit test cases; numbers in the output of each",
    reader="Jenkins, GitLab, GitHub",
    render=render,
)
