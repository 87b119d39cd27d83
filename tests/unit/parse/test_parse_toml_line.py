"""The line of a TOML document on which something stands."""

import pytest

from harness.parse.toml_line import find_line, split_key

TEXT = """# a fleet
name = "lab"
"quoted name" = 1
a.b.key = 2
[class.zen4]
nodes = [
  "a",
]
[[class.zen4.job]]
verb = "run"
[[class.zen4.job]]
verb = "nightly"
[ class . "mac os" ]
verb = "x"
"""


@pytest.mark.parametrize(
    ("table", "key", "nth", "expected"),
    [
        ((), "name", 0, 2),
        ((), "quoted name", 0, 3),
        (("a", "b"), "key", 0, 4),
        (("class", "zen4"), "", 0, 5),
        (("class", "zen4"), "nodes", 0, 6),
        (("class", "zen4"), "absent", 0, 5),
        (("class", "zen4", "job"), "verb", 0, 10),
        (("class", "zen4", "job"), "verb", 1, 12),
        (("class", "zen4", "job"), "name", 1, 11),
        (("class", "mac os"), "verb", 0, 14),
        (("nowhere",), "verb", 0, 10),
        (("nowhere",), "nothing", 0, 1),
        ((), "", 0, 1),
    ],
)
def test_a_place_has_its_line(table: tuple[str, ...], key: str, nth: int, expected: int) -> None:
    assert find_line(TEXT, table, key, nth) == expected


def test_parts_of_a_key() -> None:
    assert split_key(" a . 'b.c' .\"d\" ") == ("a", "b.c", "d")
    assert split_key("") == ()
