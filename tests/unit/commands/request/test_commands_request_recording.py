"""Recordings and their texts on the command line."""

import pytest

from harness.commands.request.recording import pair_texts
from harness.errors import UsageError


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
        (("a.wav",), ("a.txt", "b.txt"), "2 for --text, and 1 for --audio"),
        (("a.wav", "b.wav"), ("a.txt",), "1 for --text, and 2 for --audio"),
        (("a.wav", "a.wav"), ("a.txt", "b.txt"), "has two texts"),
    ],
)
def test_a_text_for_no_recording_is_refused(audio: tuple[str, ...], texts: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pair_texts(audio, texts)
