"""What the script adds to tables and to the page as a whole: sorting, filters, themes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chart import make_numbers, write_chart
from tests.browser.view import View, home_of, look

NAMES = "#list tbody th"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    write_chart(folder, make_numbers(5))
    return folder


@pytest.fixture
def view(browser: Any, site: Path) -> Iterator[View]:
    with look(browser, home_of(site)) as found:
        found.open()
        yield found


def names(page: Any) -> list[str]:
    found: list[str] = page.locator(f"{NAMES}:visible").all_inner_texts()
    return found


def test_a_click_sorts_by_value_and_another_one_turns_it_round(view: View) -> None:
    page = view.page
    assert names(page) == ["beta", "alpha", "gamma", "delta"]
    head = page.locator("#list thead th", has_text="Value")
    page.get_by_role("button", name="Value").click()
    assert (names(page), head.get_attribute("aria-sort")) == (["delta", "beta", "alpha", "gamma"], "ascending")
    page.get_by_role("button", name="Value").click()
    assert (names(page), head.get_attribute("aria-sort")) == (["alpha", "beta", "delta", "gamma"], "descending")
    page.get_by_role("button", name="Name").press("Enter")
    assert names(page) == ["alpha", "beta", "delta", "gamma"]
    assert head.get_attribute("aria-sort") is None
    assert page.evaluate("document.activeElement.textContent") == "Name", "the focus stays"


def test_words_and_states_filter_and_the_address_keeps_them(view: View) -> None:
    page = view.page
    field = page.get_by_role("searchbox")
    said = page.locator("[data-filter] [role=status]")
    assert said.inner_text() == "4 of 4 shown"
    field.fill("VALUE a")
    assert names(page) == ["beta", "alpha", "gamma", "delta"]
    field.fill("  alpha value ")
    assert (names(page), said.inner_text()) == (["alpha"], "1 of 4 shown")
    page.reload()
    assert (names(page), field.input_value()) == (["alpha"], "alpha value")
    field.fill("")
    box = page.get_by_role("checkbox", name="steady")
    box.focus()
    page.keyboard.press("Space")
    assert names(page) == ["alpha", "delta"]
    assert "states=slower" in page.url
    address = page.url
    for other in ("slower", "too few"):
        page.get_by_role("checkbox", name=other).uncheck()
    assert names(page) == []
    view.open(address.rpartition("/")[2])
    assert names(page) == ["alpha", "delta"]
    assert not box.is_checked()


def test_a_theme_is_chosen_and_kept(view: View) -> None:
    page = view.page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Theme").select_option("dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_label("Theme").select_option("")
    assert page.evaluate(paper) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == dark
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate(paper) == light


def test_nothing_may_be_stored(browser: Any, site: Path) -> None:
    with look(browser, home_of(site)) as view:
        view.page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
        )
        page = view.open()
        page.get_by_label("Theme").select_option("dark")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_nothing_moves_when_the_script_has_run(browser: Any, site: Path) -> None:
    with look(browser, home_of(site)) as view:
        page = view.open()
        page.wait_for_timeout(100)
        assert page.evaluate("window.__shift") < 0.1
