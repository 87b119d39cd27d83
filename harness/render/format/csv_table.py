"""CSV in the long form (RFC 4180, with the line ends of Unix): a line for each case and metric of each run."""

import csv
import io
from collections.abc import Sequence

from harness.render.format.format import Format, RunSheet
from harness.render.format.row import COLUMNS, describe_rows
from harness.render.format.text import csv_cell


def render(sheets: Sequence[RunSheet]) -> str:
    """Return a header and the rows; a missing interval is an empty cell, a boolean is 1 or 0."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in describe_rows(sheets):
        cells = {name: csv_cell(value) for name, value in row.items()}
        writer.writerow(cells | {"lower_is_better": int(bool(row["lower_is_better"]))})
    return text.getvalue()


FORMAT = Format(
    name="csv",
    endings=(".csv",),
    description="a line per run, case and metric: what it is, unit, n, median, its interval, extremes, spread",
    reader="spreadsheets, pandas",
    render=render,
)
