"""The recordings that a run listens to."""

from harness.plan.transcription import SAMPLE
from harness.records.suite import OF_AUDIO, Benchmark
from harness.settings.layer import Settings

# What is asked for by name alone listens to whisper.cpp's own sample.
_BY_NAME = tuple(one for one in OF_AUDIO if one is not Benchmark.TRANSCRIBE)


def choose_recordings(settings: Settings) -> tuple[str, ...]:
    """Return the recordings as the user named them, or the sample where a benchmark needs one and none is named."""
    wanted = settings.words("bench")
    return settings.words("audio") or ((SAMPLE,) if any(one in wanted for one in _BY_NAME) else ())
