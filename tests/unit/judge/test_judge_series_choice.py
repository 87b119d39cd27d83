"""Words that name series."""

import pytest

from harness.judge.series_choice import find_foreign, list_words, matches_words
from harness.records.history import SeriesKey
from harness.records.measurement import Case

KEY = SeriesKey(
    node="desk", config="725ab7965e11", case=Case.of("whisper", model="base", threads=4, fa=0), metric="encode"
)
OTHER = KEY.replace(case=Case.of("memcpy", threads=1), metric="copy_rate")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("encode",),
        ("base", "encode"),
        ("model=base", "threads=4", "desk"),
        ("whisper/fa=0/model=base/threads=4",),
        ("whisper",),
        ("725ab7965e11",),
        ("725ab7",),
    ],
)
def test_words_that_fit(words: tuple[str, ...]) -> None:
    assert matches_words(KEY, words)


@pytest.mark.parametrize("word", ["4", "bas", "725", "threads", "threads=1", "decode", ""])
def test_words_that_do_not(word: str) -> None:
    assert not matches_words(KEY, [word])


def test_what_no_series_has_is_named() -> None:
    assert find_foreign([KEY, OTHER], ["encode", "memcpy", "turbo"]) == ["turbo"]
    words = list_words([KEY, OTHER])
    assert {"encode", "copy_rate", "memcpy", "base", "threads=1"} <= set(words)
    assert len(words) == len(set(words))
