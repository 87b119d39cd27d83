"""The tables that people paste into the benchmark thread of whisper.cpp (ggml-org/whisper.cpp, number 89)."""

from collections.abc import Iterator, Sequence

from harness.records.measurement import ENCODE, LOAD, TABLE_METRICS, Metric
from harness.records.run import Run
from harness.render.config_column import config_words
from harness.render.format.format import Format, RunSheet
from harness.render.format.row import ModelRow, list_models
from harness.render.format.text import markdown, markdown_row
from harness.render.table import short_commit

_WIDTHS = (6, 6, 16, 13, 3, 7, 7, 7)
_FULL_WIDTHS = (6, 6, 16, 13, 3, 3, 7, 7, 7, 7, 7)
_HEADER = ("CPU", "OS", "Config", "Model", "Th", LOAD.label, ENCODE.label, "Commit")
_BEFORE_FA = 5
_FULL_HEADER = ("CPU", "OS", "Config", "Model", "Th", "FA", *(metric.label for metric in TABLE_METRICS), "Commit")
_RULE = "---"


def render(sheets: Sequence[RunSheet]) -> str:
    """Return the thread's first table, Load and Enc. in ms, and the caveats below it.

    It has a column for flash attention only if some lines have it and others do not.
    """
    lines = list(list_models(sheets))
    fa = len({line.case.get("fa") for line in lines}) > 1
    rows = [
        (
            *_machine(line),
            line.case.get("threads"),
            *([line.case.get("fa")] if fa else []),
            *_values(line, (LOAD, ENCODE)),
            short_commit(line.run),
        )
        for line in lines
    ]
    header = (*_HEADER[:_BEFORE_FA], *(["FA"] if fa else []), *_HEADER[_BEFORE_FA:])
    widths = (*_WIDTHS[:_BEFORE_FA], *([3] if fa else []), *_WIDTHS[_BEFORE_FA:])
    table = (header, [_RULE] * len(header), *rows)
    return "".join(markdown_row(cells, widths) for cells in table) + render_caveats(sheets)


def render_full(sheets: Sequence[RunSheet]) -> str:
    """Return the table of today's `scripts/bench-all.sh`, times in ms, and the caveats below it."""
    return render_full_table(sheets) + render_caveats(sheets)


def render_full_table(sheets: Sequence[RunSheet]) -> str:
    """Return only that table, with CPU and OS filled in where the script prints `<todo>`."""
    rows = [
        (
            *_machine(line),
            line.case.get("threads"),
            line.case.get("fa"),
            *_values(line, TABLE_METRICS),
            short_commit(line.run),
        )
        for line in list_models(sheets)
    ]
    table = (_FULL_HEADER, [_RULE] * len(_FULL_HEADER), *rows)
    return "".join(markdown_row(cells, _FULL_WIDTHS) for cells in table)


def render_caveats(sheets: Sequence[RunSheet]) -> str:
    """Return a list of the caveats of all runs, each once, after an empty line; empty if there are none."""
    several = len(sheets) > 1
    lines = dict.fromkeys(line for sheet in sheets for line in _caveats(sheet.run, several=several))
    return "".join(("\n", *lines)) if lines else ""


def _caveats(run: Run, *, several: bool) -> Iterator[str]:
    for caveat in run.caveats:
        where = f"{run.node.name} {short_commit(run)}: " if several else ""
        yield f"* {markdown(f'{where}{caveat.message} [{caveat.code}]')}\n"


def _machine(line: ModelRow) -> tuple[str, ...]:
    node = line.run.node
    config = "".join(f" {word}" for word in config_words(line.run.system_info))  # the blanks are upstream's
    return node.cpu.brand or node.cpu.arch or node.name, node.os, config, line.model


def _values(line: ModelRow, metrics: Sequence[Metric]) -> Iterator[str]:
    for metric in metrics:
        summary = line.summaries.get(metric.name)
        yield f"{summary.median:.2f}" if summary else ""


FORMAT = Format(
    name="issue89",
    endings=(".issue89.md",),
    description="whisper.cpp's benchmark thread, short: CPU, OS, Config, Model, Th, Load, Enc., Commit; medians in ms",
    reader="people",
    render=render,
)
FULL = Format(
    name="issue89-full",
    endings=(".issue89-full.md",),
    description="the same with FA, Enc., Dec., Bch5 and PP: medians in ms per pass and ms per token",
    reader="people",
    render=render_full,
)
