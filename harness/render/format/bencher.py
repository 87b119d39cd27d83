"""Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format (schema: bmf.json there)."""

import json
from collections.abc import Sequence

from harness.render.format.format import Format, RunSheet
from harness.render.format.row import list_rows, pool_rows, require_one_commit

_NAME_LIMIT = 1024  # characters, of a benchmark's name


def render(sheets: Sequence[RunSheet]) -> str:
    """Return medians by benchmark (node/config/case) and measure (metric and unit), extremes as lower and upper value.

    A single value has no extremes. Raises UsageError for runs of different commits: Bencher takes a file per commit.
    """
    require_one_commit(sheets, "bencher")
    document: dict[str, dict[str, dict[str, float]]] = {}
    for row in pool_rows(list_rows(sheets)):
        summary = row.summary
        metric = {"value": summary.median}
        if summary.n > 1:
            metric |= {"lower_value": summary.minimum, "upper_value": summary.maximum}
        document.setdefault(row.series[:_NAME_LIMIT], {})[f"{row.metric.name} ({row.metric.unit})"] = metric
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMAT = Format(
    name="bencher",
    endings=(".bencher.json",),
    description="Bencher Metric Format: medians with the extremes as lower and upper value; runs of one commit",
    reader="bencher run --adapter json",
    render=render,
)
