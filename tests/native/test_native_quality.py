"""What real weights transcribe: the text of a known recording, and how far fewer bits are from it."""

from pathlib import Path

import pytest

from harness.records.outcome import Status, StepResult, is_check
from harness.records.run import Run
from harness.store.bundle import load_run
from tests.native.test_native_run import harness

pytest.importorskip("jiwer")
pytest.importorskip("whisper_normalizer")
pytestmark = pytest.mark.native


def of_quality(run: Run, model: str, of: str) -> list[StepResult]:
    """Return the processes that looked at the text or at the tokens of a model, one after another."""
    cases = [(result.case, result) for result in run.results if result.case and result.case.benchmark == "quality"]
    return [result for case, result in cases if (case.get("model"), case.get("of")) == (model, of)]


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory, tiny_en: Path) -> Run:
    """Return a run that looked at the sample's text with F16 and with five bits."""
    results = tmp_path_factory.mktemp("quality")
    words = ("--model", "tiny.en", "--weights", str(tiny_en), "--quant", "f16,q5_0", "--bench", "quality,transcribe")
    quick = ("--no-tests", "--no-roofline", "--repetitions", "1", "--retries", "0")
    done = harness(folder, "run", *words, *quick, HARNESS_RESULTS=str(results))
    assert done.returncode == 0, done.stderr
    (bundle,) = results.glob("*/*/*")
    return load_run(bundle)


def test_both_compute_what_the_weights_say(run: Run) -> None:
    checks = [result for result in run.results if is_check(result)]
    assert [result.status for result in checks] == [Status.PASSED] * 2
    assert all(result.check and result.check.passed for result in checks)


def test_the_sample_is_understood_and_the_same_each_time(run: Run) -> None:
    for model in ("tiny.en", "tiny.en-q5_0"):
        texts = [result.text_errors for result in of_quality(run, model, "text")]
        assert len(texts) == 2
        assert all(text and (text.words, text.errors, text.character_errors) == (22, 0, 0) for text in texts)
        assert len({text.digest for text in texts if text}) == 1
        tokens = [result.divergence for result in of_quality(run, model, "tokens")]
        assert len(tokens) == 2
        assert len({one.digest for one in tokens if one}) == 1


def test_the_reference_equals_itself_and_fewer_bits_diverge_a_little(run: Run) -> None:
    (itself, *_), (fewer, *_) = (of_quality(run, model, "tokens") for model in ("tiny.en", "tiny.en-q5_0"))
    assert itself.divergence
    assert fewer.divergence
    assert itself.divergence.positions == fewer.divergence.positions > 20
    assert itself.divergence.agreement == 1
    assert itself.divergence.worst < 1e-3
    assert itself.divergence.mean < fewer.divergence.mean < 0.5
    assert itself.divergence.token_agreement == 1
    assert fewer.divergence.token_agreement > 0.8


def test_a_transcription_of_a_known_recording_counts_its_errors_too(run: Run) -> None:
    (one,) = (
        result
        for result in run.results
        if result.case and (result.case.benchmark, result.case.get("model")) == ("transcribe", "tiny.en")
    )
    assert one.text_errors
    assert one.text_errors.word_error_rate == 0
