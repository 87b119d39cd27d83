"""Text of others in every format: it must not break a table, add markup, steer a terminal or become a formula."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from harness.commands.output import Output, OutputForm
from harness.records.caveat import Caveat
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.weights import Weights, WeightsKind
from harness.render.display import render_display
from harness.render.figure.choice import draw_all, list_run_figures
from harness.render.format.format import RunSheet
from harness.render.format.registry import FORMATS
from harness.render.format.text import csv_cell, escaped
from harness.render.html.page import PageFrame
from harness.render.html.report import render_run_page
from harness.render.html.report_run import ReportedRun
from harness.render.plain import align, harmless
from harness.render.report import render_report
from harness.render.terminal import render_summary
from harness.system.asset import load_page_kit
from harness.system.console import Console

MakeRun = Callable[..., Run]
EVIL = (
    "=1|2`3\n```\n<script>alert(1)</script>![x](http://e.vil/)\x1b]0;owned\x07\x9b31m\u202egnp\r\t$(id)'\"; DROP TABLE"
)
NAME = EVIL.replace("/", "").replace("=", "").replace("\n", "").replace(" ", "").replace("\r", "").replace("\t", "")
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TAG = re.compile(r"<[a-z/]|\]\(", re.IGNORECASE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def evil(make_run: MakeRun) -> Run:
    """Return a run in which everything that others choose is hostile."""
    run = make_run()
    case = Case.of("whisper", model=NAME, threads=4, fa=0)
    cc = run.toolchain.cc.replace(name=EVIL, version=EVIL)
    return run.replace(
        node=run.node.replace(name=EVIL, os=EVIL, kernel=EVIL, cpu=run.node.cpu.replace(brand=EVIL)),
        source=run.source.replace(
            commit=run.source.commit.replace(author=EVIL, message=EVIL, release=EVIL, repo=EVIL, sha="")
        ),
        toolchain=run.toolchain.replace(cc=cc, cxx=cc),
        suite=run.suite.replace(models=(NAME,), benchmarks=(Benchmark.WHISPER,)),
        weights=(Weights(model=NAME, kind=WeightsKind.OFFICIAL, path=f"/w/{EVIL}", size_bytes=1, sha256="0" * 64),),
        caveats=(Caveat(code="evil", message=EVIL),),
        results=(
            StepResult(
                step="ctest_debug",
                build_type="Debug",
                phase=Phase.TEST,
                status=Status.FAILED,
                reason=EVIL,
                log="ctest.log",
                checks=(CTestResult(name=EVIL, status=Status.FAILED, wall_s=1.0, output=EVIL),),
            ),
            StepResult(
                step=EVIL,
                phase=Phase.BENCHMARK,
                status=Status.PASSED,
                case=case,
                measurements=(Measurement(case=case, metric="encode", value=1.0),),
            ),
        ),
    )


def fences(report: str) -> str:
    """Return what stands outside of all fences, as GitHub reads them."""
    outside, fence = [], ""
    for line in report.split("\n"):
        found = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if fence:
            fence = "" if found and found[1].startswith(fence) and not line.strip().strip(fence[0]) else fence
        elif found and not (found[1][0] == "`" and "`" in line.strip().lstrip("`")):
            fence = found[1]
        else:
            outside.append(line)
    assert not fence, "a fence stays open"
    return "\n".join(outside)


def test_a_report_holds_everything_in(evil: Run) -> None:
    report = render_report(evil, {"ctest.log": f"+ ctest\n{EVIL}\n```html\n{EVIL}\n~~~\n"})
    assert not TAG.search(fences(report))
    assert not STEERING.search(report.replace("\n", ""))
    rows = [line for line in fences(report).split("\n") if line.startswith("|")]
    assert [line.count("|") for line in rows] == [10] * 3


@pytest.mark.parametrize(
    "message",
    [
        "fix",
        "a\n```cpp\n#include <vector>\n```\nb",
        "if a < b [no-ci] (#12)",
        "\U0001f469\u200d\U0001f4bb ok",
        "a | b `c`",
    ],
)
def test_ordinary_messages_stay_as_they_are(make_run: MakeRun, message: str) -> None:
    run = make_run()
    commit = run.source.commit.replace(message=message, author="dependabot[bot]")
    report = render_report(run.replace(source=run.source.replace(commit=commit)), {})
    assert f"- author:  dependabot[bot]\n```\n{message}\n```\n" in report


@pytest.mark.parametrize("name", ["issue89", "issue89-full", "bench-all", "markdown"])
def test_tables_of_markdown(evil: Run, name: str) -> None:
    text = FORMATS[name].render([RunSheet(run=evil), RunSheet(run=evil)])
    assert not TAG.search(text)
    assert not STEERING.search(text.replace("\n", ""))
    bars = [line.count("|") for line in text.split("\n") if line.startswith("|")]
    assert bars
    assert len(set(bars)) == 1


def test_no_cell_of_csv_is_a_formula(evil: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].render([RunSheet(run=evil)]))))
    assert rows[0]["node"].startswith("'=1")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_formulas(text: str) -> None:
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(f"a{text}") == f"a{text}"
    assert csv_cell(-1.5) == -1.5


def test_xml_is_whole(evil: Run) -> None:
    root = ET.fromstring(FORMATS["junit"].render([RunSheet(run=evil.replace(start=EVIL))]))
    assert root.find(".//script") is None


def test_sql_is_one_table(evil: Run) -> None:
    database = sqlite3.connect(":memory:")
    database.executescript(FORMATS["llama-bench-sql"].render([RunSheet(run=evil)]))
    assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("llama_bench",)]
    (found,) = database.execute("SELECT model_type FROM llama_bench").fetchall()
    assert found == (f"whisper {NAME}",)
    database.close()


def test_json_comes_back(evil: Run) -> None:
    text = FORMATS["json"].render([RunSheet(run=evil)])
    assert json.dumps(EVIL, ensure_ascii=False) in text or json.dumps(EVIL) in text
    json.loads(text)


def test_a_terminal_is_not_steered(evil: Run) -> None:
    for text in (render_summary(evil, EVIL), render_display([evil, evil], ["a", "b"]), "\n".join(align([[EVIL]]))):
        assert not STEERING.search(harmless(text).replace("\n", ""))
    assert harmless("plain\ttext\r\n\u2705 \xe4") == "plain        text\n\u2705 \xe4"


class Pipe(io.StringIO):
    """What is not a terminal, and may end at one."""


@pytest.mark.parametrize("kind", [Terminal, Pipe])
def test_what_people_read_steers_no_terminal_through_a_pipe_either(evil: Run, kind: type[io.StringIO]) -> None:
    stream = kind()
    output = Output(Console(io.StringIO()), form=OutputForm.TEXT, stream=stream)
    output.show(EVIL, evil)
    output.write("a\tb\n")
    assert not STEERING.search(stream.getvalue().replace("\r\n", "\n"))
    assert ("a\tb\n" in stream.getvalue()) is (kind is Pipe)


def test_json_through_a_pipe_comes_back(evil: Run) -> None:
    stream = Pipe()
    output = Output(Console(io.StringIO()), form=OutputForm.JSON, stream=stream)
    output.show("", evil)
    assert output.finish(0) == 0
    assert json.loads(stream.getvalue())["result"]["node"]["os"] == EVIL
    assert not STEERING.search(stream.getvalue().replace("\n", ""))
    for name in ("json", "jsonl"):
        text = FORMATS[name].render([RunSheet(run=evil)])
        assert not STEERING.search(escaped(text).replace("\n", ""))
    assert json.loads(escaped(FORMATS["jsonl"].render([RunSheet(run=evil)])).splitlines()[0])


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_is_json_whatever_the_encoding_of_the_stream(evil: Run, encoding: str) -> None:
    sign = "\N{GRINNING FACE} \xe9 \\"
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    output = Output(Console(io.StringIO()), form=OutputForm.JSON, stream=stream)
    output.show("", evil.replace(id=sign))
    output.finish(0)
    assert json.loads(raw.getvalue().decode("ascii"))["result"]["id"] == sign
    stream.close()


def test_the_console_steers_only_by_itself() -> None:
    stream = Terminal()
    console = Console(stream)
    console.note(EVIL)
    console.warn(EVIL)
    console.tick(EVIL)
    written = stream.getvalue().replace("\r\x1b[2K", "")
    assert not STEERING.search(written.replace("\n", ""))


def test_the_console_tells_no_login() -> None:
    stream = Terminal()
    Console(stream).note("fetching https://me:CANARY@example.org/")
    assert "CANARY" not in stream.getvalue()


def test_a_page_shows_it_as_text(evil: Run) -> None:
    logs = {one.log: EVIL for one in evil.results}
    page = render_run_page(
        load_page_kit(),
        PageFrame(title=EVIL, alone=True),
        ReportedRun(evil, logs, EVIL, EVIL),
        draw_all(list_run_figures(evil)),
    )
    body = page.decode().partition("<body>")[2]
    assert not STEERING.search(body)
    assert not re.search(
        r"<(?!/?(?:a|bdi|circle|code|dd|desc|details|div|dl|dt|figcaption|figure|footer|g|h[123]|header|li"
        r"|main|nav|p|path|pre|rect|section|span|summary|svg|table|tbody|td|text|th|thead|title|tr|ul)\b)(?!/body>|/html>)",
        body,
    )
    assert "&lt;script&gt;" in body
