"""Counters on the page of a live comparison."""

from harness.judge.comparison import compare_runs
from harness.render.html.block import TableBlock, TextBlock
from harness.render.html.report_counter import list_counters
from harness.render.html.report_run import ReportedRun
from harness.render.html.report_trial import view_trial
from tests.counted import QUESTION, draw_pair, judge_pair


def test_sentences_come_first_and_a_row_for_each_counter() -> None:
    report = judge_pair(draw_pair({"encode": 0.04}))
    first, table, last = list_counters(report)
    assert isinstance(first, TextBlock)
    assert isinstance(table, TableBlock)
    assert isinstance(last, TextBlock)
    assert first.lines[0].endswith("[same-work]")
    assert table.table.rows[0].cells[2].text == "same"
    assert [len(row.cells) for row in table.table.rows] == [len(table.table.columns)] * 3
    assert last.lines[0].startswith("Hardware counters are judged apart")


def test_without_counters_there_is_no_section() -> None:
    assert list(list_counters(None)) == []


def test_the_page_of_a_comparison_has_them() -> None:
    pair = draw_pair({"encode": 0.04})
    result = compare_runs([pair[0]], [pair[1]], QUESTION)
    assert result.counters == judge_pair(pair)
    baseline, contender = (ReportedRun(run=run, logs={}, path="/r") for run in pair)
    page = view_trial(result, (baseline, contender), ())
    assert "Hardware counters" in [section.title for section in page.sections]
