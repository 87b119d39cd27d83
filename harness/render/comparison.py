"""Comparisons for people: a line for each verdict, then the method, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.records.caveat import CaveatCode
from harness.records.comparison import Comparison, Difference, Family, Verdict
from harness.records.measurement import METRICS
from harness.records.trial_report import is_withheld
from harness.records.wording import format_count
from harness.render.bar import LEAST_COLUMNS, Estimate, Picture, draw_interval, fit_scale, label_scale
from harness.render.case_name import list_shared, share_params, shorten_case
from harness.render.plain import align, align_within, printable, wrap_behind
from harness.stats.verdict import PAIRED_METHOD

_INDENT = "  "
# The columns; the last of them that are left-aligned is the verdict.
HEADER = ("case", "metric", "verdict", "baseline", "contender", "change", "", "p", "MDE", "n")
LEFT = 3
# Where the drawn intervals stand, and how many columns they may have, the most first.
_BESIDE = HEADER.index("p")
_DRAWN = (41, 33, 27, 21, LEAST_COLUMNS)
# So few comparisons are drawn even where that takes further lines, in at most so many columns.
_FEW, _NARROW = 8, 27
# Of a benchmark with more lines than that only those with a difference are shown.
_MANY = 24
_NAMED = 3
_SURE = (Verdict.IMPROVED, Verdict.REGRESSED)


class ComparedSides(NamedTuple):
    """The names of both sides of a comparison, and the context fields in which they differ."""

    baseline: str
    contender: str
    differences: Sequence[Difference] = ()


def render_comparison(
    family: Family, sides: ComparedSides, *, full: bool = False, width: int = 0, plain: bool = False
) -> str:
    """Return a table of the verdicts, the method, what else differs, the caveats, and a conclusion.

    Without `full`, benchmarks with very many lines show only those with a difference. Tables and sentences have at most
    `width` columns, and intervals are drawn where they have room; 0 means no limit, and no drawing. `plain` is ASCII
    alone.
    """
    shown, elided = _choose(family.comparisons, full=full)
    table = [*_tabulate(shown, family.threshold, width, plain=plain)] if shown else []
    blocks = (
        [f"baseline   {printable(sides.baseline)}", f"contender  {printable(sides.contender)}"],
        [*table, *elided, *list_legend(shown)] if shown else elided,
        list_facts(family),
        _differences(sides.differences),
        _caveats(family, width),
        wrap_behind("=> ", conclude_family(family), width),
    )
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def conclude_family(family: Family) -> str:
    """Return the conclusion from the verdicts, and what to do next, in a sentence or two."""
    by = {verdict: [one for one in family.comparisons if one.verdict is verdict] for verdict in Verdict}
    worse = [one for one in by[Verdict.REGRESSED] if one.relevant]
    better = [one for one in by[Verdict.IMPROVED] if one.relevant]
    withheld = [one for one in by[Verdict.UNRESOLVED] if is_withheld(one)]
    open_ = [one for one in by[Verdict.UNRESOLVED] if not is_withheld(one)]
    judged = len(family.comparisons) - len(withheld)
    parts = ["A/A, both sides are the same"] if family.comparisons and _is_a_a(family) else []
    if worse:
        parts.append(f"{format_count(len(worse), 'relevant regression')}: {_name(worse)}")
    if better:
        parts.append(f"{format_count(len(better), 'relevant improvement')}: {_name(better)}")
    if not worse and not better and len(open_) < judged:
        parts.append("no relevant difference" + (" among the others" if open_ else ""))
    seen = max((one.mde for one in family.comparisons if one.mde is not None and not one.relevant), default=None)
    if seen is not None and not worse and not better:
        parts.append(f"a change of {100 * seen:.1f} % or more would have been detected")
    if open_:
        which = "nothing is resolved" if len(open_) == judged else f"{len(open_)} unresolved"
        if family.method == PAIRED_METHOD:
            parts.append(f"{which}: try a longer --max-time, a quieter node or a larger --threshold")
        else:
            parts.append(f"{which}: make more runs of each side, or use harness ab, which measures both sides in turns")
    if withheld:
        parts.append(f"{len(withheld)} not judged, because the two sides do not measure the same quantity")
    return "; ".join(parts) + "." if parts else "no speeds were compared."


def _is_a_a(family: Family) -> bool:
    return any(caveat.code in (CaveatCode.A_A, CaveatCode.EQUAL_CODE) for caveat in family.caveats)


def _choose(comparisons: Sequence[Comparison], *, full: bool) -> tuple[list[Comparison], list[str]]:
    """Return the comparisons to show, and a line for each benchmark that has more."""
    counts = Counter(one.case.benchmark for one in comparisons)
    hidden = {
        id(one) for one in comparisons if not full and counts[one.case.benchmark] > _MANY and one.verdict not in _SURE
    }
    elided = []
    for benchmark in counts:
        verdicts = Counter(one.verdict for one in comparisons if id(one) in hidden and one.case.benchmark == benchmark)
        if verdicts:
            counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
            elided.append(f"{_INDENT}{benchmark}, not shown: {counted} (--verbose shows all lines)")
    return [one for one in comparisons if id(one) not in hidden], elided


def _tabulate(comparisons: Sequence[Comparison], threshold: float, width: int, *, plain: bool) -> list[str]:
    """Return the table; its first columns, which are left-aligned, begin each part if it is too wide.

    A column of drawn intervals is added: of few comparisons always, of many where it takes no further lines.
    """
    rows = [HEADER, *list_cells(comparisons)]
    lines = [*align_within(rows, width, names=LEFT, left=LEFT, indent=_INDENT)]
    for columns in _DRAWN if width else ():
        drawn = _draw(comparisons, threshold, columns, plain=plain)
        wider = [(*row[:_BESIDE], cell, *row[_BESIDE:]) for row, cell in zip(rows, drawn, strict=False)]
        tried = [*align_within(wider, width, names=LEFT, left=LEFT, indent=_INDENT)] if drawn else []
        free = len(tried) <= len(lines) or (columns <= _NARROW and len(comparisons) <= _FEW)
        if drawn and free and max(map(len, tried)) <= width:
            key = "[o] the change and its interval, | none, : the threshold"
            key = key if plain else "├●┤ the change and its interval, │ none, ┊ the threshold"
            return [*tried, f"{_INDENT}{key}"]
    return lines


def _draw(comparisons: Sequence[Comparison], threshold: float, columns: int, *, plain: bool) -> list[Picture]:
    """Return the cells of a column of intervals, its head first; none where there is no scale for them."""
    changes = [Estimate(value=one.change, low=one.low, high=one.high) for one in comparisons]
    scale = fit_scale(changes, middle=0.0, band=(-threshold, threshold), width=columns, plain=plain)
    if scale is None:
        return []
    head = label_scale(scale, f"{100 * scale.low:+.1f} %", f"{100 * scale.high:+.1f} %")
    return [head, *(draw_interval(scale, one) for one in changes)]


def list_cells(comparisons: Sequence[Comparison]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each comparison, in the columns of `HEADER`."""
    shared = share_params([one.case for one in comparisons])
    for one in comparisons:
        metric = METRICS[one.metric]
        yield (
            shorten_case(one.case, shared),
            f"{metric.label} {metric.unit}",
            f"{one.verdict}{'' if one.relevant or one.verdict not in _SURE else ' (small)'}",
            _value(one.baseline.median),
            _value(one.contender.median),
            f"{100 * one.change:+.1f} %",
            f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]" if one.low is not None and one.high is not None else "",
            _probability(one.p),
            "-" if one.mde is None else f"{100 * one.mde:.1f} %",
            str(one.n),
        )


def list_legend(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield what all cases of a benchmark have in common, a line for each benchmark."""
    return (f"{_INDENT}{line}" for line in list_shared(share_params([one.case for one in comparisons])))


def list_facts(family: Family) -> Iterator[str]:
    """Yield how the verdicts came about: the method, its promise, the threshold, and the seeds."""
    unit = "blocks of two processes" if family.method == PAIRED_METHOD else "days, or runs within days"
    judged = format_count(sum(not is_withheld(one) for one in family.comparisons), "comparison")
    yield f"{_INDENT}method     {family.method}"
    alpha = f"alpha {100 * family.alpha:g} %; intervals are not adjusted"
    yield f"{_INDENT}judged     {judged} together at {alpha}; n counts {unit}"
    relevant = "a change is relevant if its estimate reaches this"
    yield f"{_INDENT}threshold  {100 * family.threshold:g} %: {relevant}"
    if len(family.seeds) == 1:
        yield (
            f"{_INDENT}seed       {family.seeds[0]}: harness ab --seed {family.seeds[0]} repeats the same random orders"
        )
    elif family.seeds:
        more = len(family.seeds) - _NAMED
        shown = ", ".join(map(str, family.seeds[:_NAMED])) + (f" and {more} more" if more > 0 else "")
        yield f"{_INDENT}seeds      {shown}"


def _differences(differences: Sequence[Difference]) -> Iterator[str]:
    if differences:
        rows = [(one.subject, one.baseline, one.contender) for one in differences]
        yield from align([("differs", "baseline", "contender"), *rows], left=3, indent=_INDENT)


def _caveats(family: Family, width: int) -> Iterator[str]:
    for text in list_caveats(family):
        yield from wrap_behind(f"{_INDENT}caveat: ", text, width)


def list_caveats(family: Family) -> Iterator[str]:
    """Yield the caveats of the family, then those of its comparisons, each once with what it applies to."""
    for caveat in family.caveats:
        yield f"{caveat.message} [{caveat.code}]"
    grouped: dict[str, list[Comparison]] = {}
    for one in family.comparisons:
        for caveat in one.caveats:
            grouped.setdefault(f"{caveat.message} [{caveat.code}]", []).append(one)
    for text, of in grouped.items():
        rest = [one for one in family.comparisons if one not in of]
        whole = {one.case.benchmark for one in of}.isdisjoint(one.case.benchmark for one in rest)
        names = ", ".join(dict.fromkeys(one.case.benchmark for one in of)) if whole else _name(of, change=False)
        yield f"{names}: {text}" if rest else text


def _name(comparisons: Sequence[Comparison], *, change: bool = True) -> str:
    """Return the first few comparisons by name, with the change of each."""
    worst = sorted(comparisons, key=lambda one: -abs(one.change)) if change else comparisons
    named = [f"{one.metric} of {one.case}{f' {100 * one.change:+.1f} %' if change else ''}" for one in worst[:_NAMED]]
    more = len(comparisons) - _NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _value(value: float) -> str:
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def _probability(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"
