"""What a page says of the hardware counters of a live comparison: a sentence for each call, then a table."""

from collections.abc import Iterator

from harness.records.comparison import CounterReport
from harness.render.counter import HEADER, describe_judging, list_cells, say_remark
from harness.render.html.block import Block, TableBlock, TextBlock
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable


def list_counters(report: CounterReport | None) -> Iterator[Block]:
    """Yield the blocks of a section; none without counters."""
    if report is None:
        return
    if report.remarks:
        yield TextBlock(lines=tuple(map(say_remark, report.remarks)))
    names = ("Case", "Counted", "Which side has", "Baseline", "Contender", "Change", "Interval, %", "n")
    columns = tuple(PageColumn(name=name, number=place > 2) for place, name in enumerate(names[: len(HEADER)]))
    rows = tuple(PageRow(cells=tuple(PageCell(text=cell) for cell in cells)) for cells in list_cells(report))
    yield TableBlock(table=PageTable(caption="What the hardware counted", columns=columns, rows=rows))
    yield TextBlock(lines=(f"Hardware {describe_judging(report)}.",))
