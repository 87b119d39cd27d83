"""What a search may choose as far as the text goes: which settings are looked at, and which cost too much."""

from collections.abc import Iterator, Sequence

from harness.errors import UnavailableError
from harness.records.measurement import Case
from harness.records.plan import Plan, Step
from harness.records.quality import TextQuality
from harness.records.suite import Benchmark
from harness.records.sweep import Values
from harness.records.tune import TextGuard
from harness.records.weights import Weights, WeightsKind
from harness.records.wording import format_count
from harness.stats.exact import bound_count
from harness.whisper.quantisation import UNQUANTISED

# Rates are quotients of counts: a limit is not exceeded because of how they are rounded.
_ROUNDING = 1e-9


def choose_reference_values(start: Values) -> Values:
    """Return the settings whose text all others are compared with: F16 weights without flash attention."""
    return tuple((name, {"quant": UNQUANTISED, "fa": "0"}.get(name, value)) for name, value in start)


def choose_looks(plan: Plan, model: str, flash_attn: str) -> tuple[Step, ...]:
    """Return the steps that look at the text of a model: one for each recording, its words and its tokens.

    They have as many threads as any of them, since that does not change what is computed.
    """
    found: dict[tuple[str, str], tuple[int, Step]] = {}
    for step in plan.steps:
        case = step.case
        if case is None or not _is_first_look(step, case, model, flash_attn):
            continue
        key, threads = (case.get("audio"), case.get("of")), int(case.get("threads"))
        if key not in found or found[key][0] < threads:
            found[key] = (threads, step)
    return tuple(step for _, step in found.values())


def explain_blindness(plan: Plan, weights: Sequence[Weights]) -> str:
    """Return why nobody can look at the text with a plan, empty if it can be looked at."""
    if all(one.kind is WeightsKind.SYNTHETIC for one in weights):
        return "the weights are synthetic, so there is no text to look at"
    if not any(step.case and step.case.benchmark == Benchmark.QUALITY for step in plan.steps):
        return "there is no recording to look at: the sources have no sample"
    return ""


def require_text(plan: Plan, weights: Sequence[Weights], subject: str) -> None:
    """Raise UnavailableError if `subject`, which looks at the text, has nothing to look at with a plan."""
    if blindness := explain_blindness(plan, weights):
        raise UnavailableError(
            subject,
            cause=blindness,
            hint="--weights official  # or --weights PATH; --audio FILE --text FILE where there is no sample",
        )


def find_excess(text: TextQuality | None, reference: TextQuality | None, guard: TextGuard) -> str:
    """Return by how much a text exceeds a limit, empty if it does not; what could not be looked at does."""
    if not guard.limits:
        return ""
    if text is None or reference is None:
        return "its text could not be looked at"
    return _exceed_errors(text, reference, guard) or _exceed_divergence(text, reference, guard)


def _exceed_errors(text: TextQuality, reference: TextQuality, guard: TextGuard) -> str:
    mine, theirs = text.word_error_rate, reference.word_error_rate
    if guard.max_wer is None:
        return ""
    if mine is None or theirs is None:
        return f"its words could not be compared: {text.reason or reference.reason or 'no text is known'}"
    if text.words != reference.words:
        return _miss("words", text.words, reference.words, text.reason or reference.reason)
    if mine - theirs <= guard.max_wer + _ROUNDING:
        return ""
    return f"WER {format_points(mine - theirs)} points > {format_points(guard.max_wer)}"


def _exceed_divergence(text: TextQuality, reference: TextQuality, guard: TextGuard) -> str:
    if guard.max_divergence is None:
        return ""
    if text.divergence is None:
        return f"its tokens could not be compared: {text.reason or 'there are none'}"
    if text.positions < reference.positions:
        return _miss("tokens", text.positions, reference.positions, text.reason)
    return (
        f"divergence {text.divergence:.3g} > {guard.max_divergence:g}" if text.divergence > guard.max_divergence else ""
    )


def _miss(what: str, looked: int, known: int, reason: str) -> str:
    """Return that only some recordings could be looked at, which cannot be compared with the text of all of them."""
    return f"only {looked} of {known} {what} could be compared{reason and f': {reason}'}"


def list_remarks(
    blindness: str, guard: TextGuard, reference: TextQuality | None, looked: Sequence[TextQuality]
) -> Iterator[str]:
    """Yield what a reader must know of how the text was looked at, and of limits that so few words cannot show."""
    if blindness:
        yield f"what these settings cost in text is not known: {blindness}"
    failed = next((one.reason for one in looked if one.reason), "")
    if failed:
        yield f"not all of the text could be looked at: {failed}"
    rate = reference.word_error_rate if reference else None
    if guard.max_wer is None or rate is None:
        return
    for one in looked:
        low, high = (end / one.words for end in bound_count(one.errors)) if one.words else (0.0, 0.0)
        if low <= rate + guard.max_wer < high:
            yield (
                f"{format_count(one.words, 'word')} cannot show {100 * guard.max_wer:g} points: "
                f"{format_count(one.errors, 'error')} among them can come from a word error rate between "
                f"{100 * low:.1f} % and {100 * high:.1f} %; more speech shows more (--audio FILE --text FILE)"
            )
            return


def format_points(difference: float) -> str:
    """Return the difference of two rates in percentage points, with its sign."""
    points = 100 * difference
    if abs(points) < 0.005:
        return "+0.0"
    short = f"{points:+.2g}"
    return short if "." in short else f"{points:+.1f}"


def _is_first_look(step: Step, case: Case, model: str, flash_attn: str) -> bool:
    if case.benchmark != Benchmark.QUALITY or step.repetition != 1:
        return False
    return (case.get("model"), case.get("fa")) == (model, flash_attn)
