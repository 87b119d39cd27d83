"""The modelled real-time factor."""

import pytest

from harness.stats.realtime import model_rtf, model_window_ms


def test_a_window_is_one_encode_and_its_tokens() -> None:
    assert model_window_ms(1000.0, 10.0) == 2000.0
    assert model_rtf(1000.0, 10.0) == pytest.approx(2.0 / 30)


@pytest.mark.parametrize(("audio_s", "windows"), [(1.0, 1), (30.0, 1), (30.1, 2), (90.0, 3)])
def test_short_audio_costs_a_whole_window(audio_s: float, windows: int) -> None:
    assert model_rtf(1000.0, 0.0, audio_s) == pytest.approx(windows / audio_s)


@pytest.mark.parametrize("audio_s", [0.0, -1.0, float("nan")])
def test_audio_without_length(audio_s: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        model_rtf(1.0, 1.0, audio_s)
