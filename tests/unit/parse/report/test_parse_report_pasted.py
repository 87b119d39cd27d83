"""Logs and tables that people paste: the numbers are there, and all that they do not say is not known."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.parse.report.pasted import import_paste, is_pasted
from harness.records.measurement import Case, MeasurementOrigin
from harness.records.outcome import Status
from harness.records.run import PASTED, Run
from harness.render.format.format import RunSheet
from harness.render.format.issue89 import render, render_full
from tests import factory

LOG = (Path(__file__).parents[3] / "data" / "logs" / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text()
TABLE = """\
|    CPU |     OS |           Config |         Model |  Th |  FA |    Enc. |    Dec. |    Bch5 |      PP |  Commit |
|    --- |    --- |              --- |           --- | --- | --- |     --- |     --- |     --- |     --- |     --- |
| c8g.xlarge | Ubuntu |             NEON |          tiny |   4 |   0 |  389.04 |    1.17 |    0.68 |    0.55 | 6e7629b |
"""
OLD = """\
| CPU | OS | Config | Model | Threads | Load [ms] | Encode [ms] |
| - | - | - | - | - | - | - |
| MacBook M1 Pro | MacOS 13 | NEON BLAS | tiny | 4 | 71 | 389.04 |
"""
TINY = "whisper/fa=0/model=tiny/threads=4"


def paste(text: str) -> Run:
    return import_paste(text, digest="0" * 64)[0]


def value(run: Run, case: str, metric: str) -> tuple[float, MeasurementOrigin]:
    wanted = Case.parse(case)
    return next((one.value, one.origin) for one in run.measurements if (one.case, one.metric) == (wanted, metric))


def test_table_of_the_thread() -> None:
    run = paste(TABLE)
    assert (run.origin, run.status, run.project) == (PASTED, Status.PASSED, "whisper.cpp")
    assert value(run, TINY, "encode") == (389.04, MeasurementOrigin.REPORT)
    assert value(run, TINY, "prompt") == (0.55, MeasurementOrigin.REPORT)
    assert (run.node.name, run.node.cpu.brand, run.node.os) == ("unknown", "c8g.xlarge", "Ubuntu")
    assert (run.source.commit.sha, run.start, run.end, run.wall_s) == ("6e7629b", "", "", 0.0)
    assert (run.config.build_type, run.config.isa, run.config.backend, run.config.compiler) == ("", "", "", "")
    assert (run.toolchain.cc.name, run.harness, run.weights, run.remarks) == ("", "", (), ())
    assert [caveat.code for caveat in run.caveats] == ["date-unknown"]


def test_log_of_the_bench_program() -> None:
    run, logs = import_paste(f"some words before\n{LOG}", digest="1" * 64)
    case = "whisper/fa=0/model=medium/threads=4"
    assert value(run, case, "encode") == (10904.74, MeasurementOrigin.LOG)
    assert (run.node.cpu.brand, run.node.os, run.source.commit.sha, run.start) == ("", "", "", "")
    assert run.id.startswith("0-undated-unknown-")
    assert list(logs) == ["bench-bench-medium.log"]
    assert run.results[0].log in logs
    assert run.system_info


def test_several_processes_in_one_log() -> None:
    tiny = LOG.replace("ggml-medium.bin", "ggml-tiny.bin")
    run, logs = import_paste(LOG + tiny + LOG, digest="1" * 64)
    assert list(logs) == ["bench-bench-medium.log", "bench-bench-tiny.log", "bench-bench-medium-t4-fa0-r2.log"]
    assert {one.repetition for one in run.results if one.case and one.case.get("model") == "medium"} == {1, 2}
    assert run.suite.repetitions == 2


@pytest.mark.parametrize(
    ("text", "case"),
    [
        (OLD, "whisper/model=tiny/threads=4"),
        ("> " + TABLE.replace("\n|", "\n> |"), TINY),
        (TABLE.replace("\n", "\r\n"), TINY),
        ("\ufeff" + TABLE, TINY),
        ("\n".join(line.strip("|") for line in TABLE.splitlines()), TINY),
        (TABLE.replace(" 389.04 ", "389.04 ms"), TINY),
        (TABLE.replace("c8g.xlarge | Ubuntu", "<todo> | <todo>"), TINY),
        (TABLE.replace("|         tiny |", "|  tiny (synthetic) |"), TINY),
        ("Here are mine:\n\n" + TABLE + "\nThanks!\n", TINY),
    ],
)
def test_tables_of_all_ages(text: str, case: str) -> None:
    assert is_pasted(text)
    run = paste(text)
    assert value(run, case, "encode")[0] == 389.04
    assert "todo" not in (run.node.cpu.brand, run.node.os)


def test_what_is_not_read_is_said() -> None:
    text = TABLE.replace("| Config |", "| Load |").replace("Config", "Load") + "| x | y |\n"
    run = paste(text)
    assert [remark.what for remark in run.remarks] == [
        "columns that are ignored: load",
        "not a row of the table: 2 cells between bars, not 11",
    ]


def test_a_time_that_is_not_read_is_said() -> None:
    run = paste(TABLE.replace(" 389.04 ", "1,389.04 "))
    assert [(remark.line, remark.what) for remark in run.remarks] == [(3, "a time that is not a number (Enc.)")]
    assert {one.metric for one in run.measurements} == {"decode", "batchd", "prompt"}


@pytest.mark.parametrize(
    ("old", "new"), [("c8g.xlarge", "i7"), ("6e7629b", "abcdef0"), ("Ubuntu", "macOS"), ("NEON", "METAL")]
)
def test_a_run_is_of_one_machine_and_one_commit(old: str, new: str) -> None:
    last = TABLE.splitlines()[-1]
    with pytest.raises(
        UnreadableError, match="line 4: the table has rows of several machines, builds or commits"
    ) as caught:
        paste(TABLE + last.replace(old, new) + "\n")
    assert new in caught.value.cause


def test_timings_of_a_transcription_are_refused() -> None:
    with pytest.raises(UnreadableError, match="timings of a transcription"):
        paste(LOG.replace("256 runs", "27 runs"))


def test_our_own_tables_come_back() -> None:
    case = Case.of("whisper", model="tiny", threads=4, fa=0)
    pairs = (("encode", 389.04), ("decode", 1.17))
    result = factory.result("r1", factory.step().phase, Status.PASSED, *((case, name, one) for name, one in pairs))
    sheet = RunSheet(run=factory.run(result).replace(weights=()))
    for text in (render([sheet]), render_full([sheet])):
        run = paste(text)
        assert [one.value for one in run.measurements if one.metric == "encode"] == [389.04]
        assert run.node.cpu.brand == "A CPU"


@pytest.mark.parametrize("text", ["", "hello", "| a | b |\n", "whisper", "| Model | Dec. |\n"])
def test_what_is_no_paste(text: str) -> None:
    assert not is_pasted(text)


@given(st.lists(st.sampled_from([*TABLE.splitlines(), *LOG.splitlines()[-12:], "| | |", "", "|"]), max_size=12))
def test_any_lines_make_a_run_or_a_complaint(lines: list[str]) -> None:
    try:
        run = paste("\n".join(lines))
    except UnreadableError:
        return
    assert run.origin == PASTED
