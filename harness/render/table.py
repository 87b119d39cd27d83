"""The model table of a ggml-ci report: fixed widths, right-aligned, and wider for wide values."""

from collections.abc import Mapping, Sequence

from harness.records.comparison import Summary
from harness.records.measurement import TABLE_METRICS, Case
from harness.records.run import Run
from harness.render.config_column import config_words
from harness.render.format.text import markdown
from harness.stats.series import order_model_cases

_WIDTHS = (16, 13, 3, 3, 7, 7, 7, 7, 7)
_HEADER = ("Config", "Model", "Th", "FA", *(metric.label for metric in TABLE_METRICS), "Commit")
_ENCODE = TABLE_METRICS[0].name


def render_model_table(run: Run, summaries: Mapping[tuple[Case, str], Summary]) -> str:
    """Return header, rule and a row of medians for each model x threads x flash attention; empty without any row.

    Enc. is ms per pass; Dec., Bch5 and PP are ms per token, blank if the release does not measure them. A case
    without an encode time has no row.
    """
    # The blank before each word is upstream's.
    config = "".join(f" {word}" for word in config_words(run.system_info))
    rows = [
        (
            config,
            case.get("model"),
            case.get("threads"),
            case.get("fa"),
            *(_value(summaries.get((case, metric.name))) for metric in TABLE_METRICS),
            short_commit(run),
        )
        for case in order_model_cases(run, summaries)
        if (case, _ENCODE) in summaries
    ]
    return "\n".join(_row(cells) for cells in (_HEADER, ("---",) * len(_HEADER), *rows)) if rows else ""


def short_commit(run: Run) -> str:
    """Return seven characters for the Commit column, followed by `+` for uncommitted changes."""
    return run.short_commit


def _value(summary: Summary | None) -> str:
    return f"{summary.median:.2f}" if summary else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(f'{markdown(cell):>{width}}' for cell, width in zip(cells, _WIDTHS, strict=True))} |"


def weights_kind(run: Run, case: Case) -> str:
    """Return the kind of weights that a case ran with, empty if it is not known."""
    return run.weights_kind(case)
