"""What a page says of a search for the best settings: the winner first, and how sure it is."""

from collections.abc import Iterator, Sequence

from harness.records.measurement import DECODE, ENCODE
from harness.records.site import SiteState
from harness.records.sweep import Values
from harness.records.tune import Tuning
from harness.render.figure.figure import Figure
from harness.render.html.block import Block, CommandBlock, FactBlock, PageContent, TableBlock, TextBlock
from harness.render.html.report_run import list_figures, make_section
from harness.render.html.report_trial import capital, tabulate_comparisons
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, cell_number, shorten
from harness.render.plain import format_seconds
from harness.render.repeat import repeat_tuning
from harness.render.text_quality import TEXT_COLUMNS, list_limits, list_text_cells
from harness.render.tune import describe_winner, has_texts


def view_tuning(tuning: Tuning, figures: Sequence[Figure]) -> PageContent:
    """Return the page of a search for the best settings."""
    sections = [
        *list_figures(figures),
        *make_section("Stages", [TableBlock(table=_tabulate_stages(tuning)), *_list_remarks(tuning)]),
        *make_section("Against others", _list_duels(tuning)),
        *make_section("What was measured", [FactBlock(facts=tuple(_list_facts(tuning)))]),
        *make_section(
            "Use it",
            [
                CommandBlock(line=tuning.cmake, what="Configures the winner by hand"),
                CommandBlock(line=tuning.cli, what="Runs it"),
            ],
        ),
        *make_section(
            "How to repeat it",
            [CommandBlock(line=repeat_tuning(tuning), what="Searches again")],
        ),
    ]
    sure = any(duel.comparison.relevant for duel in tuning.duels)
    return PageContent(
        title=f"The best settings for {tuning.model} on {tuning.node}",
        lead=f"{describe_winner(tuning)}; {tuning.why}.",
        mark=SiteState.STEADY if sure else SiteState.TOO_FEW,
        more=f"Searched for {tuning.goal}, smaller is better.",
        sections=tuple(sections),
    )


def _list_remarks(tuning: Tuning) -> Iterator[Block]:
    if tuning.remarks:
        yield TextBlock(lines=tuple(map(capital, tuning.remarks)))


def _tabulate_stages(tuning: Tuning) -> PageTable:
    rows = []
    texts = has_texts(tuning)
    names = TEXT_COLUMNS if texts else ()
    for stage in tuning.stages:
        if not stage.tried:
            cells = (PageCell(text=stage.axis), PageCell(text="-"), *(cell_number(None) for _ in range(4 + len(names))))
            rows.append(PageRow(cells=(*cells, PageCell(text=stage.reason))))
        for number, one in enumerate(stage.tried):
            kept = number == stage.winner
            cells = (
                PageCell(text=stage.axis),
                PageCell(text=shorten(dict(one.values)[stage.axis], 60)),
                cell_number(one.score),
                cell_number(one.encode_ms),
                cell_number(one.decode_ms),
                *(PageCell(text=cell) for cell in (list_text_cells(one.text) if texts else ())),
                PageCell(text=str(one.n)),
            )
            note = PageCell(text="kept", mark=SiteState.FASTER) if kept else PageCell(text=shorten(one.reason))
            rows.append(PageRow(cells=(*cells, note)))
    return PageTable(
        caption="What was tried, stage by stage; smaller is better",
        columns=(
            PageColumn(name="Axis"),
            PageColumn(name="Value"),
            PageColumn(name="Score", unit=tuning.unit, number=True),
            PageColumn(name=ENCODE.label, unit=ENCODE.unit, number=True),
            PageColumn(name=DECODE.label, unit=DECODE.unit, number=True),
            *(PageColumn(name=name, number=True) for name in names),
            PageColumn(name="n", number=True),
            PageColumn(name="Note"),
        ),
        rows=tuple(rows),
    )


def _list_duels(tuning: Tuning) -> Iterator[Block]:
    if tuning.duels:
        yield TextBlock(lines=(f"{_name(tuning.found)} was measured in turns with each of these.",))
        for duel in tuning.duels:
            yield TextBlock(lines=(_name(duel.values),), heading=f"Against {duel.against}")
            yield TableBlock(table=tabulate_comparisons([duel.comparison], f"Against {duel.against}"))


def _list_facts(tuning: Tuning) -> Iterator[tuple[str, PageCell]]:
    facts = (
        ("Search", tuning.id),
        ("Node", tuning.node),
        ("Model", tuning.model),
        ("Began", tuning.start[:19].replace("T", " ")),
        ("Took", f"{format_seconds(tuning.spent_s)} of {format_seconds(tuning.budget_s)}"),
        ("Winner", _name(tuning.winner)),
        *((f"Limit of the {name}", limit) for name, limit in list_limits(tuning.guard)),
        ("Found by stages", _name(tuning.found)),
        ("Runs", ", ".join(tuning.runs)),
    )
    yield from ((name, PageCell(text=shorten(text, 1000))) for name, text in facts)


def _name(values: Values) -> str:
    return " ".join(f"{name}={value}" for name, value in values)
