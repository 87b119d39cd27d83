"""`harness ab` with whisper-bench in turns (black box) through fake tools: verdicts, exit codes, going wrong."""

import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.run import Run
from harness.records.trial import Role
from harness.store.bundle import load_run
from harness.system.synthetic import obtain_synthetic
from tests.answer import result_of
from tests.flow.kit import Kit, drop_seed, wait_for

BENCH = ("--engine", "bench")
SLOW = {"-fa": 1.2}


def sides(kit: Kit) -> tuple[Run, Run]:
    """Return the runs of the only trial, baseline first; both are sealed."""
    assert kit.partials() == []
    runs = {run.trial.role: run for run in map(load_run, kit.bundles()) if run.trial}
    assert len(runs) == len(kit.bundles()) == 2
    return runs[Role.BASELINE], runs[Role.CONTENDER]


def timed(kit: Kit) -> int:
    return len([call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call])


def codes(run: Run) -> set[str]:
    return {caveat.code for caveat in run.caveats}


def only(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    (comparison,) = result_of(done.stdout)["family"]["comparisons"]
    found: dict[str, Any] = comparison
    return found


def test_a_regression_is_found_and_stored_runs_say_the_same(kit: Kit) -> None:
    kit.set_speed(0.01, **SLOW)
    done = kit.ab("fa=0", "fa=1", *BENCH, "--json")
    assert done.returncode == 20, done.stderr
    told = only(done)
    assert (told["verdict"], told["relevant"]) == ("REGRESSED", True)
    assert told["case"]["params"] == [["model", "tiny"], ["threads", "2"]], "what they differ in is no part of it"
    assert 0.18 < told["change"] < 0.22
    assert told["low"] < 0.2 < told["high"]
    baseline, contender = sides(kit)
    assert baseline.trial
    assert contender.trial
    assert (baseline.trial.id, baseline.trial.pairs, baseline.trial.stopped) == (
        contender.trial.id,
        1,
        "every case is settled",
    )
    assert {one.metric for one in contender.measurements} == {"encode"}, "what was asked for"
    assert len(baseline.measurements) == len(contender.measurements) == told["n"]
    assert not {"a-a", "one-build", "stopped"} & codes(baseline), "one build, two settings"
    copies = [[one.completed.argv[0] for one in run.results if one.completed] for run in (baseline, contender)]
    assert len({*copies[0], *copies[1]}) == 2 * told["n"], "each block has copies of its own"
    assert [len(path) for path in copies[0]] == [len(path) for path in copies[1]], "under paths of one length"
    assert not list(kit.cache.glob(".block-*"))
    compared = kit.harness("compare", baseline.id, contender.id, "--json")
    assert compared.returncode == 20, compared.stderr
    assert result_of(compared.stdout)["family"]["comparisons"] == [told]


def test_a_trial_draws_a_seed_of_its_own(kit: Kit) -> None:
    """All trials of all users had the seed 1, and so the same coins."""
    kit.set_speed(0.01, **SLOW)
    words = drop_seed(kit.trial_words("ab", "fa=0", "fa=1", *BENCH, "--max-time", "0.1s"))
    known: set[int] = set()
    for variable in ({}, {"HARNESS_SEED": "7"}):
        done = kit.harness(*words, environ=variable)
        assert done.returncode == 0, done.stderr
        runs = [run for run in map(load_run, kit.bundles()) if run.trial and run.trial.seed not in known]
        assert len(runs) == 2
        assert runs[0].trial
        seed = runs[0].trial.seed
        assert {seed} == {one for run in runs for one in (run.suite.seed, run.trial and run.trial.seed)}
        assert f"harness ab --seed {seed} repeats the same random orders" in done.stdout
        assert all(("fixed-seed" in codes(run)) is bool(variable) for run in runs)
        known.add(seed)
    assert 7 in known
    assert not {0, 1} & known


def test_the_other_way_round_it_is_an_improvement(kit: Kit) -> None:
    kit.set_speed(0.01, **SLOW)
    # What a file of settings asks of `run` does not reach a trial.
    done = kit.ab("fa=1", "fa=0", *BENCH, environ={"HARNESS_BENCH": "memcpy", "HARNESS_PRECISION": "1%"})
    assert done.returncode == 0, done.stderr
    assert "IMPROVED" in done.stdout
    baseline, contender = sides(kit)
    assert (baseline.suite.benchmarks, baseline.suite.precision) == (("whisper",), 0.0)
    for role, run in (("baseline", baseline), ("contender", contender)):
        path = next(path for path in kit.bundles() if path.name == run.id)
        assert f"{role:<9} {path}" in done.stdout
        assert (path / "README.md").is_file()
        assert {log.name for log in (path / "logs").iterdir()} >= {"block-1.log", "block-2.log"}


def test_a_build_against_itself(kit: Kit) -> None:
    kit.set_speed(0.002)
    done = kit.ab("fa=0", "fa=0", *BENCH, "--strict")
    assert done.returncode == 0, done.stderr
    assert "UNCHANGED" in done.stdout
    assert "an A/A trial" in " ".join(done.stdout.split())
    assert all("a-a" in codes(run) for run in sides(kit))
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == 1, "built once"


def test_two_models_in_another_type_are_two_cases(kit: Kit) -> None:
    """They share all that both sides have in common, and were one sample: the slower one was hidden by the faster."""
    kit.set_speed(0.002, **{"tiny-q8_0": 0.85, "tiny.en-q8_0": 1.04})
    folder = kit.folder / "weights"
    english, _ = obtain_synthetic("tiny.en", folder=folder, memory=kit.folder / "sums")
    for model, path in (("tiny", kit.weights), ("tiny.en", english)):
        (folder / f"ggml-{model}.bin").hardlink_to(path)
    words = ["--model", "tiny.en", "--weights", str(folder), *BENCH]
    done = kit.ab("quant=f16", "quant=q8_0", *words, "--json")
    assert done.returncode == 20, done.stderr
    told = {
        str(Case.of("whisper", **dict(one["case"]["params"]))): one
        for one in result_of(done.stdout)["family"]["comparisons"]
    }
    assert {name: one["verdict"] for name, one in told.items()} == {
        "whisper/fa=0/model=tiny->tiny-q8_0/threads=2": "IMPROVED",
        "whisper/fa=0/model=tiny.en->tiny.en-q8_0/threads=2": "REGRESSED",
    }
    baseline, contender = sides(kit)
    small = contender.weights[0]
    assert (small.model, small.parent, small.size_bytes) == ("tiny-q8_0", baseline.weights[0].path, 43_537_433)
    assert len(small.sha256) == 64
    compared = kit.harness("compare", baseline.id, contender.id)
    assert compared.returncode == 20, compared.stderr
    regression = "1 relevant regression: encode of whisper/fa=0/model=tiny.en->tiny.en-q8_0/threads=2 +"
    assert regression in " ".join(compared.stdout.split())
    again = kit.ab("quant=q8_0", "quant=q8_0", *words, "--max-time", "0.001s")
    assert again.returncode == 12, again.stderr
    assert "whisper/fa=0/model=tiny-q8_0/threads=2 was never measured: the time was up" in again.stderr
    assert len(kit.calls("whisper-quantize")) == 2, "made once"


def test_weights_that_cannot_be_made_end_a_trial(kit: Kit) -> None:
    kit.break_tools({"whisper-quantize": {"signal": 9}})
    done = kit.ab("quant=f16", "quant=q8_0", *BENCH)
    assert done.returncode == 12
    assert "killed by SIGKILL" in done.stdout + done.stderr


def test_too_little_time_leaves_it_unresolved(kit: Kit) -> None:
    kit.set_speed(0.2)
    done = kit.ab("fa=0", "fa=1", *BENCH, "--strict", "--max-time", "0.3s")
    assert done.returncode == 21, done.stderr
    assert "UNRESOLVED" in done.stdout
    assert all("stopped" in codes(run) for run in sides(kit))


def test_a_case_that_no_block_has_reached_is_no_success(kit: Kit) -> None:
    kit.set_speed(0.2)
    # No process starts in so short a time, on any machine, and whatever stood still meanwhile.
    done = kit.ab("fa=0", "fa=1", *BENCH, "--threads", "1", "--max-time", "0.001s")
    assert done.returncode == 12, done.stderr
    assert "was never measured: the time was up" in done.stderr
    for run in sides(kit):
        assert run.status is Status.FAILED
        assert run.results[-1].reason.startswith("never measured: whisper/model=tiny/threads=")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("fa=0", "fa=1", "--metric", "foo"), "unknown metric 'foo'"),
        (("fa=0", "fa=1", "--metric", "load"), "unknown metric 'load'"),
        (("fa=0", "fa=1", "--engine", "steam"), "unknown engine 'steam'"),
        (("fa=0", "fa=1", "--pairs", "0"), "--pairs: expected a number from 1 to 1000, not 0"),
        (
            ("fa=0", "fa=1", "--builds", "3"),
            "--builds is no longer an option\n  try:   --relink, which relinks each side",
        ),
        (("fa=0", "GGML_LTO=ON", "--relink"), "--relink does not work with GGML_LTO=ON"),
        (("fa=0", "fa=1", "--threshold", "2"), "--threshold: expected a percentage"),
        (("fa=0", "fa=2"), "not '2'"),
        (("quant=f16", "quant=q5_k"), "tiny cannot be quantised to q5_k"),
        (("fa=0", "threads=0"), "--threads: expected whole numbers from 1 to 4096, not '0'"),
        (("nonsense=1", "fa=1"), "unknown key 'nonsense'"),
        ((".,v1.8.5", "fa=1"), "a local tree cannot have a ref"),
        (("fa=0", ""), "has an empty part"),
        (("fa=0", "fa=1", "--flash-attn", "0,1", "--baseline-config", "fa=1"), "flash_attn is given twice"),
        (
            ("threads=2", "isa=native", "--flash-attn", "0,1", "--contender-config", "fa=1"),
            "the sides have 2 and 1 cases",
        ),
        (("isa=pentium", "fa=1"), "pentium"),
    ],
)
def test_what_cannot_be_asked(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], what: str
) -> None:
    for name, value in kit.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(kit.temporary))  # where the node's lock lies
    monkeypatch.chdir(kit.folder)
    assert main(["ab", *kit.words(*BENCH, "--threads", "2", *words)[1:]]) == 2
    assert what in capsys.readouterr().err
    assert kit.bundles() == kit.partials() == []
    assert not [call for call in kit.calls("cmake") if "--version" not in call]


def test_weights_that_are_not_there_are_missed_before_anything_is_built(kit: Kit) -> None:
    done = kit.ab("fa=0", f"fa=0,weights={kit.folder}/none.bin", *BENCH)
    assert done.returncode == 4, done.stderr
    assert "there is no file" in done.stderr
    assert not [call for call in kit.calls("cmake") if "--version" not in call]


def test_a_build_that_fails(kit: Kit) -> None:
    kit.set_speed(0.01)
    kit.break_tools({"cmake --build Release": {"exit": 1, "print": "error: planted", "spare": 1}})
    done = kit.ab("GGML_LLAMAFILE=ON", "GGML_LLAMAFILE=OFF", *BENCH)
    assert done.returncode == 10, done.stderr
    assert f"the build of {kit.tree} failed (build_release: exit code" in done.stdout
    assert f"logs in {kit.cache}/logs/" in done.stdout
    assert "error: planted" in done.stderr
    assert kit.bundles() == kit.partials() == [], "nothing was measured"


def test_interrupted_in_the_middle_it_says_what_it_knows(kit: Kit) -> None:
    kit.set_speed(0.2)
    kit.break_tools({"whisper-bench -m": {"spare": 7, "sleep": 300, "silent": True}})
    child = kit.start(*kit.trial_words("ab", "fa=0", "fa=1", *BENCH))
    wait_for(lambda: timed(kit) == 8)
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=30)
    assert "Traceback" not in stderr
    assert child.returncode == 130
    assert "UNRESOLVED" in stdout
    assert "3 blocks" in stdout
    baseline, contender = sides(kit)
    for run in (baseline, contender):
        assert run.trial
        assert run.trial.stopped == "interrupted"
        assert len(run.measurements) == 3
    assert kit.running() == []


def test_interrupted_before_the_first_block_there_is_nothing_to_say(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True}})
    child = kit.start(*kit.trial_words("ab", "fa=0", "fa=1", *BENCH))
    wait_for(lambda: timed(kit) == 1)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "interrupted before the first block ended" in stderr
    for run in sides(kit):
        assert run.status is Status.FAILED, "a run that holds nothing has not passed"
        assert [result.reason for result in run.results] == ["no block has ended: interrupted"]
    assert kit.running() == []


def test_a_bench_program_that_fails_once(kit: Kit) -> None:
    kit.set_speed(0.01, **SLOW)
    kit.break_tools({"whisper-bench -m": {"exit": 3, "spare": 2, "times": 1}})
    done = kit.ab("fa=0", "fa=1", *BENCH)
    assert done.returncode == 20, done.stderr
    for run in sides(kit):
        assert run.trial
        assert run.trial.discarded == 1
        assert "blocks-lost" in codes(run)
        assert run.status is Status.PASSED


def test_a_bench_program_that_always_fails(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"signal": 4}})
    done = kit.ab("fa=0", "fa=1", *BENCH)
    assert done.returncode == 12, done.stderr
    assert "nothing could be measured" in done.stdout
    assert "SIGILL" in done.stdout
    assert timed(kit) == 3
    assert {run.status for run in sides(kit)} == {Status.FAILED}


def test_failure_in_a_short_time_is_no_failed_build(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3}})
    done = kit.ab("fa=0", "fa=1", *BENCH, "--max-time", "0.01s")
    assert done.returncode == 12, done.stderr
    assert "nothing could be measured: whisper-bench of the" in done.stdout


def test_two_trees_rest_on_one_build_each(kit: Kit) -> None:
    other = kit.folder / "other"
    shutil.copytree(kit.tree, other)
    (other / "include" / "whisper.h").write_text("#define WHISPER_H 2\n")
    kit.set_speed(0.01, **{str(other): 1.2})
    words = ["ab", str(kit.tree), str(other), *kit.words(*BENCH)[3:], "--threads", "2", "--metric", "encode"]
    done = kit.harness(*words, "--format", "markdown", environ={"GITHUB_STEP_SUMMARY": str(kit.folder / "summary.md")})
    assert done.returncode == 20, done.stderr
    assert re.match(r"### \S+ Encoding of `tiny` got \d\d\.\d % slower \[", done.stdout)
    assert (kit.folder / "summary.md").read_text() == done.stdout, "the job's summary has it, too"
    baseline, contender = sides(kit)
    assert "one-build" in codes(baseline)
    assert Path(baseline.source.path) == kit.tree
    assert Path(contender.source.path) == other


def test_each_block_is_linked_in_layouts_of_its_own(kit: Kit) -> None:
    kit.set_speed(0.01, **SLOW)
    done = kit.ab("fa=0", "fa=1", *BENCH, "--relink", "--define", "CMAKE_C_FLAGS=-g")
    assert done.returncode == 20, done.stderr
    configured = [call for call in kit.calls("cmake") if "-G" in call]
    assert len(configured) == 1, "both sides are of one source and config: compiled once"
    assert "-DCMAKE_C_FLAGS=-g" in configured[0]
    assert any(word.startswith("-DCMAKE_PROJECT_INCLUDE_BEFORE=") for word in configured[0])
    linked = [next(word for word in call if word.startswith("-DSEED=")) for call in kit.calls("cmake") if "-P" in call]
    assert linked[:2] == ["-DSEED=1", "-DSEED=2"], "tried once, before anything is measured"
    baseline, contender = sides(kit)
    for run in (baseline, contender):
        assert run.trial
        assert run.trial.relinked
        assert not {"one-build", "a-a", "build-changed"} & codes(run)
        blocks = [result for result in run.results if result.case]
        assert len({result.layout for result in blocks}) == len(blocks) > 8
        assert {f"-DSEED={result.layout}" for result in blocks} < set(linked)
        assert len({result.completed.argv[0] for result in blocks if result.completed}) == len(blocks)
    assert len(linked) == 2 + 2 * len(baseline.results)
    assert not list(kit.cache.glob(".block-*"))


def test_layouts_that_were_tried_are_not_tried_again(kit: Kit) -> None:
    kit.commit_tree()
    words = ["ab", "HEAD,fa=0", "HEAD,fa=1", *kit.words(*BENCH)[3:], "--threads", "2", "--metric", "encode"]
    for _ in range(2):
        done = kit.harness(*words, "--repo", str(kit.tree), "--relink", "--max-time", "0.1s")
        assert done.returncode == 0, done.stderr
    seeds = [word for call in kit.calls("cmake") if "-P" in call for word in call if word.startswith("-DSEED=")]
    assert (seeds.count("-DSEED=1"), seeds.count("-DSEED=2")) == (1, 1)


def test_a_link_that_fails_is_a_failed_build(kit: Kit) -> None:
    kit.break_tools({"cmake -P": {"exit": 1, "print": "ld: unknown option", "silent": True}})
    done = kit.ab("fa=0", "fa=1", *BENCH, "--relink")
    assert done.returncode == 10, done.stderr
    assert "ld: unknown option" in done.stderr
    assert timed(kit) == 0


def test_links_that_fail_later_end_the_trial_with_the_verdicts_so_far(kit: Kit) -> None:
    kit.break_tools({"cmake -P": {"exit": 1, "print": "ld: killed", "silent": True, "spare": 6}})
    done = kit.ab("fa=0", "fa=1", *BENCH, "--relink")
    assert done.returncode == 12, done.stderr
    assert "could not be linked in another code layout: exit code 1" in done.stderr
    for run in sides(kit):
        assert run.trial
        assert (len([one for one in run.results if one.case]), run.trial.discarded) == (2, 3)
    assert not list(kit.cache.glob(".block-*"))


def test_a_linker_that_ignores_the_order_is_found_out(kit: Kit) -> None:
    (kit.tools / "deaf-linker").touch()
    done = kit.ab("fa=0", "fa=1", *BENCH, "--relink")
    assert done.returncode == 3
    assert "came out the same" in done.stderr
    assert timed(kit) == 0


def test_what_earlier_trials_of_a_calibration_said_outlasts_a_later_one(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3, "spare": 3}})  # one call asks what was compiled in
    done = kit.harness(*kit.trial_words("calibrate", *BENCH, "--max-time", "0.1s", "--trials", "3"))
    assert done.returncode == 12, done.stderr
    assert "a build against itself: an A/A trial, 1 block in" in done.stdout
    assert "only 1 of 3 trials could be measured" in done.stderr


def test_a_dry_run_of_a_calibration_measures_nothing(kit: Kit) -> None:
    done = kit.harness(*drop_seed(kit.trial_words("calibrate", *BENCH, "--dry-run")))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("source ") == 2
    assert "seed     drawn at random when the measurement starts" in done.stdout
    assert kit.bundles() == kit.partials() == []
    assert not [call for call in kit.calls("cmake") if "--version" not in call]


def test_a_dry_run_builds_and_measures_nothing(kit: Kit) -> None:
    done = kit.ab("fa=0", "GGML_LLAMAFILE=ON", *BENCH, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "-DGGML_LLAMAFILE=ON" in done.stdout
    assert kit.bundles() == kit.partials() == []
    assert not [call for call in kit.calls("cmake") if "--version" not in call]


def test_a_killed_trial_is_finished_by_the_next_command(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"spare": 3, "sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.trial_words("ab", "fa=0", "fa=1", *BENCH))
    wait_for(lambda: timed(kit) == 4)
    names = {path.stem for path in kit.partials()}
    held = kit.harness("list", "--unfinished", "--remove", "all", "--yes")
    assert held.returncode == 3
    assert "a process is measuring it now" in held.stderr
    child.kill()
    child.communicate()
    listed = result_of(kit.harness("list", "--unfinished", "--json").stdout)["unfinished"]
    assert {one["id"] for one in listed} == names
    assert all(one["kind"] == "ab" and not one["held"] and "next ab" in one["next"] for one in listed)
    done = kit.harness("run", "--resume")
    assert done.returncode == 2
    assert "no unfinished run" in done.stderr
    assert done.stderr.count("which a killed harness left: 1 measurement\n") == 2
    for run in sides(kit):
        assert run.id in names
        assert run.status is Status.PASSED
        assert run.trial
        assert run.trial.stopped == "the harness was killed"
        assert "stopped" in codes(run)
        assert len(run.measurements) == 1
    assert kit.running() == [], "what it was measuring is ended"
