"""Reports read and written: lossless for every text there is, understood for every form that upstream writes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz.target import REPORT_TOKENS
from harness.parse.report.report import parse_report
from harness.records.report import (
    BenchHead,
    BenchLog,
    OutputMark,
    ReportEnvironment,
    ReportHeader,
    ReportPassage,
    ReportTable,
    TestLog,
)
from harness.render.report import render_document
from tests.grammar import reports

DATA = Path(__file__).parents[3] / "data"
REPORTS = sorted((DATA / "reports").glob("*.md"))
WHOLE = [ReportHeader, ReportEnvironment, OutputMark, TestLog, TestLog, BenchHead, BenchLog, BenchLog, ReportTable]
ENVIRONMENT = "\n```\n\n## Environment\n\n```\nGG_BUILD_CLOUD=1\n```\n\n"
OUTPUT = "## Output\n\n### ctest_debug\n\nRuns ctest in debug mode\n- status: 0\n```\n\n```\n"


def holds(text: str) -> bool:
    return render_document(parse_report(text)) == text


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def with_message(message: str) -> str:
    return f"## Summary\n\n- status:  SUCCESS ✅\n```\n{message}{ENVIRONMENT}{OUTPUT}"


def message_of(text: str) -> str:
    header = parse_report(text).header
    assert header
    return header.message


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_real_report_is_understood_whole_and_comes_back(path: Path) -> None:
    text = read(path)
    report = parse_report(text)
    assert render_document(report) == text
    assert report.remarks == ()
    assert [type(block) for block in report.blocks] == (WHOLE if "91a3530d" not in path.name else WHOLE[:4])
    assert all(block.raw is None for block in report.blocks)
    assert [block.line for block in report.blocks[:2]] == [1, text[: text.index("## Environment")].count("\n") + 1]


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.log")), ids=lambda path: path.stem)
def test_any_other_file_comes_back_with_a_remark(path: Path) -> None:
    report = parse_report(read(path))
    assert render_document(report) == read(path)
    assert report.remarks[0].line == 1


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_cut_at_any_line_comes_back_and_says_where(path: Path) -> None:
    lines = read(path).splitlines(keepends=True)
    # Behind these, upstream itself stops when it is killed: nothing is wrong with such a report.
    whole_ends = ("## Output\n\n", "\n```\n")
    for count in range(2, len(lines)):
        text = "".join(lines[:count])
        report = parse_report(text)
        assert render_document(report) == text
        if report.cut:
            assert report.cut.line in (count, count + 1)
        else:
            assert text.endswith(whole_ends)
            assert "### bench" not in text


@given(reports())
def test_report_from_the_grammar_comes_back(text: str) -> None:
    report = parse_report(text)
    assert render_document(report) == text
    assert report.header
    assert not any(isinstance(block, ReportPassage) for block in report.blocks)


@given(st.text() | st.lists(st.sampled_from(REPORT_TOKENS) | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_comes_back(text: str) -> None:
    assert holds(text)


@given(st.binary(max_size=200))
def test_any_bytes_come_back(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    assert render_document(parse_report(text)).encode("utf-8", "surrogateescape") == content


@pytest.mark.parametrize(
    "message",
    [
        "fix",
        "",
        "two\n\nparagraphs",
        "```console\ncode\n```\nafter",
        "ends in a fence\n```\ncode\n```",
        "an odd fence\n```",
        "## Environment\n\n```\nGG_BUILD_X=1\n```",
        "## Output\n\n### ctest_debug",
        "quotes a report:\n```\nx" + ENVIRONMENT + OUTPUT,
        "- status:  FAILURE ❌ (1)\n| a |\n#### Model Benchmarks",
    ],
)
def test_message_ends_where_the_environment_begins(message: str) -> None:
    text = with_message(message)
    assert message_of(text) == message
    assert parse_report(text).environment.lines == ("GG_BUILD_CLOUD=1",)
    assert holds(text)


def test_message_with_nested_fences_of_a_real_report() -> None:
    text = read(DATA / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md")
    message = message_of(text)
    assert message.startswith("readme : update Python version to 3.11")
    assert message.endswith("Using Python3.11 the conversion script runs without any errors.")


def test_header_of_2023() -> None:
    repo = "https://github.com/ggerganov/llama.cpp"
    text = (
        f"## Summary\n\n- status: FAILURE ❌ (8)\n- date:   Mon Jul 17 13:27:06 UTC 2023\n- repo:   {repo}\n"
        f"- commit: {repo}/commit/{'0' * 40}\n- author: A\n```\nci{ENVIRONMENT}{OUTPUT}"
    )
    report = parse_report(text)
    assert report.remarks == ()
    assert report.header
    assert report.header.raw is None
    assert report.header.get("status") == "FAILURE ❌ (8)"
    assert report.header.get("runtime") == ""


def test_header_of_the_first_reports_is_followed_by_a_section() -> None:
    text = "## Summary\n\n- status: SUCCESS ✅\n```\nci\n```\n\n" + OUTPUT.removeprefix("## Output\n\n")
    report = parse_report(text)
    assert [type(block) for block in report.blocks] == [ReportHeader, TestLog]
    assert report.remarks == ()
    assert holds(text)


def test_diff_with_parent_is_kept_as_a_section_of_its_own() -> None:
    diff = (
        "## Diff with parent commit\n\n<details><summary>click to expand</summary>\n\n```diff\n-a\n```\n</details>\n\n"
    )
    text = with_message("m") + diff
    report = parse_report(text)
    last = report.blocks[-1]
    assert isinstance(last, ReportPassage)
    assert (last.name, last.text) == ("Diff with parent commit", diff)
    assert [remark.line for remark in report.remarks] == [last.line]
    assert holds(text)


def test_section_of_another_project_is_kept_under_its_name() -> None:
    section = "### open_llama_3b_v2\n\nOpenLLaMA 3B-v2:\n- status: 0\n- f16: \n```\nperplexity\n```\n"
    text = with_message("m") + section + section.replace("3b", "7b")
    names = [block.name for block in parse_report(text).blocks if isinstance(block, ReportPassage)]
    assert names == ["open_llama_3b_v2", "open_llama_7b_v2"]
    assert holds(text)


def test_windows_line_ends_are_understood() -> None:
    text = read(REPORTS[0]).replace("\n", "\r\n")
    report = parse_report(text)
    assert report.crlf
    assert report.remarks == ()
    assert render_document(report) == text


def test_copy_of_the_output_is_read_without_a_header() -> None:
    whole = parse_report(read(REPORTS[0]))
    report = parse_report(whole.output())
    assert report.remarks == ()
    assert report.output() == whole.output()
    assert [type(block) for block in report.blocks] == WHOLE[3:]


def test_log_keeps_fences_that_are_not_its_end() -> None:
    log = "```\nnot the end\n```\n#### nor this"
    text = with_message("m").replace("```\n\n```\n", f"```\n{log}\n```\n")
    report = parse_report(text)
    assert report.tests[0].log == log
    assert report.remarks == ()


def test_malformed_rows_are_kept_and_named() -> None:
    text = read(REPORTS[0])
    row = next(line for line in text.split("\n") if " tiny.en |" in line)
    broken = text.replace(row, f"{row}\n| half a row |\n{row.replace('561.09', '1.2.3')}\nno row at all")
    report = parse_report(broken)
    line = broken[: broken.index("| half a row")].count("\n") + 1
    assert [(remark.line, remark.text) for remark in report.remarks[:1]] == [(line, "| half a row |")]
    assert [remark.line for remark in report.remarks] == [line, line + 1, line + 2]
    assert "'1.2.3' is not a number" in report.remarks[1].what
    assert render_document(report) == broken
    assert len(report.tables[0].rows) == 13


def test_row_is_split_at_the_bars() -> None:
    row = parse_report(read(REPORTS[0])).tables[0].rows[-1]
    assert row.get("Model") == "large-v3-turbo"
    assert (row.get("Enc."), row.get("PP"), row.get("Commit")) == ("ms", "3.47", "05ce747")
    assert row.text is None


def test_row_with_other_blanks_keeps_its_values_and_its_text() -> None:
    text = read(REPORTS[0]).replace("|             AVX2 |       tiny.en |", "| AVX2 | tiny.en |")
    report = parse_report(text)
    assert report.tables[0].rows[0].get("Model") == "tiny.en"
    assert report.remarks == ()
    assert render_document(report) == text


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("- status: 0\n```", "- status: \n```"), "the status is not a number"),
        (("- runtime:", "runtime:"), "not a line of a Summary"),
        (("#### memcpy Benchmark", "#### memset Benchmark"), "not a part of the benchmarks: kept as text"),
        (("- author:  B", "- author: B"), "not written as ggml-ci writes it"),
        (("```\n\n## Output", "```\n\nmore\n\n## Output"), "text between the Environment and the Output"),
    ],
)
def test_what_is_not_understood_is_said(change: tuple[str, str], what: str) -> None:
    text = read(REPORTS[0]).replace(*change, 1)
    report = parse_report(text)
    assert what in [remark.what for remark in report.remarks]
    assert render_document(report) == text
