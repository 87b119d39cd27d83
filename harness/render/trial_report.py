"""The answer of `harness ab` for people: in text, and in Markdown for a job's summary and a pull request."""

from collections import Counter
from collections.abc import Sequence

from harness.records.caveat import CaveatCode
from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import (
    BATCHD,
    COPY_RATE,
    DECODE,
    ENCODE,
    FLOP_RATE,
    LATENCY,
    LATENCY_P95,
    LOAD,
    METRICS,
    PROMPT,
    RTF,
    SPEECH_RATE,
    Case,
)
from harness.records.quality_report import QualityComparison
from harness.records.trial_report import TrialReport, is_withheld
from harness.records.wording import format_count
from harness.render.case_name import share_params, shorten_case
from harness.render.comparison import ComparedSides, render_comparison
from harness.render.comparison_markdown import (
    fold_away,
    fold_caveats,
    join_blocks,
    list_method,
    list_sides,
    tabulate_markdown,
)
from harness.render.counter import list_counters_markdown, render_counters
from harness.render.format.text import code_block, code_span
from harness.render.plain import format_seconds
from harness.render.quality import list_quality_markdown, render_quality_family

# What a metric measures, as the beginning of a sentence.
_DEEDS = {
    ENCODE.name: "Encoding",
    DECODE.name: "Decoding",
    BATCHD.name: "Decoding in batches",
    PROMPT.name: "Prompt processing",
    LOAD.name: "Loading the model",
    RTF.name: "Transcribing",
    LATENCY.name: "Answering a request",
    LATENCY_P95.name: "Answering the slowest requests",
    SPEECH_RATE.name: "Transcribing for all clients",
    COPY_RATE.name: "Copying memory",
    FLOP_RATE.name: "Matrix multiplication",
}
# What became of a time or a rate, and of anything else.
_TIMED, _COUNTED = ("slower", "faster"), ("worse", "better")
_MARKS = {
    Verdict.REGRESSED: "\N{LARGE RED CIRCLE}",
    Verdict.IMPROVED: "\N{LARGE GREEN CIRCLE}",
    Verdict.UNCHANGED: "\N{WHITE HEAVY CHECK MARK}",
    Verdict.UNRESOLVED: "\N{WHITE QUESTION MARK ORNAMENT}",
    None: "\N{WHITE QUESTION MARK ORNAMENT}",
}
_TRY = "a longer `--max-time`, a quieter node, or a larger `--threshold`"


def render_trial_text(report: TrialReport, *, width: int = 0, plain: bool = False) -> str:
    """Return the verdicts, how long they took, and where the measurements are; see `render_comparison`."""
    if report.family is None:
        return report.failure
    sides = ComparedSides(report.baseline.name, report.contender.name)
    lines = [
        render_comparison(report.family, sides, width=width, plain=plain),
        *([f"{render_counters(report.counters, width)}\n"] if report.counters else []),
        *([f"{render_quality_family(report.quality, width)}\n"] if report.quality else []),
        f"{format_count(report.blocks, 'block')} in {report.wall_s:.0f} s: {report.stopped}",
        f"{'baseline':<9} {report.baseline.path}",
        f"{'contender':<9} {report.contender.path}",
        *([f"{'again':<9} {report.repeat}"] if report.repeat else []),
    ]
    return "\n".join(lines)


def render_trial_markdown(report: TrialReport, *, most: int = 0) -> str:
    """Return the whole answer: its headline, a table, how it was measured, and the commands that repeat it.

    The table has at most so many lines; 0 means all.
    """
    shown, more = _limit(report.comparisons, most)
    caveats, method = (fold_caveats(report.family), list_method(report.family)) if report.family else ([], [])
    missing = ", ".join(map(code_span, report.missing))
    blocks = [
        [f"### {head_trial(report)}"],
        list_sides(report.baseline.name, report.contender.name) if report.baseline.name else [],
        tabulate_markdown(shown),
        [more] if more else [],
        [describe_measuring(report)] if report.node else [],
        code_block([report.failure]) if report.failure else [],
        [f"Never measured: {missing}."] if missing else [],
        caveats,
        fold_away("How it was measured", code_block(method)) if method else [],
        list_counters_markdown(report.counters) if report.counters else [],
        list_quality_markdown(report.quality) if report.quality else [],
        ["Measure it again:", "", *code_block(report.repeat.split("\n"), "sh")] if report.repeat else [],
    ]
    return join_blocks(blocks)


def _limit(comparisons: Sequence[Comparison], most: int) -> tuple[Sequence[Comparison], str]:
    """Return the first comparisons, and a line about those beyond them."""
    if not most or len(comparisons) <= most:
        return comparisons, ""
    rest = Counter(one.verdict for one in comparisons[most:])
    counted = ", ".join(f"{count} {verdict}" for verdict, count in rest.items())
    return comparisons[:most], f"Not shown: {counted}."


def head_trial(report: TrialReport) -> str:
    """Return the verdict in words for people, as one line of Markdown that begins with a mark."""
    text = _describe_text(report.worse_texts[0]) if report.worse_texts else ""
    return f"{_MARKS[report.verdict]} {text}{_conclude(report)}"


def describe_measuring(report: TrialReport) -> str:
    """Return where and how long it was measured, as one line of Markdown."""
    node = f"on {code_span(report.node)} ({code_span(report.cpu)})" if report.cpu else f"on {code_span(report.node)}"
    configs = list(dict.fromkeys(filter(None, (report.baseline.config, report.contender.config))))
    built = (
        f", {'config' if len(configs) == 1 else 'configs'} {' and '.join(map(code_span, configs))}" if configs else ""
    )
    if report.family is None:
        return f"Tried {node}{built}."
    ended = f": {code_span(report.stopped)}" if report.stopped else ""
    lost = f", {report.lost} more lost" if report.lost else ""
    return f"{format_count(report.blocks, 'block')}{lost} in {format_seconds(report.wall_s)} {node}{built}{ended}."


def _conclude(report: TrialReport) -> str:
    if report.family is None:
        return "No answer: nothing could be compared"
    worse, better = (
        sorted((one for one in report.comparisons if one.verdict is verdict and one.relevant), key=_size)
        for verdict in (Verdict.REGRESSED, Verdict.IMPROVED)
    )
    if worse or better:
        parts = [_describe(report, some) for some in (worse, better) if some]
        return "; ".join(parts)
    judged = [one for one in report.comparisons if not is_withheld(one)]
    open_ = [one for one in judged if one.verdict is Verdict.UNRESOLVED]
    if not judged:
        return "Nothing was compared"
    if len(open_) == len(judged):
        return f"Not resolved: too few data for a verdict; try {_TRY}"
    seen = max((one.mde for one in judged if one.mde is not None and one not in open_), default=None)
    limit = f": {100 * seen:.1f} % would have been seen" if seen is not None else ""
    same = any(caveat.code in (CaveatCode.A_A, CaveatCode.EQUAL_CODE) for caveat in report.family.caveats)
    both = "Both sides are the same, and nothing" if same else "Nothing"
    if open_ or report.missing:
        left = len(open_) + len(report.missing)
        return f"Not resolved: {left} of {len(judged) + len(report.missing)}; try {_TRY}. Nothing else changed{limit}"
    small = any(one.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) for one in judged)
    threshold = f" by {100 * report.family.threshold:g} % or more" if small else ""
    return f"{both} changed{threshold}{limit}"


def _describe_text(worse: QualityComparison) -> str:
    """Return which text got worse, and by how much, as the beginning of a line."""
    case = code_span(shorten_case(worse.case, share_params([worse.case])))
    rates = (100 * errors / worse.size for errors in (worse.errors, worse.contender_errors))
    before, after = (f"{rate:.1f} %" for rate in rates)
    return f"The text of {case} got worse: {worse.subject} wrong {before} before, {after} now. "


def _describe(report: TrialReport, some: Sequence[Comparison]) -> str:
    """Return `Encoding of X got 4.1 % slower [3.2, 5.0]`, or the same of the largest of several."""
    first = some[0]
    case = code_span(_name_case(first.case, report.comparisons))
    deed = _DEEDS.get(first.metric) or code_span(METRICS[first.metric].label)
    words = _TIMED if all(one.metric in _DEEDS for one in some) else _COUNTED
    word = words[first.verdict is Verdict.IMPROVED]
    bounds = ""
    if first.low is not None and first.high is not None:
        low, high = sorted((first.low, first.high), key=lambda bound: bound if first.change > 0 else -bound)
        sign = 1 if first.change > 0 else -1
        bounds = f" [{100 * sign * low:.1f}, {100 * sign * high:.1f}]"
    size = f"{100 * abs(first.change):.1f} % {word}{bounds}"
    if len(some) == 1:
        return f"{deed} of {case} got {size}"
    return f"{len(some)} of {len(report.comparisons)} got {word}, most of all {deed.lower()} of {case}: {size}"


def _name_case(case: Case, among: Sequence[Comparison]) -> str:
    """Return the model, if that says which case it is, else the case as the table names it."""
    name, model = shorten_case(case, share_params([one.case for one in among])), case.get("model")
    return model if model and name == f"{case.benchmark}/model={model}" else name


def _size(comparison: Comparison) -> float:
    return -abs(comparison.change)
