"""Files that say what is spoken: encodings that announce themselves, and what is no text."""

import sys
from pathlib import Path

import pytest

from harness.errors import UnfitError, UnreadableError
from harness.records.weights import Audio
from harness.system.transcript import read_transcript, require_words

WORDS = "Für Elise, „ganz“ leise."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_that_announces_itself_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"{WORDS[:11]}\r\n\n  {WORDS[11:]}\n".encode(encoding))
    assert read_transcript(path) == WORDS


def test_another_encoding_is_named_by_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "my text.txt"
    path.write_bytes(WORDS.replace("„", "").replace("“", "").encode("latin-1"))
    with pytest.raises(UnreadableError, match="is not UTF-8 text") as caught:
        read_transcript(path)
    assert "byte 2 (0xfc)" in caught.value.cause
    assert caught.value.hint.startswith(f"iconv -f WINDOWS-1252 -t UTF-8 '{path}' > ")
    path.write_bytes(WORDS.encode("utf-16")[:-1])
    with pytest.raises(UnreadableError, match="is not UTF-16-LE text"):
        read_transcript(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b" \n", "empty"), ("… — ?!\n".encode(), "only punctuation"), (b"a\0b", "zero bytes")],
)
def test_what_holds_no_words_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableError) as caught:
        read_transcript(path)
    assert reason in caught.value.cause
    assert "--text FILE" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_for_each_letter_without_a_mark_are_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Ask not what".encode(encoding))
    with pytest.raises(UnreadableError, match="is not UTF-8 text") as caught:
        read_transcript(path)
    assert "without a byte order mark" in caught.value.cause
    assert caught.value.hint.startswith(f"iconv -f {encoding.upper().replace('6-', '6')} -t UTF-8 ")


def test_a_recording_in_place_of_its_text_is_not_taken_for_an_older_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\x24\x00\x00\x80WAVEfmt \x10\x00\x00\x00")
    with pytest.raises(UnreadableError, match="is not a text file") as caught:
        read_transcript(path)
    assert "iconv" not in caught.value.hint


def audio(text: str) -> Audio:
    return Audio(name="a", path="/a.wav", sha256="0" * 64, duration_s=1.0, text=text)


def test_a_remark_alone_is_no_speech() -> None:
    pytest.importorskip("jiwer")
    pytest.importorskip("whisper_normalizer")
    require_words([audio("Hello"), audio("")], "en")
    with pytest.raises(UnreadableError, match="there are no spoken words in the text of a"):
        require_words([audio("[music]")], "en")


def test_without_the_packages_a_command_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    require_words([audio("")], "en")
    with pytest.raises(UnfitError, match="counting wrong words") as caught:
        require_words([audio("Hello")], "en")
    assert "-m pip install jiwer whisper-normalizer" in caught.value.hint
