"""The main job on the real thing: real sources, a real build, real tests, real benchmarks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.records.outcome import Status, is_check
from harness.records.run import Run
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.spoken import write_spoken

pytestmark = pytest.mark.native
ROOT = Path(__file__).parents[2]
# mul_mat is left out: whisper.cpp v1.8.5 fills its F32 operands with values whose products are subnormal, which takes
# some CPUs ten minutes.
TINY = ("--model", "tiny", "--weights", "synthetic", "--repetitions", "1", "--retries", "0")
QUICK = (*TINY, "--bench", "memcpy,whisper")
# Threads that wait for each other spin by default: minutes of CPU time where other tests want the CPUs, too.
PATIENT = {"OMP_WAIT_POLICY": "passive"}
# Two threads wait for each other at every operation: beside another test, one alone needs half the time. The main job
# has two.
ONE_THREAD = ("--threads", "1")
# For a library that is called a few times: -O3 takes half as long again to compile. whisper-bench loses more by -O1.
LIGHT = ("-D", "CMAKE_C_FLAGS_RELEASE=-O1", "-D", "CMAKE_CXX_FLAGS_RELEASE=-O1")


def harness(folder: Path, *words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HARNESS_CACHE": str(folder / "cache"),
        "CCACHE_CONFIGPATH": str(folder / "ccache.conf"),
        "HARNESS_RESULTS": str(folder / "results"),
        "HARNESS_AS_NODE": "node-1",
        **PATIENT,
        **extra,
    }
    command = [sys.executable, "-P", "-m", "harness", *words]
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=3000)
    assert "Traceback" not in done.stderr
    return done


def bundles(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "results").glob("*/*/*") if not path.name.endswith(".partial"))


def compile_commands(run: dict[str, Any], folder: Path) -> list[dict[str, str]]:
    configure = next(result for result in run["results"] if result["step"] == "configure_release")
    log = (bundles(folder)[0] / "logs" / configure["log"]).read_text()
    build = log.split(" -B ")[1].split()[0]
    commands: list[dict[str, str]] = json.loads((Path(build) / "compile_commands.json").read_text())
    return commands


def measure_by_worker(folder: Path, results: Path, *words: str) -> Run:
    """Return a run whose every number came from the worker; its report has whole rows."""
    asked = ("--bench", "whisper", "--engine", "library", *ONE_THREAD, *words)
    done = harness(folder, "run", *TINY, *asked, HARNESS_RESULTS=str(results))
    assert done.returncode == 0, done.stderr
    (bundle,) = results.glob("*/*/*")
    run = load_run(bundle)
    for flash_attn in run.suite.flash_attn:
        mine = [one for one in run.measurements if one.case.get("fa") == str(flash_attn)]
        numbers = {one.metric: one.value for one in mine}
        assert numbers.keys() == {"load", "encode", "decode", "batchd", "prompt"}
        assert all(value > 0 for value in numbers.values())
        assert numbers["encode"] > numbers["decode"] > numbers["prompt"]
    assert run.system_info
    assert run.system_info.features
    rows = [line for line in (bundle / "README.md").read_text(encoding="utf-8").splitlines() if " tiny |" in line]
    assert len(rows) == len(run.suite.flash_attn)
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
    return run


def test_the_main_job_from_nothing(folder: Path) -> None:
    # What would poison the build is set, and must not reach it.
    done = harness(folder, "run", *QUICK, "--json", SOURCE_DATE_EPOCH="0", CXXFLAGS="-DPOISON -O0")
    assert done.returncode == 0, done.stderr
    (bundle,) = bundles(folder)
    run = load_run(bundle)
    assert run.status is Status.PASSED
    assert not [result.step for result in run.results if result.reused], "the first of all that build (conftest.py)"

    assert run.code
    assert run.code.known or sys.platform != "linux", run.code.reason

    tests = {result.step: result.checks for result in run.results if result.phase == "test"}
    for checks in tests.values():
        assert {"test-whisper-cli-tiny", "test-vad"} <= {check.name for check in checks}
        assert all(check.status is Status.PASSED and check.wall_s > 0 for check in checks)
    assert len(tests) == 2

    metrics = {measurement.metric for measurement in run.measurements}
    assert {"encode", "decode", "batchd", "prompt", "copy_rate"} <= metrics
    assert all(measurement.value > 0 for measurement in run.measurements)
    assert all(result.completed.max_rss_bytes > 50e6 for result in run.results if result.case and result.completed)

    report = (bundle / "README.md").read_text(encoding="utf-8")
    assert "- status:  SUCCESS ✅" in report
    assert "f24588a272ae8e23280d9c220536437164e6ed28" in report
    assert "HARNESS_WEIGHTS_tiny=synthetic" in report
    row = next(line for line in report.splitlines() if "          tiny |" in line)
    assert all(cell.strip() for cell in row.strip("|").split("|"))

    codes = {caveat.code for caveat in run.caveats}
    assert {"weights-synthetic", "environment-ignored"} <= codes
    assert "simd-not-compiled" not in codes, "a native build has all that the CPU has"
    commands = compile_commands(result_of(done.stdout)["run"], folder)
    assert not any("POISON" in command["command"] for command in commands)
    optimised = {Path(command["file"]).name: " -O0" not in command["command"] for command in commands}
    assert optimised["ggml-cpu.c"]
    assert optimised["whisper.cpp"]
    assert optimised["bench.cpp"]
    assert not optimised["common-whisper.cpp"], "what is not timed is compiled quickly"
    edges = Path(commands[0]["directory"], "build.ninja").read_text().splitlines()
    first = next(line for line in edges if line.startswith("build ggml/src/libggml-base."))
    assert "whisper.cpp.o" in first, "the longest file is compiled early"


def test_the_second_run_reuses_the_build_and_the_worker_measures_in_it(folder: Path, tmp_path: Path) -> None:
    run = measure_by_worker(folder, tmp_path, "--flash-attn", "0,1")
    reused = {result.step for result in run.results if result.reused}
    builds = {"configure_debug", "build_debug", "configure_release", "build_release"}
    kept = {"roof_configure", "roof_build", "reference_configure", "reference_build", "reference_tiny"}
    assert reused == builds | kept
    checks = [result for result in run.results if is_check(result)]
    assert [result.status for result in checks] == [Status.PASSED] * 2


def test_synthetic_weights_load_in_whisper_cli_too(folder: Path) -> None:
    run = load_run(bundles(folder)[0])
    bench = next(one.completed for one in run.results if one.case and one.completed and not is_check(one))
    tree = Path(run.source.path)
    # Greedy and without fallbacks: random weights would try every temperature.
    words = ["-m", run.weights[0].path, "-f", str(tree / "samples" / "jfk.wav"), "-nf", "-bs", "1", "-bo", "1"]
    program, environ = Path(bench.argv[0]).with_name("whisper-cli"), {**os.environ, **PATIENT}
    done = subprocess.run([program, *words], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "assuming empty model" not in done.stderr
    assert "encode time" in done.stderr


def test_audio_becomes_text_from_end_to_end(folder: Path) -> None:
    weights = folder / "ggml-tiny.bin"
    write_spoken(Path(load_run(bundles(folder)[0]).weights[0].path), weights, words=5, seconds=11)
    words = ("--model", "tiny", "--weights", str(weights), "--audio", "jfk", "--bench", "transcribe", "--no-tests")
    done = harness(folder, "run", *words, "--repetitions", "1", "--no-roofline", "--retries", "0")
    assert done.returncode == 0, done.stderr
    run = load_run(bundles(folder)[-1])
    (one,) = run.measurements
    assert (one.metric, one.case.get("audio"), run.audio[0].duration_s) == ("rtf", "jfk", 11.0)
    (result,) = (result for result in run.results if result.case and not is_check(result))
    assert result.completed
    assert 0 < one.value * 11.0 < result.completed.wall_s, "of a process that also loads"
    log = (bundles(folder)[-1] / "logs" / result.log).read_text(encoding="utf-8")
    assert "[00:00:00.000 --> 00:00:11.000]" in log


def test_zig_builds_the_bench_program(folder: Path) -> None:
    pytest.importorskip("ziglang")
    # What it was compiled for is asked, nothing is measured.
    flags = ("-D", "CMAKE_C_FLAGS_RELEASE=-O0", "-D", "CMAKE_CXX_FLAGS_RELEASE=-O0")
    before = set((folder / "cache" / "zig").glob("o/*/libc++.a"))
    done = harness(folder, "build", "--compiler", "zig", "--json", *flags)
    assert done.returncode == 0, done.stderr
    made = set((folder / "cache" / "zig").glob("o/*/libc++.a")) - before
    assert len(made) <= 1, "CMake and Ninja use the same C++ library, which takes zig minutes to compile"
    features = dict(result_of(done.stdout)["run"]["system_info"]["features"])
    assert "CPU/OPENMP" not in features
    assert "no-openmp" in {caveat["code"] for caveat in json.loads(done.stdout)["caveats"]}


def test_a_compile_error_of_a_local_tree(folder: Path) -> None:
    tree = folder / "tree"
    subprocess.run(["cp", "-r", load_run(bundles(folder)[0]).source.path, str(tree)], check=True)
    broken = tree / "ggml" / "src" / "ggml-threading.cpp"
    broken.chmod(0o644)
    broken.write_text("#error planted\n")
    done = harness(folder, "run", *QUICK, "--source", str(tree), "--no-tests", "--results", str(folder / "broken"))
    assert done.returncode == 10
    assert "planted" in done.stderr
    (bundle,) = (folder / "broken").glob("*/*/*")
    assert "FAILURE ❌ (10)" in (bundle / "README.md").read_text(encoding="utf-8")


def test_an_option_of_no_effect_is_refused_once_cmake_has_configured(folder: Path, tmp_path: Path) -> None:
    before = bundles(folder)
    words = (*QUICK, "--no-tests", "-D", "GGML_CUBLAS:BOOL=ON", "-D", "GGML_LTO:BOOL=OFF")
    # Nothing is measured, so it need not wait until other tests have measured: the lock of the node lies in TMPDIR.
    done = harness(folder, "run", *words, TMPDIR=str(tmp_path))
    assert done.returncode == 2, done.stderr
    assert "-D GGML_CUBLAS=ON: the tree has no option GGML_CUBLAS\n" in done.stderr
    assert "did you mean GGML_CUDA?" in done.stderr
    assert bundles(folder) == before
