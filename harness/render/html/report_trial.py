"""What a page says of a live comparison: the conclusion first, every verdict with its interval, and both sides."""

from collections.abc import Iterator, Sequence

from harness.records.caveat import Caveat
from harness.records.compare_result import CompareResult
from harness.records.comparison import Comparison, Family, Verdict
from harness.records.measurement import METRICS
from harness.records.site import SiteState
from harness.records.wording import format_count
from harness.render.case_name import list_shared, share_params, shorten_case
from harness.render.comparison import conclude_family
from harness.render.figure.figure import Figure
from harness.render.html.block import (
    Block,
    CommandBlock,
    FactBlock,
    PageContent,
    TableBlock,
    TextBlock,
    explain_caveats,
)
from harness.render.html.report_counter import list_counters
from harness.render.html.report_quality import list_compared_quality
from harness.render.html.report_run import ReportedRun, list_facts, list_figures, list_node, make_section, name_source
from harness.render.html.report_step import list_steps
from harness.render.html.table import (
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    cell_change,
    cell_number,
    cell_percent,
    cell_verdict,
    shorten,
)
from harness.render.repeat import repeat_trial
from harness.stats.verdict import PAIRED_METHOD

_SURE = (Verdict.REGRESSED, Verdict.IMPROVED)


def view_trial(result: CompareResult, sides: tuple[ReportedRun, ReportedRun], figures: Sequence[Figure]) -> PageContent:
    """Return the page of a live comparison; `sides` are its runs, the baseline first."""
    family, (baseline, contender) = result.family, sides
    names = [name_side(one, other) for one, other in (sides, sides[::-1])]
    sections = [
        *list_figures(figures),
        *make_section("Verdicts", _list_verdicts(family)),
        *make_section("Hardware counters", list_counters(result.counters)),
        *make_section("Text", list_compared_quality(result.quality)),
        *make_section("Caveats", [explain_caveats(list_caveats(family))] if list_caveats(family) else []),
        *make_section("Method", list_method(family)),
        *make_section("What differs", _list_differences(result)),
        *make_section("What was measured", [TableBlock(table=_tabulate_sides(sides))]),
        *make_section("Node", [FactBlock(facts=tuple(list_node(contender.run)))]),
        *list_steps(baseline.run, baseline.logs, baseline.path, "Steps of the baseline"),
        *list_steps(contender.run, contender.logs, contender.path, "Steps of the contender"),
        *make_section("How to repeat it", _list_commands(sides)),
    ]
    return PageContent(
        title=f"{names[1]} against {names[0]} on {contender.run.node.name}",
        lead=capital(conclude_family(family)),
        mark=mark_family(family),
        more=_describe_end(baseline, family),
        sections=tuple(sections),
    )


def name_side(one: ReportedRun, other: ReportedRun) -> str:
    """Return the name of one side, with what it differs in where both sides are one commit."""
    name = name_source(one.run)
    if name != name_source(other.run):
        return name
    suites = [run.suite for run in (one.run, other.run)]
    if suites[0].flash_attn != suites[1].flash_attn:
        return f"{name}, flash attention {'/'.join(map(str, suites[0].flash_attn))}"
    if suites[0].threads != suites[1].threads:
        return f"{name}, {'/'.join(map(str, suites[0].threads))} threads"
    if one.run.config.id != other.run.config.id:
        return f"{name}, build {one.run.config.id}"
    return name


def mark_family(family: Family) -> SiteState:
    """Return the state that stands for all verdicts together: the worst relevant one."""
    relevant = {one.verdict for one in family.comparisons if one.relevant}
    if Verdict.REGRESSED in relevant:
        return SiteState.SLOWER
    if Verdict.IMPROVED in relevant:
        return SiteState.FASTER
    unresolved = all(one.verdict is Verdict.UNRESOLVED for one in family.comparisons)
    return SiteState.TOO_FEW if unresolved else SiteState.STEADY


def tabulate_comparisons(comparisons: Sequence[Comparison], caption: str) -> PageTable:
    """Return a row for each comparison: verdict, both medians, the change with its interval, and what was visible."""
    shared = share_params([one.case for one in comparisons])
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(shorten_case(one.case, shared))),
                PageCell(text=METRICS[one.metric].label, note=METRICS[one.metric].unit),
                cell_verdict(one.verdict, f"{one.verdict}{_small(one)}"),
                cell_number(one.baseline.median),
                cell_number(one.contender.median),
                cell_change(one.change, one.low, one.high),
                PageCell(text="<0.0001" if one.p < 0.0001 else f"{one.p:.4f}", value=one.p),
                cell_percent(one.mde),
                PageCell(text=str(one.n), value=float(one.n)),
            )
        )
        for one in comparisons
    ]
    interval = next((one.confidence for one in comparisons if one.confidence), 0.0)
    hint = f"the {100 * interval:.0f} % interval in brackets" if interval else ""
    return PageTable(
        caption=caption,
        columns=(
            PageColumn(name="Case"),
            PageColumn(name="Metric"),
            PageColumn(name="Verdict"),
            PageColumn(name="Baseline", number=True),
            PageColumn(name="Contender", number=True),
            PageColumn(name="Change", number=True, hint=hint),
            PageColumn(name="p", number=True, hint="adjusted for all comparisons of the family"),
            PageColumn(name="MDE", unit="%", number=True, hint="the smallest change that would have been seen"),
            PageColumn(name="n", number=True),
        ),
        rows=tuple(rows),
    )


def list_caveats(family: Family) -> tuple[Caveat, ...]:
    """Return the caveats of a family and of its comparisons, each once."""
    return tuple(dict.fromkeys((*family.caveats, *(caveat for one in family.comparisons for caveat in one.caveats))))


def list_method(family: Family) -> Iterator[Block]:
    """Yield how the verdicts were found, and what they promise."""
    unit = "blocks of two processes" if family.method == PAIRED_METHOD else "days, or runs within days"
    facts = [
        ("Method", family.method),
        ("Judged", f"{format_count(len(family.comparisons), 'comparison')} together at alpha {100 * family.alpha:g} %"),
        ("Threshold", f"{100 * family.threshold:g} %: a change is relevant if its estimate reaches this"),
        ("n counts", unit),
        ("Seeds", ", ".join(map(str, family.seeds[:5])) + (" ..." if len(family.seeds) > 5 else "")),
    ]
    yield FactBlock(facts=tuple((name, PageCell(text=text)) for name, text in facts if text))


def capital(text: str) -> str:
    """Return a sentence that begins with a capital."""
    return text[:1].upper() + text[1:]


def _list_verdicts(family: Family) -> Iterator[Block]:
    directions = {METRICS[one.metric].lower_is_better for one in family.comparisons}
    words = "" if len(directions) != 1 else "; lower is better" if True in directions else "; higher is better"
    caption = f"Contender against baseline: medians, and the change with its interval, not adjusted{words}"
    yield TableBlock(table=tabulate_comparisons(family.comparisons, caption))
    if shared := list(list_shared(share_params([one.case for one in family.comparisons]))):
        yield TextBlock(lines=tuple(capital(line) for line in shared))


def _small(one: Comparison) -> str:
    return "" if one.relevant or one.verdict not in _SURE else " (small)"


def _describe_end(baseline: ReportedRun, family: Family) -> str:
    trial = baseline.run.trial
    ended = f" It ended because {trial.stopped}." if trial and trial.stopped else ""
    blocks = max((one.n for one in family.comparisons), default=0)
    caveats = len(list_caveats(family))
    count = f" Read with {format_count(caveats, 'caveat')}: see below." if caveats else ""
    return f"Both sides were measured in turns, in {format_count(blocks, 'block')}.{ended}{count}"


def _tabulate_sides(sides: tuple[ReportedRun, ReportedRun]) -> PageTable:
    """Return the facts of both sides beside each other."""
    baseline, contender = (dict(list_facts(one.run, one.path)) for one in sides)
    names = tuple(dict.fromkeys((*baseline, *contender)))
    none = PageCell(text="-")
    rows = [PageRow(cells=(PageCell(text=name), baseline.get(name, none), contender.get(name, none))) for name in names]
    columns = tuple(PageColumn(name=name) for name in ("What", "Baseline", "Contender"))
    return PageTable(caption="Both sides beside each other", columns=columns, rows=tuple(rows))


def _list_differences(result: CompareResult) -> Iterator[Block]:
    if result.differences:
        columns = tuple(PageColumn(name=name) for name in ("What", "Baseline", "Contender"))
        rows = [
            PageRow(cells=tuple(PageCell(text=shorten(text)) for text in (one.subject, one.baseline, one.contender)))
            for one in result.differences
        ]
        caption = "What differs between the sides, apart from the numbers"
        yield TableBlock(table=PageTable(caption=caption, columns=columns, rows=tuple(rows)))


def _list_commands(sides: tuple[ReportedRun, ReportedRun]) -> Iterator[Block]:
    baseline, contender = (one.run for one in sides)
    if command := repeat_trial(baseline, contender):
        yield CommandBlock(line=command, what="Measures both sides again, with new random orders")
    yield CommandBlock(line=f"harness compare {baseline.id} {contender.id}", what="Prints the same verdicts")
