"""What the index keeps for a history is what the whole record says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.build.behaviour import MEASURED_BY, name_yardstick, split_yardstick
from harness.errors import UnreadableError
from harness.judge.machine import describe_machine
from harness.records.build import CodeDigests
from harness.records.measurement import Case, Measurement
from harness.records.outcome import CompletedProcess, CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.purpose import RunPurpose
from harness.records.run import Run, SettingOrigin, SettingUsed
from harness.records.suite import Engine
from harness.records.trial import Role, Trial
from harness.records.weights import WeightsKind
from harness.stats.series import summarize_run
from harness.store.bundle import create_bundle
from harness.store.index.numbers import RunNumbers, read_numbers
from tests import sheet


def read(folder: Path) -> RunNumbers | UnreadableError:
    month, _, name = str(folder).rpartition(os.sep)
    (answer,) = read_numbers(((month, name),))
    return answer


def read_run(tmp_path: Path, run: Run) -> RunNumbers:
    answer = read(create_bundle(tmp_path, run)[1].seal(run, "the report\n"))
    assert isinstance(answer, RunNumbers), answer
    return answer


def name_measure(case: Case, run: Run) -> str:
    return "; ".join(filter(None, ("bench", name_yardstick(case.benchmark, run))))


def test_the_values_are_those_of_the_record(tmp_path: Path) -> None:
    run = sheet.run()
    numbers = read_run(tmp_path, run)
    expected = {
        (run.node.name, run.config.id, str(case), metric, name_measure(case, run)): (
            summary.n,
            summary.median,
            summary.low,
            summary.high,
        )
        for (case, metric), summary in summarize_run(run).items()
    }
    assert dict(numbers.values) == expected
    assert any(value[0] == 7 and value[2] is not None for _, value in numbers.values)
    assert numbers.machine == describe_machine(run)
    assert numbers.detail["config"] == run.config.id
    assert numbers.detail["caveats"] == "weights-synthetic load"
    assert (numbers.detail["purpose"], numbers.detail["subject"]) == ("manual", "sync : ggml")


@pytest.mark.parametrize(
    ("changes", "purpose"),
    [
        ({}, "manual"),
        ({"sweep": "s"}, "sweep"),
        ({"sweep": "x-tune-y"}, "tune"),
        ({"origin": "ggml-ci"}, "imported"),
        ({"trial": Trial(id="t", role=Role.BASELINE, seed=1, pairs=1)}, "trial"),
        ({"trial": Trial(id="t", role=Role.BASELINE, seed=1, pairs=1, bisection="b")}, "bisection"),
        ({"trial": Trial(id="t", role=Role.BASELINE, seed=1, pairs=1), "purpose": RunPurpose.AUDIT}, "audit"),
        ({"purpose": RunPurpose.NIGHT}, "night"),
        ({"purpose": RunPurpose.HISTORY}, "history"),
    ],
)
def test_what_a_run_was_measured_for(tmp_path: Path, changes: dict[str, Any], purpose: str) -> None:
    numbers = read_run(tmp_path, sheet.run().replace(asked_by="4f2a", **changes))
    assert (numbers.detail["purpose"], numbers.detail["asked_by"]) == (purpose, "4f2a")


def test_what_came_of_the_build_and_of_the_tests(tmp_path: Path) -> None:
    run = sheet.run()
    code = CodeDigests(objects=(("a.o", "0123456789abcdef"),), link="x")
    checks = tuple(CTestResult(name=str(one), status=one, wall_s=0.1) for one in Status)
    done = CompletedProcess(
        argv=("make",), exit_code=0, wall_s=12.34, user_s=1, system_s=1, max_rss_bytes=1, start="2026-01-01"
    )
    built = StepResult(step="build", phase=Phase.BUILD, status=Status.PASSED, completed=done)
    tested = StepResult(step="test", phase=Phase.TEST, status=Status.PASSED, checks=checks)
    detail = read_run(tmp_path, run.replace(code=code, results=(built, built.replace(reused=True), tested))).detail
    assert (detail["code"], detail["tests"], detail["failure"]) == (code.id, "3", "")
    assert (detail["build_s"], detail["blocks"]) == ("12.3", "0")
    broken = built.replace(status=Status.FAILED, reason="no such file\nmore")
    assert read_run(tmp_path / "broken", run.replace(results=(broken,))).detail["failure"] == "build: no such file"


def test_blocks_are_those_of_the_case_that_has_most(tmp_path: Path) -> None:
    def measure(model: str, process: int) -> Measurement:
        case = Case.of("whisper", model=model, threads=4, fa=0)
        return Measurement(case=case, metric="encode", value=1.0, repetition=1, process=process)

    blocks = (*(measure("base", number // 2) for number in range(2, 10)), measure("tiny", 9))
    result = StepResult(step="b", phase=Phase.BENCHMARK, status=Status.PASSED, measurements=blocks)
    side = Trial(id="t", role=Role.BASELINE, seed=1, pairs=2)
    assert read_run(tmp_path, sheet.run().replace(trial=side, results=(result,))).detail["blocks"] == "4"


def test_the_options_of_the_build_are_kept_as_for_a_shell(tmp_path: Path) -> None:
    asked = [("isa", "avx2"), ("define", "CMAKE_C_FLAGS=-O2 -g"), ("model", "base")]
    used = tuple(SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in asked)
    numbers = read_run(tmp_path, sheet.run().replace(settings=used))
    sums = "--weights sha256:0000000000000000+1111111111111111"
    assert numbers.detail["options"] == f"--isa avx2 -D 'CMAKE_C_FLAGS=-O2 -g' {sums}"


@pytest.mark.parametrize(
    ("given", "commit_repo", "words"),
    [
        ({"repo": "../fork"}, "/home/ann/fork", "--repo /home/ann/fork"),
        ({"repo": "https://example.org/x"}, "https://example.org/x", "--repo https://example.org/x"),
        ({"source": "my tree"}, "https://example.org/x", "--repo '/home/ann/my tree'"),
        ({"repo": "", "source": ""}, "https://example.org/x", ""),
    ],
)
def test_the_repository_is_found_from_anywhere(
    tmp_path: Path, given: dict[str, str], commit_repo: str, words: str
) -> None:
    used = tuple(SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in given.items())
    source = sheet.run().source
    source = source.replace(path="/home/ann/my tree", commit=source.commit.replace(repo=commit_repo))
    run = sheet.run().replace(settings=used, source=source, weights=())
    assert read_run(tmp_path, run).detail["options"] == words


def test_weights_are_named_by_what_they_are(tmp_path: Path) -> None:
    path = (SettingUsed(name="weights", value="/home/ann/weights", origin=SettingOrigin.FLAG),)
    one = sheet.run().weights[0]
    official, file = (one.replace(kind=kind, sha256="a" * 64) for kind in (WeightsKind.OFFICIAL, WeightsKind.FILE))
    for number, (weights, words) in enumerate(
        (((official,), "official"), ((file,), "sha256:" + "a" * 16), ((), "/home/ann/weights"))
    ):
        run = sheet.run().replace(settings=path, weights=weights)
        assert read_run(tmp_path / str(number), run).detail["options"] == f"--weights {words}"


def test_one_case_is_one_series_however_it_is_spelled(tmp_path: Path) -> None:
    run = sheet.run()
    folder = create_bundle(tmp_path, run)[1].seal(run, "the report\n")
    text = (folder / "run.json").read_text()
    record = json.loads(text)
    (folder / "run.json").write_text(json.dumps(record))  # on one line
    half = json.dumps(record["results"][4])
    assert json.dumps(record).count(half) == 1
    (folder / "run.json").write_text(json.dumps(record).replace(half, json.dumps(record["results"][4], indent=1)))
    answer = read(folder)
    assert isinstance(answer, RunNumbers)
    assert len({key for key, _ in answer.values}) == len(answer.values)


def test_another_engine_is_another_yardstick_and_cuts(tmp_path: Path) -> None:
    run = sheet.run()

    def mark(result: StepResult) -> StepResult:
        return result.replace(measurements=tuple(one.replace(process=1) for one in result.measurements))

    suite, results = run.suite.replace(engine=Engine.LIBRARY), tuple(map(mark, run.results))
    other = run.replace(id="20260105T000000Z-aaaaaaaa-11111111", suite=suite, results=results)
    one, another = (
        {tuple(key[:4]): dict(split_yardstick(key.yardstick)) for key, _ in read_run(tmp_path, which).values}
        for which in (run, other)
    )
    assert one.keys() == another.keys()
    assert {facts[MEASURED_BY] for facts in one.values()} == {"bench"}
    assert {facts[MEASURED_BY] for facts in another.values()} == {"library"}
    report = run.replace(id="20260106T000000Z-aaaaaaaa-11111111", origin="ggml-ci")
    assert not any("bench" in key.yardstick for key, _ in read_run(tmp_path, report).values), "it does not say so"


@pytest.mark.parametrize("value", ["1e999", "-1", "0", '"x"', "NaN"])
def test_a_value_that_is_no_number(tmp_path: Path, value: str) -> None:
    run = sheet.run()
    folder = create_bundle(tmp_path, run)[1].seal(run, "the report\n")
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace("2216.24", value))
    assert isinstance(read(folder), UnreadableError)


def test_metrics_that_nobody_knows_are_left_out(tmp_path: Path) -> None:
    run = sheet.run()
    first = run.results[-3]
    strange = Measurement(case=Case.of("whisper", model="base"), metric="fps", value=3.0)
    run = run.replace(results=(*run.results, first.replace(measurements=(strange,))))
    assert "fps" not in {key[3] for key, _ in read_run(tmp_path, run).values}


def test_equal_suites_ask_for_the_same_whatever_their_order(tmp_path: Path) -> None:
    suite = sheet.run().suite

    def ask(name: str, **changes: Any) -> str:
        run = sheet.run().replace(suite=suite.replace(tests=True, models=("tiny", "base"), **changes))
        return str(read_run(tmp_path / name, run).detail["asks"])

    asked = ask("one")
    assert asked.endswith(" tests")
    assert ask("two", seed=99, repetitions=7) == asked
    cells, _, _ = asked.partition(" ")
    untested = sheet.run().replace(suite=suite.replace(tests=False, models=("base", "tiny")))
    assert read_run(tmp_path / "three", untested).detail["asks"] == cells
    assert ask("four", threads=(1, 99)).partition(" ")[0] != cells
