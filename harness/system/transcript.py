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
_HINT = "--text FILE  # plain text with the words that are spoken in the recording"
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
    if b"\0" in content and not mark:
        raise _refuse_zeros(path, content)
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        place = f"byte {len(mark) + error.start + 1} (0x{content[len(mark) + error.start]:02x}) cannot be read"
        if not mark:
            raise _suggest(path, f"{place}; the file may be in an older encoding", "WINDOWS-1252") from None
        raise UnreadableError(f"--text: {path} is not {encoding.upper()} text", cause=place, hint=_HINT) from None
    if not any(character.isalnum() for character in text):
        cause = "it has only punctuation" if text.strip() else "the file is empty"
        raise UnreadableError(f"--text: there are no words in {path}", cause=cause, hint=_HINT)
    return " ".join(text.split())


def _refuse_zeros(path: Path, content: bytes) -> UnreadableError:
    """Return the complaint about zero bytes: every other byte of English in UTF-16, and some in all but text."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if min(even, odd) == 0 and 4 * max(even, odd) > len(content) and len(content) % 2 == 0:
        encoding = "UTF-16LE" if odd else "UTF-16BE"
        return _suggest(path, f"it seems to be {encoding} without a byte order mark", encoding)
    return UnreadableError(f"--text: {path} is not a text file", cause="it has zero bytes", hint=_HINT)


def _suggest(path: Path, cause: str, encoding: str) -> UnreadableError:
    shown = shlex.quote(str(path))
    return UnreadableError(
        f"--text: {path} is not UTF-8 text",
        cause=cause,
        hint=f"iconv -f {encoding} -t UTF-8 {shown} > {shown}.utf8  # then --text {shown}.utf8",
    )


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
        raise UnfitError(
            "counting wrong words needs the packages jiwer and whisper-normalizer",
            cause="this Python does not have them; without a text, only tokens are compared, which needs neither",
            hint=hint,
        ) from None
    for one in known:
        if not normalise(one.text).strip():
            cause = "what is in brackets is a remark, and the file has nothing else"
            raise UnreadableError(
                f"--text: there are no spoken words in the text of {one.name}", cause=cause, hint=_HINT
            )
