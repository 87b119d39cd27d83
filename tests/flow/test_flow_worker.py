"""Live comparisons by the worker: real processes and calls, on a library that only spins (tests/tools/stub.c)."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.records.outcome import Status
from harness.records.run import Run
from tests.answer import result_of
from tests.flow.kit import Kit, wait_for
from tests.flow.test_flow_trial import codes, only, sides, timed
from tests.stub import build_stub

SLOW = {"GGML_STUB_SLOW": "0.2"}


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stubs")


@pytest.fixture
def live(kit: Kit, stubs: Path) -> Kit:
    """Return a kit whose builds leave the stub behind."""
    kit.offer_library(build_stub(stubs))
    return kit


def fault(name: str, **more: object) -> dict[str, str]:
    return {"GGML_STUB_FAULT": name, **{f"GGML_STUB_{key}": str(value) for key, value in more.items()}}


def logs(kit: Kit) -> str:
    return "\n".join(path.read_text() for path in kit.results.rglob("block-*.log"))


def discarded(run: Run) -> int:
    assert run.trial
    return run.trial.discarded


def test_a_slower_setting_is_found_and_stored_runs_say_the_same(live: Kit) -> None:
    done = live.ab("fa=0", "fa=1", "--json", environ=SLOW)
    assert done.returncode == 20, done.stderr
    told = only(done)
    assert told["verdict"] == "REGRESSED"
    assert 0.05 < told["change"] < 0.5
    baseline, contender = sides(live)
    for run in (baseline, contender):
        assert run.status is Status.PASSED
        assert {(one.metric, one.repetition) for one in run.measurements} == {("encode", 1), ("encode", 2)}
        assert len(run.results) == told["n"]
        assert run.system_info
        assert "shared-files" not in codes(run)
    assert [case.get("fa") for run in (baseline, contender) for case in {one.case for one in run.measurements}] == [
        "0",
        "1",
    ]
    compared = live.harness("compare", baseline.id, contender.id, "--metric", "encode", "--json")
    assert compared.returncode == 20, compared.stderr
    assert result_of(compared.stdout)["family"]["comparisons"] == [told]
    assert live.running() == []
    assert timed(live) == 0, "the bench program measures nothing"


def test_a_planted_slowdown_is_found_in_a_build_against_itself(live: Kit) -> None:
    done = live.ab("fa=0", "fa=0", "--plant", "0.2")
    assert done.returncode == 20, done.stderr
    assert "REGRESSED" in done.stdout
    assert all("a-a" not in codes(run) for run in sides(live))


def test_several_metrics_share_the_processes(live: Kit) -> None:
    words = live.trial_words("ab", "fa=0", "fa=1")[:-2]
    done = live.harness(*words, "--metric", "encode,prompt", "--pairs", "3", "--max-time", "0.1s", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["metric"] for one in result_of(done.stdout)["family"]["comparisons"]] == ["encode", "prompt"]
    first = sides(live)[0].results[0]
    assert {(one.metric, one.repetition) for one in first.measurements} == {
        (metric, repetition) for metric in ("encode", "prompt") for repetition in (1, 2, 3)
    }


def test_a_worker_that_dies_once_costs_its_block(live: Kit) -> None:
    once = live.folder / "once"
    once.touch()
    done = live.ab("fa=0", "fa=1", environ=SLOW | fault("abort", FA=1, SPARE=2, ONCE=once))
    assert done.returncode == 20, done.stderr
    assert not once.exists()
    assert "block 1 failed: the worker of the contender failed at 'encode': killed by SIGABRT" in done.stderr
    for run in sides(live):
        assert discarded(run) == 1
        assert "blocks-lost" in codes(run)
        assert run.status is Status.PASSED
        assert 1 not in {one.process for one in run.measurements}, "its pairs are gone on both sides"
    assert live.running() == []


def test_a_worker_that_always_dies_ends_the_trial(live: Kit) -> None:
    done = live.ab("fa=0", "fa=1", environ=fault("abort", FA=1))
    assert done.returncode == 12, done.stderr
    assert "nothing could be measured: the worker of the contender" in done.stdout
    assert {(run.status, discarded(run), run.exit_code) for run in sides(live)} == {(Status.FAILED, 3, 12)}
    assert live.running() == []


def test_a_worker_that_hangs_is_given_up(live: Kit) -> None:
    once = live.folder / "once"
    once.touch()
    done = live.ab("fa=0", "fa=1", "--timeout", "1.5s", environ=SLOW | fault("hang", FA=0, ONCE=once))
    assert done.returncode == 20, done.stderr
    assert "the worker of the baseline failed at 'warm': no answer in time" in done.stderr
    assert {discarded(run) for run in sides(live)} == {1}
    assert live.running() == []


def test_a_trial_whose_time_was_up_before_anything_was_measured_has_not_passed(live: Kit) -> None:
    done = live.ab("fa=0", "fa=1", "--timeout", "1.5s", "--max-time", "2s", environ=fault("hang", FA=1))
    assert done.returncode == 12, done.stderr
    assert "failed at 'warm': no answer in time" in done.stdout
    for run in sides(live):
        assert run.trial
        assert run.trial.stopped == "the time was up"
        assert (run.status, run.exit_code) == (Status.FAILED, 12)
    assert "Traceback" not in logs(live), "a worker that is interrupted in the library's call leaves none"
    assert live.running() == []


def test_weights_that_the_library_refuses(live: Kit) -> None:
    done = live.ab("fa=0", "fa=1", environ=fault("refuse"))
    assert done.returncode == 4, done.stderr
    assert "cannot be measured" in done.stderr
    assert "invalid model data (bad magic)" in done.stderr
    assert logs(live).count("> load ") == 1, "it is not tried again"
    assert {run.status for run in sides(live)} == {Status.FAILED}
    assert live.running() == []


def test_a_library_that_cannot_be_asked(kit: Kit, stubs: Path) -> None:
    kit.offer_library(build_stub(stubs, "WITHOUT_ENCODE"))
    done = kit.ab("fa=0", "fa=1")
    assert done.returncode == 4, done.stderr
    assert "does not export whisper_encode: not a libwhisper of v1.6.0 or newer" in done.stderr


def test_a_build_without_a_shared_library(kit: Kit) -> None:
    done = kit.ab("fa=0", "fa=1")
    assert done.returncode == 4, done.stderr
    assert "no shared libwhisper" in done.stderr
    assert "--engine bench" in done.stderr
    assert kit.bundles() == kit.partials() == []


def interrupt(kit: Kit, words: list[str], environ: dict[str, str], ready: str) -> subprocess.CompletedProcess[str]:
    child = kit.start(*words, environ=environ)
    wait_for(lambda: any(ready == path.name for path in kit.results.rglob("block-*.log")))
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=30)
    assert "Traceback" not in stderr, stderr
    return subprocess.CompletedProcess(words, child.wait(), stdout, stderr)


def test_interrupted_in_the_middle(live: Kit) -> None:
    words = live.trial_words("ab", "fa=0", "fa=0", "--max-time", "60s", "--threshold", "0%")
    done = interrupt(live, words, {}, "block-4.log")
    assert done.returncode == 130, done.stderr
    assert "UNRESOLVED" in done.stdout
    for run in sides(live):
        assert run.trial
        assert run.trial.stopped == "interrupted"
        assert len(run.results) >= 3
        assert "stopped" in codes(run)
    assert live.running() == []


def test_calibrations_are_repeated_with_other_coins(live: Kit) -> None:
    words = live.trial_words("calibrate", "--max-time", "0.1s", "--trials", "2", "--seed", "7", "--json")
    done = live.harness(*words, environ={"HARNESS_RELINK": "0"})
    found: dict[str, Any] = result_of(done.stdout)
    assert done.returncode == (21 if found["missing"] else 0), done.stderr
    first, second = found["trials"]
    assert first["seed"] == 7
    assert second["seed"] != 7
    assert len({*first["runs"], *second["runs"]}) == 4
    for trial in found["trials"]:
        (one,) = trial["family"]["comparisons"]
        assert one["metric"] == "encode"
        assert 1 <= one["n"] == trial["blocks"]
    blocks = first["blocks"] + second["blocks"]
    assert found["missing"] == max(0, 20 - blocks)
    assert [spread["n"] for spread in found["spreads"]] == ([] if found["missing"] else [blocks])
    assert found["low"] <= found["false_trials"] / 2 <= found["high"]
    assert len({call[2] for call in live.calls("cmake") if "--build" in call}) == 1, "one build against itself"
    assert live.running() == []


def test_a_calibration_shows_its_own_verdict(live: Kit) -> None:
    done = live.harness(*live.trial_words("calibrate", "--max-time", "0.1s"))
    assert done.returncode in (0, 21), done.stderr
    assert "a build against itself: an A/A trial, " in done.stdout
    (row,) = [line.split() for line in done.stdout.splitlines() if line.split()[1:2] == ["encode"]][:1]
    assert row[2] in ("IMPROVED", "REGRESSED", "UNCHANGED", "UNRESOLVED")
    assert ("no forecast: " in done.stdout) == (done.returncode == 21)


def test_a_calibration_that_cannot_be(live: Kit) -> None:
    done = live.harness(*live.trial_words("calibrate"), environ=fault("abort"))
    assert done.returncode == 12, done.stderr
    assert "nothing could be measured" in done.stdout


def test_a_run_by_the_worker(live: Kit) -> None:
    done = live.run("--engine", "library", "--threads", "2", "--repetitions", "2", "--bench", "memcpy,whisper")
    assert done.returncode == 0, done.stderr
    run = live.only_run()
    metrics = {one.metric for one in run.measurements}
    assert metrics == {"load", "encode", "decode", "batchd", "prompt", "copy_rate"}
    assert "| " in next(line for line in live.report().splitlines() if " tiny |" in line)


def test_a_run_whose_worker_is_refused(live: Kit) -> None:
    words = ("--engine", "library", "--threads", "2", "--repetitions", "1", "--bench", "whisper", "--no-tests")
    done = live.run(*words, environ=fault("empty"))
    assert done.returncode == 12, done.stderr
    (failed,) = [result for result in live.only_run().results if result.status is Status.FAILED]
    assert "holds no tensors" in failed.reason
