"""`harness run` through fake tools: the order of steps, the bundle, and the report."""

import json
import os
import re
import shutil
from pathlib import Path

import jsonschema

from harness.records.outcome import Status
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.flow.kit import Kit


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
    run = result_of(done.stdout)["run"]
    schema = json.loads(kit.harness("schema").stdout)
    jsonschema.validate(run, schema)
    (bundle,) = kit.bundles()
    assert json.loads((bundle / "run.json").read_text()) == run


def test_dry_run_prints_the_plan_and_leaves_nothing(kit: Kit) -> None:
    done = kit.run("--dry-run", "--quiet")
    assert done.returncode == 0
    assert "-DGGML_NATIVE=ON" in done.stdout
    assert "everything this CPU has" in done.stdout
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


def test_a_bundle_is_never_overwritten(kit: Kit) -> None:
    kit.run("--bench", "whisper", "--repetitions", "1")
    (bundle,) = kit.bundles()
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    kit.run("--bench", "whisper", "--repetitions", "1")
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(kit.bundles()) == 2


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
