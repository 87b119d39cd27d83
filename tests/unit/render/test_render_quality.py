"""How good the text is, as people see it: columns, intervals, several runs, and two sides compared."""

from harness.judge.quality import compare_quality, pair_quality
from harness.records.weights import Audio
from harness.render.html.block import TableBlock, TextBlock
from harness.render.html.report_quality import list_compared_quality, list_quality_blocks
from harness.render.number import format_divergence
from harness.render.quality import (
    conclude_quality,
    list_quality_markdown,
    list_text_quality,
    render_quality_family,
)
from harness.render.section import render_output
from tests.unit.judge.test_judge_quality import result, run, text, tokens

BOTH = run(result(text("1" * 21 + "0")), result(text("1" * 21 + "0", digest="b"), 2), result(tokens("1" * 24 + "0")))


def test_a_row_says_rates_intervals_and_what_they_mean() -> None:
    header, units, row, *notes = list_text_quality([BOTH])
    assert header.split() == [
        *("text", "of", "model", "threads", "fa", "WER", "interval", "CER", "top-1", "interval", "own", "KL", "median"),
        *("worst", "log", "p", "reference", "equal"),
    ]
    assert units.split() == ["%", "%", "%", "%", "nats", "nats"]
    assert row.split() == [
        *("jfk", "base", "2", "0", "4.5", "0.1", "-", "25.3", "1.8", "96.0", "79.6", "-", "99.9"),
        *("96.0", "0.01", "0.001", "0.2", "-0.300", "-0.290", "2/3"),
    ]
    said = " ".join(" ".join(notes).split())
    assert "both texts by n 1" in said
    assert "made by v1.8.5" in said


def test_columns_without_anything_are_left_out() -> None:
    (header, *_) = list_text_quality([run(result(tokens("11")))])
    assert "WER" not in header
    assert "top-1" in header
    (header, *_) = list_text_quality([run(result(text("11")))])
    assert "top-1" not in header
    assert not list(list_text_quality([run()]))


def test_several_runs_are_numbered_and_grouped_by_setting() -> None:
    _, _, *rows = list_text_quality([BOTH, run(result(text("1" * 22)))])
    assert [row.split()[:3] for row in rows[:2]] == [["jfk", "1", "base"], ["jfk", "2", "base"]]


def test_narrow_terminals_get_several_parts() -> None:
    assert all(len(line) <= 60 for line in list_text_quality([BOTH], 60))


def test_the_report_has_a_part_of_its_own() -> None:
    shown = render_output(BOTH.replace(audio=(Audio(name="jfk", path="/a", sha256="0", duration_s=11.0),)), {})
    assert "#### Text Quality\n\n```\n  text of" in shown
    assert "Text Quality" not in render_output(run(), {})


def test_two_sides_are_shown_with_their_verdict() -> None:
    family = compare_quality(
        pair_quality([run(result(text("1" * 40)))], [run(result(text("0" * 9 + "1" * 31)), result(tokens("1")))])
    )
    shown = render_quality_family(family)
    assert "words" in shown
    assert "22.5 %" in shown
    assert "+22.5" in shown
    assert "REGRESSED" in shown
    assert conclude_quality(family) == "text: 1 REGRESSED."
    assert "more speech with a known text" in conclude_quality(compare_quality(pair_quality([BOTH], [BOTH])))
    assert any("REGRESSED" in line for line in list_quality_markdown(family))
    (table, judging) = list_compared_quality(family)
    assert isinstance(judging, TextBlock)
    assert judging.lines[0].startswith("Errors of the text, judged apart from speed: exact McNemar test")
    assert isinstance(table, TableBlock)
    assert table.table.rows[0].cells[-1].text == "REGRESSED"
    assert not list(list_compared_quality(None))


def test_a_page_has_the_same_table() -> None:
    (table, _) = list_quality_blocks([BOTH])
    assert isinstance(table, TableBlock)
    names = [column.name for column in table.table.columns]
    assert "Run" not in names
    assert "VAD" not in names, "nothing is in it"
    cells = dict(zip(names, table.table.rows[0].cells, strict=True))
    assert (cells["WER"].text, cells["WER"].note, cells["Equal"].text) == ("4.5", "[0.1, 25.3]", "2/3")
    assert not list(list_quality_blocks([run()]))


def test_divergences_keep_the_digits_that_count() -> None:
    assert [format_divergence(one) for one in (0.0, 0.000012345, 0.0123, 1.52)] == ["0", "0.00001", "0.012", "1.5"]
