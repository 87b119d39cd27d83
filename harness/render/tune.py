"""The result of a search for the best settings, for people: stage by stage, then lines to copy."""

from collections.abc import Iterator, Sequence

from harness.records.comparison import Verdict
from harness.records.measurement import DECODE, ENCODE
from harness.records.sweep import TOKENS_PER_WINDOW, WINDOW_S, Values
from harness.records.tune import Duel, Goal, Stage, Tuning
from harness.render.bar import LEAST_COLUMNS, Estimate, Picture, draw_interval, fit_scale, label_scale
from harness.render.number import format_share
from harness.render.plain import align, printable
from harness.render.repeat import repeat_tuning
from harness.render.terminal import wrap_bullet
from harness.render.text_quality import TEXT_COLUMNS, describe_cost, list_text_cells

# Where scores are drawn, and in how many columns, the most first.
_BESIDE = 3
_DRAWN = (31, 21, LEAST_COLUMNS)
_GOALS = {
    Goal.LATENCY: f"the time of {WINDOW_S:g} s of speech, modelled: encode + {TOKENS_PER_WINDOW} x decode",
    Goal.THROUGHPUT: f"the CPU time of {WINDOW_S:g} s of speech: threads x (encode + {TOKENS_PER_WINDOW} x decode)",
    Goal.MEMORY: "the peak memory of a process",
}


def render_tuning(tuning: Tuning, *, width: int = 0, plain: bool = False) -> str:
    """Return the stages, the winner and how certain it is, its caveats, and the lines to copy; no trailing newline.

    Scores are drawn as well where lines of `width` columns have room; 0 means no drawing. `plain` is ASCII alone.
    """
    lines = [
        f"tune {tuning.id} on {tuning.node}: {tuning.model} for {tuning.goal}, {tuning.spent_s:.0f} s",
        f"  smaller is better: {_GOALS[tuning.goal]}",
        "",
        *_stages(tuning, width, plain=plain),
        f"  medians of n processes; {ENCODE.label} in {ENCODE.unit}, {DECODE.label} in {DECODE.unit}",
        "",
        f"  found    {_name(tuning.found)}",
        *(line for duel in tuning.duels for line in _duel(duel)),
        f"  winner   {describe_winner(tuning)}",
        f"           {_whence(tuning)}; {tuning.why}",
        *_notes(tuning),
        "",
        f"  {tuning.cmake}",
        f"  {tuning.cli}",
        f"  again: {repeat_tuning(tuning)}",
    ]
    return "\n".join(lines)


def _stages(tuning: Tuning, width: int, *, plain: bool) -> list[str]:
    texts = has_texts(tuning)
    columns_of_text = TEXT_COLUMNS if texts else ()
    head = ["axis", "value", tuning.unit, ENCODE.label, DECODE.label, *columns_of_text, "n", ""]
    rows = [head, *(row for stage in tuning.stages for row in _rows(stage, texts=texts))]
    lines = _join(rows)
    for columns in _DRAWN if width else ():
        cells = _draw_scores(tuning, columns, plain=plain)
        drawn = [[*row[:_BESIDE], cell, *row[_BESIDE:]] for row, cell in zip(rows, cells, strict=False)]
        wider = _join(drawn) if drawn else []
        if wider and max(map(len, wider)) <= width:
            return wider
    return lines


def _join(rows: Sequence[Sequence[str | Picture]]) -> list[str]:
    """Return the lines of a table whose last column is a note, not aligned, since it may be long."""
    lines = align([row[:-1] for row in rows], left=2, indent="  ")
    return [f"{line}  {printable(row[-1])}".rstrip() for line, row in zip(lines, rows, strict=True)]


def _draw_scores(tuning: Tuning, columns: int, *, plain: bool) -> list[Picture]:
    """Return a cell for each row of the stages, the head first: its score on one scale, with a rule at the best."""
    scores = [one.score if one else None for stage in tuning.stages for one in stage.tried or (None,)]
    known = [Estimate(value=score) for score in scores if score is not None]
    if len(known) < 2:
        return []
    best = min(one.value for one in known)
    scale = fit_scale(known, middle=best, band=(best, best), width=columns, plain=plain)
    if scale is None:
        return []
    head = label_scale(scale, f"{scale.low:.4g}", f"{scale.high:.4g}")
    nothing = Picture(" " * columns)
    return [head, *(nothing if score is None else draw_interval(scale, Estimate(value=score)) for score in scores)]


def has_texts(tuning: Tuning) -> bool:
    """Return whether the text of any candidate was looked at."""
    return any(one.text for stage in tuning.stages for one in stage.tried)


def _rows(stage: Stage, *, texts: bool) -> Iterator[list[str]]:
    if not stage.tried:
        yield [stage.axis, *["-"] * (5 + len(TEXT_COLUMNS) * texts), stage.reason]
    for number, one in enumerate(stage.tried):
        value = dict(one.values)[stage.axis]
        score = f"{one.score:.1f}" if one.score is not None else "NA"
        parts = [f"{ms:.2f}" if ms is not None else "-" for ms in (one.encode_ms, one.decode_ms)]
        mark = "<- kept" if number == stage.winner else one.reason
        text = list_text_cells(one.text) if texts else ()
        yield [stage.axis if not number else "", value, score, *parts, *text, str(one.n), mark]


def _duel(duel: Duel) -> Iterator[str]:
    one = duel.comparison
    interval = f" [{one.low:+.1%}, {one.high:+.1%}]" if one.low is not None and one.high is not None else ""
    how = {
        Verdict.IMPROVED: "certain",
        Verdict.REGRESSED: "certain, but in the other direction: noise misled the search",
        Verdict.UNCHANGED: "practically equal",
        Verdict.UNRESOLVED: "not certain",
    }[one.verdict]
    yield f"  against  {duel.against} ({_name(duel.values)}): {one.change:+.1%}{interval}, {how} after {one.n} rounds"


def describe_winner(tuning: Tuning) -> str:
    """Return the winner with its score, its gain in time and its cost in text, as far as both are known."""
    gain = f" ({format_share(tuning.gain)})" if tuning.gain is not None else ""
    cost = f", text: {describe_cost(tuning.text, tuning.reference_text)}" if tuning.text else ""
    return f"{_name(tuning.winner)}: {tuning.score:.1f} {tuning.unit}{gain}{cost}"


def _whence(tuning: Tuning) -> str:
    return f"the median of {tuning.rounds} rounds" if tuning.rounds else "measured in its stage only"


def _notes(tuning: Tuning) -> Iterator[str]:
    kind = dict(tuning.winner)["quant"]
    if kind != "f16" and tuning.text is None:
        text = (
            f"{kind} has fewer bits, and its effect on the text is not measured; leave quant out of --over to keep f16"
        )
        yield from wrap_bullet(text)
    for remark in tuning.remarks:
        yield from wrap_bullet(remark)
    if tuning.goal is Goal.THROUGHPUT:
        yield from wrap_bullet(
            "this assumes as many processes side by side as the CPUs hold, none of which slows the others down"
        )


def _name(values: Values | Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{name}={value}" for name, value in values)
