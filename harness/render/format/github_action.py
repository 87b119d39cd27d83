"""Custom results of benchmark-action/github-action-benchmark: an array of name, unit, value, range, extra.

The action has one direction for a whole file, so there are two formats.
"""

import json
from collections.abc import Sequence

from harness.render.format.format import Format, RunSheet
from harness.render.format.row import MetricRow, list_rows, pool_rows, require_one_commit
from harness.render.plain import one_line


def render_smaller(sheets: Sequence[RunSheet]) -> str:
    """Return the timings, for `tool: customSmallerIsBetter`."""
    return _render(sheets, "github-action-benchmark", lower_is_better=True)


def render_bigger(sheets: Sequence[RunSheet]) -> str:
    """Return the rates, for `tool: customBiggerIsBetter`."""
    return _render(sheets, "github-action-benchmark-bigger", lower_is_better=False)


def _render(sheets: Sequence[RunSheet], name: str, *, lower_is_better: bool) -> str:
    require_one_commit(sheets, name)
    rows = pool_rows(row for row in list_rows(sheets) if row.metric.lower_is_better is lower_is_better)
    return json.dumps([_entry(row) for row in rows], indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(row: MetricRow) -> dict[str, str | float]:
    summary, run = row.summary, row.run
    entry: dict[str, str | float] = {
        "name": f"{row.series}/{row.metric.name}",
        "unit": row.metric.unit,
        "value": summary.median,
    }
    if summary.n > 1:
        entry["range"] = f"{summary.minimum:.6g} - {summary.maximum:.6g}"
    facts = [
        f"median of {summary.n}",
        f"cpu: {run.node.cpu.title}",
        *(f"run: {run.id}" for run in row.runs),
        *dict.fromkeys(
            f"caveat: {one_line(caveat.message)} [{caveat.code}]" for run in row.runs for caveat in run.caveats
        ),
    ]
    return entry | {"extra": "\n".join(facts)}


FORMAT = Format(
    name="github-action-benchmark",
    endings=(".smaller.json",),
    description="timings for github-action-benchmark, tool customSmallerIsBetter; medians, runs of one commit",
    reader="benchmark-action/github-action-benchmark",
    render=render_smaller,
)
BIGGER = Format(
    name="github-action-benchmark-bigger",
    endings=(".bigger.json",),
    description="rates (GB/s, GFLOP/s) for github-action-benchmark, tool customBiggerIsBetter",
    reader="benchmark-action/github-action-benchmark",
    render=render_bigger,
)
