"""The files of a result folder as upstream's `ci/run.sh` and its caller leave them, from a run of this harness."""

from collections.abc import Iterator, Mapping

from harness.records import report as part
from harness.records.outcome import Status, StepResult
from harness.records.report import BenchLog, Report, ReportTable
from harness.records.run import GGML_CI, PASTED, Run
from harness.records.suite import Benchmark
from harness.render.report import format_elapsed
from harness.render.section import bounded

BACKUP = "README.md.bak"
_PARTS = ("cmake", "make", "ctest")
_KILLED = 124


def render_folder(run: Run, report: Report, logs: Mapping[str, str]) -> dict[str, str]:
    """Return the files that belong beside a report and its `logs`, by their upstream names.

    An imported run has its own files; only a missing copy of the Output is made for it. A pasted run has no other
    files.
    """
    made = {BACKUP: report.output()}
    if run.origin == PASTED:
        return {}
    if run.origin != GGML_CI:
        made |= dict(_runtime(run)) | dict(_tests(report, logs)) | dict(_bench(run, report, logs))
        made["stdall"] = "".join(_ended(logs[name]) for name in _order(run, logs))
        made["exit"] = f"{run.exit_code.value}\n"
        made |= {name: f"{_code(result)}\n" for name, result in _exits(run)}
    return {name: text for name, text in made.items() if text and name not in logs}


def _runtime(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the output of GNU time as far as it is known; page faults are not."""
    done = [result.completed for result in run.results if result.completed]
    user_s, system_s = sum(one.user_s for one in done), sum(one.system_s for one in done)
    share = round(100 * bounded(user_s + system_s) / run.wall_s) if run.wall_s > 1e-3 else 0
    rss_kb = max((one.max_rss_bytes for one in done), default=0) // 1024
    failed = f"Command exited with non-zero status {run.exit_code.value}\n" if run.exit_code else ""
    times = f"{user_s:.2f}user {system_s:.2f}system {format_elapsed(run.wall_s)}elapsed {share}%CPU"
    yield "runtime", f"{failed}{times} (0avgtext+0avgdata {rss_kb}maxresident)k\n"


def _tests(report: Report, logs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for test in report.tests:
        name = f"ctest_{test.mode}"
        yield f"{name}.log", "".join(_ended(logs.get(f"{name}-{step}.log", "")) for step in _PARTS)
        yield f"{name}.exit", f"{test.status or 0}\n"


def _bench(run: Run, report: Report, logs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if report.bench is None:
        return
    threads = next(
        (one.case.get("threads") for one in run.results if one.case and one.case.benchmark == Benchmark.MUL_MAT), ""
    )
    memcpy, mul_mat = logs.get("bench-memcpy.log", ""), logs.get("bench-mul_mat.log", "")
    table = "".join(f"{row}\n" for block in report.blocks if isinstance(block, ReportTable) for row in block.lines)
    lines = [f"Running memcpy benchmark\n{_ended(memcpy)}"] if memcpy else []
    lines += [f"Running ggml_mul_mat benchmark with {threads} threads\n{_ended(mul_mat)}"] if mul_mat else []
    lines += ["Running benchmark for all models\n", table]
    errors = "".join(
        _ended(block.log) for block in report.blocks if isinstance(block, BenchLog) and block.title == part.ERRORS
    )
    yield "bench-models-table.log", table
    yield "bench-bench-errors.log", errors
    yield "bench.log", "".join([*lines, errors])
    yield "bench.exit", f"{report.bench.status or 0}\n"


def _exits(run: Run) -> Iterator[tuple[str, StepResult]]:
    """Yield the exit files of the benchmarks: upstream writes those of memcpy and mul_mat, and others on failure."""
    for result in run.results:
        log = result.log.removesuffix(".log")
        if log.startswith("bench-") and (result.status.bad or not log.startswith("bench-bench-")):
            yield f"{log}.exit", result


def _code(result: StepResult) -> int:
    code = result.completed.exit_code if result.completed else 0
    if result.status is Status.TIMED_OUT:
        return _KILLED
    return code or int(result.status.bad)


def _order(run: Run, logs: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of the logs in the order of execution."""
    yield from dict.fromkeys(result.log for result in run.results if result.log in logs)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
