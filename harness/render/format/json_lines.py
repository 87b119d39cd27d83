"""JSON Lines: every number on its own line, with everything that identifies it."""

import json
from collections.abc import Sequence

from harness.render.format.format import Format, RunSheet
from harness.render.format.row import describe_measurements


def render(sheets: Sequence[RunSheet]) -> str:
    """Return a line for each measurement, including those of failed processes, which have that `status`."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    return "".join(f"{encode(cells)}\n" for cells in describe_measurements(sheets))


FORMAT = Format(
    name="jsonl",
    endings=(".jsonl", ".ndjson"),
    description="a line per measurement, every repetition: what it is, unit, value, and how its process ended",
    reader="jq, DuckDB, log stores",
    render=render,
)
