"""The time to transcribe speech, as a model from the times of the benchmarks."""

import math
from collections.abc import Mapping

from harness.records.comparison import Summary
from harness.records.measurement import DECODE, ENCODE, Case
from harness.records.sweep import TOKENS_PER_WINDOW, WINDOW_S


def model_window_ms(encode_ms: float, decode_ms: float, tokens: int = TOKENS_PER_WINDOW) -> float:
    """Return the milliseconds of one window of speech: one pass of the encoder, then token by token (greedy).

    Mel spectrogram, sampling, fallbacks and beams are not included.
    """
    return encode_ms + tokens * decode_ms


def model_rtf(encode_ms: float, decode_ms: float, audio_s: float = WINDOW_S) -> float:
    """Return the real-time factor, processing time over audio time: below 1 is faster than speech.

    Audio of `audio_s` seconds takes a window for each 30 s that it begins, and tokens in proportion. Raises ValueError
    for audio without length.
    """
    # The encoder always works on whole windows, however short the audio is.
    if not audio_s > 0:
        raise ValueError(f"the length of audio must be above 0, not {audio_s}")
    windows = math.ceil(audio_s / WINDOW_S)
    tokens = TOKENS_PER_WINDOW * audio_s / WINDOW_S
    return (windows * encode_ms + tokens * decode_ms) / 1000 / audio_s


def model_case_rtf(summaries: Mapping[tuple[Case, str], Summary], case: Case) -> float | None:
    """Return the modelled real-time factor of a model case, None if a part of it is not known."""
    encode, decode = summaries.get((case, ENCODE.name)), summaries.get((case, DECODE.name))
    return model_rtf(encode.median, decode.median) if encode and decode else None
