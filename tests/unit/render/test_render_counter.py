"""Counters for people: a table whose words are not those of times, and sentences."""

import pytest

from harness.render.counter import format_large, list_counters_markdown, list_counts, render_counters
from harness.render.display import render_display
from tests import factory
from tests.counted import NOISES, draw_pair, judge_pair


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
    fewer = render_counters(judge_pair(draw_pair({"encode_instructions": -0.04})))
    (row,) = [line.split() for line in fewer.splitlines() if "Enc. instructions/pass" in line]
    assert row[3] == "less"


def test_lines_fit_the_terminal() -> None:
    report = judge_pair(draw_pair({"encode": 0.04}))
    assert max(map(len, render_counters(report, 80).splitlines())) <= 80


def test_markdown_has_the_sentences_in_sight() -> None:
    lines = list_counters_markdown(judge_pair(draw_pair({"encode": 0.04})))
    folded = lines.index("<details><summary>Hardware counters</summary>")
    assert any(line.startswith("encode of whisper/") for line in lines[:folded])
    assert any("Enc. instructions/pass" in line and "same" in line for line in lines[folded:])


def test_a_run_shows_its_counts_and_how_many_instructions_a_cycle_had() -> None:
    run, _ = draw_pair({}, noise=NOISES["exactly equal counts"])
    header, row = list_counts(run)
    assert header.split() == ["counters", "call", "instructions", "cycles", "cache", "misses", "per", "cycle", "n"]
    assert row.split()[-8:] == ["31.0", "G", "9.60", "G", "60.0", "M", "3.23", "40"]
    numbered = list(list_counts(run, 2))
    assert [line.split()[1:3] for line in numbered] == [["#", "call"], ["2", "Enc."]]
    assert "\n".join((header, row)) in render_display([run], ["/r"])


def test_a_run_without_counts_shows_none() -> None:
    assert list(list_counts(factory.run())) == []
