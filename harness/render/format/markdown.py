"""Markdown: the report of one run in ggml-ci's form, or one table of several runs."""

from collections.abc import Sequence

from harness.records.measurement import COPY_RATE, FLOP_RATE, METRICS, TABLE_METRICS
from harness.records.suite import Benchmark
from harness.render.config_column import config_words
from harness.render.format.format import Format, RunSheet
from harness.render.format.issue89 import render_caveats
from harness.render.format.row import MetricRow, ModelRow, list_models, list_rows
from harness.render.format.text import markdown_row
from harness.render.report import render_report
from harness.render.table import short_commit

_MODEL_HEADER = ("Date", "Node", "Config", "Model", "Th", "FA", *(f"{m.label} [{m.unit}]" for m in TABLE_METRICS), "n")
_RATES = (Benchmark.MEMCPY, Benchmark.MUL_MAT)
_RATE_HEADER = ("Date", "Node", "Commit", "Case", "Metric", "Median", "Minimum", "Maximum", "n")


def render(sheets: Sequence[RunSheet]) -> str:
    """Return the report of a single run; for several, a table of the models, one of the rates, and the caveats."""
    if len(sheets) == 1:
        (sheet,) = sheets
        return sheet.report or render_report(sheet.run, sheet.logs)
    models = [_model_cells(line) for line in list_models(sheets)]
    rates = [_rate_cells(row) for row in list_rows(sheets) if row.case.benchmark in _RATES]
    parts = [f"## {len(sheets)} runs\n\n"]
    if models:
        parts += ["### Models\n\nMedians of n processes.\n\n", _table((*_MODEL_HEADER, "Commit"), models), "\n"]
    if rates:
        units = " and ".join(
            f"{METRICS[name].label} in {METRICS[name].unit}" for name in (COPY_RATE.name, FLOP_RATE.name)
        )
        parts += [f"### Rates\n\n{units}.\n\n", _table(_RATE_HEADER, rates), "\n"]
    caveats = render_caveats(sheets)
    return "".join((*parts, "### Caveats\n", caveats)) if caveats else "".join(parts).removesuffix("\n")


def _model_cells(line: ModelRow) -> tuple[str, ...]:
    run, summaries = line.run, line.summaries
    values = (summaries.get(metric.name) for metric in TABLE_METRICS)
    return (
        run.start[:10],
        run.node.name,
        " ".join(config_words(run.system_info)),
        line.model,
        line.case.get("threads"),
        line.case.get("fa"),
        *(f"{value.median:.2f}" if value else "" for value in values),
        str(max(summary.n for summary in summaries.values())),
        short_commit(run),
    )


def _rate_cells(row: MetricRow) -> tuple[str, ...]:
    run, summary = row.run, row.summary
    values = (f"{value:.2f}" for value in (summary.median, summary.minimum, summary.maximum))
    return (
        run.start[:10],
        run.node.name,
        short_commit(run),
        str(row.case),
        row.metric.label,
        *values,
        str(summary.n),
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(3, *map(len, column)) for column in zip(header, *rows, strict=True)]
    return "".join(markdown_row(cells, widths) for cells in (header, ["---"] * len(header), *rows))


FORMAT = Format(
    name="markdown",
    endings=(".md", ".markdown"),
    description="one run: the report in ggml-ci's form; several: a table of the models and one of the rates",
    reader="people; readers of ggml-ci's reports",
    render=render,
    needs_logs=True,
)
