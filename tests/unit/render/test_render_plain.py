"""Lines that fit: shortened, folded, and tables in several parts."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.plain import align_within, continue_command, cut, fold

ROWS = [
    ["model", "threads", "Enc.", "Dec.", "peak"],
    ["", "", "ms/pass", "ms/token", "MB"],
    ["base", "2", "3379.00", "7.45", "447"],
]


@given(st.text(max_size=60), st.integers(min_value=8, max_value=40))
def test_what_is_cut_fits(text: str, width: int) -> None:
    assert len(cut(text, width)) <= width
    assert cut(text, width) == text or cut(text, width).endswith(" ...")


@given(st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), max_size=30), st.integers(min_value=20, max_value=50))
def test_what_is_folded_fits_and_loses_no_word(words: list[str], width: int) -> None:
    text = f"  {' '.join(words)}"
    assert fold(text, width).split() == words
    assert max(map(len, fold(text, width).split("\n"))) <= width


def test_folded_lines_stand_below_their_first() -> None:
    assert fold("short\n  a sentence that is long", 14) == "short\n  a sentence\n    that is\n    long"


def test_a_long_word_stays_whole() -> None:
    assert "/a/path/that/is/longer/than/a/line" in fold("in /a/path/that/is/longer/than/a/line", 20)


def test_a_table_that_fits_is_one() -> None:
    assert list(align_within(ROWS, 0, names=2)) == list(align_within(ROWS, 80, names=2))
    assert "" not in list(align_within(ROWS, 80, names=2))


@pytest.mark.parametrize("width", [26, 30, 38])
def test_a_wide_table_has_parts_with_the_names_of_its_rows(width: int) -> None:
    lines = list(align_within(ROWS, width, names=2, indent="  "))
    parts = "\n".join(lines).split("\n\n")
    assert len(parts) > 1
    assert all(part.split("\n")[-1].split()[:2] == ["base", "2"] for part in parts)
    assert max(map(len, lines)) <= width
    assert [cell for part in parts for cell in part.split("\n")[-1].split()[2:]] == ["3379.00", "7.45", "447"]


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12), min_size=1, max_size=20),
    st.integers(min_value=0, max_value=60),
)
def test_a_command_in_several_lines_is_that_command(words: list[str], width: int) -> None:
    lines = continue_command(shlex.join(words), lead="  to find out: ", width=width)
    text = "\n".join(lines).removeprefix("  to find out: ").replace("\\\n", "")
    assert shlex.split(text) == words
    assert width or len(lines) == 1


def test_a_remark_behind_a_command_has_lines_of_its_own() -> None:
    command = "harness ab a b --model '1  # 2' --results /x  # paths of the computer that measured: /x"
    assert continue_command(command, lead="  again: ", width=0) == [f"  again: {command}"]
    assert continue_command(command, lead="  again: ", width=40) == [
        "  again: harness ab a b \\",
        "      --model '1  # 2' --results /x",
        "      # paths of the computer that",
        "      # measured: /x",
    ]


def test_an_option_stands_beside_its_value() -> None:
    command = "harness ab 740bf7f6a150 215990abdeb7 --model 'a b' --threads 4 --relink --metric encode && true"
    assert continue_command(command, lead="  to find out: ", width=30) == [
        "  to find out: harness ab \\",
        "      740bf7f6a150 \\",
        "      215990abdeb7 \\",
        "      --model 'a b' \\",
        "      --threads 4 --relink \\",
        "      --metric encode && \\",
        "      true",
    ]
