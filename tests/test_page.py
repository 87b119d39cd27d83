"""Pages that are made of the code are those that the code makes."""

from harness.render.explanation import render_page
from tests.page import CAVEATS, GLOSSARY, list_classes, render_glossary

HINT = "python -m tests.page writes it"


def test_the_page_of_caveats_is_up_to_date() -> None:
    assert CAVEATS.read_text(encoding="utf-8") == render_page(), HINT


def test_every_public_class_stands_in_the_glossary() -> None:
    page = GLOSSARY.read_text(encoding="utf-8")
    assert all(f"| `{name}` | `{module}` | " in page for name, module, _ in list_classes()), HINT
    assert page == render_glossary(page), HINT


def test_every_public_class_says_what_it_is() -> None:
    assert [name for name, _, text in list_classes() if not text.endswith(".")] == []
