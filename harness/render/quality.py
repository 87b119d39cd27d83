"""How good the text is, for people: errors of words, agreement of tokens, and two settings compared."""

from collections.abc import Iterator, Sequence

from harness.judge.quality import list_all_quality
from harness.records.comparison import Verdict
from harness.records.quality_report import CountedShare, QualityComparison, QualityFamily, QualityRow
from harness.records.run import Run
from harness.render.case_name import share_params, shorten_case
from harness.render.comparison_markdown import fold_away
from harness.render.format.text import code_block
from harness.render.number import format_divergence
from harness.render.plain import align, align_runs, align_within, wrap_behind

_INDENT = "  "
# Recording, number of the run, model, threads, flash attention: what names a row.
_NAMES = 5
HEADER = ("case", "of", "baseline", "contender", "only b.", "only c.", "change", "interval", "p", "n", "verdict")


def list_text_quality(runs: Sequence[Run], width: int = 0) -> Iterator[str]:
    """Yield a line for each setting and run whose text or tokens are known, grouped by setting; maybe nothing."""
    found = list_all_quality(runs)
    if not found:
        return
    rows = [row for row, _ in found]
    detected, counted = any(row.case.get("vad") for row in rows), any(row.text for row in rows)
    compared = any(row.tokens for row in rows)
    header = ["text of", "#", "model", "threads", "fa", *(["vad"] if detected else [])]
    units = [""] * len(header)
    if counted:
        header += ["WER", "interval", "CER"]
        units += ["%", "", "%"]
    if compared:
        header += ["top-1", "interval", "own", "KL", "median", "worst", "log p", "reference"]
        units += ["%", "", "%", "nats", "", "", "nats", ""]
    lines = [
        [
            row.case.get("audio"),
            str(number + 1),
            row.case.get("model"),
            row.case.get("threads"),
            row.case.get("fa"),
            *([row.case.get("vad") or "0"] if detected else []),
            *(_say_words(row) if counted else ()),
            *(_say_tokens(row) if compared else ()),
            count_same(row),
        ]
        for row, number in found
    ]
    table = [[*header, "equal"], [*units, ""], *lines]
    yield from align_runs(table, several=len(runs) > 1, indent=_INDENT, width=width, names=_NAMES)
    yield from explain_quality(rows, width)


def explain_quality(rows: Sequence[QualityRow], width: int = 0) -> Iterator[str]:
    """Yield what the columns mean, and what the numbers were compared with."""
    for name in dict.fromkeys(row.text.normaliser for row in rows if row.text):
        said = f"errors over the words of the known text, and over its characters; both texts by {name}"
        yield from wrap_behind(f"{_INDENT}WER, CER: ", said, width)
    for maker in dict.fromkeys(row.tokens.made_by for row in rows if row.tokens):
        said = (
            f"how often the most likely token is that of the reference (the weights before they were quantised, on the "
            f"CPU, without flash attention; made by {maker}); own: one minus the edits between its tokens and those "
            "that are written without its help, over their number; KL: divergence from it per token, mean, median and "
            "worst; log p: mean log-probability of its tokens, here and in the reference"
        )
        yield from wrap_behind(f"{_INDENT}top-1: ", said, width)
    said = "exact, 95 %; equal: processes that gave the same text and tokens as the first"
    yield from wrap_behind(f"{_INDENT}intervals: ", said, width)


def _say_words(row: QualityRow) -> tuple[str, str, str]:
    if not row.text or not row.word_errors:
        return "-", "-", "-"
    return format_percent(row.word_errors.share), _span(row.word_errors), format_percent(row.text.character_error_rate)


def _say_tokens(row: QualityRow) -> tuple[str, ...]:
    tokens = row.tokens
    if not tokens or not row.agreement:
        return ("-",) * 8
    return (
        format_percent(row.agreement.share),
        _span(row.agreement),
        format_percent(tokens.token_agreement),
        *(format_divergence(one) for one in (tokens.mean, tokens.median, tokens.worst)),
        f"{tokens.log_probability:.3f}",
        f"{tokens.reference_log_probability:.3f}",
    )


def count_same(row: QualityRow) -> str:
    """Return how many processes gave the same text and tokens as the first, and how many there were."""
    total = row.texts + row.own_tokens
    return f"{total - row.other_texts - row.other_tokens}/{total}"


def format_percent(share: float) -> str:
    """Return a share in percent, without the sign."""
    return f"{100 * share:.1f}"


def _span(share: CountedShare) -> str:
    return f"{format_percent(share.low)} - {format_percent(share.high)}"


def render_quality_family(family: QualityFamily, width: int = 0) -> str:
    """Return the comparison of the text of two sides, and how it was judged; no trailing newline."""
    table = align_within([HEADER, *list_quality_cells(family)], width, names=2, left=2, indent=_INDENT)
    judging = wrap_behind(_INDENT, describe_quality_judging(family), width)
    return "\n".join([*table, *judging, "", *wrap_behind("=> ", conclude_quality(family), width)])


def conclude_quality(family: QualityFamily) -> str:
    """Return one sentence about the text of two sides."""
    counts = {verdict: sum(one.verdict is verdict for one in family.comparisons) for verdict in Verdict}
    found = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    open_ones = counts[Verdict.UNRESOLVED]
    advice = "; more speech with a known text would tell (--audio FILE --text FILE)" if open_ones else ""
    return f"text: {found or 'nothing was compared'}{advice}."


def list_quality_markdown(family: QualityFamily) -> list[str]:
    """Return the same as lines of Markdown; the table is folded away."""
    table = align([HEADER, *list_quality_cells(family)], left=2)
    return fold_away("Errors of the text", code_block([*table, "", describe_quality_judging(family)]))


def list_quality_cells(family: QualityFamily) -> Iterator[tuple[str, ...]]:
    """Yield a row for each comparison; changes are percentage points."""
    shared = share_params([one.case for one in family.comparisons])
    for one in family.comparisons:
        yield (
            shorten_case(one.case, shared),
            one.subject,
            f"{format_percent(one.errors / one.size)} %",
            f"{format_percent(one.contender_errors / one.size)} %",
            str(one.only_baseline),
            str(one.only_contender),
            f"{100 * one.difference:+.1f}",
            f"{100 * one.low:+.1f} .. {100 * one.high:+.1f}",
            f"{one.p:.2g}",
            str(one.size),
            say_quality_verdict(one),
        )


def say_quality_verdict(one: QualityComparison) -> str:
    """Return the verdict, with a word for a change that is certain but too small to matter."""
    changed = one.verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    return f"{one.verdict} (small)" if changed and not one.relevant else str(one.verdict)


def describe_quality_judging(family: QualityFamily) -> str:
    """Return how texts were compared."""
    return (
        f"errors of the text, judged apart from speed: {family.method}; the chance of any false difference is at most "
        f"{100 * family.alpha:g} %; what matters is {100 * family.margin:g} percentage points; changes are in "
        "percentage points, `only` counts what one side alone gets wrong"
    )
