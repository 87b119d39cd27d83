"""From the output of a process that shows how good the text is to the result of its step."""

import contextlib
from collections.abc import Sequence

from harness.errors import UnreadableError
from harness.parse.bench.quality import WRONG, parse_divergence
from harness.parse.bench.text import count_text_errors
from harness.parse.bench.transcription import find_complaint, measure_transcription, read_printed
from harness.parse.bench.worker import find_worker_refusal
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Step
from harness.records.quality import TextErrors
from harness.records.suite import OF_TOKENS


def read_quality(result: StepResult, step: Step, case: Case, log: str) -> StepResult:
    """Return the errors of the printed text, or the divergence of the tokens; FAILED with a reason without them."""
    if case.get("of") == OF_TOKENS:
        return _read_tokens(result, log)
    if complaint := find_complaint(log):
        return result.replace(status=Status.FAILED, reason=f"whisper-cli says: {complaint}")
    if not measure_transcription(log, case, step.repetition):
        reason = "exit code 0, but the program does not say that it has listened to the end"
        return result.replace(status=Status.FAILED, reason=reason)
    try:
        errors = _count(step, log)
    except ImportError as error:
        return result.replace(status=Status.FAILED, reason=f"the words cannot be counted: {error}")
    if errors is None:
        return result.replace(status=Status.FAILED, reason="the known text has no words once it is normalised")
    return result.replace(text_errors=errors)


def add_text_errors(result: StepResult, step: Step, log: str) -> StepResult:
    """Return the result of a timed transcription with the errors of its text, if that is known and can be counted."""
    with contextlib.suppress(ImportError):
        return result.replace(text_errors=_count(step, log))
    return result


def _count(step: Step, log: str) -> TextErrors | None:
    return count_text_errors(read_printed(log), step.text, _find_language(step.argv)) if step.text else None


def _find_language(argv: Sequence[str]) -> str:
    return argv[argv.index("-l") + 1] if "-l" in argv[:-1] else ""


def _read_tokens(result: StepResult, log: str) -> StepResult:
    refusal = find_worker_refusal(log)
    if refusal:
        return result.replace(status=Status.FAILED, reason=refusal)
    try:
        return result.replace(divergence=parse_divergence(log))
    except UnreadableError as error:
        cause = Cause.WRONG_RESULT if error.what.startswith(WRONG) else None
        return result.replace(status=Status.FAILED, reason=error.line, cause=cause)
