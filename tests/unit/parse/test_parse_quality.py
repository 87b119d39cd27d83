"""From the output of a process that shows how good the text is to the result of its step."""

import json
import sys

import pytest

from harness.parse.outcome import read_outcome
from harness.records.measurement import Case
from harness.records.outcome import Cause, Status, StepResult
from harness.records.plan import Phase, Step
from harness.records.suite import Engine
from tests import factory

pytest.importorskip("jiwer")
pytest.importorskip("whisper_normalizer")
TIMES = "whisper_print_timings:     load time =   187.99 ms\nwhisper_print_timings:    total time = 10684.11 ms\n"
HEARD = "main: processing 'a.wav' (176000 samples, 11.0 sec), 4 threads, 1 processors ...\n"
LOG = f"{HEARD}\n[00:00:00.000 --> 00:00:11.000]   And so, my yellow\n\n{TIMES}"


def step(of: str = "text", benchmark: str = "quality", known: str = "and so my fellow") -> Step:
    spoken = benchmark == "transcribe"
    case = Case.of(benchmark, audio="a", fa=0, model="tiny", threads=4, **({} if spoken else {"of": of}))
    return Step(
        name="s",
        title="s",
        phase=Phase.BENCHMARK,
        argv=("cli", "-l", "en"),
        cwd="/",
        log="s.log",
        timeout_s=9,
        case=case,
        repetition=1,
        engine=Engine.LIBRARY if of == "tokens" else Engine.BENCH,
        text=known,
    )


def read(one: Step, log: str) -> StepResult:
    return read_outcome(one, factory.completed(), log, "")


def answer(**changes: object) -> str:
    found = {
        "ok": True,
        "command": "diverge",
        "windows": 1,
        "of_windows": 1,
        "language": "en",
        "detected": False,
        "divergence": [0.0, 0.5],
        "agreeing": "10",
        "log_probability": [-0.1, -1.0],
        "unreal": 0,
        "reference_log_probability": [-0.1, -0.5],
        "tokens": [1, 2],
        "own": [1, 3],
        "made_by": "v1",
    }
    return json.dumps({**found, **changes})


def test_words_of_a_printed_text_are_counted() -> None:
    result = read(step(), LOG)
    assert result.status is Status.PASSED
    assert result.text_errors
    assert (result.text_errors.substitutions, result.text_errors.correct) == (1, "1110")
    assert not result.measurements, "it is no timing"


def test_a_timed_transcription_has_both() -> None:
    result = read(step(benchmark="transcribe"), LOG)
    assert result.text_errors
    assert [one.metric for one in result.measurements] == ["rtf"]
    assert read(step(benchmark="transcribe", known=""), LOG).text_errors is None


def test_silence_is_an_answer_and_half_a_log_is_none() -> None:
    silent = read(step(), f"{HEARD}\n{TIMES}")
    assert silent.text_errors
    assert silent.text_errors.deletions == 4
    for log in ("", LOG.replace(TIMES, ""), LOG.replace(HEARD, "")):
        assert read(step(), log).status is Status.FAILED


def test_a_complaint_of_the_program_is_the_reason() -> None:
    result = read(step(), f"error: unknown language 'xx'\n{LOG}")
    assert (result.status, result.reason) == (Status.FAILED, "whisper-cli says: unknown language 'xx'")


def test_without_the_packages_a_transcription_is_timed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    assert read(step(benchmark="transcribe"), LOG).measurements
    result = read(step(), LOG)
    assert (result.status, "cannot be counted" in result.reason) == (Status.FAILED, True)


def test_tokens_are_those_that_the_worker_compared() -> None:
    result = read(step("tokens"), answer())
    assert result.divergence
    assert (result.divergence.mean, result.divergence.agreement, result.divergence.token_edits) == (0.25, 0.5, 1)
    for log, reason in (
        ('{"ok": false, "command": "diverge", "error": "no whisper_get_logits"}', "no whisper_get_logits"),
        (answer(unreal=3), "wrong result: 3 logits are not numbers"),
        (answer(unreal=1), "wrong result: 1 logit is not a number"),
        ("", "did not answer diverge"),
    ):
        failed = read(step("tokens"), log)
        assert (failed.status, reason in failed.reason) == (Status.FAILED, True), failed.reason
        assert (failed.cause is Cause.WRONG_RESULT) == ("wrong result" in reason)


def test_another_setting_than_was_asked_for_has_no_text() -> None:
    log = f"whisper_init_with_params_no_state: flash attn = 1\n{LOG}"
    result = read(step(), log)
    assert (result.status, result.text_errors) == (Status.FAILED, None)


def test_a_reference_that_the_worker_refuses_is_missing_and_says_why() -> None:
    made = step("tokens").replace(phase=Phase.REFERENCE, case=None, repetition=0)
    result = read(made, '{"ok": false, "command": "reference", "error": "the weights are English only"}')
    assert (result.status, result.reason) == (Status.SKIPPED, "the weights are English only")
