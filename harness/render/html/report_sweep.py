"""What a page says of a sweep: what is really best first, then every cell, and the runs behind them."""

from collections.abc import Iterator, Sequence

from harness.records.measurement import METRICS, TABLE_METRICS
from harness.records.run import Run
from harness.records.site import SiteState
from harness.records.sweep import SweepRow, SweepTable
from harness.records.wording import format_count
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
from harness.render.html.report_run import list_figures, list_node, make_section
from harness.render.html.report_sample import cell_summary, explain_notes
from harness.render.html.report_trial import capital
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, cell_number, drop_empty, shorten
from harness.render.number import format_value
from harness.render.repeat import repeat_sweep
from harness.render.sweep import has_texts, list_sentences
from harness.render.text_quality import TEXT_COLUMNS, list_text_cells


def view_sweep(table: SweepTable, runs: Sequence[Run], figures: Sequence[Figure]) -> PageContent:
    """Return the page of a sweep, with what is really best first."""
    sweep, blank = table.sweep, [row for row in table.rows if row.blank]
    sentences = list(list_sentences(table))
    sections = [
        *list_figures(figures),
        *make_section(
            "Cells", [TableBlock(table=_tabulate_cells(table)), TextBlock(lines=tuple(map(capital, sentences)))]
        ),
        *make_section("Caveats", _list_caveats(runs)),
        *make_section("What was measured", [FactBlock(facts=tuple(_list_facts(table)))]),
        *make_section("Node", [FactBlock(facts=tuple(list_node(runs[0])))] if runs else []),
        *make_section("Runs", _list_runs(table)),
        *make_section("How to repeat it", _list_commands(table)),
    ]
    return PageContent(
        title=f"Sweep over {', '.join(axis.name for axis in sweep.varying) or 'one cell'} on {sweep.node}",
        lead=_conclude_sweep(table),
        mark=SiteState.MISSING
        if blank
        else SiteState.STEADY
        if all(one.certain for one in table.standings)
        else SiteState.TOO_FEW,
        more=f"{format_count(len(blank), 'cell')} of {len(table.rows)} have no number yet." if blank else "",
        sections=tuple(sections),
    )


def _conclude_sweep(table: SweepTable) -> str:
    """Return which cell is best in the first metric, and whether that is certain."""
    if not table.standings:
        return "Nothing was measured."
    one, metric = table.standings[0], METRICS[table.standings[0].metric]
    row = table.rows[one.row]
    label, summary = table.sweep.label(row.values) or "The only cell", row.get(one.metric)
    value = f"{format_value(summary.median)} {metric.unit}" if summary else "no value"
    if one.certain and one.others:
        return f"{label} is really the best in {one.metric}: {value}."
    left = len(one.unresolved)
    doubt = f", but {format_count(left, 'other cell')} cannot be told from it yet" if left else ""
    return f"{label} has the smallest median in {one.metric}: {value}{doubt}."


def _tabulate_cells(table: SweepTable) -> PageTable:
    axes = [axis.name for axis in table.sweep.varying]
    metrics = [metric for metric in TABLE_METRICS if any(row.get(metric.name) for row in table.rows)]
    shown = [one for row in table.rows for _, one in row.summaries]
    interval, words = explain_notes(shown)
    best = {(one.metric, one.row) for one in table.standings if one.certain}
    texts = has_texts(table)

    def cells(number: int, row: SweepRow) -> Iterator[PageCell]:
        values = dict(row.values)
        yield from (PageCell(text=shorten(values[name], 60)) for name in axes)
        for metric in metrics:
            cell = cell_summary(row.get(metric.name), interval=interval)
            yield cell.replace(mark=SiteState.FASTER) if (metric.name, number) in best else cell
        yield cell_number(row.rtf)
        yield cell_number(row.max_rss_bytes / 1e6 if row.max_rss_bytes else None)
        yield from (PageCell(text=cell) for cell in (list_text_cells(row.text) if texts else ()))
        yield PageCell(text=str(max((one.n for _, one in row.summaries), default=0)))
        equal = "" if row.equal_to is None else f"equal code: {table.sweep.label(table.rows[row.equal_to].values)}"
        yield PageCell(text=shorten(row.reason or equal))

    marked = "; a filled triangle marks what is really the best" if best else ""
    found = PageTable(
        caption=f"Medians, {words}; lower is better{marked}",
        columns=(
            *(PageColumn(name=name) for name in axes),
            *(PageColumn(name=metric.label, unit=metric.unit, number=True) for metric in metrics),
            PageColumn(name="RTF", number=True, hint="real-time factor, modelled"),
            PageColumn(name="Peak", unit="MB", number=True),
            *(PageColumn(name=name, number=True) for name in (TEXT_COLUMNS if texts else ())),
            PageColumn(name="n", number=True),
            PageColumn(name="Note"),
        ),
        rows=tuple(PageRow(cells=tuple(cells(number, row))) for number, row in enumerate(table.rows)),
    )
    return drop_empty(found)


def _list_caveats(runs: Sequence[Run]) -> Iterator[Block]:
    found = tuple(dict.fromkeys(caveat for run in runs for caveat in run.caveats))
    if found:
        yield explain_caveats(found)


def _list_facts(table: SweepTable) -> Iterator[tuple[str, PageCell]]:
    sweep = table.sweep
    facts = [
        ("Sweep", sweep.id),
        ("Began", sweep.start[:19].replace("T", " ")),
        ("Ended", sweep.end[:19].replace("T", " ") or "not yet"),
        ("Rounds", str(sweep.repetitions)),
        ("Seed", str(sweep.seed)),
        *((axis.name, ", ".join(axis.values)) for axis in sweep.axes),
    ]
    yield from ((name, PageCell(text=shorten(text, 400))) for name, text in facts)


def _list_runs(table: SweepTable) -> Iterator[Block]:
    columns = (PageColumn(name="Config"), PageColumn(name="Run"), PageColumn(name="Why there is none"))
    rows = [
        PageRow(
            cells=(
                PageCell(text=shorten(" ".join(f"{name}={value}" for name, value in one.values))),
                PageCell(text=one.run or "-"),
                PageCell(text=one.reason),
            )
        )
        for one in table.sweep.entries
    ]
    yield TableBlock(table=drop_empty(PageTable(caption="The run of each config", columns=columns, rows=tuple(rows))))


def _list_commands(table: SweepTable) -> Iterator[Block]:
    sweep = table.sweep
    if not sweep.end:
        yield CommandBlock(line=f"harness sweep --resume {sweep.id}", what="Continues it")
    if command := repeat_sweep(sweep):
        yield CommandBlock(line=command, what="Measures it again; without --seed in new random orders")
    yield CommandBlock(line=f"harness show {sweep.id}", what="Prints this sweep")
