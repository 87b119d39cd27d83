"""How good the text of some settings is, for people: cells of a table, and the cost as a part of a sentence."""

from collections.abc import Iterator, Sequence

from harness.plan.guard import format_points
from harness.records.quality import TextQuality
from harness.records.tune import TextGuard
from harness.records.wording import format_count
from harness.render.number import format_divergence

# The columns of tables: word errors, divergence from the reference, and how often both find the same token likeliest.
TEXT_COLUMNS = ("WER %", "KL nats", "top-1 %")


def list_text_cells(text: TextQuality | None) -> tuple[str, ...]:
    """Return the cells of `TEXT_COLUMNS`; a dash stands for what is not known."""
    wer, agreement = (text.word_error_rate, text.agreement) if text else (None, None)
    divergence = text.divergence if text else None
    return (
        f"{100 * wer:.1f}" if wer is not None else "-",
        format_divergence(divergence) if divergence is not None else "-",
        f"{100 * agreement:.1f}" if agreement is not None else "-",
    )


def describe_looks(texts: Sequence[TextQuality]) -> Iterator[str]:
    """Yield what the columns of tables about text are, and how much speech they are made of."""
    words = max((one.words for one in texts), default=0)
    positions = max((one.positions for one in texts), default=0)
    if words:
        yield (
            f"WER counts wrong, missing and extra words over the {words} of the known text; one error more or "
            f"less is {100 / words:.2g} points"
        )
    if positions:
        yield (
            f"KL and top-1 compare the output distributions of {format_count(positions, 'token')} with those of F16 "
            "weights on the CPU without flash attention; cells that differ in threads alone share them"
        )
    failed = next((one.reason for one in texts if one.reason), "")
    if failed:
        yield f"not all of the text could be looked at: {failed}"


def describe_cost(text: TextQuality, reference: TextQuality | None) -> str:
    """Return what settings cost in text: `WER 4.5 % (+4.5 points), divergence 0.012, top-1 99.1 %`."""
    wer, divergence, agreement = text.word_error_rate, text.divergence, text.agreement
    parts = []
    if wer is not None:
        theirs = reference.word_error_rate if reference else None
        points = f" ({format_points(wer - theirs)} points)" if theirs is not None else ""
        parts.append(f"WER {100 * wer:.1f} %{points}")
    if divergence is not None and agreement is not None:
        parts += [f"divergence {format_divergence(divergence)}", f"top-1 {100 * agreement:.1f} %"]
    return ", ".join(parts) or f"not known: {text.reason or 'there was nothing to compare'}"


def list_limits(guard: TextGuard) -> Iterator[tuple[str, str]]:
    """Yield what is limited, and by how much."""
    if guard.max_wer is not None:
        yield "word error rate", f"{format_points(guard.max_wer)} points"
    if guard.max_divergence is not None:
        yield "divergence", f"{guard.max_divergence:g} nats"
