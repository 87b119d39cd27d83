"""The roofline through fake tools: measured around the benchmarks, and never a reason to fail."""

import time
from typing import Any

import pytest

from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import Run
from tests.answer import result_of
from tests.flow.kit import Kit

ROOFLINE = {"HARNESS_ROOFLINE": ""}
ZERO = """\
{"kind": "probe", "vector": "avx", "lanes": 8, "fused": true, "bytes": 1048576}
{"kind": "peak", "threads": 2, "work": 0, "wall_ns": [5], "cpu_ns": [5]}
{"kind": "end"}"""
SHORT = ("--threads", "2", "--repetitions", "1", "--no-tests")


def measure(kit: Kit, *words: str) -> Run:
    done = kit.run(*SHORT, *words, environ=ROOFLINE)
    assert done.returncode == 0, done.stderr
    return kit.only_run()


def codes(run: Run) -> set[str]:
    return {caveat.code for caveat in run.caveats if caveat.code.startswith("roof")}


def wait_for_call(kit: Kit, tool: str, word: str) -> None:
    deadline = time.monotonic() + 30
    while not any(word in call for call in kit.calls(tool)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_measures_the_roofline_before_and_after(kit: Kit) -> None:
    done = kit.run(*SHORT, environ=ROOFLINE)
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    verbs = [call[0] for call in kit.calls() if "--version" not in call]
    assert verbs == ["cmake", "ninja", "cmake", "cmake", "cmake", "roof", *["whisper-bench"] * 5, "roof"]
    rates = {(one.metric, one.repetition): one.value for one in run.measurements if one.case.benchmark == "roof"}
    assert rates["peak_flop_rate", 1] == rates["peak_flop_rate", 2] == 380.0
    assert rates["read_rate", 2] == 24.0
    assert rates["clock_rate", 1] == pytest.approx(3.1)
    assert not codes(run)
    assert "380.0 and 380.0 GFLOP/s, reads 24.0 and 24.0 GB/s with 2 threads" in done.stdout
    assert "tiny, 2 threads, fa 0  4.8% (18.3 GFLOP/s)" in done.stdout
    assert "mul_mat, share of the roofline" in done.stdout
    assert "HARNESS_ROOF=380.0 and 380.0 GFLOP/s" in kit.report()
    shown = kit.harness("show", "latest").stdout
    assert "380.0 and 380.0 GFLOP/s, reads 24.0 and 24.0 GB/s with 2 threads" in shown


def test_the_probe_is_built_once_and_by_the_same_compiler(kit: Kit) -> None:
    measure(kit)
    configure = next(
        call for call in kit.calls("cmake") if "-S" in call and call[call.index("-S") + 1].endswith("/roofline")
    )
    assert f"-DCMAKE_C_COMPILER={kit.tools / 'gcc'}" in configure
    assert "-DROOF_NATIVE=ON" in configure
    before = len(kit.calls("cmake"))
    assert kit.run(*SHORT, environ=ROOFLINE).returncode == 0
    assert [call for call in kit.calls("cmake")[before:] if "roof" in " ".join(call)] == []
    assert len(kit.calls("roof")) == 4


def test_no_roofline_is_no_roofline(kit: Kit) -> None:
    run = measure(kit, "--no-roofline")
    assert kit.calls("roof") == []
    assert not codes(run)
    assert "ROOF" not in kit.report()


def test_the_sections_of_the_report_do_not_know_the_roofline(kit: Kit) -> None:
    kit.run(*SHORT, environ=ROOFLINE)
    kit.run(*SHORT)
    first, second = (
        (bundle / "README.md").read_text(encoding="utf-8").split("## Output")[1] for bundle in kit.bundles()
    )
    assert first == second


def test_a_roofline_that_moved_is_said(kit: Kit) -> None:
    (kit.tools / "roof.json").write_text("[1.0, 0.9]")
    run = measure(kit)
    assert codes(run) == {"roof-moved"}
    (caveat,) = (one for one in run.caveats if one.code == "roof-moved")
    assert "380 before, 342 GFLOP/s after" in caveat.message


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"roof": {"silent": True, "signal": 11}}, "SIGSEGV"),
        ({"roof": {"silent": True, "print": "{]"}}, "incomplete answer"),
        ({"roof": {"silent": True, "print": ZERO}}, "cannot be understood"),
        ({"cmake --build roof": {"exit": 1}}, "needs roof_build, which failed"),
    ],
)
def test_a_roofline_that_cannot_be_measured_fails_nothing(kit: Kit, faults: dict[str, Any], reason: str) -> None:
    kit.break_tools(faults)
    run = measure(kit)
    assert run.status is Status.PASSED
    (caveat,) = (one for one in run.caveats if one.code == "roof-missing")
    assert reason in caveat.message
    statuses = {result.step: result.status for result in run.results if result.phase is Phase.ROOFLINE}
    assert statuses["roof_before"] is statuses["roof_after"] is Status.SKIPPED
    assert not kit.calls("roof") or len(kit.calls("roof")) == 2
    assert "SUCCESS" in kit.report()
    assert "mul_mat, share of the roofline" not in kit.harness("show", "latest").stdout


def test_a_resumed_run_does_not_measure_the_first_roofline_again(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -w 1": {"sleep": 60, "times": 1}})
    child = kit.start(*kit.words(*SHORT), environ=ROOFLINE)
    wait_for_call(kit, "whisper-bench", "-w")
    child.terminate()
    child.communicate(timeout=30)
    done = kit.harness("run", "--resume", environ=ROOFLINE)
    assert done.returncode == 0, done.stderr
    assert len(kit.calls("roof")) == 2


def test_the_verb_prints_a_table(kit: Kit) -> None:
    done = kit.harness("roofline", "--threads", "2")
    assert done.returncode == 0, done.stderr
    assert "380.0 (2.0%)" in done.stdout
    assert "copy" in done.stdout
    (call,) = kit.calls("roof")
    assert call[1:3] == ["--threads", "1,2"]
    assert "--no-copy" not in call
    assert not kit.results.exists(), "nothing is kept"


def test_the_verb_speaks_json(kit: Kit) -> None:
    done = kit.harness("roofline", "--threads", "2", "--json")
    answer = result_of(done.stdout)
    assert answer["lanes"] == 16
    best = {(one["kind"], one["threads"]): one["best"] for one in answer["ceilings"]}
    assert best["peak", 1] == 190.0
    assert best["copy", 2] == 40.0


def test_the_verb_needs_no_sources(kit: Kit) -> None:
    assert kit.harness("roofline", "--dry-run").returncode == 0
    assert kit.harness("roofline").returncode == 0
    assert not (kit.cache / "sources").exists()
    assert kit.calls("whisper-bench") == []


@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        ({"roof": {"silent": True, "signal": 4}}, 12, "SIGILL"),
        ({"cmake --build roof": {"exit": 1}}, 10, "exit code 1"),
    ],
)
def test_the_verb_fails_when_there_is_no_roofline(kit: Kit, faults: dict[str, Any], code: int, words: str) -> None:
    kit.break_tools(faults)
    done = kit.harness("roofline")
    assert done.returncode == code
    assert "no roofline" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("words", [("--threads", "0"), ("--threads", "x"), ("--isa", "nonsense"), ("--ref", "v1.8.5")])
def test_the_verb_refuses_what_does_not_exist(kit: Kit, words: tuple[str, ...]) -> None:
    assert kit.harness("roofline", *words).returncode == 2
