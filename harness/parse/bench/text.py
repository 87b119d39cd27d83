"""Printed text against what was said: words and characters that are wrong, missing or superfluous.

Both are normalised first, as OpenAI's Whisper does it for its own figures (appendix C of its paper): English by
spelling, numbers and contractions, all other languages by letters alone.
"""

import importlib.metadata
from collections.abc import Callable
from typing import NamedTuple

from harness.records.quality import TextErrors
from harness.records.record import short_hash

ENGLISH = "en"
# Which packages it takes, as they are called on the index.
PACKAGES = ("jiwer", "whisper-normalizer")
_EQUAL = "equal"


class TextNormaliser(NamedTuple):
    """What makes two texts comparable, and its name with its version."""

    normalise: Callable[[str], str]
    name: str


def find_normaliser(language: str) -> TextNormaliser:
    """Return the normaliser for texts in a language, `auto` included; raises ImportError without the packages."""
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    kind = EnglishTextNormalizer if language == ENGLISH else BasicTextNormalizer
    version = importlib.metadata.version(PACKAGES[1])
    return TextNormaliser(kind(), f"{kind.__name__} of {PACKAGES[1]} {version}")


def count_text_errors(printed: str, known: str, language: str) -> TextErrors | None:
    """Return the errors of a printed text, None where no word of the known one is left once it is normalised.

    Raises ImportError without the packages.
    """
    import jiwer

    normalise, name = find_normaliser(language)
    wanted, heard = (" ".join(normalise(text).split()) for text in (known, printed))
    if not wanted:
        return None
    words = jiwer.process_words(wanted, heard)
    characters = jiwer.process_characters(wanted.replace(" ", ""), heard.replace(" ", ""))
    found = [
        ("1" if chunk.type == _EQUAL else "0") * (chunk.ref_end_idx - chunk.ref_start_idx)
        for chunk in words.alignments[0]
    ]
    return TextErrors(
        words=len(wanted.split()),
        substitutions=words.substitutions,
        deletions=words.deletions,
        insertions=words.insertions,
        characters=len(wanted.replace(" ", "")),
        character_errors=characters.substitutions + characters.deletions + characters.insertions,
        correct="".join(found),
        normaliser=name,
        digest=short_hash(printed),
        known=short_hash(wanted),
    )
