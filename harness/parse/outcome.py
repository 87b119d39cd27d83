"""From the output of a child to the result of its step: without a measurement it failed, whatever the exit code."""

import re
import signal

from harness.errors import UnreadableError
from harness.parse.bench.backend import find_lost, find_mismatch
from harness.parse.bench.bench import (
    MODEL_SIZES,
    is_empty_model,
    is_whole,
    measure_whisper,
    parse_flash_attn,
    parse_model_size,
)
from harness.parse.bench.device import parse_blas, parse_nvidia
from harness.parse.bench.microbenchmark import count_cells, is_whole_memcpy, measure_memcpy, measure_mul_mat
from harness.parse.bench.roofline import measure_roofline
from harness.parse.bench.server import measure_server, parse_server_log
from harness.parse.bench.system_info import parse_system_info
from harness.parse.bench.transcription import find_complaint, has_text, measure_transcription
from harness.parse.bench.worker import find_worker_refusal, list_asked, measure_worker, read_texts
from harness.parse.check import CRASHES, read_check_log
from harness.parse.notation import plain_lines
from harness.parse.quality import add_text_errors, read_quality
from harness.parse.shortage import read_signal
from harness.parse.tool.breakage import BuildFailure, find_breakage
from harness.parse.tool.cmake import find_missing
from harness.parse.tool.ctest import parse_junit
from harness.records.measurement import DECODE, ENCODE, TABLE_METRICS, Case, Measurement
from harness.records.outcome import FLOODED, Cause, CompletedProcess, Status, StepResult, is_check
from harness.records.plan import Phase, Step, StepQuestion
from harness.records.suite import OF_MODELS, Benchmark, Engine

# What ctest, which ends with 8 itself, says of a test that was killed by SIGILL.
_CTEST_ILLEGAL = "ILLEGAL"
# The answers to these are read as they come; they say nothing of the tree.
_OF_THE_BUILD = (StepQuestion.FEATURES, StepQuestion.BLAS_LIBRARY, StepQuestion.GPU_DRIVER)
# How the program in harness/native/reference begins the line that says why it gives up.
REFUSAL = "reference: "
_FEWER_THREADS = re.compile(r"cplan requested more threads \(\d+\) than available \(\d+\)")
_ROUNDED_TO_ZERO = re.compile(r" 0\.0 GFLOPS")


def read_outcome(step: Step, completed: CompletedProcess, log: str, output: str) -> StepResult:
    """Return the result of `step`; `log` is its whole log, `output` the file that it wrote (or empty).

    A time-out takes precedence over a bad exit code, and that over everything that was printed: the numbers of a failed
    process stay in the log and are not part of the run.
    """
    result = StepResult.unexecuted(step, Status.PASSED, "").replace(completed=completed, log=step.log)
    stopped = _describe_stop(step, completed, log)
    if step.phase in (Phase.ROOFLINE, Phase.REFERENCE):
        return _read_dispensable(result, step, completed, log, stopped)
    if stopped:
        status = Status.TIMED_OUT if completed.timed_out else Status.FAILED
        return result.replace(status=status, reason=stopped, cause=None if completed.timed_out else Cause.FLOODED)
    if step.phase is Phase.TEST:
        return _read_tests(result, completed, output)
    if step.asks in _OF_THE_BUILD:
        return _read_probe(result, log)
    if completed.exit_code:
        return _read_failure(result, step, completed.exit_code, log)
    return _read_case(result, step, step.case, log) if step.case else result


def _read_failure(result: StepResult, step: Step, exit_code: int, log: str) -> StepResult:
    """Return why a child ended with a bad exit code; a check has failed only if what it looked at crashed."""
    if is_check(step) and -exit_code not in CRASHES:
        return result.replace(status=Status.SKIPPED, reason=find_worker_refusal(log) or describe_exit(exit_code))
    breakage = _explain_failure(step.phase, log)
    lost = find_lost(step.backend, log) if step.case and not breakage else ""
    words = f": {breakage.sentence}" if breakage else f"; {lost}" if lost else ""
    cause = find_exit_cause(exit_code) or (breakage.cause if breakage else None)
    return result.replace(status=Status.FAILED, reason=f"{describe_exit(exit_code)}{words}", cause=cause)


def _describe_stop(step: Step, completed: CompletedProcess, log: str) -> str:
    """Return why a child was stopped, or an empty string if it ended by itself."""
    if log.endswith(f"\n{FLOODED}\n"):
        return FLOODED
    return f"timed out after {step.timeout_s:g} s" if completed.timed_out else ""


def _explain_failure(phase: Phase, log: str) -> BuildFailure | None:
    if phase is Phase.CONFIGURE and (missing := find_missing(log)):
        sentence = f"not installed (Debian packages): {', '.join(missing)}"
        return BuildFailure(Cause.PACKAGE_MISSING, sentence)
    return find_breakage(log) if phase in (Phase.CONFIGURE, Phase.BUILD) else None


def describe_exit(exit_code: int) -> str:
    """Return `exit code 2`, or `killed by SIGILL` with its usual meaning."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    meaning = {
        "SIGILL": " (the build uses an instruction that this CPU lacks)",
        "SIGKILL": " (out of memory?)",
        "SIGSEGV": " (a crash)",
        "SIGABRT": " (it gave up)",
    }
    if limit := read_signal(name):
        return f"killed by {name} ({limit.means}: {limit.remedy})"
    return f"killed by {name}{meaning.get(name, '')}"


def find_exit_cause(exit_code: int) -> Cause | None:
    """Return the cause that the signal which ended a program proves, or None."""
    return Cause.ILLEGAL_INSTRUCTION if exit_code == -signal.SIGILL else None


def _read_probe(result: StepResult, log: str) -> StepResult:
    """Return whether there was an answer; the bench program's exit code means nothing, since it got no weights."""
    if result.asks is StepQuestion.BLAS_LIBRARY:
        answered, reason = parse_blas(log) is not None, "no BLAS library identified itself"
    elif result.asks is StepQuestion.GPU_DRIVER:
        answered, reason = bool(parse_nvidia(log)), "nvidia-smi listed no GPU"
    else:
        answered, reason = parse_system_info(log) is not None, "this bench program reports that only with weights"
    ended = result.completed.exit_code if result.completed else 0
    if answered and ended and result.asks is not StepQuestion.FEATURES:
        answered, reason = False, describe_exit(ended)
    elif not answered and ended < 0:
        reason = describe_exit(ended)
    if answered:
        return result
    return result.replace(status=Status.SKIPPED, reason=reason, cause=find_exit_cause(ended))


def _read_case(result: StepResult, step: Step, case: Case, log: str) -> StepResult:
    """Return the numbers, unless according to the log something other than the case was measured."""
    if is_check(step):
        result = read_check_log(result, log)
    elif case.benchmark == Benchmark.QUALITY:
        result = read_quality(result, step, case, log)
    elif case.benchmark == Benchmark.SERVER:
        result = _read_server(result, case, step, log)
    elif step.engine is Engine.LIBRARY:
        result = _read_worker(result, case, step, log)
    else:
        result = _read_benchmark(result, case, step.repetition, log)
        if case.benchmark == Benchmark.TRANSCRIBE and result.status is Status.PASSED:
            result = add_text_errors(result, step, log)
    # memcpy and mul_mat are the CPU's whatever the backend.
    model = case.benchmark in OF_MODELS and result.status is Status.PASSED
    mismatch = (find_mismatch(step.backend, log) or find_other_case(case, log)) if model else ""
    if not mismatch:
        return result
    other = result.replace(measurements=(), counts=(), text_errors=None, divergence=None, check=None)
    return other.replace(status=Status.FAILED, reason=mismatch)


def find_other_case(case: Case, log: str) -> str:
    """Return how a log of a model differs from the case that was asked for, or an empty string."""
    flash_attn, info = parse_flash_attn(log), parse_system_info(log)
    if flash_attn and flash_attn != case.get("fa"):
        return f"it ran with flash attention {flash_attn}, but {case.get('fa')} was asked for"
    if info and str(info.n_threads) != case.get("threads"):
        return f"it ran with {info.n_threads} threads, but {case.get('threads')} were asked for"
    fewer = next((line.strip() for line in plain_lines(log) if _FEWER_THREADS.search(line)), "")
    if fewer:
        return f"it did not get the threads that were asked for; log: {fewer}"
    size, wanted = parse_model_size(log), case.get("model").partition(".")[0].partition("-")[0]
    other = size and wanted in MODEL_SIZES and size != wanted
    return f"its weights have the size of {size}, but {case.get('model')} was asked for" if other else ""


def _read_dispensable(
    result: StepResult, step: Step, completed: CompletedProcess, log: str, stopped: str
) -> StepResult:
    """Return a roofline or a reference, or SKIPPED with the reason, since a missing one is not a failed benchmark."""
    try:
        if stopped:
            raise UnreadableError(stopped)
        if step.engine is Engine.LIBRARY and (refusal := find_worker_refusal(log)):
            raise UnreadableError(refusal)
        if completed.exit_code:
            said = next((line.removeprefix(REFUSAL) for line in log.splitlines() if line.startswith(REFUSAL)), "")
            if said and step.phase is Phase.REFERENCE:
                raise UnreadableError(said)
            # The programs are configured and built, too; only then is there something to explain.
            breakage = None if step.repetition else find_breakage(log)
            raise UnreadableError(f"{describe_exit(completed.exit_code)}{f': {breakage.sentence}' if breakage else ''}")
        return result.replace(measurements=measure_roofline(log, step.repetition) if step.repetition else ())
    except UnreadableError as error:
        cause = Cause.FLOODED if stopped == FLOODED else None if stopped else find_exit_cause(completed.exit_code)
        return result.replace(status=Status.SKIPPED, reason=error.what, cause=cause)


def _read_tests(result: StepResult, completed: CompletedProcess, junit: str) -> StepResult:
    checks = parse_junit(junit) if junit else ()
    ran = [check for check in checks if check.status is not Status.SKIPPED]
    failed = [check.name for check in checks if check.status.bad]
    if failed:
        illegal = ", ".join(check.name for check in checks if check.output.partition("\n")[0] == _CTEST_ILLEGAL)
        reason = f"failed: {', '.join(failed)}{f'; killed by SIGILL: {illegal}' if illegal else ''}"
        cause = Cause.ILLEGAL_INSTRUCTION if illegal else None
        return result.replace(checks=checks, status=Status.FAILED, reason=reason, cause=cause)
    if code := completed.exit_code:
        cause = find_exit_cause(code)
        return result.replace(checks=checks, status=Status.FAILED, reason=describe_exit(code), cause=cause)
    if not ran:
        return result.replace(checks=checks, status=Status.FAILED, reason="ctest succeeded, but ran no test")
    return result.replace(checks=checks)


def _read_benchmark(result: StepResult, case: Case, repetition: int, log: str) -> StepResult:
    if is_empty_model(log):
        reason = "the weights are empty ('assuming empty model'): their timings mean nothing"
        return result.replace(status=Status.FAILED, reason=reason)
    measurements = _measure(case, repetition, log)
    complaint = find_complaint(log) if case.benchmark == Benchmark.TRANSCRIBE else ""
    if complaint:
        return result.replace(status=Status.FAILED, reason=f"whisper-cli says: {complaint}")
    missing = _missing(case, measurements, log)
    if missing:
        return result.replace(status=Status.FAILED, reason=f"exit code 0, but no measurement of {missing}")
    return result.replace(measurements=measurements)


def _read_worker(result: StepResult, case: Case, step: Step, log: str) -> StepResult:
    """Return the answers of the worker; the library's own benchmarks come as output of the bench program."""
    refusal = find_worker_refusal(log)
    if refusal:
        return result.replace(status=Status.FAILED, reason=refusal)
    if case.benchmark != Benchmark.WHISPER:
        return _read_benchmark(result, case, step.repetition, read_texts(log))
    measurements, counts = measure_worker(log, case, step.repetition)
    found = {one.metric for one in measurements}
    missing = [metric.name for metric in list_asked(step.argv) or TABLE_METRICS if metric.name not in found]
    if missing:
        reason = f"exit code 0, but no measurement of {', '.join(missing)}"
        return result.replace(status=Status.FAILED, reason=reason)
    return result.replace(measurements=measurements, counts=counts)


def _read_server(result: StepResult, case: Case, step: Step, log: str) -> StepResult:
    """Return the times of the requests; one that failed makes all of them worthless."""
    wanted = step.argv[step.argv.index("--requests") + 1]
    found = parse_server_log(log, case.count("clients") or 0, int(wanted))
    if found.load and not found.failure:
        return result.replace(measurements=measure_server(found.load, case, step.repetition), load=found.load)
    words = [found.failure]
    if found.exit_code is not None:
        words[0] += f" ({describe_exit(found.exit_code)})"
        words += [complaint] if (complaint := find_complaint(log)) else []
        words += [lost] if (lost := find_lost(step.backend, log)) else []
    cause = None if found.exit_code is None else find_exit_cause(found.exit_code)
    return result.replace(status=Status.FAILED, reason="; ".join(words), cause=cause, load=found.load)


def _missing(case: Case, measurements: tuple[Measurement, ...], log: str) -> str:
    """Return what is missing in the output: half a benchmark is not a result."""
    if case.benchmark == Benchmark.WHISPER:
        found = {measurement.metric for measurement in measurements}
        # v1.4 knows neither batches nor prompts.
        wanted = [metric for metric in TABLE_METRICS if metric in (ENCODE, DECODE) or f" {metric.name} time" in log]
        missing = [metric.name for metric in wanted if metric.name not in found]
        return ", ".join([*missing, *([] if is_whole(log) else ["the total: its output is cut off"])])
    if case.benchmark == Benchmark.TRANSCRIBE:
        return "" if measurements and has_text(log) else "any text" if measurements else "its time, load time and audio"
    if case.benchmark == Benchmark.MUL_MAT:
        sizes = {measurement.case.get("n") for measurement in measurements}
        # A rate that was rounded to zero is no number, but no failure either: the machine was busy.
        cells = count_cells(log)
        wanted_cells = max(cells.values(), default=0) * len(cells)
        lacking = wanted_cells - len(measurements) - len(_ROUNDED_TO_ZERO.findall(log))
        return f"{lacking} of its cells" if lacking else ("" if "4096" in sizes else "n=4096, its last line")
    if not measurements:
        return "anything"
    return "" if is_whole_memcpy(log) else "more: its output is cut off"


def _measure(case: Case, repetition: int, log: str) -> tuple[Measurement, ...]:
    if case.benchmark == Benchmark.WHISPER:
        return measure_whisper(log, case, repetition)
    if case.benchmark == Benchmark.TRANSCRIBE:
        return measure_transcription(log, case, repetition)
    threads = int(case.get("threads"))
    if case.benchmark == Benchmark.MEMCPY:
        return measure_memcpy(log, threads, repetition)
    return measure_mul_mat(log, threads, repetition)
