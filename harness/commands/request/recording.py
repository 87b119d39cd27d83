"""The recordings that are listened to, and the files that say what is spoken in them."""

from collections.abc import Sequence

from harness.errors import UsageError
from harness.plan.transcription import SAMPLE
from harness.records.run import SettingOrigin
from harness.records.suite import OF_AUDIO, Benchmark
from harness.records.wording import format_count
from harness.settings.layer import Settings
from harness.settings.table import BY_NAME

# What is asked for by name alone listens to whisper.cpp's own sample.
_OF_SPEECH = ("quality", "audio", "text")
_BY_NAME = tuple(one for one in OF_AUDIO if one is not Benchmark.TRANSCRIBE)


def choose_recordings(settings: Settings) -> tuple[str, ...]:
    """Return the recordings as the user named them, or the sample where a benchmark needs one and none is named."""
    wanted = settings.words("bench")
    return settings.words("audio") or ((SAMPLE,) if any(one in wanted for one in _BY_NAME) else ())


def choose_texts(settings: Settings) -> tuple[str, ...]:
    """Return the file with the text of each recording, in their order, empty for one without; raises UsageError."""
    texts, audio, wanted = settings.words("text"), settings.words("audio"), settings.words("bench")
    if texts and not any(name in wanted for name in (Benchmark.QUALITY, Benchmark.TRANSCRIBE)):
        raise UsageError("--text has no effect without the benchmark quality", hint=f"--bench {Benchmark.QUALITY}")
    return pair_texts(audio, texts)


def pair_texts(audio: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the file with the text of each of the recordings, empty for one without.

    There is one for each recording, or for each but the sample, whose text is known. Raises UsageError for other
    numbers, and for a recording with two texts.
    """
    if texts and not audio:
        raise UsageError("--text needs --audio: the recording whose text it is", hint="--audio FILE --text FILE")
    own = [word for word in audio if word != SAMPLE]
    named = audio if len(texts) == len(audio) else own
    if texts and len(texts) != len(named):
        counts = f"{format_count(len(audio), 'recording')}, but {format_count(len(texts), 'text')}"
        raise UsageError(
            f"--text: each recording needs a text of its own, and there are {counts}",
            cause="texts belong to recordings in the order in which both are named",
            hint="--audio A.wav,B.wav --text A.txt,B.txt",
        )
    found: dict[str, str] = {}
    for word, text in zip(named, texts, strict=False):
        if found.setdefault(word, text) != text:
            raise UsageError(f"--text: the recording {word} has two texts", hint=f"--audio {word} --text FILE")
    return tuple(found.get(word, "") for word in dict.fromkeys(audio))


def choose_listening(settings: Settings, where: str) -> Settings:
    """Return the settings of a command that times models and, with --quality, looks at the text as well.

    A file of settings may ask `run` for other benchmarks, and for recordings. Raises UsageError for a recording that is
    named in vain.
    """
    if settings.flag("quality"):
        return look_at_text(settings, where)
    idle = next((one.name for one in settings.from_flags if one.name in _OF_SPEECH[1:] and one.value), "")
    if idle:
        raise UsageError(f"--{idle} has no effect without --quality", hint="--quality --audio FILE --text FILE")
    return ignore_recordings(settings).override({"bench": Benchmark.WHISPER.value}, where)


def ignore_recordings(settings: Settings) -> Settings:
    """Return the settings without recordings, for what times models alone."""
    used = (
        (name, BY_NAME[name].default, SettingOrigin.DEFAULT) if name in _OF_SPEECH else (name, value, origin)
        for name, value, origin in settings.used
    )
    return Settings(used=tuple(used))


def look_at_text(settings: Settings, where: str) -> Settings:
    """Return the settings of a command that times models and looks at the text as well."""
    return settings.override({"bench": [Benchmark.WHISPER.value, Benchmark.QUALITY.value], "vad": "0"}, where)
