"""How good the text is with some settings: one process for each recording, all recordings together."""

import pytest

from harness.judge.text_quality import sum_up_text
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.quality import TextErrors, TextQuality, TokenDivergence
from tests import factory

TEXT = TextErrors(
    words=22,
    substitutions=1,
    deletions=0,
    insertions=1,
    characters=88,
    character_errors=3,
    correct="1" * 21 + "0",
    normaliser="a 1",
    digest="d",
)
TOKENS = TokenDivergence(
    windows=1,
    of_windows=1,
    positions=25,
    agreeing="1" * 24 + "0",
    mean=0.02,
    median=0.01,
    low=0.0,
    high=0.1,
    worst=0.2,
    log_probability=-0.2,
    reference_log_probability=-0.1,
    tokens=24,
    token_edits=1,
    digest="e",
    made_by="v1.8.5",
)


def seen(of: str, audio: str = "jfk", repetition: int = 1, model: str = "base", fa: int = 0) -> StepResult:
    case = Case.of("quality", model=model, audio=audio, threads=2, fa=fa, of=of)
    found = factory.result(f"{of}-{audio}-{repetition}", Phase.BENCHMARK).replace(case=case, repetition=repetition)
    return found.replace(text_errors=TEXT) if of == "text" else found.replace(divergence=TOKENS)


def test_recordings_count_by_their_length_and_each_process_once() -> None:
    long = TOKENS.replace(positions=75, agreeing="1" * 75, mean=0.1)
    results = [
        seen("text"),
        seen("text", repetition=2).replace(text_errors=TEXT.replace(substitutions=9)),
        seen("text", "talk").replace(text_errors=TEXT.replace(words=78, substitutions=2, insertions=0)),
        seen("tokens"),
        seen("tokens", "talk").replace(divergence=long),
        seen("tokens", "talk", fa=1),
        seen("text", model="base-q5_0"),
        factory.result("bench", Phase.BENCHMARK).replace(case=Case.of("whisper", model="base", threads=2, fa=0)),
    ]
    found = sum_up_text(results, "base", "0")
    assert found is not None
    assert found.replace(divergence=None) == TextQuality(words=100, errors=4, positions=100, agreeing=99)
    assert found.divergence == pytest.approx(0.08)
    assert (found.word_error_rate, found.agreement) == (0.04, 0.99)


def test_another_process_counts_where_the_first_failed() -> None:
    failed = seen("text").replace(status=Status.FAILED, reason="exit code 3", text_errors=None)
    again = sum_up_text([failed, seen("text", repetition=2)], "base", "0")
    assert again is not None
    assert (again.words, again.reason) == (22, "")
    alone = sum_up_text([failed, seen("tokens")], "base", "0")
    assert alone is not None
    assert (alone.word_error_rate, alone.positions, alone.reason) == (None, 25, "exit code 3")
    check = factory.result("check", Phase.BENCHMARK, Status.FAILED).replace(reason="wrong result")
    skipped = failed.replace(status=Status.SKIPPED, reason="needs check, which failed", blocked_by="check")
    blocked = sum_up_text([check, skipped], "base", "0")
    assert blocked is not None
    assert blocked.reason == "check: wrong result"


def test_nobody_looked() -> None:
    assert sum_up_text([seen("text")], "base", "1") is None
    assert sum_up_text([], "base", "0") is None
    assert (TextQuality().word_error_rate, TextQuality().agreement) == (None, None)
