"""The table of a sweep as text, Markdown, CSV and pivot."""

import csv
import io

import pytest

from harness.errors import UsageError
from harness.judge.sweep_table import tabulate_sweep
from harness.records.quality import TextQuality
from harness.records.sweep import SweepTable
from harness.render.sweep import pivot_sweep, render_pivot_csv, render_sweep, render_sweep_csv, render_sweep_markdown
from tests import field


def chart(rounds: int = 16) -> SweepTable:
    made = field.sweep()
    return tabulate_sweep(
        made, field.runs(made, lambda values: 1000.0 / int(values["threads"]), rounds=rounds, noise=0.0)
    )


def test_only_what_differs_has_a_column() -> None:
    text = render_sweep(chart())
    assert text.splitlines()[0].split()[:3] == ["threads", "fa", "Enc."]
    assert "RTF is a model, not a measurement" in text
    assert "cannot be distinguished from 1 of 3 others" in " ".join(text.split())


def test_csv_has_a_line_for_each_cell_and_no_mark() -> None:
    rows = list(csv.DictReader(io.StringIO(render_sweep_csv(chart()))))
    assert [(row["threads"], row["fa"], row["encode"]) for row in rows] == [
        ("1", "0", "1000"),
        ("1", "1", "1000"),
        ("2", "0", "500"),
        ("2", "1", "500"),
    ]
    assert {row["run"] for row in rows} == {"run-0"}
    assert {row["best_in"] for row in rows} == {""}


def test_markdown_is_a_table_under_a_heading() -> None:
    lines = render_sweep_markdown(chart()).splitlines()
    assert lines[0] == "## Sweep 20260101T000000Z-abcdef01 on node-1"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 6
    assert len({line.count("|") for line in table}) == 1


def test_a_reason_cannot_break_the_table() -> None:
    made = field.sweep()
    cells = (made.cells[0].replace(reason="a | b\n<script>"), *made.cells[1:])
    text = render_sweep_markdown(tabulate_sweep(made.replace(cells=cells), {}))
    assert "<script>" not in text
    row = next(line for line in text.splitlines() if "a " in line and "script" in line)
    assert row.startswith("| 1 | 0 | NA")
    assert "| b" not in row.replace("\\|", "")


def heard() -> SweepTable:
    """Return a sweep that looked at the text: with flash attention, one word of four is wrong."""
    table = chart()
    good = TextQuality(words=4, positions=10, agreeing=10, divergence=0.0)
    bad = good.replace(errors=1, agreeing=9, divergence=0.25)
    rows = (row.replace(text=bad if dict(row.values)["fa"] == "1" else good) for row in table.rows)
    return table.replace(rows=tuple(rows))


def test_a_sweep_that_looked_at_the_text_has_columns_for_it() -> None:
    lines = render_sweep(heard()).splitlines()
    assert lines[0].split()[-4:] == ["WER", "KL", "top-1", "n"]
    assert lines[1].split()[-4:] == ["MB", "%", "nats", "%"]
    assert lines[3].split()[-4:-1] == ["25.0", "0.25", "90.0"]
    told = " ".join(" ".join(lines).split())
    assert "the 4 of the known text; one error more or less is 25 points" in told
    assert "the output distributions of 10 tokens" in told
    rows = list(csv.DictReader(io.StringIO(render_sweep_csv(heard()))))
    assert [(row["wer"], row["divergence"], row["agreement"]) for row in rows[:2]] == [
        ("0", "0", "1"),
        ("0.25", "0.25", "0.9"),
    ]
    assert "wer" not in render_sweep_csv(chart()).splitlines()[0]
    table = render_sweep_markdown(heard()).splitlines()[2:]
    assert table[0].count("|") == table[2].count("|")
    assert "WER (%)" in table[0]


def test_a_pivot_of_the_text() -> None:
    assert pivot_sweep(heard(), rows="", columns="fa", value="wer")[1:] == [
        ["1", "0.0000", "0.2500"],
        ["2", "0.0000", "0.2500"],
    ]
    assert pivot_sweep(heard(), rows="", columns="fa", value="divergence")[1] == ["1", "0.00000", "0.25000"]
    assert pivot_sweep(chart(), rows="", columns="fa", value="wer")[1] == ["1", "NA", "NA"]


def test_a_pivot_has_an_axis_as_columns() -> None:
    table = pivot_sweep(chart(), rows="", columns="fa", value="encode")
    assert table == [["threads", "fa=0", "fa=1"], ["1", "1000.00", "1000.00"], ["2", "500.00", "500.00"]]
    assert render_pivot_csv([["1", "2.00*"]]) == "1,2.00\n"


@pytest.mark.parametrize(
    ("columns", "value", "shown"), [("model", "encode", "no axis 'model'"), ("fa", "speed", "cannot show 'speed'")]
)
def test_a_pivot_of_what_there_is_not(columns: str, value: str, shown: str) -> None:
    with pytest.raises(UsageError, match=shown) as refused:
        pivot_sweep(chart(), rows="", columns=columns, value=value)
    assert refused.value.hint.startswith(
        "--columns threads  # one of threads" if columns == "model" else "--value encode  # one of"
    )


def test_an_axis_for_the_rows_is_refused_by_its_own_option() -> None:
    with pytest.raises(UsageError, match="--rows: the sweep has no axis 'model'") as refused:
        pivot_sweep(chart(), rows="model", columns="fa", value="encode")
    assert refused.value.hint == "--rows threads  # one of threads, fa"
