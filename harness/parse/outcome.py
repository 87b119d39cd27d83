"""From what a child left behind to how its step ended: no parsed measurement is a failure, whatever the exit code."""

import re
import signal

from harness.parse.bench import is_empty_model, measure_whisper
from harness.parse.ctest import parse_junit
from harness.parse.memcpy import measure_memcpy
from harness.parse.mul_mat import measure_mul_mat
from harness.parse.system_info import parse_system_info
from harness.records.case import Case
from harness.records.measurement import Measurement
from harness.records.metric import DECODE, ENCODE, TABLE_METRICS
from harness.records.outcome import Completed, Status, StepResult
from harness.records.step import FEATURES, Phase, Step
from harness.records.suite import Benchmark

_ROUNDED_TO_ZERO = re.compile(r" 0\.0 GFLOPS")


def read_outcome(step: Step, completed: Completed, log: str, output: str) -> StepResult:
    """Return the result of `step`; `log` is its whole log, `output` the file that it wrote (or empty).

    A time-out outranks a bad exit code, and a bad exit code everything that was printed: the numbers of a process
    that failed are kept in the log, not in the run.
    """
    result = StepResult(
        step=step.name,
        phase=step.phase,
        status=Status.PASSED,
        completed=completed,
        case=step.case,
        repetition=step.repetition,
        log=step.log,
    )
    if completed.timed_out:
        return result.replace(status=Status.TIMED_OUT, reason=f"no end after {step.timeout_s:g} s")
    if step.phase is Phase.TEST:
        return _read_tests(result, completed, output)
    if step.name == FEATURES:
        return _read_features(result, log)
    if completed.exit_code:
        return result.replace(status=Status.FAILED, reason=describe_exit(completed.exit_code))
    if step.case:
        return _read_benchmark(result, step.case, step.repetition, log)
    return result


def describe_exit(exit_code: int) -> str:
    """Return `exit code 2`, or `killed by SIGILL` with what that usually means."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    meaning = {
        "SIGILL": " (the build uses an instruction that this CPU lacks: choose another --isa)",
        "SIGKILL": " (out of memory?)",
        "SIGSEGV": " (a crash)",
        "SIGABRT": " (it gave up)",
    }
    return f"killed by {name}{meaning.get(name, '')}"


def _read_features(result: StepResult, log: str) -> StepResult:
    """Return whether the program answered; its exit code says nothing, for it then rightly misses the weights."""
    if parse_system_info(log):
        return result
    return result.replace(status=Status.SKIPPED, reason="this bench program says so only with weights")


def _read_tests(result: StepResult, completed: Completed, junit: str) -> StepResult:
    checks = parse_junit(junit) if junit else ()
    ran = [check for check in checks if check.status is not Status.SKIPPED]
    failed = [check.name for check in checks if check.status.bad]
    if failed:
        return result.replace(checks=checks, status=Status.FAILED, reason=f"failed: {', '.join(failed)}")
    if completed.exit_code:
        return result.replace(checks=checks, status=Status.FAILED, reason=describe_exit(completed.exit_code))
    if not ran:
        return result.replace(checks=checks, status=Status.FAILED, reason="ctest ended well but ran no test")
    return result.replace(checks=checks)


def _read_benchmark(result: StepResult, case: Case, repetition: int, log: str) -> StepResult:
    if is_empty_model(log):
        reason = "the weights are empty ('assuming empty model'): a timing of them means nothing"
        return result.replace(status=Status.FAILED, reason=reason)
    measurements = _measure(case, repetition, log)
    missing = _missing(case, measurements, log)
    if missing:
        return result.replace(status=Status.FAILED, reason=f"exit code 0, but no measurement of {missing}")
    return result.replace(measurements=measurements)


def _missing(case: Case, measurements: tuple[Measurement, ...], log: str) -> str:
    """Return what the output should have told and did not: half a benchmark is none."""
    if case.benchmark == Benchmark.WHISPER:
        found = {measurement.metric for measurement in measurements}
        # v1.4 knows neither batches nor prompts.
        wanted = [metric for metric in TABLE_METRICS if metric in (ENCODE, DECODE) or f" {metric.name} time" in log]
        return ", ".join(metric.name for metric in wanted if metric.name not in found)
    if case.benchmark == Benchmark.MUL_MAT:
        sizes = {measurement.case.get("n") for measurement in measurements}
        # A rate that was rounded to zero is no number, but no failure either: the machine was busy.
        missing = log.count("GFLOPS") - len(measurements) - len(_ROUNDED_TO_ZERO.findall(log))
        return f"{missing} of its cells" if missing else ("" if "4096" in sizes else "n=4096, its last line")
    return "" if measurements else "anything"


def _measure(case: Case, repetition: int, log: str) -> tuple[Measurement, ...]:
    if case.benchmark == Benchmark.WHISPER:
        return measure_whisper(log, case, repetition)
    threads = int(case.get("threads"))
    if case.benchmark == Benchmark.MEMCPY:
        return measure_memcpy(log, threads, repetition)
    return measure_mul_mat(log, threads, repetition)
