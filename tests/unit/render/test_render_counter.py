"""Counters for people: a table whose words are not those of times, and sentences."""

import pytest

from harness.render.counter import format_large, list_counters_markdown, render_counters
from tests.counted import draw_pair, judge_pair


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.1e10, "31.0 G"), (9.6e9, "9.60 G"), (6.04e7, "60.4 M"), (999.6e6, "1000 M"), (1234, "1.23 k"), (12, "12")],
)
def test_large_counts_have_three_digits(value: float, text: str) -> None:
    assert format_large(value) == text


def test_the_table_says_which_side_has_more() -> None:
    report = judge_pair(draw_pair({"encode": 0.04, "encode_instructions": 0.04}))
    lines = render_counters(report).splitlines()
    (row,) = [line.split() for line in lines if "Enc. instructions/pass" in line]
    assert row[3:8] == ["more", "31.0", "G", "32.2", "G"]
    assert "REGRESSED" not in "\n".join(lines)
    assert any("counters: encode of whisper/fa=0/model=base/threads=4 got" in line for line in lines)
    assert lines[-1].endswith("do not change the exit code")


def test_lines_fit_the_terminal() -> None:
    report = judge_pair(draw_pair({"encode": 0.04}))
    assert max(map(len, render_counters(report, 80).splitlines())) <= 80


def test_markdown_has_the_sentences_in_sight() -> None:
    lines = list_counters_markdown(judge_pair(draw_pair({"encode": 0.04})))
    folded = lines.index("<details><summary>Hardware counters</summary>")
    assert any(line.startswith("encode of whisper/") for line in lines[:folded])
    assert any("Enc. instructions/pass" in line and "same" in line for line in lines[folded:])
