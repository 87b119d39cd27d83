"""What `harness ab --json` has printed, read as the text of a stranger: it may come from anybody's pull request."""

import math
import re
from collections.abc import Iterator

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.records.answer import Answer
from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import METRICS
from harness.records.suite import Benchmark
from harness.records.trial_report import TrialReport

# An answer about all cells of mul_mat has a fifth of that.
MOST_ANSWER_BYTES = 1 << 20
_MOST_COMPARISONS, _MOST_PARAMS, _MOST_CASE, _MOST_TEXT = 1000, 12, 200, 4000
# What is larger was never measured or counted, and takes many digits.
_MOST_NUMBER = 1e15
_ROUNDING = 1e-9
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class AbAnswer(Answer):
    """The document that `harness ab --json` prints."""

    result: TrialReport | None = None


def parse_ab_answer(raw: bytes, name: str) -> AbAnswer:
    """Return the document in `raw`; raises UnreadableError, which calls it `name`, for anything else."""
    if len(raw) > MOST_ANSWER_BYTES:
        raise _refuse(name, f"it has {len(raw)} bytes, at most {MOST_ANSWER_BYTES} are read")
    try:
        answer = msgspec.json.decode(raw, type=AbAnswer)
    except UNDECODABLE as error:
        raise _refuse(name, str(error) if raw.strip() else "the file is empty") from None
    if answer.verb != "ab":
        raise _refuse(name, "it is the answer of another verb")
    for value in _walk(msgspec.to_builtins(answer)):
        if isinstance(value, str) and len(value) > _MOST_TEXT:
            raise _refuse(name, f"a text in it has {len(value)} characters, at most {_MOST_TEXT} are read")
        if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) < _MOST_NUMBER):
            raise _refuse(name, "a number in it is too large")
    if answer.result:
        _check(answer.result, name)
    return answer


def _check(report: TrialReport, name: str) -> None:
    families = [report.family] if report.family else []
    if report.counters:
        families += (report.counters.instructions, report.counters.others)
    if (count := sum(len(family.comparisons) for family in families)) > _MOST_COMPARISONS:
        raise _refuse(name, f"it has {count} comparisons, at most {_MOST_COMPARISONS} are read")
    for side in (report.baseline, report.contender):
        if side.sha and not _SHA.fullmatch(side.sha):
            raise _refuse(name, "the commit of a side is not 40 hex digits")
    for family in families:
        for one in family.comparisons:
            if why := _find_fault(one, family.threshold):
                raise _refuse(name, why)


def _find_fault(comparison: Comparison, threshold: float) -> str:
    case = comparison.case
    if comparison.metric not in METRICS:
        return "it has a metric that this harness does not know"
    if case.benchmark not in tuple(Benchmark):
        return "it has a benchmark that this harness does not know"
    if len(case.params) > _MOST_PARAMS or len(str(case)) > _MOST_CASE:
        return "the name of a case is too long"
    if _contradicts_itself(comparison, threshold):
        return f"the numbers of {comparison.metric} do not fit its verdict, {comparison.verdict}"
    return ""


def _contradicts_itself(one: Comparison, threshold: float) -> bool:
    """Return whether a verdict is not one that its change and interval allow; without an interval much is possible."""
    bounds = (one.low, one.high)
    low, high = (one.change if bound is None else bound for bound in bounds)
    limit, exceeds = threshold + _ROUNDING, abs(one.change) >= threshold - _ROUNDING
    if one.n < 0 or not low - _ROUNDING <= one.change <= high + _ROUNDING:
        return True
    if one.verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        worse = (one.change > 0) == METRICS[one.metric].lower_is_better
        wrong = one.change != 0 and worse != (one.verdict is Verdict.REGRESSED)
        return (
            wrong or low < 0 < high or (one.relevant and not exceeds) or (not one.relevant and abs(one.change) > limit)
        )
    return one.relevant or (one.verdict is Verdict.UNCHANGED and (low < -limit or high > limit))


def _walk(value: object) -> Iterator[object]:
    """Yield every text and number in plain data."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _walk(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _walk(one)
    else:
        yield value


def _refuse(name: str, why: str) -> UnreadableError:
    hint = "harness ab --json >answer.json  # writes such a file"
    return UnreadableError(f"{name} is not an answer of harness ab", cause=why, hint=hint)
