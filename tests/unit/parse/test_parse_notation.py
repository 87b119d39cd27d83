"""TOML of others: what would take minutes, or is not a number, is refused; what a person writes is not."""

import pytest

from harness.errors import UnreadableError
from harness.parse.notation import MOST_TOML, parse_toml

MANY = 50_000


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * MANY + " = 1",
        "[" + "a." * MANY + "a]",
        "[[a" + " . a" * MANY + "]]",
        "a" + '."b"' * MANY + " = 1",
        "a" + ".'b'" * MANY + " = 1",
        "x = {a" + ".a" * 40 + " = 1}",
        '"""x"""' + ".a" * 40 + " = 1",
    ],
)
def test_a_key_of_many_parts_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        parse_toml(f"seed = 1\n{text[: MOST_TOML // 2]}\n", "harness.toml")
    assert "a key in line 2 has more than 32 parts" in raised.value.cause


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + ", ".join(["1.5"] * 100) + "]",
        'x = "' + "1." * 100 + '"',
        "x = '" + "1." * 100 + "'",
        'x = """\n' + "a." * 100 + '\n\\"\n"""',
        "x = '''\n" + "a." * 100 + "\n'''",
        "x = 1 # " + "." * 100,
        ".".join("abcdefgh") + " = 1",
    ],
)
def test_dots_that_part_no_key_are_no_matter(text: str) -> None:
    assert parse_toml(text, "harness.toml")


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "+nan", "1e999", "-1e999", "1" * 400 + ".0"])
def test_what_is_not_a_finite_number_is_refused(number: str) -> None:
    for text in (f"x = {number}", f"x = [1, {number}]", f"x = {{a = {number}}}"):
        with pytest.raises(UnreadableError, match="not valid TOML") as raised:
            parse_toml(text, "harness.toml")
        assert "is not a number that can be used" in raised.value.cause


def test_a_document_without_end_is_refused() -> None:
    with pytest.raises(UnreadableError, match="too long for a TOML file"):
        parse_toml("#" * (MOST_TOML + 1), "harness.toml")
