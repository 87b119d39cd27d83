"""The sections of a report's Output: ctest of each build, and the benchmarks, as upstream's `ci/run.sh` writes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.records.outcome import CompletedProcess, Status, StepResult
from harness.records.plan import Phase
from harness.records.report import TEXT_QUALITY
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.render.format.text import visible
from harness.render.quality import list_text_quality
from harness.render.table import render_model_table
from harness.stats.series import summarize_run

TAIL_LINES = 30
# Of the part about texts.
TEXT_COLUMNS = 118
# What is longer has not been measured: somebody edited the record.
_MOST_S = 1e12
_TIMED_OUT = 124  # what timeout(1) exits with
_BUILDING = (Phase.CONFIGURE, Phase.LIST, Phase.BUILD)


def render_output(run: Run, logs: Mapping[str, str]) -> str:
    """Return the sections of all steps that ran; `logs` holds the raw logs under the names in the results."""
    parts = [*_ctest("Debug", run.results, logs), *_ctest("Release", run.results, logs), *_bench(run, logs)]
    return "".join(parts)


def exit_status(results: Iterable[StepResult]) -> int:
    """Return the status of a section as a shell sees it: that of the first bad step, else 0."""
    for result in results:
        if result.status.bad:
            return _shell_status(result)
    return 0


def bench_texts(results: Iterable[StepResult], logs: Mapping[str, str], benchmark: Benchmark) -> Iterator[str]:
    """Yield the output of each step of a benchmark, if any."""
    for result in results:
        body = _without_echo(_log(result, logs)) if result.case and result.case.benchmark == benchmark else ""
        if body:
            yield body


def _ctest(build_type: str, results: Sequence[StepResult], logs: Mapping[str, str]) -> Iterator[str]:
    mine, mode = [result for result in results if result.build_type == build_type], build_type.lower()
    broken = [result for result in mine if result.phase in _BUILDING and result.status.bad]
    tests = [result for result in mine if result.phase is Phase.TEST]
    if broken:
        # Upstream shows nothing here, and the error is lost.
        body = "\n".join(_log(broken[0], logs).splitlines()[-TAIL_LINES:])
    elif tests and tests[0].status is Status.SKIPPED:
        body = f"Not run: {tests[0].reason}"
    elif tests:
        body = "\n".join((_log(tests[0], logs), *_times(tests[0].completed)))
    else:
        return
    status = exit_status([*broken, *tests])
    yield f"### ctest_{mode}\n\nRuns ctest in {mode} mode\n- status: {status}\n```\n{visible(body)}\n```\n"


def _bench(run: Run, logs: Mapping[str, str]) -> Iterator[str]:
    ran = [
        result
        for result in run.results
        if (result.phase is Phase.BENCHMARK and result.status is not Status.SKIPPED)
        or (result.phase is Phase.PROBE and result.status.bad)
    ]
    if not ran:
        return
    yield f"### bench\n\nWhisper Benchmark Results\n- status: {exit_status(ran)}\n"
    for benchmark, title in ((Benchmark.MEMCPY, "memcpy"), (Benchmark.MUL_MAT, "ggml_mul_mat")):
        for body in bench_texts(ran, logs, benchmark):
            yield f"#### {title} Benchmark\n\n```\n{visible(body)}\n```\n\n"
    table = render_model_table(run, summarize_run(run))
    yield f"#### Model Benchmarks\n\n{table or 'No model benchmark results available.'}\n\n"
    quality = "\n".join(list_text_quality([run], TEXT_COLUMNS))
    if quality:
        yield f"#### {TEXT_QUALITY}\n\n```\n{visible(quality)}\n```\n\n"
    failed = dict.fromkeys(_name(result) for result in ran if result.status.bad)
    if failed:
        lines = "".join(f"Benchmark failed for {name}\n" for name in failed)
        yield f"#### Benchmark Errors\n\n```\n{visible(lines)}```\n\n"


def _name(result: StepResult) -> str:
    model = result.case.get("model") if result.case else ""
    return f"model: {model}" if model else result.step


def _shell_status(result: StepResult) -> int:
    completed = result.completed
    if result.status is Status.TIMED_OUT:
        return _TIMED_OUT
    if completed is None or completed.exit_code == 0:
        return 1  # nothing was started, or nothing was measured
    return completed.exit_code if completed.exit_code > 0 else 128 - completed.exit_code


def _log(result: StepResult, logs: Mapping[str, str]) -> str:
    return logs.get(result.log, "").rstrip("\n")


def _without_echo(log: str) -> str:
    first, _, rest = log.partition("\n")
    return rest if first.startswith("+ ") else log


def _times(completed: CompletedProcess | None) -> tuple[str, ...]:
    """Return what bash's `time` prints, `%dm%d.%03ds`."""
    if completed is None:
        return ()
    fields = (("real", completed.wall_s), ("user", completed.user_s), ("sys", completed.system_s))
    return ("", *(f"{name}\t{_bash_time(seconds)}" for name, seconds in fields))


def bounded(seconds: float) -> float:
    """Return a finite time, whatever a record holds."""
    return max(-_MOST_S, min(seconds, _MOST_S))


def _bash_time(seconds: float) -> str:
    milliseconds = round(bounded(seconds) * 1e6) // 1000
    return f"{milliseconds // 60000}m{milliseconds // 1000 % 60}.{milliseconds % 1000:03d}s"
