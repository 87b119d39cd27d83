"""The results folder of asv, read by asv itself."""

import json
import math
from pathlib import Path

import pytest
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.results import Results, iter_results

from harness.errors import UsageError
from harness.render.format.format import RunSheet
from harness.render.format.registry import FORMATS
from tests import sheet
from tests.unit.render.format.test_render_format_consumer import hostile

FORMAT = FORMATS["asv"]
FILE = "node-1/f24588a2-Release-native-auto-8efabcf0.json"
PARAMS = [["0"], ["'base'", "'tiny'"], ["4"], ["'official'", "'synthetic'"]]


def write(folder: Path, *sheets: RunSheet) -> Path:
    assert FORMAT.layout
    for name, text in FORMAT.layout(sheets).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_asv_loads_the_results_of_a_build(tmp_path: Path) -> None:
    write(tmp_path, sheet.sheet())
    results = Results.load(str(tmp_path / FILE), machine_name="node-1")
    assert results.commit_hash == sheet.run().source.commit.sha
    assert results.date == 1780037202000
    values = results.get_result_value("whisper.encode", PARAMS)
    assert values[0] == 2216.24
    assert values[3] == 1005.23
    assert all(math.isnan(value) for value in values[1:3])
    assert results.get_result_samples("whisper.encode", PARAMS)[0] == list(sheet.ENCODE)
    stats = results.get_result_stats("whisper.encode", PARAMS)[0]
    assert (stats["repeat"], stats["q_25"], stats["q_75"]) == (7, 2213.0, 2222.375)
    assert not results.get_result_stats("whisper.encode", PARAMS)[1]


def test_asv_finds_the_benchmarks_and_every_file(tmp_path: Path) -> None:
    write(tmp_path, sheet.sheet(), sheet.other_sheet())
    found = sorted(results.params["machine"] for results in iter_results(str(tmp_path)))
    assert found == ["node-1", "node-2"]
    config = Config()
    config.results_dir = str(tmp_path)
    benchmarks = Benchmarks.load(config)
    assert benchmarks["whisper.encode"]["unit"] == "ms/pass"
    assert benchmarks["whisper.encode"]["params"] == PARAMS
    results = Results.load(str(tmp_path / FILE))
    assert results.get_result_keys(benchmarks) == set(benchmarks.keys())


def test_runs_of_one_build_share_a_file(tmp_path: Path) -> None:
    again = sheet.sheet()
    write(tmp_path, sheet.sheet(), again.replace(run=again.run.replace(id="later")))
    results = Results.load(str(tmp_path / FILE))
    assert len(results.get_result_samples("whisper.encode", PARAMS)[0]) == 14


def test_the_documented_fields_are_there() -> None:
    document = json.loads(FORMAT.render([sheet.sheet()]))
    assert document["version"] == 2
    assert {"commit_hash", "env_name", "date", "params", "python", "requirements", "env_vars"} <= set(document)
    for columns in document["results"].values():
        named = dict(zip(document["result_columns"], columns, strict=True))
        combinations = math.prod(len(values) for values in named["params"])
        assert len(named["result"]) == len(named["samples"]) == len(named["stats_q_25"]) == combinations


def test_a_hostile_name_stays_in_the_folder(tmp_path: Path) -> None:
    given = hostile()
    node = given.run.node.replace(name="../../etc/x")
    write(tmp_path / "a", given.replace(run=given.run.replace(node=node)))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert len(list(iter_results(str(tmp_path)))) == 1


def test_two_builds_do_not_fit_in_one_file() -> None:
    with pytest.raises(UsageError, match="2 files"):
        FORMAT.render([sheet.sheet(), sheet.other_sheet()])
