"""Pages that are made of the code are those that the code makes."""

from collections import Counter

import pytest

from harness.render.explanation import render_page
from tests.page import CAVEATS, GLOSSARY, MADE, MARK, REFERENCE, list_classes, render_glossary, render_reference

HINT = "python -m tests.page writes it"


def test_the_page_of_caveats_is_up_to_date() -> None:
    assert CAVEATS.read_text(encoding="utf-8") == render_page(), HINT


@pytest.mark.parametrize("name", MADE)
def test_what_a_page_takes_from_the_code_is_up_to_date(name: str) -> None:
    page = (REFERENCE / f"{name}.md").read_text(encoding="utf-8")
    assert page.count(MARK) == 1
    assert page == render_reference(name), HINT


def test_every_public_class_stands_in_the_glossary() -> None:
    page = GLOSSARY.read_text(encoding="utf-8")
    assert [one for one in list_classes() if f"| `{one.name}` | `{one.module}` | " not in page] == [], HINT
    assert page == render_glossary(page), HINT


def test_every_public_class_says_what_it_is() -> None:
    assert [one.name for one in list_classes() if not one.text.endswith(".")] == []


def test_one_word_is_one_thing() -> None:
    names = Counter(one.name for one in list_classes())
    assert [name for name, count in names.items() if count > 1] == []
