"""Printed text against what was said."""

import pytest

from harness.parse.bench.text import count_text_errors
from harness.parse.bench.transcription import read_printed
from harness.records.quality import TextErrors

pytest.importorskip("jiwer")
pytest.importorskip("whisper_normalizer")
KNOWN = "And so my fellow Americans ask not what your country can do for you"


def count(printed: str, known: str = KNOWN, language: str = "en") -> TextErrors:
    errors = count_text_errors(printed, known, language)
    assert errors
    return errors


def test_case_punctuation_and_spelling_are_no_errors() -> None:
    errors = count(" And so, my fellow Americans: ask not what your country can do for you!")
    assert (errors.errors, errors.character_errors, errors.correct) == (0, 0, "1" * 14)
    assert (errors.word_error_rate, errors.character_error_rate) == (0.0, 0.0)
    assert errors.normaliser.startswith("EnglishTextNormalizer of whisper-normalizer ")
    assert count("Twenty percent of it's colour", "20% of it is color").errors == 0
    assert count("Grün, grün", "grün GRÜN", "de").errors == 0
    assert count("x", "x", "auto").normaliser.startswith("BasicTextNormalizer ")


def test_each_kind_of_error_is_counted_at_its_word() -> None:
    errors = count("And so my yellow Americans not what your own country can do for you")
    assert (errors.substitutions, errors.deletions, errors.insertions) == (1, 1, 1)
    assert errors.correct == "11101011111111"
    assert errors.words == 14
    assert errors.word_error_rate == pytest.approx(3 / 14)
    # One letter changed, "ask" lost, "own" added.
    assert errors.character_errors == 7
    assert errors.characters == len(KNOWN.replace(" ", ""))


def test_silence_and_babble() -> None:
    assert count("").correct == "0" * 14
    assert count("").word_error_rate == 1.0
    assert count("thank you " * 40).word_error_rate > 1


def test_texts_are_kept_as_digests() -> None:
    one, other = count("And so"), count("and so")
    assert one.digest != other.digest
    assert one.known == other.known == count("x", KNOWN.lower()).known
    assert "so" not in {one.digest, one.known}


def test_a_text_of_remarks_has_no_words() -> None:
    assert count_text_errors("anything", "[music] (laughs)", "en") is None


def test_the_printed_text_is_that_of_all_segments() -> None:
    log = "+ cmd\nwhisper: x\n[00:00:00.000 --> 00:00:08.000]   And so\n\n[00:00:08.000 --> 00:00:10.560]   my fellow\n"
    assert read_printed(log) == "And so my fellow"
    assert not read_printed("nothing\n[00:00:00.000 --> 00:00:08.000]\n")
