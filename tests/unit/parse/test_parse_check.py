"""Checks of results: wrong ones have failed, and what could not be looked at has not."""

import json
import signal

import pytest

from harness.parse.check import parse_weights_type
from harness.parse.outcome import read_outcome
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from harness.records.suite import Engine
from harness.records.tolerance import TOLERANCES
from harness.whisper.quantisation import QUANTISATIONS
from tests import factory

STEP = factory.step("check_base_fa0", case=Case.of("check", model="base", threads=2, fa=0)).replace(
    engine=Engine.LIBRARY, backend="cpu"
)
ASKED = {"errors": (0.1,), "agreeing": "1", "unreal": 0}
LOADED = """\
whisper_init_from_file_with_params_no_state: flash attn = 0
whisper_model_load: ftype         = {ftype}
whisper_model_load: type          = {size}
system_info: n_threads = {threads} / 4 | AVX = 1 |
"""


def answer(command: str, **facts: object) -> str:
    return json.dumps({"ok": "error" not in facts, "command": command, **facts})


def log(*errors: float, ftype: int = 1, threads: int = 2, size: str = "2 (base)", **facts: object) -> str:
    """Return the log of a worker that loaded weights of a type and answered to `check`."""
    found = {"errors": errors, "agreeing": "1" * len(errors), "unreal": 0} | facts
    loaded = LOADED.format(ftype=ftype, threads=threads, size=size)
    lines = (answer("start", protocol=3), loaded.rstrip("\n"), answer("load"), answer("check", **found), answer("quit"))
    return "\n".join(lines) + "\n"


def read(text: str, code: int = 0, *, timed_out: bool = False) -> StepResult:
    return read_outcome(STEP, factory.completed(code, timed_out=timed_out), text, "")


def test_a_right_result_passes_and_keeps_its_errors() -> None:
    result = read(log(0.001, 0.003, agreeing="10"))
    assert (result.status, result.reason, result.measurements) == (Status.PASSED, "", ())
    assert result.check
    assert (result.check.errors, result.check.agreeing, result.check.tolerance) == ((0.001, 0.003), "10", 0.05)


def test_a_wrong_result_has_failed_and_says_where_and_by_how_much() -> None:
    result = read(log(0.001, 0.002, 0.3824, 0.06))
    assert (result.status, result.cause) == (Status.FAILED, Cause.WRONG_RESULT)
    assert result.reason == (
        "wrong result: the logits differ from a plain computation by 38.2 % (tolerance 5 %) at position 3 of 4"
    )
    assert result.check
    assert not result.check.passed


def test_logits_that_are_no_numbers_are_a_wrong_result_however_near_the_others_are() -> None:
    result = read(log(0.001, 1e9, unreal=51864))
    assert (result.status, result.cause) == (Status.FAILED, Cause.WRONG_RESULT)
    assert result.reason == "wrong result: 51864 logits are not numbers"


def test_coarser_weights_may_differ_more_and_every_type_that_can_be_made_has_its_limit() -> None:
    error = (TOLERANCES["f16"] + TOLERANCES["q5_0"]) / 2
    assert read(log(error)).status is Status.FAILED
    assert read(log(error, ftype=8)).status is Status.PASSED
    assert {*QUANTISATIONS, "f32"} == set(TOLERANCES)
    # The largest error of an honest build of v1.8.5 with base, and the smallest of one with a wrong constant.
    honest = {"f16": 0.0144, "q5_0": 0.037, "q4_0": 0.041, "q4_k": 0.058, "q3_k": 0.081, "q2_k": 0.085}
    assert all(2 * error < TOLERANCES[kind] for kind, error in honest.items())
    assert all(TOLERANCES[kind] < wrong for kind, wrong in {"f16": 0.067, "q5_0": 0.113}.items())


def test_the_type_is_that_of_the_file_and_not_of_its_name() -> None:
    assert parse_weights_type(log(0.0, ftype=2)) == "q4_0"
    assert parse_weights_type(log(0.0, ftype=99)) == ""
    assert parse_weights_type("") == ""
    unknown = read(log(0.001, ftype=99))
    assert (unknown.status, unknown.check) == (Status.SKIPPED, None)
    assert "no tolerance is known" in unknown.reason


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (answer("start", error="not a libwhisper of v1.6.0 or newer"), 2, "not a libwhisper of v1.6.0 or newer"),
        (log(0.1).replace(answer("check", **ASKED), answer("check", error="no such file")), 0, "no such file"),
        (answer("start") + "\n", 0, "no tolerance is known"),
        (log(0.1).replace('"command": "check"', '"command": "chock"'), 0, "did not answer"),
        (log(), 0, "is not whole"),
        ("Traceback (most recent call last):\n", 1, "exit code 1"),
        (log(0.9), -signal.SIGKILL, "out of memory?"),
    ],
)
def test_what_could_not_be_looked_at_is_skipped_with_a_reason(text: str, code: int, reason: str) -> None:
    result = read(text, code)
    assert (result.status, result.cause, result.check) == (Status.SKIPPED, None, None)
    assert reason in result.reason


def test_a_build_that_crashes_or_hangs_has_failed() -> None:
    crashed = read(log(0.001), -signal.SIGSEGV)
    assert (crashed.status, crashed.reason) == (Status.FAILED, "killed by SIGSEGV (a crash)")
    illegal = read("", -signal.SIGILL)
    assert (illegal.status, illegal.cause) == (Status.FAILED, Cause.ILLEGAL_INSTRUCTION)
    assert read("", -signal.SIGKILL, timed_out=True).status is Status.TIMED_OUT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (log(0.001, threads=1), "1 threads, but 2"),
        (log(0.001).replace("flash attn = 0", "flash attn = 1"), "flash attention 1"),
        (log(0.001, size="1 (tiny)"), "the size of tiny"),
        ("whisper_backend_init_gpu: using CUDA0 backend\n" + log(0.001), "the CPU was asked for"),
    ],
)
def test_a_right_result_of_something_else_proves_nothing(text: str, reason: str) -> None:
    result = read(text)
    assert (result.status, result.check) == (Status.FAILED, None)
    assert reason in result.reason
