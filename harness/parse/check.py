"""The outcome of a check: right, wrong, or why there is no answer, which does not count against the build.

A crash or a process that hangs has failed: the benchmarks would compute the same. All else that keeps the worker from
an answer (a library that is too old, weights that are refused, a reference that is missing or damaged) says nothing
about the build.
"""

import re
import signal

from harness.errors import UnreadableError
from harness.parse.bench.quality import WRONG, parse_check
from harness.parse.bench.worker import find_worker_refusal
from harness.parse.notation import plain_lines
from harness.records.outcome import Cause, Status, StepResult
from harness.records.quality import ResultCheck
from harness.records.tolerance import TOLERANCES
from harness.records.wording import format_difference, format_unreal

# Signals by which a program ends itself when what it computes goes wrong.
CRASHES = frozenset({signal.SIGILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGTRAP})
# What whisper.cpp prints of a model file: the number of the type of its matrices, as in `enum ggml_ftype`.
_FTYPE = re.compile(r"whisper_model_load: ftype\s+= (\d{1,4})\s*")
_TYPES = {
    0: "f32",
    1: "f16",
    2: "q4_0",
    3: "q4_1",
    7: "q8_0",
    8: "q5_0",
    9: "q5_1",
    10: "q2_k",
    11: "q3_k",
    12: "q4_k",
    13: "q5_k",
    14: "q6_k",
}


def read_check_log(result: StepResult, log: str) -> StepResult:
    """Return the result of a check whose process ended by itself."""
    kind, refusal = parse_weights_type(log), find_worker_refusal(log)
    if refusal:
        return result.replace(status=Status.SKIPPED, reason=refusal)
    tolerance = TOLERANCES.get(kind)
    if tolerance is None:
        return result.replace(
            status=Status.SKIPPED, reason="no tolerance is known: the log names no known type of weights"
        )
    try:
        check = parse_check(log, tolerance)
    except UnreadableError as error:
        return result.replace(status=Status.SKIPPED, reason=error.what)
    if check.passed:
        return result.replace(check=check)
    reason = f"{WRONG}: {_describe_difference(check)}"
    return result.replace(check=check, status=Status.FAILED, reason=reason, cause=Cause.WRONG_RESULT)


def parse_weights_type(log: str) -> str:
    """Return the type of the matrices of the loaded weights, `f16` or `q5_0`; empty if the log does not say."""
    found = [match[1] for line in plain_lines(log) if (match := _FTYPE.fullmatch(line))]
    return _TYPES.get(int(found[-1]), "") if found else ""


def _describe_difference(check: ResultCheck) -> str:
    if check.unreal:
        return format_unreal(check.unreal)
    place = check.errors.index(check.worst) + 1
    return (
        f"the logits differ from a plain computation by {format_difference(check.worst)} (tolerance "
        f"{format_difference(check.tolerance)}) at position {place} of {len(check.errors)}"
    )
