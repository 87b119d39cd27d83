"""What whisper-cli prints: the real-time factor comes of its own numbers, and only where all of them are there."""

from pathlib import Path

import pytest

from harness.parse.bench.transcription import find_complaint, has_text, measure_transcription
from harness.parse.outcome import read_outcome
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from tests import factory

LOGS = Path(__file__).parents[3] / "data" / "logs"
CASE = Case.of("transcribe", audio="jfk", model="tiny", threads=2, fa=0)
TOLD = (LOGS / "v1.8.5-cli-jfk.log").read_text(encoding="utf-8")


def total_and_load() -> tuple[float, float]:
    words = {line.split(":")[1].split("time")[0].strip(): line for line in TOLD.splitlines() if " time = " in line}
    total, load = (float(words[name].split("=")[1].split("ms")[0]) for name in ("total", "load"))
    return total, load


def outcome(log: str, case: Case = CASE) -> StepResult:
    return read_outcome(factory.step("transcribe_jfk", case=case), factory.completed(), log, "")


def test_the_real_time_factor_leaves_loading_out() -> None:
    total, load = total_and_load()
    (one,) = measure_transcription(TOLD, CASE, 3)
    assert (one.metric, one.case, one.repetition) == ("rtf", CASE, 3)
    assert one.value == pytest.approx((total - load) / 1000 / 11.0)


def test_a_whole_log_has_passed() -> None:
    result = outcome(TOLD)
    assert result.status is Status.PASSED, result.reason
    assert [one.metric for one in result.measurements] == ["rtf"]


@pytest.mark.parametrize("number", range(len(TOLD.splitlines())))
def test_no_log_that_breaks_off_passes(number: int) -> None:
    cut = outcome("\n".join(TOLD.splitlines()[:number]))
    assert (cut.status, cut.measurements) == (Status.FAILED, ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(176000 samples", "(0 samples"),
        ("(176000 samples", "(-5 samples"),
        ("total time = ", "total time = nan #"),
        ("load time = ", "load time = 999999999 ms #"),
    ],
)
def test_numbers_that_cannot_be_are_no_measurement(old: str, new: str) -> None:
    result = outcome(TOLD.replace(old, new))
    assert (result.status, result.measurements) == (Status.FAILED, ())


def test_without_a_text_nothing_was_transcribed() -> None:
    silent = "\n".join(line for line in TOLD.splitlines() if "-->" not in line)
    assert not has_text(silent)
    assert outcome(silent).reason == "exit code 0, but no measurement of any text"
    assert not has_text("[00:00:00.000 --> 00:00:11.000]   \n")


def test_an_error_of_usage_ends_with_0_and_has_failed() -> None:
    said = "error: unknown language 'xx'\n\nusage: whisper-cli [options] file0 file1 ...\n"
    assert find_complaint(said) == "unknown language 'xx'"
    assert outcome(said).reason == "whisper-cli says: unknown language 'xx'"


def test_another_flash_attention_than_asked_for_has_failed() -> None:
    case = Case.of("transcribe", audio="jfk", model="tiny", threads=2, fa=1)
    assert "it ran with flash attention 0" in outcome(TOLD, case).reason
