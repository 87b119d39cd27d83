"""Recordings and their texts on the command line."""

import pytest

from harness.commands.request.recording import choose_listening, choose_recordings, ignore_recordings, pair_texts
from harness.errors import UsageError
from harness.settings.layer import Settings, layer_settings


@pytest.mark.parametrize(
    ("audio", "texts", "paired"),
    [
        ((), (), ()),
        (("jfk",), (), ("",)),
        (("a.wav", "jfk", "b.wav"), ("a.txt", "b.txt"), ("a.txt", "", "b.txt")),
        (("jfk", "a.wav"), ("j.txt", "a.txt"), ("j.txt", "a.txt")),
        (("a.wav", "a.wav"), ("a.txt", "a.txt"), ("a.txt",)),
    ],
)
def test_texts_belong_to_recordings_in_order(
    audio: tuple[str, ...], texts: tuple[str, ...], paired: tuple[str, ...]
) -> None:
    assert pair_texts(audio, texts) == paired


@pytest.mark.parametrize(
    ("audio", "texts", "said"),
    [
        ((), ("a.txt",), "needs --audio"),
        (("a.wav",), ("a.txt", "b.txt"), "1 recording, but 2 texts"),
        (("a.wav", "b.wav"), ("a.txt",), "2 recordings, but 1 text"),
        (("a.wav", "a.wav"), ("a.txt", "b.txt"), "has two texts"),
    ],
)
def test_a_text_for_no_recording_is_refused(audio: tuple[str, ...], texts: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pair_texts(audio, texts)


def layer(file: dict[str, object], **flags: object) -> Settings:
    return layer_settings(file=file, file_name="harness.toml", environ={}, flags=flags)


def test_a_recording_for_times_alone_is_refused_on_the_command_line_and_ignored_in_a_file() -> None:
    with pytest.raises(UsageError, match="--audio has no effect without --quality"):
        choose_listening(layer({}, audio="jfk"), "sweep")
    of_run: dict[str, object] = {"audio": ["a.wav"], "text": ["a.txt"], "bench": ["memcpy", "transcribe"], "vad": ["1"]}
    alone = choose_listening(layer(of_run), "sweep")
    assert (alone.words("bench"), alone.words("audio"), choose_recordings(alone)) == (("whisper",), (), ())
    heard = choose_listening(layer(of_run, quality=True), "sweep")
    assert (heard.words("bench"), heard.words("audio"), heard.words("vad")) == (
        ("whisper", "quality"),
        ("a.wav",),
        ("0",),
    )
    assert choose_recordings(choose_listening(layer({}, quality=True), "ab")) == ("jfk",)


def test_a_night_and_a_bisection_listen_to_nothing() -> None:
    deaf = ignore_recordings(layer({"quality": True}, audio="jfk"))
    assert (deaf.flag("quality"), deaf.words("audio")) == (False, ())
    assert choose_listening(deaf, "nightly").words("bench") == ("whisper",)
