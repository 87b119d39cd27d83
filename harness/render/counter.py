"""What the hardware counters of a live comparison say, for people: a table and a sentence for each call."""

from collections.abc import Iterator

from harness.records.comparison import Comparison, CounterRemark, CounterReport, Verdict
from harness.records.measurement import COUNT_METRICS, COUNTERS, METRICS, TABLE_METRICS
from harness.records.run import Run
from harness.render.case_name import share_params, shorten_case
from harness.render.comparison_markdown import fold_away
from harness.render.format.text import code_block
from harness.render.plain import align, align_within, wrap_behind
from harness.stats.series import order_model_cases, summarize_counts

HEADER = ("case", "counted", "", "baseline", "contender", "change", "", "n")
_LEFT, _INDENT = 3, "  "
# A verdict on a count says which side has more of it, not which side is better.
_WORDS = {
    Verdict.IMPROVED: "less",
    Verdict.REGRESSED: "more",
    Verdict.UNCHANGED: "same",
    Verdict.UNRESOLVED: "unresolved",
}
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def render_counters(report: CounterReport, width: int = 0) -> str:
    """Return the table and the sentences as text of at most `width` columns (0: no limit); no trailing newline."""
    table = align_within([HEADER, *list_cells(report)], width, names=_LEFT, left=_LEFT, indent=_INDENT)
    sentences = (
        line for remark in report.remarks for line in wrap_behind(f"{_INDENT}counters: ", say_remark(remark), width)
    )
    return "\n".join([*table, *sentences, *wrap_behind(_INDENT, describe_judging(report), width)])


def list_counters_markdown(report: CounterReport) -> list[str]:
    """Return the same as lines of Markdown; the table is folded away."""
    table = align([HEADER, *list_cells(report)], left=_LEFT)
    sentences = [*code_block(map(say_remark, report.remarks)), ""] if report.remarks else []
    return [*sentences, *fold_away("Hardware counters", code_block([*table, "", describe_judging(report)]))]


def list_counts(run: Run, number: int = 0) -> Iterator[str]:
    """Yield a table of what the hardware counted in a run's calls, under its `number` if it has one; maybe nothing."""
    summaries = summarize_counts(run)
    header = ("counters", *(["#"] if number else []), "call", *COUNTERS, "per cycle", "n")
    shared = share_params(list(dict.fromkeys(case for case, _ in summaries)))
    rows = []
    for case in order_model_cases(run, summaries):
        for timed in TABLE_METRICS:
            found = [summaries.get((case, COUNT_METRICS[timed.name, counter].name)) for counter in COUNTERS]
            if any(found):
                rows.append(
                    (
                        shorten_case(case, shared),
                        *([str(number)] if number else []),
                        f"{timed.label} /{timed.unit.partition('/')[2]}",
                        *(format_large(one.median) if one else "-" for one in found),
                        f"{found[0].median / found[1].median:.2f}" if found[0] and found[1] else "-",
                        str(max(one.n for one in found if one)),
                    )
                )
    if rows:
        yield from align([[word.replace("_", " ") for word in header], *rows], left=2 + bool(number), indent=_INDENT)


def format_large(value: float) -> str:
    """Return a large count with three digits and a prefix: 30.4 G."""
    for size, prefix in _PREFIXES:
        if value >= size:
            return f"{value / size:.{3 - len(str(int(value / size)))}f} {prefix}"
    return f"{value:.3g}"


def say_remark(remark: CounterRemark) -> str:
    """Return a remark with its word, as `harness explain` knows it."""
    return f"{remark.message} [{remark.sign}]"


def describe_judging(report: CounterReport) -> str:
    """Return how counters are judged, as the end of a sentence about them."""
    threshold = f"{100 * report.instructions.threshold:g} %"
    return f"counters are judged apart from the times (instructions at {threshold}) and do not change the exit code"


def list_cells(report: CounterReport) -> Iterator[tuple[str, ...]]:
    """Yield a row of `HEADER` for each counter of each call, call by call."""
    comparisons = sorted(
        (*report.instructions.comparisons, *report.others.comparisons), key=lambda one: list(METRICS).index(one.metric)
    )
    shared = share_params([one.case for one in comparisons])
    for one in comparisons:
        metric = METRICS[one.metric]
        yield (
            shorten_case(one.case, shared),
            f"{metric.label.partition(' ')[0]} {metric.unit}",
            _WORDS[one.verdict],
            format_large(one.baseline.median),
            format_large(one.contender.median),
            f"{100 * one.change:+.2f} %",
            _interval(one),
            str(one.n),
        )


def _interval(one: Comparison) -> str:
    return f"[{100 * one.low:+.2f}, {100 * one.high:+.2f}]" if one.low is not None and one.high is not None else ""
