"""A backend that is named and then fails, wherever logs are read: its numbers stand under no other name."""

import shutil
from pathlib import Path

import pytest

from harness.records.outcome import Status
from harness.render.config_column import config_words
from harness.store.bundle import load_run
from tests.failure import FAILURES, TIMINGS, Failure
from tests.flow.kit import ROOT, Kit
from tests.flow.test_flow_sweep import sweep
from tests.stub import build_stub

BY_NAME = {one.name: one for one in FAILURES}
CUDA = BY_NAME["CUDA0-at-start"]
REPORT = ROOT / "tests" / "data" / "reports" / "e0f3c9d4__ggml-4-x86-cuda-v100.md"
INFO = "system_info: n_threads = 4 / 8 | WHISPER : COREML = 0 | Metal : EMBED_LIBRARY = 1 | CPU : NEON = 1 | "


def speak(kit: Kit, failure: Failure, **more: int) -> None:
    """Let every model process say that its backend fails, and go on as if nothing were."""
    kit.break_tools({"whisper-bench -m": {"print": failure.text, **more}})


@pytest.mark.parametrize("name", ["CUDA0-at-start", "MTL0-at-start"])
def test_a_run_fails_and_says_by_which_line(kit: Kit, name: str) -> None:
    failure = BY_NAME[name]
    speak(kit, failure)
    done = kit.run("--backend", failure.asked, "--repetitions", "1", "--no-tests", "--bench", "whisper")
    assert done.returncode == 12, done.stdout
    told = " ".join(done.stdout.split())
    assert f"{failure.asked} was asked for, but CPU ran; log: {failure.contradictions[-1]}" in told
    run = kit.only_run()
    assert (run.status, run.measurements) == (Status.FAILED, ())
    assert config_words(run.system_info) == ("AVX2",)
    assert "HARNESS_BACKENDS=CPU" in kit.report()


def test_a_backend_that_nobody_asked_for_may_fail_but_is_told_of(kit: Kit) -> None:
    speak(kit, BY_NAME["RPC[127.0.0.1:50052]-at-start"])
    done = kit.run("--repetitions", "1", "--no-tests", "--bench", "whisper", "-D", "GGML_RPC=ON")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    (caveat,) = (caveat for caveat in run.caveats if caveat.code == "backend-failed")
    assert "failed to initialize RPC[127.0.0.1:50052] backend); CPU ran" in caveat.message
    assert config_words(run.system_info) == ("AVX2",)


def test_a_process_that_did_what_was_asked_names_the_run(kit: Kit) -> None:
    speak(kit, CUDA, times=1)
    kit.run("--backend", "cuda", "--repetitions", "2", "--no-tests", "--bench", "whisper")
    run = kit.only_run()
    # The second process of the fake says nothing of a backend, and so proves none.
    assert [result.status for result in run.results if result.case] == [Status.FAILED, Status.FAILED]
    assert run.system_info
    assert [claim.subject for claim in run.system_info.failed] == ["CUDA0"]


def test_a_trial_of_processes_is_not_measured(kit: Kit) -> None:
    speak(kit, CUDA)
    done = kit.ab("fa=0", "fa=1", "--engine", "bench", "--backend", "cuda", "--max-time", "5s")
    assert done.returncode == 12, done.stdout
    assert f"cuda was asked for, but CPU ran; log: {CUDA.contradictions[-1]}" in " ".join(done.stdout.split())


def test_one_side_of_a_trial_is_enough(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"print": CUDA.text}})
    done = kit.ab("backend=cpu", "backend=cuda", "--engine", "bench", "--max-time", "5s")
    assert done.returncode == 12, done.stdout
    assert "whisper-bench of the contender: cuda was asked for, but CPU ran" in " ".join(done.stdout.split())


@pytest.mark.parametrize("variable", ["GGML_STUB_SAYS", "GGML_STUB_LATER"])
def test_a_trial_of_workers_is_not_measured(kit: Kit, tmp_path: Path, variable: str) -> None:
    kit.offer_library(build_stub(tmp_path / "stub"))
    late = variable == "GGML_STUB_LATER"
    environ = {"GGML_STUB_SAYS": CUDA.lines[0], variable: CUDA.contradictions[-1] if late else CUDA.text}
    done = kit.ab("fa=0", "fa=1", "--backend", "cuda", "--max-time", "5s", environ=environ)
    assert done.returncode == 4, done.stdout
    assert "cuda was asked for, but CPU ran; log:" in " ".join(done.stderr.split())
    assert not any(load_run(path).measurements for path in kit.bundles())


def test_a_run_of_workers_fails(kit: Kit, tmp_path: Path) -> None:
    kit.offer_library(build_stub(tmp_path / "stub"))
    words = ("--engine", "library", "--repetitions", "1", "--no-tests", "--bench", "whisper", "--backend", "cuda")
    well = kit.run(*words, environ={"GGML_STUB_SAYS": CUDA.lines[0]})
    assert well.returncode == 0, well.stderr
    done = kit.run(*words, environ={"GGML_STUB_SAYS": CUDA.text})
    assert done.returncode == 12, done.stdout
    assert {config_words(load_run(path).system_info) for path in kit.bundles()} == {("AVX", "CUDA"), ("AVX",)}


def test_a_cell_of_a_sweep_fails(kit: Kit) -> None:
    speak(kit, CUDA)
    done = kit.harness(*sweep(kit, "--flash-attn", "0,1", "--repetitions", "1", "--backend", "cuda"))
    assert done.returncode == 12, done.stderr
    assert "cuda was asked for, but CPU ran" in " ".join(done.stdout.split())
    assert config_words(kit.only_run().system_info) == ("AVX2",)


def test_an_imported_folder_shows_what_ran(kit: Kit, tmp_path: Path) -> None:
    failure = BY_NAME["Metal-beside-BLAS"]
    folder = tmp_path / "whisper.cpp" / "7f" / "e4979f25ea1b2e0696a11007c9d46e168d18b3" / "node-mac"
    folder.mkdir(parents=True)
    shutil.copyfile(REPORT, folder / "README.md")
    (folder / "bench-bench-base.log").write_text("\n".join([failure.text, INFO, TIMINGS]))
    done = kit.harness("import", str(tmp_path / "whisper.cpp"))
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert config_words(run.system_info) == ("NEON", "BLAS")
    (caveat,) = (caveat for caveat in run.caveats if caveat.code == "backend-failed")
    assert caveat.message == f"Metal was named, but failed ({failure.contradictions[0]}); CPU, BLAS ran"
    assert "NEON BLAS" in kit.harness("list").stdout
