"""Edits between sequences, against another implementation."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from harness.stats.edit import count_edits

FEW = st.lists(st.integers(0, 3), max_size=12)
MANY = st.lists(st.integers(0, 60), min_size=60, max_size=150)


@given(FEW, FEW)
def test_short_lists(one: list[int], other: list[int]) -> None:
    assert count_edits(one, other) == Levenshtein.distance(one, other)


@given(MANY, MANY)
def test_lists_longer_than_a_machine_word(one: list[int], other: list[int]) -> None:
    assert count_edits(one, other) == Levenshtein.distance(one, other)


def test_each_kind_of_edit() -> None:
    assert count_edits("kitten", "sitting") == 3
    assert count_edits("", "abc") == count_edits("abc", "") == 3
    assert count_edits("abc", "abc") == count_edits("", "") == 0
