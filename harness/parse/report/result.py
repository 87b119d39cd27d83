"""From a report and the files beside it to the results of its steps: tests, memcpy, mul_mat and models."""

import contextlib
import re
from collections.abc import Iterator, Sequence

from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.parse.notation import parse_number
from harness.parse.outcome import describe_exit
from harness.parse.report.folder import MEMCPY, MUL_MAT, ModelLog, ResultFolder
from harness.parse.report.testlog import parse_test_log
from harness.records import report as part
from harness.records.measurement import TABLE_METRICS, Case, Measurement, MeasurementOrigin
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.report import BenchHead, Report, ReportPassage, ReportRow, TestLog

Rows = Sequence[tuple[ReportRow, Case]]
TIMED_OUT = 124  # what timeout(1) exits with
_ANY_THREADS = 1 << 20
_STARTED = "Test project "
_NOT_RUN = "Not run: "
_FAILED = re.compile(r"Benchmark failed for (?:model: )?(.+)")
_STATUS = re.compile(r"^- status: ([0-9]{1,9})$", re.MULTILINE)
_EXIT_CODE = re.compile(r"FAILURE .*\(([0-9]{1,9})\)")


def read_results(report: Report, folder: ResultFolder, rows: Rows) -> tuple[StepResult, ...]:
    """Return a result for each step in the report or the logs, in the order of `ci/run.sh`.

    A report that says FAILURE always has a failed result, if necessary one for a missing section.
    """
    results = [_read_test(test, folder) for test in report.tests]
    results += _read_memcpy(report, folder)
    results += _read_mul_mat(report, folder, results)
    results += _read_models(rows, folder)
    results += _read_errors(report, results)
    results += _read_others(report)
    return (*results, *_read_verdict(report, results))


def exit_code(report: Report) -> int | None:
    """Return the exit code in the header, 0 for SUCCESS, or None."""
    status = report.header.get("status") if report.header else ""
    if found := _EXIT_CODE.match(status):
        return int(found[1])
    return 0 if status.startswith("SUCCESS") else None


def read_rows(report: Report) -> Rows:
    """Return the rows of the model tables that name a case, without `threads` and `fa` if they are missing."""
    rows: list[tuple[ReportRow, Case]] = []
    for table in report.tables:
        for row in table.rows:
            fields = {"model": row.get("Model"), "threads": row.get("Th"), "fa": row.get("FA")}
            with contextlib.suppress(ValueError):
                known = {name: value for name, value in fields.items() if value or name == "model"}
                rows.append((row, Case.of("whisper", **known)))
    return tuple(rows)


def _read_test(test: TestLog, folder: ResultFolder) -> StepResult:
    outcome = parse_test_log(test.log)
    name = f"ctest_{test.mode}"
    log = f"{name}-ctest.log"
    result = StepResult(
        step=name,
        phase=Phase.TEST,
        build_type=test.mode.capitalize(),
        status=Status.PASSED,
        log=log if log in folder.files else "",
        checks=outcome.checks,
    )
    bad = [check.name for check in outcome.checks if check.status.bad]
    failed = ", ".join(bad)
    if test.status:
        if _STARTED in test.log:
            reason = f"failed: {failed}" if failed else f"exit code {test.status}"
            return result.replace(status=_bad(test.status), reason=reason)
        make = f"{name}-make.log"
        return result.replace(
            step=f"build_{test.mode}",
            phase=Phase.BUILD,
            status=_bad(test.status),
            reason=f"exit code {test.status}, before any test ran",
            log=make if make in folder.files else "",
        )
    if failed:
        return result.replace(status=Status.FAILED, reason=f"failed: {failed}, although its status is 0")
    if outcome.failed:
        return result.replace(status=Status.FAILED, reason=f"ctest counts {outcome.failed} failed tests")
    if outcome.checks:
        return result
    reason = test.log.removeprefix(_NOT_RUN) if test.log.startswith(_NOT_RUN) else "no tests were found"
    return result.replace(status=Status.SKIPPED, reason=reason)


def _bad(status: int) -> Status:
    return Status.TIMED_OUT if status == TIMED_OUT else Status.FAILED


def _read_memcpy(report: Report, folder: ResultFolder) -> Iterator[StepResult]:
    text = folder.memcpy or report.log(part.MEMCPY)
    if text:
        values = measure_memcpy(text, _ANY_THREADS, 1)
        threads = max((int(value.case.get("threads")) for value in values), default=0)
        result = _listing("memcpy", Case.of("memcpy", threads=threads), values, MEMCPY if folder.memcpy else "")
        yield _held_against(result, folder, MEMCPY)


def _read_mul_mat(report: Report, folder: ResultFolder, before: list[StepResult]) -> Iterator[StepResult]:
    text = folder.mul_mat or report.log(part.MUL_MAT)
    if text:
        # Upstream's script asks both benchmarks for the same number of threads.
        counted = next((result.case.get("threads") for result in before if result.case), "0")
        threads = folder.mul_mat_threads or int(counted)
        values = measure_mul_mat(text, threads, 1)
        result = _listing("mul_mat", Case.of("mul_mat", threads=threads), values, MUL_MAT if folder.mul_mat else "")
        yield _held_against(result, folder, MUL_MAT)


def _held_against(result: StepResult, folder: ResultFolder, log: str) -> StepResult:
    """Return a result as failed, without its numbers, if the exit file of its process says so."""
    code = dict(folder.exits).get(log.replace(".log", ".exit"), 0)
    return result.replace(status=_bad(code), reason=describe_exit(code), measurements=()) if code else result


def _listing(step: str, case: Case, values: tuple[Measurement, ...], log: str) -> StepResult:
    origin = MeasurementOrigin.LOG if log else MeasurementOrigin.REPORT
    return StepResult(
        step=step,
        phase=Phase.BENCHMARK,
        status=Status.PASSED if values else Status.FAILED,
        reason="" if values else "no measurement in its output",
        case=case,
        log=log,
        measurements=tuple([value.replace(origin=origin) for value in values]),
    )


def _read_models(rows: Rows, folder: ResultFolder) -> Iterator[StepResult]:
    logs: dict[str, list[ModelLog]] = {}
    for log in folder.models:
        logs.setdefault(log.model, []).append(log)
    seen: dict[Case, int] = {}
    for row, case in rows:
        model = case.get("model")
        if model in logs:
            yield from (_from_log(log, case) for log in logs.pop(model))
        elif not any(log.model == model for log in folder.models):
            seen[case] = seen.get(case, 0) + 1
            yield _from_row(row, case, seen[case])
    for rest in logs.values():
        yield from (_from_log(log, None) for log in rest)


def _from_log(log: ModelLog, row: Case | None) -> StepResult:
    case = Case.of(
        "whisper",
        model=log.model,
        threads=log.threads or (row.get("threads") if row else "") or 0,
        fa=log.flash_attn or (row.get("fa") if row else "") or 0,
    )
    return StepResult(
        step=_step_name(case, log.repetition),
        phase=Phase.BENCHMARK,
        status=Status.FAILED if log.reason else Status.PASSED,
        reason=log.reason,
        case=case,
        repetition=log.repetition,
        log=log.file,
        measurements=() if log.reason else tuple([value.replace(case=case) for value in log.measurements]),
    )


def _from_row(row: ReportRow, case: Case, repetition: int) -> StepResult:
    cells = ((metric, parse_number(row.get(metric.label))) for metric in TABLE_METRICS)
    values = tuple(
        Measurement(case=case, metric=metric.name, value=value, repetition=repetition, origin=MeasurementOrigin.REPORT)
        for metric, value in cells
        if value
    )
    return StepResult(
        step=_step_name(case, repetition),
        phase=Phase.BENCHMARK,
        status=Status.PASSED if values else Status.FAILED,
        reason="" if values else "a row without a time",
        case=case,
        repetition=repetition,
        measurements=values,
    )


def _step_name(case: Case, repetition: int) -> str:
    return f"bench_{case.get('model')}_t{case.get('threads')}_fa{case.get('fa')}_r{repetition}"


def _read_errors(report: Report, before: list[StepResult]) -> Iterator[StepResult]:
    known = {result.case.get("model") or result.step for result in before if result.status.bad and result.case}
    for line in report.log(part.ERRORS).split("\n"):
        found = _FAILED.fullmatch(line)
        if found and found[1] not in known:
            reason = "the report lists it among its errors"
            yield StepResult(step=f"bench_{found[1]}", phase=Phase.BENCHMARK, status=Status.FAILED, reason=reason)


def _read_others(report: Report) -> Iterator[StepResult]:
    """Yield the results of sections of other projects, of which only the status is understood."""
    for block in report.blocks:
        found = _STATUS.search(block.text) if isinstance(block, ReportPassage) and block.name else None
        if isinstance(block, ReportPassage) and found:
            code = int(found[1])
            yield StepResult(
                step=block.name,
                phase=Phase.TEST,
                status=_bad(code) if code else Status.PASSED,
                reason=f"exit code {code}" if code else "",
            )


def _read_verdict(report: Report, before: list[StepResult]) -> Iterator[StepResult]:
    """Yield a result for a failure that the report states but no section shows."""
    if any(result.status.bad for result in before):
        return
    heads = (block for block in report.blocks if isinstance(block, BenchHead))
    code = next((head.status for head in heads if head.status), 0) or exit_code(report) or 0
    if not code:
        return
    present = {f"ctest_{test.mode}" for test in report.tests}
    missing = next((kind for kind in ("Debug", "Release") if f"ctest_{kind.lower()}" not in present), "")
    killed = f"timed out (exit code {code})"
    yield StepResult(
        step=f"ctest_{missing.lower()}" if missing else "bench",
        phase=Phase.TEST if missing else Phase.BENCHMARK,
        build_type=missing,
        status=_bad(code),
        reason=killed if code == TIMED_OUT else f"exit code {code}, and no section explains it",
    )
