"""How good the text is with some settings: all recordings together, from one process for each."""

from collections.abc import Iterator, Sequence

from harness.records.outcome import Status, StepResult
from harness.records.quality import TextQuality
from harness.records.suite import Benchmark


def sum_up_text(results: Sequence[StepResult], model: str, flash_attn: str) -> TextQuality | None:
    """Return what `results` say about the text of a model with or without flash attention; None if nobody looked.

    Of several processes that do the same the first that passed counts: whether they agree is another question.
    """
    mine = [one for one in results if _is_about(one, model, flash_attn)]
    if not mine:
        return None
    counted = list(_choose(mine))
    reasons = [_explain(one, results) for one in counted if one.status is not Status.PASSED]
    texts = [one.text_errors for one in counted if one.text_errors]
    tokens = [one.divergence for one in counted if one.divergence]
    positions = sum(one.positions for one in tokens)
    return TextQuality(
        words=sum(one.words for one in texts),
        errors=sum(one.errors for one in texts),
        positions=positions,
        agreeing=sum(one.agreeing.count("1") for one in tokens),
        divergence=sum(one.mean * one.positions for one in tokens) / positions if positions else None,
        reason=reasons[0] if reasons else "",
    )


def _explain(result: StepResult, results: Sequence[StepResult]) -> str:
    """Return why a text was not looked at: its own failure, or the one because of which it was skipped."""
    cause = next((one for one in results if one.step == result.blocked_by and one.reason), None)
    return f"{cause.step}: {cause.reason}" if cause else result.reason or f"{result.step} was not done"


def _is_about(result: StepResult, model: str, flash_attn: str) -> bool:
    case = result.case
    return (
        case is not None
        and case.benchmark == Benchmark.QUALITY
        and (case.get("model"), case.get("fa")) == (model, flash_attn)
    )


def _choose(results: Sequence[StepResult]) -> Iterator[StepResult]:
    """Yield one result for each recording and each of both looks, one that passed if there is one."""
    found: dict[tuple[str, str], StepResult] = {}
    for one in sorted(results, key=lambda one: (one.status is not Status.PASSED, one.repetition)):
        if one.case:
            found.setdefault((one.case.get("audio"), one.case.get("of")), one)
    yield from found.values()
