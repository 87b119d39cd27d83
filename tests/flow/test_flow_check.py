"""Checks of results: a build that computes something else has failed, however fast it is (tests/tools/stub.c)."""

import signal
from pathlib import Path

import pytest

from harness.records.exit_code import ExitCode
from harness.records.outcome import Cause, Status, StepResult, is_check
from harness.records.run import Run
from harness.store.bundle import load_run
from tests.flow.kit import Kit
from tests.flow.test_flow_trial import codes
from tests.stub import build_stub, write_check

ON = {"HARNESS_CHECK": "", "GGML_STUB_SAYS": "whisper_model_load: ftype         = 1"}
SHORT = ("--no-tests", "--bench", "whisper", "--repetitions", "1", "--threads", "2")
BOTH = (*SHORT, "--fa", "0,1")
WRONG = "wrong result: the logits differ from a plain computation by"


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stubs")


@pytest.fixture
def checked(kit: Kit, stubs: Path) -> Kit:
    """Return a kit whose builds leave the stub behind, and whose reference is what the stub computes."""
    kit.offer_library(build_stub(stubs))
    write_check(kit.tools / "check.ref")
    return kit


def fault(name: str, **more: object) -> dict[str, str]:
    return ON | {"GGML_STUB_FAULT": name} | {f"GGML_STUB_{key}": str(value) for key, value in more.items()}


def find(run: Run, fa: int = 0) -> StepResult:
    return next(one for one in run.results if is_check(one) and one.case and one.case.get("fa") == str(fa))


def measured(run: Run) -> set[str]:
    return {one.case.get("fa") for one in run.measurements}


def test_a_right_result_is_said_and_its_reference_is_kept(checked: Kit) -> None:
    done = checked.run(*BOTH, environ=ON)
    assert done.returncode == 0, done.stderr
    run = checked.only_run()
    for fa in (0, 1):
        found = find(run, fa)
        assert found.status is Status.PASSED
        assert found.check
        assert max(found.check.errors) < 1e-6
        assert f"HARNESS_CHECK_tiny_fa_{fa}=within " in checked.report()
    names = [one.step for one in run.results]
    assert names.index("check_tiny_fa1") < names.index("bench_tiny_t2_fa0_r1")
    assert measured(run) == {"0", "1"}
    assert "not-checked" not in codes(run)
    assert "wrong" not in done.stdout
    checked.run(*SHORT, environ=ON)
    assert len(checked.calls("reference")) == 1


def test_a_wrong_result_is_no_speed(checked: Kit) -> None:
    done = checked.run(*BOTH, environ=fault("wrong", FA=1))
    assert done.returncode == ExitCode.BENCHMARK_FAILED
    assert f"check_tiny_fa1: {WRONG}" in " ".join(done.stdout.split())
    run = checked.only_run()
    wrong = find(run, 1)
    assert (wrong.status, wrong.cause) == (Status.FAILED, Cause.WRONG_RESULT)
    assert wrong.check
    assert not wrong.check.passed
    assert measured(run) == {"0"}, "the other setting is right"
    skipped = next(one for one in run.results if one.step == "bench_tiny_t2_fa1_r1")
    assert (skipped.status, skipped.reason) == (Status.SKIPPED, "needs check_tiny_fa1, which failed")
    assert run.gaps == ()


def test_no_numbers_no_answer_and_a_crash_are_failures(checked: Kit) -> None:
    checked.run(*SHORT, environ=fault("unreal"))
    checked.run(*SHORT, environ=fault("abort"))
    checked.run(*SHORT, "--timeout", "2", environ=fault("hang"))
    found = [find(load_run(bundle)) for bundle in checked.bundles()]
    found.sort(key=lambda one: one.reason)
    assert [one.status for one in found] == [Status.FAILED, Status.TIMED_OUT, Status.FAILED]
    assert [one.cause for one in found] == [None, None, Cause.WRONG_RESULT]
    for one, reason in zip(found, ("killed by SIGABRT", "timed out after 2 s", "wrong result: 3 logits"), strict=True):
        assert reason in one.reason
    assert all(load_run(bundle).measurements == () for bundle in checked.bundles())


def test_what_cannot_be_checked_is_measured_and_said(checked: Kit) -> None:
    checked.break_tools(
        {"reference": {"print": "reference: it has a type that is not known", "exit": 3, "silent": True}}
    )
    done = checked.run(*BOTH, environ=ON)
    assert done.returncode == 0, done.stderr
    run = checked.only_run()
    assert measured(run) == {"0", "1"}
    (caveat,) = [one for one in run.caveats if one.code == "not-checked"]
    assert "(tiny fa 0, tiny fa 1: it has a type that is not known)" in caveat.message
    assert "benchmark-skipped" not in codes(run)
    assert "[not-checked]" in done.stdout
    checked.break_tools({"cmake --build reference": {"signal": signal.SIGKILL}})
    assert checked.run(*SHORT, "--rebuild", environ=ON).returncode == 0


def test_a_library_that_cannot_be_asked_is_measured_all_the_same(kit: Kit, stubs: Path) -> None:
    write_check(kit.tools / "check.ref")
    assert kit.run(*SHORT, environ=ON).returncode == 0
    assert "cannot load" in find(kit.only_run()).reason
    kit.offer_library(build_stub(stubs, "WITHOUT_LOGITS"))
    assert kit.run(*SHORT, "--rebuild", environ=ON).returncode == 0
    reasons = {find(load_run(bundle)).reason for bundle in kit.bundles()}
    assert any("whisper_get_logits" in reason for reason in reasons)


def test_a_side_with_a_wrong_result_is_not_compared(checked: Kit) -> None:
    done = checked.ab("fa=0", "fa=1", environ=fault("wrong", FA=1))
    assert done.returncode == ExitCode.BENCHMARK_FAILED
    assert "cannot be measured (check_tiny_fa1: wrong result" in " ".join(done.stdout.split())
    assert checked.bundles() == []


def test_a_sweep_says_why_a_cell_is_empty_and_measures_the_others(checked: Kit) -> None:
    words = checked.words("--fa", "0,1", "--repetitions", "1", "--threads", "2")[1:]
    done = checked.harness("sweep", *words, environ=fault("wrong", FA=1))
    assert f"check_tiny_fa1: {WRONG}" in " ".join(done.stdout.split())
    assert measured(checked.only_run()) == {"0"}


def test_a_search_does_not_choose_what_is_fast_and_wrong(checked: Kit) -> None:
    checked.set_speed(0.01, **{"-fa": 0.5})
    words = checked.words("--threads", "2", "--over", "fa", "--budget", "10s")[1:]
    done = checked.harness("tune", *words, environ=fault("wrong", FA=1))
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"check_tiny_fa1: {WRONG}" in told
    assert "winner threads=2 fa=0" in told
