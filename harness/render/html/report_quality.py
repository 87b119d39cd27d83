"""What a page says of the text: words and tokens of each setting, and how the text of two sides was compared."""

from collections.abc import Iterator, Sequence

from harness.judge.quality import list_all_quality
from harness.records.quality_report import CountedShare, QualityFamily, QualityRow
from harness.records.run import Run
from harness.render.html.block import Block, TableBlock, TextBlock
from harness.render.html.report_sample import list_run_cells, list_run_columns
from harness.render.html.table import (
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    cell_number,
    cell_percent,
    cell_verdict,
    drop_empty,
    shorten,
)
from harness.render.quality import (
    count_same,
    describe_quality_judging,
    explain_quality,
    format_percent,
    list_quality_cells,
    say_quality_verdict,
)

_NONE = PageCell(text="-")


def list_quality_blocks(runs: Sequence[Run]) -> Iterator[Block]:
    """Yield a table of the text of runs, with what its columns mean; nothing where none has any."""
    found = list_all_quality(runs)
    if not found:
        return
    columns = (
        PageColumn(name="Audio"),
        *list_run_columns(runs),
        PageColumn(name="Model"),
        PageColumn(name="Threads", number=True),
        PageColumn(name="FA", number=True, hint="flash attention"),
        PageColumn(name="VAD", number=True, hint="voice activity detection"),
        PageColumn(name="WER", unit="%", number=True, hint="word error rate"),
        PageColumn(name="CER", unit="%", number=True, hint="character error rate"),
        PageColumn(name="Top-1", unit="%", number=True, hint="tokens of the reference that are the most likely ones"),
        PageColumn(name="Own", unit="%", number=True, hint="agreement of tokens written without its help"),
        PageColumn(name="KL", unit="nats", number=True, hint="mean divergence from the reference per token"),
        PageColumn(name="Median", unit="nats", number=True, hint="of the divergences"),
        PageColumn(name="Worst", unit="nats", number=True, hint="of the divergences"),
        PageColumn(name="log p", unit="nats", number=True, hint="mean log-probability of the reference's tokens"),
        PageColumn(name="Reference", unit="nats", number=True, hint="what the reference gave them"),
        PageColumn(name="Equal", number=True, hint="processes that gave the same as the first"),
    )
    rows = tuple(_make_row(row, list_run_cells(number, runs)) for row, number in found)
    caption = (
        "Text: errors and divergence, in brackets exact 95 % intervals; lower is better, except for top-1 and log p"
    )
    yield TableBlock(table=drop_empty(PageTable(caption=caption, columns=columns, rows=rows)))
    yield TextBlock(lines=tuple(" ".join(line.split()) for line in explain_quality([row for row, _ in found])))


def list_compared_quality(family: QualityFamily | None) -> Iterator[Block]:
    """Yield the blocks of a section about the text of two sides; none where it was not compared."""
    if family is None:
        return
    names = ("Case", "Of", "Baseline", "Contender", "Only baseline", "Only contender", "Change", "Interval", "p", "n")
    columns = (
        *(PageColumn(name=name, number=place > 1) for place, name in enumerate(names)),
        PageColumn(name="Verdict"),
    )
    rows = tuple(
        PageRow(
            cells=(*(PageCell(text=cell) for cell in cells[:-1]), cell_verdict(one.verdict, say_quality_verdict(one)))
        )
        for one, cells in zip(family.comparisons, list_quality_cells(family), strict=True)
    )
    yield TableBlock(table=PageTable(caption="Errors of the text", columns=columns, rows=rows))
    judging = describe_quality_judging(family)
    yield TextBlock(lines=(f"{judging[:1].upper()}{judging[1:]}.",))


def _make_row(row: QualityRow, run: tuple[PageCell, ...]) -> PageRow:
    tokens = row.tokens
    numbers = (
        (tokens.mean, tokens.median, tokens.worst, tokens.log_probability, tokens.reference_log_probability)
        if tokens
        else (None,) * 5
    )
    return PageRow(
        cells=(
            PageCell(text=shorten(row.case.get("audio"))),
            *run,
            PageCell(text=shorten(row.case.get("model"))),
            PageCell(text=row.case.get("threads")),
            PageCell(text=row.case.get("fa")),
            PageCell(text=row.case.get("vad")),
            _cell_share(row.word_errors),
            cell_percent(row.text.character_error_rate if row.text else None),
            _cell_share(row.agreement),
            cell_percent(tokens.token_agreement if tokens else None),
            *map(cell_number, numbers),
            PageCell(text=count_same(row)),
        )
    )


def _cell_share(share: CountedShare | None) -> PageCell:
    if share is None:
        return _NONE
    note = f"[{format_percent(share.low)}, {format_percent(share.high)}]"
    return PageCell(text=format_percent(share.share), value=share.share, note=note)
