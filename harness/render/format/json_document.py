"""JSON: the whole records, and medians that are ready for use."""

import json
from collections.abc import Sequence

import msgspec

from harness.render.format.format import Format, RunSheet
from harness.render.format.row import describe_rows


def render(sheets: Sequence[RunSheet]) -> str:
    """Return `runs`, each as in its run.json, and `series`: for each case and metric the columns of the CSV form."""
    document = {
        "runs": [msgspec.to_builtins(sheet.run) for sheet in sheets],
        "series": list(describe_rows(sheets)),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


FORMAT = Format(
    name="json",
    endings=(".json",),
    description="`runs`: the whole records as in run.json; `series`: the rows of the csv format",
    reader="programs; the records fit `harness schema run.json`",
    render=render,
)
