"""Files that say what is spoken in a recording, in any of the encodings that announce themselves."""

import codecs
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import UnfitError, UnreadableError
from harness.parse.bench.text import PACKAGES, find_normaliser
from harness.records.weights import Audio
from harness.system.foreign import read_bytes

# An hour of fast speech has less than 100 kB.
_MOST_BYTES = 4 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_transcript(path: Path) -> str:
    """Return the text of a file on one line; UTF-8, or UTF-16 with a byte order mark.

    Raises UnreadableError for another encoding, and for a file without any word.
    """
    content = read_bytes(path, most_bytes=_MOST_BYTES)
    mark, encoding = next((one for one in _MARKS if content.startswith(one[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        place = len(mark) + error.start
        shown = shlex.quote(str(path))
        name = encoding.upper() if mark else "UTF-8"
        raise UnreadableError(
            f"--text: {path} is not {name} text",
            cause=f"byte {place + 1} (0x{content[place]:02x}) cannot be read; it may be in an older encoding",
            hint=f"iconv -f WINDOWS-1252 -t UTF-8 {shown} > {shown}.utf8  # then --text {shown}.utf8",
        ) from None
    if "\0" in text:
        raise UnreadableError(f"--text: {path} is not a text file", cause="it has a NUL character")
    if not any(character.isalnum() for character in text):
        cause = "it has only punctuation" if text.strip() else "the file is empty"
        raise UnreadableError(f"--text: there are no words in {path}", cause=cause)
    return " ".join(text.split())


def require_words(audio: Sequence[Audio], language: str) -> None:
    """Check that the words of known texts can be counted.

    Raises UnfitError without the packages that count them, and UnreadableError for a text of which none is left once
    it is normalised, such as a remark in brackets.
    """
    known = [one for one in audio if one.text]
    if not known:
        return
    try:
        import jiwer  # noqa: F401

        normalise = find_normaliser(language).normalise
    except ImportError:
        hint = f"{shlex.quote(sys.executable)} -m pip install {' '.join(PACKAGES)}  # the extra quality has them"
        raise UnfitError("counting wrong words needs the packages jiwer and whisper-normalizer", hint=hint) from None
    for one in known:
        if not normalise(one.text).strip():
            cause = "what is in brackets is a remark; nothing else is in it"
            raise UnreadableError(f"--text: no spoken words are in the text of {one.name}", cause=cause)
