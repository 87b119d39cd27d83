"""What each format's own readers make of it: parsers where there are, else the documented schema."""

import contextlib
import csv
import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from typing import Any

import jsonschema
import junitparser
import pytest

from harness.parse.report.report import parse_report
from harness.records.measurement import Case
from harness.records.suite import Engine
from harness.records.trial import Role, Trial
from harness.render.format.format import RunSheet
from harness.render.format.registry import FORMATS
from harness.render.format.row import COLUMNS
from harness.render.schema import render_schema
from tests import sheet

HOSTILE = "a|b'; DROP TABLE llama_bench; --\n<script>\"&]]>\x00\x1b[31m,=1+1\r\n* |--- \u2028 é"
# https://bencher.dev/bmf.json
BENCHER = {
    "type": "object",
    "patternProperties": {
        ".+": {
            "type": "object",
            "patternProperties": {
                ".+": {
                    "type": "object",
                    "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
                    "required": ["value"],
                    "additionalProperties": False,
                }
            },
        }
    },
}
# The README of benchmark-action/github-action-benchmark: name, unit and value, and optionally range and extra.
GITHUB_ACTION = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            **{name: {"type": "string", "minLength": 1} for name in ("name", "unit", "range", "extra")},
            "value": {"type": "number"},
        },
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}
# llama.cpp's scripts/compare-llama-bench.py refuses a table without these.
KEY_PROPERTIES = """cpu_info gpu_info backends n_gpu_layers n_cpu_moe tensor_buft_overrides model_filename model_type
n_batch n_ubatch embeddings cpu_mask cpu_strict poll n_threads type_k type_v load_mode use_mmap no_kv_offload split_mode
main_gpu tensor_split flash_attn n_prompt n_gen n_depth fit_target fit_min_ctx build_commit test_time avg_ts""".split()
BENCH_ALL_HEADER = (
    "|    CPU |     OS |           Config |         Model |  Th |  FA "
    "|    Enc. |    Dec. |    Bch5 |      PP |  Commit |"
)
BENCH_ALL_ROW = re.compile(
    r"\| *(\S[^|]*) \| *(\S[^|]*) \| *([^|]*) \| *(\S+)(?: \(synthetic\))? \| +(\d+) \| +([01])"
    r" \| +([\d.]+) \| +([\d.]+) \| +([\d.]+) \| +([\d.]+) \| (\w{7}) \|"
)


def hostile() -> RunSheet:
    """Return the run with a name in every place that takes one."""
    run = sheet.run()
    commit = run.source.commit
    results = tuple(
        result.replace(
            step=f"{result.step}{HOSTILE}",
            reason=HOSTILE,
            checks=tuple(check.replace(name=HOSTILE, output=HOSTILE) for check in result.checks),
        )
        for result in run.results
    )
    return RunSheet(
        run=run.replace(
            node=run.node.replace(name=HOSTILE, os=HOSTILE, cpu=run.node.cpu.replace(brand=HOSTILE)),
            source=run.source.replace(commit=commit.replace(release=HOSTILE, author=HOSTILE)),
            weights=tuple(one.replace(path=f"/w/{HOSTILE}") for one in run.weights),
            caveats=tuple(one.replace(message=HOSTILE) for one in run.caveats),
            results=results,
        )
    )


def both() -> list[Any]:
    return [pytest.param(sheet.sheet(), id="plain"), pytest.param(hostile(), id="hostile")]


@pytest.mark.parametrize("given", both())
def test_sqlite_runs_the_sql(given: RunSheet) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        text = FORMATS["llama-bench-sql"].render([given])
        database.executescript(text)
        database.executescript(text)  # the table may be there
        rows = database.execute(
            "SELECT model_type, n_prompt, n_gen, n_batch, n_threads, avg_ns, typeof(avg_ns), typeof(avg_ts), cpu_info "
            "FROM llama_bench WHERE model_type = 'whisper base'"
        ).fetchall()
        assert len(rows) == 8
        assert [row[1:5] for row in rows[:4]] == [(1500, 0, 1500, 4), (0, 256, 1, 4), (320, 0, 5, 4), (256, 0, 256, 4)]
        assert {row[6:8] for row in rows} == {("integer", "real")}
        assert rows[0][5] == round(sum(sheet.ENCODE) / len(sheet.ENCODE) * 1e6)
        columns = {name for _, name, *_ in database.execute("PRAGMA table_info(llama_bench)")}
        assert columns >= set(KEY_PROPERTIES)
        assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
        database.close()


@pytest.mark.parametrize("given", both())
def test_the_csv_module_reads_what_was_meant(given: RunSheet) -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].render([given]), newline=""), strict=True))
    assert set(rows[0]) == set(COLUMNS)
    assert len(rows) == 6 + 2 * 5
    (encode,) = (row for row in rows if row["model"] == "base" and row["metric"] == "encode")
    assert (encode["n"], encode["median"], encode["unit"], encode["low"]) == ("7", "2216.24", "ms/pass", "2210.5")
    assert {row["node"] for row in rows} == {given.run.node.name}
    assert all(None not in row for row in rows)


@pytest.mark.parametrize("given", both())
def test_each_line_of_jsonl_is_one_number(given: RunSheet) -> None:
    text = FORMATS["jsonl"].render([given])
    lines = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    assert [line["value"] for line in lines] == [one.value for one in given.run.measurements]
    assert {line["status"] for line in lines} == {"PASSED", "FAILED"}
    assert all(line["unit"] and line["node"] == given.run.node.name for line in lines)


@pytest.mark.parametrize("given", both())
def test_the_runs_of_json_fit_their_schema(given: RunSheet) -> None:
    document = json.loads(FORMATS["json"].render([given, sheet.other_sheet()]))
    schema = json.loads(render_schema())
    for run in document["runs"]:
        jsonschema.validate(run, schema, cls=jsonschema.Draft202012Validator)
    assert {row["run"] for row in document["series"]} == {run["id"] for run in document["runs"]}


@pytest.mark.parametrize("given", both())
def test_a_junit_reader_reads_the_xml(given: RunSheet) -> None:
    text = FORMATS["junit"].render([given])
    suites = list(junitparser.JUnitXml.fromstring(text.encode()))
    assert [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in suites] == [
        (1, 0, 0, 0),
        (3, 1, 0, 1),
        (13, 1, 1, 1),
    ]
    for suite in suites:
        cases = list(suite)
        kinds = [type(one).__name__ for case in cases for one in case.result]
        assert len(cases) == suite.tests
        assert (kinds.count("Failure"), kinds.count("Error")) == (suite.failures, suite.errors)
        assert kinds.count("Skipped") == suite.skipped
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.timestamp)
    (first, *_) = (case for case in suites[2] if case.name.startswith("bench_base_r1"))
    assert "encode: 2216.24 ms/pass" in first.system_out


@pytest.mark.parametrize("given", both())
def test_bencher_takes_the_metrics(given: RunSheet) -> None:
    document = json.loads(FORMATS["bencher"].render([given]))
    jsonschema.validate(document, BENCHER)
    (name,) = (name for name in document if name.endswith("/whisper/fa=0/model=base/threads=4"))
    measures = document[name]
    assert measures["encode (ms/pass)"] == {"value": 2216.24, "lower_value": 2210.5, "upper_value": 2230.75}
    assert all(len(name) <= 1024 and all(len(measure) <= 64 for measure in document[name]) for name in document)
    (lone,) = (document[name] for name in document if name.endswith("tiny/threads=4/weights=synthetic"))
    assert lone["encode (ms/pass)"] == {"value": 1005.23}


@pytest.mark.parametrize("given", both())
def test_the_github_action_takes_the_results(given: RunSheet) -> None:
    smaller = json.loads(FORMATS["github-action-benchmark"].render([given]))
    bigger = json.loads(FORMATS["github-action-benchmark-bigger"].render([given]))
    for document in (smaller, bigger):
        jsonschema.validate(document, GITHUB_ACTION)
    names = [entry["name"] for entry in smaller + bigger]
    assert len(set(names)) == len(names) == 16
    assert {entry["unit"] for entry in smaller} == {"ms", "ms/pass", "ms/token"}
    assert {entry["unit"] for entry in bigger} == {"GB/s", "GFLOP/s"}


def test_runs_of_one_commit_are_pooled() -> None:
    document = json.loads(FORMATS["github-action-benchmark"].render([sheet.sheet(), sheet.sheet()]))
    assert len(document) == 10
    assert "median of 14\n" in "".join(entry["extra"] for entry in document)


@pytest.mark.parametrize("given", both())
@pytest.mark.parametrize("name", ["issue89-full", "bench-all"])
def test_the_table_of_bench_all_splits_at_bars(name: str, given: RunSheet) -> None:
    lines = FORMATS[name].render([given]).splitlines()
    header = lines.index(BENCH_ALL_HEADER)
    rows = lines[header + 2 : header + 4]
    assert all(BENCH_ALL_ROW.fullmatch(row) for row in rows)
    assert [row.split("|")[7].strip() for row in rows] == ["1005.23", "2216.24"]
    assert [line for line in lines[header + 4 :] if line and not line.startswith("* ")] == []


@pytest.mark.parametrize("given", both())
def test_the_short_table_has_load_and_encode(given: RunSheet) -> None:
    header, rule, *rows = FORMATS["issue89"].render([given]).splitlines()
    assert [cell.strip() for cell in header.strip("|").split("|")] == "CPU OS Config Model Th Load Enc. Commit".split()
    assert set(rule) == set("| -")
    assert [cell.strip() for cell in rows[1].strip("|").split("|")][3:] == ["base", "4", "69.26", "2216.24", "f24588a"]


@pytest.mark.parametrize("given", both())
def test_no_markdown_table_lets_a_tag_or_a_bar_through(given: RunSheet) -> None:
    text = FORMATS["markdown"].render([given, sheet.other_sheet()])
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {10, 13}
    assert "<" not in text
    assert "\x1b" not in text


def test_the_markdown_of_one_run_is_a_report_of_ggml_ci() -> None:
    report = parse_report(FORMATS["markdown"].render([sheet.sheet()]))
    assert report.remarks == ()
    rows = [row for table in report.tables for row in table.rows]
    assert [(row.get("Model"), row.get("Enc.")) for row in rows] == [("tiny", "1005.23"), ("base", "2216.24")]


def trial_sheets() -> list[RunSheet]:
    """Return an ordinary run, one of the worker, and both sides of a trial, all of one node, commit and config."""
    run = sheet.run()
    sampled = run.suite.replace(engine=Engine.LIBRARY)
    sides = [
        run.replace(id=f"{run.id}-{role}", suite=sampled, trial=Trial(id=run.id, role=role, seed=seed, pairs=2))
        for seed, role in enumerate(Role, 5)
    ]
    return [RunSheet(run=one) for one in (run, run.replace(id=f"{run.id}~2", suite=sampled), *sides)]


def test_what_was_measured_in_another_way_has_another_name() -> None:
    """Whole processes, single calls, and calls in turns with others are three quantities, and never one sample."""
    given = trial_sheets()
    action = json.loads(FORMATS["github-action-benchmark"].render(given))
    names = [entry["name"] for entry in action]
    assert len(set(names)) == len(names) == 3 * 10
    assert {entry["extra"].split("median of ")[1].split("\n")[0] for entry in action if "base" in entry["name"]} == {
        "7",
        "14",
    }
    bencher = json.loads(FORMATS["bencher"].render(given))
    ends = {name.partition("model=base/threads=4")[2] for name in bencher if "model=base" in name}
    assert ends == {"", "/engine=library", "/engine=library/timing=in-turns"}
    asv = json.loads(FORMATS["asv"].render(given))
    (encode,) = [columns for name, columns in asv["results"].items() if name == "whisper.encode"]
    assert sorted(len(samples) for samples in encode[-1] if samples) == [1, 1, 2, 7, 7, 14]
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(FORMATS["llama-bench-sql"].render(given))
        rows = database.execute(
            "SELECT model_type, count(*) FROM llama_bench WHERE n_prompt = 1500 GROUP BY model_type"
        )
        assert dict(rows) == {
            f"whisper {model}{end}": count
            for model in ("base", "tiny (synthetic)")
            for end, count in (("", 1), (" library", 1), (" library in-turns", 2))
        }


@pytest.mark.parametrize("name", ["csv", "json", "jsonl"])
def test_no_two_lines_say_that_they_are_the_same(name: str) -> None:
    text = FORMATS[name].render(trial_sheets())
    if name == "csv":
        lines = [dict(one) for one in csv.DictReader(io.StringIO(text))]
    else:
        lines = json.loads(text)["series"] if name == "json" else [json.loads(line) for line in text.splitlines()]
    keys = [(one["run"], one["case"], one["metric"], one.get("repetition"), one.get("status")) for one in lines]
    assert len(set(keys)) == len(keys)
    ways = {(one["engine"], bool(one["trial"])) for one in lines}
    assert ways == {("bench", False), ("library", False), ("library", True)}


def test_no_two_cases_of_junit_have_one_name() -> None:
    root = ET.fromstring(FORMATS["junit"].render(trial_sheets()))
    names = [(one.get("classname"), one.get("name")) for one in root.iter("testcase")]
    assert len(set(names)) == len(names)
    alone = ET.fromstring(FORMATS["junit"].render([sheet.sheet(), sheet.other_sheet()]))
    assert {one.get("classname") for one in alone.iter("testcase") if one.get("name") == "memcpy"} == {
        "node-1.bench",
        "node-2.bench",
    }


def test_the_short_table_tells_flash_attention_apart_where_there_is_both() -> None:
    run = sheet.run()
    flash = [
        result.replace(
            case=case,
            measurements=tuple(one.replace(case=case) for one in result.measurements),
        )
        for result in run.results
        if result.case and result.case.benchmark == "whisper"
        for case in [Case.of("whisper", fa=1, model=result.case.get("model"), threads=4)]
    ]
    header, _, *rows = (
        FORMATS["issue89"].render([RunSheet(run=run.replace(results=(*run.results, *flash)))]).splitlines()
    )
    assert "|  Th |  FA |    Load |" in header
    assert len({tuple(row.split("|")[3:7]) for row in rows if row.startswith("|")}) == 4
