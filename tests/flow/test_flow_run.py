"""`harness run` through fake tools: the order of steps, the bundle, the report, and going wrong with dignity."""

import errno
import json
import os
import re
import shutil
import signal
import tempfile
import time
from pathlib import Path

import jsonschema
import pytest

from harness.cli.main import main
from harness.records.outcome import Status
from harness.records.run import SCHEMA, Run
from harness.store.bundle import Bundle, load_run
from tests.flow.kit import Kit, drop_seed


def test_a_run_ends_in_a_bundle_with_a_report(kit: Kit) -> None:
    done = kit.run("--threads", "2", "--repetitions", "3")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert run.status is Status.PASSED
    report = kit.report()
    assert "- status:  SUCCESS ✅" in report
    assert "|             AVX2 |          tiny |   2 |   0 | 2216.24 |    5.23 |    2.79 |    2.44 |" in report
    assert "### ctest_debug" in report
    assert "#### memcpy Benchmark" in report
    assert "4096 x 4096: F16" in report
    assert "HARNESS_WEIGHTS_tiny=" in report
    (bundle,) = kit.bundles()
    logs = {path.name for path in (bundle / "logs").iterdir()}
    assert {"ctest_debug-make.log", "bench-memcpy.log", "bench-mul_mat.log", "bench-bench-tiny.log"} <= logs
    assert re.fullmatch(r"results/node-1/\d{4}-\d\d/\d{8}T\d{6}Z-\w{8}-\w{8}", str(bundle.relative_to(kit.folder)))
    assert str(bundle) in done.stdout
    assert "2216.24" in done.stdout
    (table,) = [line.split() for line in done.stdout.splitlines() if line.startswith("  tiny ")]
    peak = max(one.completed.max_rss_bytes for one in run.results if one.completed)
    assert table[-2] == (f"{peak / 1e6:.0f}" if peak else "-"), "a fake tool may be smaller than the harness"


def test_the_order_of_the_tools(kit: Kit) -> None:
    kit.run("--threads", "2", "--repetitions", "2")
    verbs = [" ".join(call[:2]) for call in kit.calls()]
    verbs = [verb for verb in verbs if "--version" not in verb]
    debug = ["cmake -G", "ctest -N", "cmake --build", "ctest --output-on-failure"]
    release = ["cmake -G", "ninja -t", "ctest -N", "cmake --build", "ctest --output-on-failure"]
    probes = ["whisper-bench -h", "whisper-bench -m"]
    benches = ["whisper-bench -w", "whisper-bench -w", "whisper-bench -m", "whisper-bench -m"]
    assert verbs == [*debug, *release, *probes, *benches]


def test_flash_attention_is_always_said(kit: Kit) -> None:
    kit.run("--flash-attn", "0,1", "--repetitions", "1", "--bench", "whisper")
    flags = {call[-1] for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call}
    assert flags == {"-nfa", "-fa"}


def test_what_is_built_is_asked_for_by_name(kit: Kit) -> None:
    words = ("--build-type", "relwithdebinfo", "--blas", "openblas", "--llamafile", "on", "--openmp", "off")
    assert kit.run(*words, "--bench", "memcpy").returncode == 0
    config = kit.only_run().config
    assert (config.build_type, config.backend, config.blas) == ("RelWithDebInfo", "blas", "openblas")
    assert (config.llamafile, config.openmp) == ("on", "off")
    configured = [call for call in kit.calls("cmake") if "-G" in call]
    types = [word.partition("=")[2] for call in configured for word in call if word.startswith("-DCMAKE_BUILD_TYPE")]
    assert types == ["Debug", "Release", "RelWithDebInfo"], "two that are tested as upstream does, one that is timed"
    for option in ("-DGGML_BLAS=ON", "-DGGML_BLAS_VENDOR=OpenBLAS", "-DGGML_LLAMAFILE=ON", "-DGGML_OPENMP=OFF"):
        assert all(option in call for call in configured)


def test_a_debug_build_may_be_timed_but_is_said_to_be_one(kit: Kit) -> None:
    assert kit.run("--build-type", "Debug", "--bench", "memcpy", "--no-tests").returncode == 0
    assert [caveat.code for caveat in kit.only_run().caveats if caveat.code == "debug-build"]


def test_names_that_do_not_exist_are_refused_at_once(kit: Kit) -> None:
    done = kit.run("--backend", "vulcan")
    assert done.returncode == 2
    assert "did you mean vulkan" in done.stderr
    done = kit.run("--backend", "cuda", "-D", "GGML_CUDA=OFF")
    assert done.returncode == 2
    assert "--backend cuda contradicts -D GGML_CUDA=OFF" in done.stderr
    assert not kit.calls("cmake")


def test_a_run_on_the_cpu_leaves_gpus_alone(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests", "--backend", "cuda")
    cpu, cuda = (call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call)
    assert "-ng" in cpu
    assert "-ng" not in cuda


def test_numbers_of_the_cpu_never_stand_under_a_gpus_name(kit: Kit) -> None:
    no_gpu = "ggml_vulkan: No devices found.\nwhisper_backend_init_gpu: no GPU found"
    kit.break_tools({"whisper-bench -m": {"print": no_gpu}})
    done = kit.run("--backend", "vulkan", "--repetitions", "1", "--no-tests")
    assert done.returncode == 12
    assert "vulkan was asked for, but CPU ran; log: ggml_vulkan: No devices found." in " ".join(done.stdout.split())
    run = kit.only_run()
    assert "encode" not in {measurement.metric for measurement in run.measurements}
    assert "copy_rate" in {measurement.metric for measurement in run.measurements}, "memcpy is the CPU's anyway"


def test_devices_that_computed_are_named(kit: Kit) -> None:
    seen = (
        "ggml_cuda_init: found 1 CUDA devices:\n  Device 0: Tesla V100-PCIE-16GB, compute capability 7.0, VMM: yes\n"
        "whisper_backend_init_gpu: using CUDA0 backend"
    )
    kit.break_tools({"whisper-bench -m": {"print": seen}})
    smi = kit.folder / "driver" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 535.274.02, 16384, Tesla V100-PCIE-16GB\n")
    smi.chmod(0o755)
    environ = {"PATH": f"{smi.parent}:{os.environ['PATH']}"}
    words = ("--backend", "cuda", "--repetitions", "1", "--no-tests", "--bench", "whisper")
    done = kit.run(*words, environ=environ)
    assert done.returncode == 0, done.stderr
    told = "CUDA0: Tesla V100-PCIE-16GB, compute capability 7.0, 16384 MiB, NVIDIA 535.274.02"
    assert f"  device  {told}\n" in done.stdout
    assert f"HARNESS_DEVICES={told}" in kit.report()
    assert "HARNESS_BACKENDS=CUDA0" in kit.report()


def test_repetitions_that_fail_alike_are_shown_once(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"print": "whisper_backend_init_gpu: no GPU found"}})
    done = kit.run("--backend", "cuda", "--repetitions", "3", "--no-tests", "--bench", "whisper")
    assert done.returncode == 12
    assert done.stderr.count("    whisper_print_timings:    total time") == 1, "the end of one log is enough"
    assert "and 2 more like it: cuda was asked for, but CPU ran" in " ".join(done.stdout.split())


def test_what_a_configuration_lacks_is_named(kit: Kit) -> None:
    kit.break_tools({"cmake Release": {"exit": 1, "print": "  Could NOT find Vulkan (missing: Vulkan_LIBRARY glslc)"}})
    done = kit.run("--backend", "vulkan", "--no-tests")
    assert done.returncode == 10
    assert "libvulkan-dev, glslc" in " ".join(done.stdout.split())


def test_a_second_run_configures_nothing_and_tests_again(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1")
    again = kit.run("--bench", "whisper", "--repetitions", "1")
    assert again.returncode == 0
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == 2
    assert len([call for call in kit.calls("ctest") if "--output-junit" in call]) == 4
    assert again.stderr.count("reused") == 2
    assert len(kit.bundles()) == 2


def test_a_tree_that_goes_back_is_built_again(kit: Kit) -> None:
    header = kit.tree / "include" / "whisper.h"
    for content in ("A\n", "B\n", "A\n"):
        header.write_text(content)
        kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == 3


def test_a_build_whose_folder_was_removed_is_made_again(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    shutil.rmtree(kit.cache / "builds")
    assert kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests").returncode == 0


def test_a_tree_that_changes_while_it_is_built_is_a_caveat(kit: Kit) -> None:
    kit.break_tools({"cmake --build Release": {"touch": str(kit.tree / "include" / "new.h")}})
    done = kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    assert done.returncode == 0
    assert "source-changed" in {caveat.code for caveat in kit.only_run().caveats}


def test_rebuild_starts_from_an_empty_folder(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    before = len([call for call in kit.calls("cmake") if "--build" in call])
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests", "--rebuild")
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == before + 1


def test_a_changed_tree_is_built_again_and_called_dirty(kit: Kit) -> None:
    kit.commit_tree()
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    (kit.tree / "include" / "whisper.h").write_text("#define WHISPER_H 2\n")
    kit.run("--bench", "whisper", "--repetitions", "1", "--no-tests")
    assert len([call for call in kit.calls("cmake") if "--build" in call]) == 2
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == 1, "the build folder is kept"
    clean, dirty = (load_run(bundle) for bundle in kit.bundles())
    assert not clean.source.commit.dirty
    assert "dirty" in {caveat.code for caveat in dirty.caveats}
    assert f"HARNESS_DIRTY={dirty.source.commit.changes}" in (kit.bundles()[-1] / "README.md").read_text()


def test_no_tests_is_a_caveat(kit: Kit) -> None:
    done = kit.run("--no-tests", "--bench", "whisper", "--repetitions", "1")
    assert done.returncode == 0
    assert "no-tests" in {caveat.code for caveat in kit.only_run().caveats}
    assert "ctest" not in {call[0] for call in kit.calls() if "--version" not in call}


def test_json_is_the_run_and_fits_its_schema(kit: Kit) -> None:
    done = kit.run("--json", "--repetitions", "1")
    run = json.loads(done.stdout)
    schema = json.loads(kit.harness("schema").stdout)
    jsonschema.validate(run, schema)
    (bundle,) = kit.bundles()
    assert json.loads((bundle / "run.json").read_text()) == run


def test_dry_run_prints_the_plan_and_leaves_nothing(kit: Kit) -> None:
    done = kit.run("--dry-run", "--quiet")
    assert done.returncode == 0
    assert "-DGGML_NATIVE=ON" in done.stdout
    assert "all that this CPU has" in done.stdout
    assert not kit.results.exists()
    assert not (kit.cache / "builds").exists()


def test_quiet_says_only_the_result(kit: Kit) -> None:
    done = kit.run("--quiet", "--bench", "whisper", "--repetitions", "1")
    assert done.stderr == ""
    assert "2216.24" in done.stdout


def test_verbose_shows_the_children(kit: Kit) -> None:
    done = kit.run("--verbose", "--bench", "whisper", "--repetitions", "1")
    assert "+ " in done.stderr
    assert "-- Configuring done" in done.stderr
    assert "whisper_print_timings" in done.stderr


def test_the_report_goes_to_the_job_summary(kit: Kit) -> None:
    summary = kit.folder / "summary.md"
    kit.run("--bench", "whisper", "--repetitions", "1", environ={"GITHUB_STEP_SUMMARY": str(summary)})
    assert summary.read_text(encoding="utf-8") == kit.report()


def test_secrets_reach_no_child_and_no_file(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1", environ={"HF_TOKEN": "hf_secret"})
    (bundle,) = kit.bundles()
    for path in bundle.rglob("*"):
        assert path.is_dir() or "hf_secret" not in path.read_text(errors="replace")


def test_the_settings_file_is_read_and_its_origin_kept(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text('repetitions = 2\nbench = ["whisper"]\n')
    assert kit.run().returncode == 0
    origins = {used.name: (used.value, used.origin) for used in kit.only_run().settings}
    assert origins["repetitions"] == ("2", "harness.toml")
    assert origins["results"][1] == "environment"
    assert origins["model"] == ("tiny", "flag")


# What is measured fails: a bundle, a FAILURE report, the exit code of the kind.


@pytest.mark.parametrize(
    ("faults", "code", "shown"),
    [
        ({"cmake Debug": {"exit": 1, "print": "CMake Error: no such thing"}}, 10, "CMake Error: no such thing"),
        ({"cmake --build Release": {"exit": 1, "print": "ops.cpp:7: error: boom"}}, 10, "ops.cpp:7: error: boom"),
        ({"ctest Release": {"exit": 8}}, 11, "exit code 8"),
        ({"ctest Debug": {"silent": True}}, 11, "ran no test"),
        ({"whisper-bench -m": {"signal": 11, "silent": True}}, 12, "SIGSEGV"),
        ({"whisper-bench -m": {"signal": 4, "silent": True}}, 12, "instruction"),
        ({"whisper-bench -m": {"silent": True}}, 12, "no measurement"),
        ({"whisper-bench -m": {"silent": True, "print": "encode time = nan ms / 1 runs"}}, 12, "no measurement"),
        ({"whisper-bench -w 1": {"silent": True}}, 12, "no measurement"),
        ({"whisper-bench -h": {"exit": 1, "silent": True}}, 12, "exit code 1"),
        ({"ninja -t Release": {"silent": True}}, 10, "no bench program"),
    ],
)
def test_failure_is_data(kit: Kit, faults: dict[str, dict[str, object]], code: int, shown: str) -> None:
    kit.break_tools(faults)
    done = kit.run("--repetitions", "2")
    assert done.returncode == code, done.stderr
    assert shown in done.stderr
    assert kit.only_run().exit_code == code
    assert "FAILURE ❌" in kit.report()
    assert kit.partials() == []


def test_a_failed_build_skips_the_rest(kit: Kit) -> None:
    kit.break_tools({"cmake --build Debug": {"exit": 1, "print": "error: boom"}})
    kit.run()
    run = kit.only_run()
    statuses = {result.step: result.status for result in run.results}
    assert statuses["build_debug"] is Status.FAILED
    assert statuses["build_release"] is Status.SKIPPED
    assert statuses["bench_tiny_t2_fa0_r1" if "bench_tiny_t2_fa0_r1" in statuses else "memcpy"] is Status.SKIPPED
    assert "error: boom" in kit.report()


def test_a_failed_benchmark_does_not_stop_the_others(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 4, "times": 1}})
    done = kit.run("--repetitions", "3", "--bench", "whisper")
    assert done.returncode == 12
    statuses = [result.status for result in kit.only_run().results if result.case]
    assert statuses == [Status.FAILED, Status.PASSED, Status.PASSED]


def test_a_tree_without_tests_is_skipped_with_a_caveat_and_no_success_of_tests(kit: Kit) -> None:
    (kit.tools / "data" / "listing.log").write_text("Test project /build\n\nTotal Tests: 0\n")
    done = kit.run("--bench", "whisper", "--repetitions", "1")
    assert done.returncode == 0
    tests = {result.step: result.status for result in kit.only_run().results if result.phase == "test"}
    assert tests == {"ctest_debug": Status.SKIPPED, "ctest_release": Status.SKIPPED}
    assert "registers no tests" in done.stdout


def test_a_time_out_keeps_what_was_printed(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"print": "half a line", "silent": True, "sleep": 300}})
    done = kit.run("--timeout", "1", "--repetitions", "1", "--bench", "whisper")
    assert done.returncode == 12
    (result,) = (result for result in kit.only_run().results if result.case)
    assert result.status is Status.TIMED_OUT
    (bundle,) = kit.bundles()
    assert "half a line" in (bundle / "logs" / "bench-bench-tiny.log").read_text()


# The harness is stopped: state kept, nothing running, and a way on.


def wait_for(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(condition) and condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_the_state_and_resume_goes_on(kit: Kit, number: signal.Signals) -> None:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words("--repetitions", "1"))
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.send_signal(number)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    assert f"--results {kit.results}" in stderr
    assert "Traceback" not in stderr
    assert kit.running() == [], "the children are gone"
    assert kit.bundles() == []
    before = len([call for call in kit.calls("cmake") if "-G" in call])

    resumed = kit.harness("run", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == before, "finished steps are not repeated"
    assert len([call for call in kit.calls("ctest") if "--output-junit" in call]) == 2
    assert len([call for call in kit.calls("whisper-bench") if call[1:3] == ["-w", "1"]]) == 1
    assert len([call for call in kit.calls("whisper-bench") if call[1:3] == ["-w", "2"]]) == 2
    assert kit.only_run().status is Status.PASSED
    assert kit.partials() == []


def test_a_killed_harness_can_be_resumed(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*drop_seed(kit.words("--repetitions", "1")))
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.kill()
    child.communicate()
    (partial,) = kit.partials()
    begun = json.loads((partial / "run.json").read_text())
    assert begun["results"]
    (partial / "run.json").write_text(json.dumps({**begun, "schema": 4}))  # an older harness began it
    assert kit.running() != []
    resumed = kit.harness("run", "--resume", partial.name[:10])
    assert resumed.returncode == 0, resumed.stderr
    assert "still running" in resumed.stderr
    assert kit.running() == [], "what the killed harness left behind is ended"
    assert (kit.only_run().status, kit.only_run().schema) == (Status.PASSED, SCHEMA)
    assert kit.only_run().suite.seed == begun["suite"]["seed"] > 1, "drawn once, and kept"


def interrupted(kit: Kit) -> Path:
    kit.break_tools({"whisper-bench -w 2": {"sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words("--repetitions", "1"))
    wait_for(lambda: ["whisper-bench", "-w", "2"] in [call[:3] for call in kit.calls() if len(call) > 2])
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    (partial,) = kit.partials()
    return partial


def test_resume_refuses_weights_that_have_changed(kit: Kit) -> None:
    mine = kit.folder / "mine.bin"
    shutil.copyfile(kit.weights, mine)
    kit.weights = mine
    interrupted(kit)
    with mine.open("r+b") as file:
        file.truncate(5)
    done = kit.harness("run", "--resume")
    assert done.returncode == 4
    assert "have changed" in done.stderr
    mine.unlink()
    assert "are gone" in kit.harness("run", "--resume").stderr
    assert len(kit.partials()) == 1


def test_resume_refuses_a_tree_that_has_changed(kit: Kit) -> None:
    interrupted(kit)
    (kit.tree / "include" / "whisper.h").write_text("changed\n")
    done = kit.harness("run", "--resume")
    assert done.returncode == 2
    assert "has changed since" in done.stderr
    shutil.rmtree(kit.tree)
    assert kit.harness("run", "--resume").returncode == 4
    assert not kit.tree.exists()


def test_resume_builds_again_what_was_removed(kit: Kit) -> None:
    interrupted(kit)
    shutil.rmtree(kit.cache / "builds")
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    assert kit.only_run().status is Status.PASSED


def test_another_node_does_not_take_it_up(kit: Kit) -> None:
    interrupted(kit)
    done = kit.harness("run", "--resume", environ={"HARNESS_AS_NODE": "node-2"})
    assert done.returncode == 2
    assert len(kit.partials()) == 1


@pytest.mark.parametrize("key", ["whisper-bench -m", "whisper-bench -h"])
def test_an_illegal_instruction_names_the_option_to_change(kit: Kit, key: str) -> None:
    kit.break_tools({key: {"signal": int(signal.SIGILL), "silent": True}})
    words = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")
    done = kit.run(*words, "-D", "CMAKE_C_FLAGS=-march=itanium")
    assert done.returncode == 12, done.stderr
    for text in (done.stdout, kit.report()):
        told = " ".join(text.split())
        assert "died of an illegal instruction (SIGILL): -march=itanium in -D CMAKE_C_FLAGS" in told
        assert "leave out -march=itanium" in told
    assert "illegal-instruction" in {caveat.code for caveat in kit.only_run().caveats}


def settle_in(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `main` run in this process as if the kit had started it."""
    for name in [name for name in os.environ if name.startswith("HARNESS_")]:
        monkeypatch.delenv(name)
    for name, value in kit.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(kit.temporary))
    monkeypatch.chdir(kit.folder)


def test_a_model_that_does_not_fit_is_skipped_and_not_started(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_in(kit, monkeypatch)
    monkeypatch.setattr("harness.run.session.available_bytes", lambda: 300_000_000)
    words = ("--repetitions", "1", "--bench", "whisper", "--no-tests", "--flash-attn", "0,1", "--threads", "2")
    assert main(kit.words(*words, "-v")) == 0
    skipped, measured = sorted((one for one in kit.only_run().results if one.case), key=lambda one: str(one.case))
    assert (skipped.status, measured.status) == (Status.SKIPPED, Status.PASSED)
    assert skipped.reason == "needs 0.33 GB of memory, 0.30 GB are free"
    shown = capsys.readouterr()
    assert "a process of tiny takes about 327 MB with fa 0, 258 MB with fa 1" in shown.err
    assert "whisper/fa=0/model=tiny/threads=2: needs 0.33 GB of memory" in " ".join(shown.out.split())


def test_a_full_disk_in_the_middle_keeps_the_state_and_says_how_to_go_on(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle_in(kit, monkeypatch)
    save, saved = Bundle.save_run, []

    def full(self: Bundle, run: Run) -> None:
        saved.append(run)
        if len(saved) > 5:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        save(self, run)

    monkeypatch.setattr(Bundle, "save_run", full)
    assert main(kit.words("--repetitions", "1")) == 3
    assert "No space left on device" in capsys.readouterr().err
    (partial,) = kit.partials()
    assert len(load_run(partial).results) == 4
    monkeypatch.undo()
    assert kit.harness("run", "--resume").returncode == 0


def test_the_exit_code_survives_a_reader_that_has_gone(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 4}})
    child = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    child.stderr.close()
    assert child.wait(timeout=60) == 12
    assert kit.only_run().exit_code == 12


def test_an_empty_help_is_not_taken_for_an_old_dialect(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -h": {"silent": True}})
    assert kit.run("--repetitions", "1", "--bench", "whisper").returncode == 12


def test_a_run_that_measured_nothing_is_no_success(kit: Kit) -> None:
    help_text = (kit.tools / "data" / "help.log").read_text()
    lines = [line for line in help_text.splitlines() if "-fa" not in line and "-nfa" not in line]
    (kit.tools / "data" / "help.log").write_text("\n".join(lines))
    done = kit.run("--flash-attn", "1", "--bench", "whisper", "--repetitions", "1")
    assert done.returncode == 12
    assert "FAILURE" in kit.report()


def test_resume_without_anything_unfinished(kit: Kit) -> None:
    done = kit.harness("run", "--resume")
    assert done.returncode == 2
    assert "no unfinished run" in done.stderr


def test_a_second_harness_does_not_measure_at_the_same_time(kit: Kit) -> None:
    over = kit.folder / "over"
    kit.break_tools({"whisper-bench -m": {"until": str(over), "times": 1}})
    first = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    wait_for(lambda: any("-nfa" in call for call in kit.calls()))
    refused = kit.run("--no-wait", "--repetitions", "1", "--bench", "whisper")
    assert refused.returncode == 3
    assert "busy" in refused.stderr
    second = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    assert second.stderr
    said = ""
    while "waiting for it to end" not in said:
        line = second.stderr.readline()
        assert line, said
        said += line
    assert first.poll() is None
    over.touch()
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)


# What the user says is wrong: one clear sentence, the right code, and nothing on disk.


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (["--model", "bse"], 2, "base"),
        (["--isa", "avx3"], 2, "avx"),
        (["--bench", "memcopy"], 2, "memcpy"),
        (["--threads", "0"], 2, "--threads"),
        (["--threads", "two"], 2, "--threads"),
        (["--flash-attn", "2"], 2, "--flash-attn"),
        (["--repetitions", "-1"], 2, "--repetitions"),
        (["--repetitions", "0"], 2, "--repetitions"),
        (["--as-node", "../../x"], 2, "not a name for a node"),
        (["--config", "/"], 2, "not a regular file"),
        (["-D", "CMAKE_BUILD_TYPE=Debug"], 2, "CMAKE_BUILD_TYPE"),
        (["--define", "GGML_LLAMAFILE"], 2, "--define"),
        (["--source", "/nowhere"], 2, "/nowhere"),
        (["--compiler", "no-such-cc"], 3, "no-such-cc"),
        (["--weights", "/nowhere.bin"], 4, "/nowhere.bin"),
        (["--nonsense"], 2, "--nonsense"),
        (["--config", "/nowhere.toml"], 2, "/nowhere.toml"),
    ],
)
def test_bad_words(kit: Kit, words: list[str], code: int, shown: str) -> None:
    done = kit.run(*words)
    assert done.returncode == code, done.stderr
    assert shown in done.stderr
    assert not kit.results.exists()


@pytest.mark.parametrize("verb", ["run", "ab", "calibrate", "roofline"])
def test_more_threads_than_cpus_are_refused(kit: Kit, verb: str) -> None:
    words = {"run": kit.words(), "ab": kit.trial_words("ab", "fa=0", "fa=1"), "calibrate": kit.trial_words("calibrate")}
    done = kit.harness(*words.get(verb, ["roofline"]), "--threads", "4096", environ={"HARNESS_FORCE_THREADS": ""})
    assert done.returncode == 2, done.stderr
    assert re.search(r"harness: 4096 threads on \d+ usable CPUs", done.stderr)
    assert "--force-threads" in done.stderr
    assert not kit.bundles()
    assert not kit.calls("whisper-bench")


def test_forced_threads_are_measured_with_a_caveat(kit: Kit) -> None:
    words = ("--threads", "4096", "--force-threads", "--bench", "whisper", "--no-tests", "--repetitions", "1")
    done = kit.run(*words, environ={"HARNESS_FORCE_THREADS": ""})
    assert done.returncode == 0, done.stderr
    assert "threads  4096 threads: more than the " in done.stderr
    assert "threads-over-cpus" in {caveat.code for caveat in kit.only_run().caveats}


def test_a_build_alone_says_nothing_of_threads(kit: Kit) -> None:
    done = kit.harness("build", "--source", str(kit.tree), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "threads" not in done.stdout


def test_bad_toml_names_the_place(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text("model = [tiny\n")
    done = kit.run()
    assert done.returncode == 5
    assert "harness.toml" in done.stderr
    assert "line 1" in done.stderr


def test_a_broken_tool_is_not_silently_replaced(kit: Kit) -> None:
    kit.break_tools({"ctest --version": {"exit": 1, "silent": True}})
    done = kit.run()
    assert done.returncode == 3
    assert "ctest is not there, or does not run" in done.stderr


def test_an_unknown_command_is_usage(kit: Kit) -> None:
    assert kit.harness("rnu").returncode == 2


def test_a_results_folder_that_cannot_be_written(kit: Kit) -> None:
    blocker = kit.folder / "file"
    blocker.write_text("")
    done = kit.run("--results", str(blocker / "results"), "--bench", "whisper")
    assert done.returncode == 3
    assert "--results" in done.stderr


def test_a_bundle_is_never_overwritten(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1")
    (bundle,) = kit.bundles()
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    kit.run("--bench", "whisper", "--repetitions", "1")
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(kit.bundles()) == 2


def test_the_partial_state_of_a_newer_schema_is_refused(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 300, "silent": True}})
    child = kit.start(*kit.words("--repetitions", "1", "--bench", "whisper"))
    wait_for(lambda: any("-nfa" in call for call in kit.calls()))
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    (partial,) = kit.partials()
    state = json.loads((partial / "run.json").read_text())
    (partial / "run.json").write_text(json.dumps({**state, "schema": 99}))
    done = kit.harness("run", "--resume", partial.stem)
    assert done.returncode == 5
    assert "schema" in done.stderr
    done = kit.harness("run", "--resume")
    assert done.returncode == 2, "passed over"
    assert f"harness list --unfinished --remove {partial.stem} --yes" in done.stderr


def test_works_from_any_directory(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()  # not this program
    assert kit.harness("--version").returncode == 0


def test_progress_counts_every_step_of_the_plan(kit: Kit) -> None:
    words = ("--repetitions", "2", "--bench", "memcpy,whisper")
    first = kit.run(*words)
    again = kit.run(*words)  # what is built already has its line, too
    for done in (first, again):
        assert done.returncode == 0, done.stderr
        places = [match.groups() for match in re.finditer(r"^\[ *(\d+)/(\d+)\] ", done.stderr, flags=re.MULTILINE)]
        total = len(places)
        assert total > 10
        assert places == [(str(number), str(total)) for number in range(1, total + 1)]
