"""The result of a search for the best settings, for people: stage by stage, then lines to copy."""

from collections.abc import Iterator, Sequence

from harness.records.comparison import Verdict
from harness.records.measurement import DECODE, ENCODE
from harness.records.sweep import TOKENS_PER_WINDOW, WINDOW_S, Values
from harness.records.tune import Duel, Goal, Stage, Tuning
from harness.render.plain import align
from harness.render.terminal import wrap_bullet

_GOALS = {
    Goal.LATENCY: f"the time of {WINDOW_S:g} s of speech, modelled: encode + {TOKENS_PER_WINDOW} x decode",
    Goal.THROUGHPUT: f"the CPU time of {WINDOW_S:g} s of speech: threads x (encode + {TOKENS_PER_WINDOW} x decode)",
    Goal.MEMORY: "the peak memory of a process",
}


def render_tuning(tuning: Tuning) -> str:
    """Return the stages, the winner and how certain it is, its caveats, and the lines to copy; no trailing newline."""
    lines = [
        f"tune {tuning.id} on {tuning.node}: {tuning.model} for {tuning.goal}, {tuning.spent_s:.0f} s",
        f"  smaller is better: {_GOALS[tuning.goal]}",
        "",
        *_stages(tuning),
        f"  medians of n processes; {ENCODE.label} in {ENCODE.unit}, {DECODE.label} in {DECODE.unit}",
        "",
        f"  found    {_name(tuning.found)}",
        *(line for duel in tuning.duels for line in _duel(duel)),
        f"  winner   {_name(tuning.winner)}: {tuning.score:.1f} {tuning.unit}{_whence(tuning)}",
        f"           {tuning.why}",
        *_notes(tuning),
        "",
        f"  {tuning.cmake}",
        f"  {tuning.cli}",
    ]
    return "\n".join(lines)


def _stages(tuning: Tuning) -> Iterator[str]:
    rows = [["axis", "value", tuning.unit, ENCODE.label, DECODE.label, "n", ""]]
    for stage in tuning.stages:
        rows += list(_rows(stage))
    return align(rows, left=2, indent="  ")


def _rows(stage: Stage) -> Iterator[list[str]]:
    if not stage.tried:
        yield [stage.axis, "-", "-", "-", "-", "-", stage.reason]
    for number, one in enumerate(stage.tried):
        value = dict(one.values)[stage.axis]
        score = f"{one.score:.1f}" if one.score is not None else "NA"
        parts = [f"{ms:.2f}" if ms is not None else "-" for ms in (one.encode_ms, one.decode_ms)]
        mark = "<- kept" if number == stage.winner else one.reason
        yield [stage.axis if not number else "", value, score, *parts, str(one.n), mark]


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


def _whence(tuning: Tuning) -> str:
    return f", the median of {tuning.rounds} rounds" if tuning.rounds else ", measured in its stage only"


def _notes(tuning: Tuning) -> Iterator[str]:
    kind = dict(tuning.winner)["quant"]
    if kind != "f16":
        text = (
            f"{kind} has fewer bits, and its effect on the text is not measured; leave quant out of --over to keep f16"
        )
        yield from wrap_bullet(text)
    if tuning.goal is Goal.THROUGHPUT:
        yield from wrap_bullet(
            "this assumes as many processes side by side as the CPUs hold, none of which slows the others down"
        )


def _name(values: Values | Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{name}={value}" for name, value in values)
