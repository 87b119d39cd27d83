"""A visit of the site: from the overview to a series, to two points of it, to a run, and back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.shelf import Shelf
from tests.browser.view import View, home_of, look


@pytest.fixture
def view(browser: Any, shelf: Shelf) -> Iterator[View]:
    with look(browser, home_of(shelf.folder)) as found:
        yield found


def encode_page(shelf: Shelf) -> str:
    (page,) = (
        page
        for page in shelf.of_kind("series")
        if page.startswith("nodes/node-1/") and "tiny" in page and "encode" in page
    )
    return page


def test_from_the_verdict_to_the_commit(view: View) -> None:
    page = view.open()
    assert "slower" in page.locator(".lead").inner_text()
    page.get_by_role("link", name="slower on node-1").first.click()
    page.wait_for_url("**/events/*.html")
    assert "slower" in page.locator(".lead").first.inner_text()
    page.locator("main a[href*='commits/']").first.click()
    page.wait_for_url("**/commits/*.html")
    page.go_back()
    page.go_back()
    page.wait_for_url("**/index.html")


def test_points_of_a_real_series_are_where_the_pointer_is(view: View, shelf: Shelf) -> None:
    page = view.open(encode_page(shelf))
    drawing = page.locator("figure svg.figure").first
    box = drawing.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    said = page.locator(".read-out").inner_text()
    assert "ms/pass" in said
    # What lies over the drawing is at a point of the drawing itself.
    mark = page.locator("figure svg .focused").bounding_box()
    at = (mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    near = page.evaluate(
        """([x, y]) => [...document.querySelectorAll("svg.figure circle, svg.figure path")].some((one) => {
            if (one.closest(".over")) return false;
            const box = one.getBoundingClientRect();
            return box.width < 16 && Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) < 2;
        })""",
        list(at),
    )
    assert near, "the point that is read out is drawn there"
    page.mouse.click(box["x"] + box["width"] * 0.2, middle)
    page.mouse.click(box["x"] + box["width"] * 0.8, middle)
    panel = page.locator(".panel").inner_text()
    assert "worse" in panel
    assert "harness ab " in panel or "measured in turns" in panel
    page.keyboard.press("Escape")
    drawing.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*.html")
    page.go_back()
    page.wait_for_url("**/series/*.html*")


def test_the_overview_is_filtered_and_sorted(view: View) -> None:
    page = view.open()
    rows = page.locator(f"#{page.locator('[data-filter]').first.get_attribute('data-filter')} [data-words]:visible")
    whole = rows.count()
    page.get_by_role("searchbox").fill("node-2")
    assert 0 < rows.count() < whole
    assert all("node-2" in (row.get_attribute("data-words") or "") for row in rows.all())
    page.get_by_role("searchbox").fill("")
    page.get_by_role("checkbox", name="steady").uncheck()
    assert rows.count() <= whole
    address = page.url
    view.open("events.html")
    page.goto(address)
    assert not page.get_by_role("checkbox", name="steady").is_checked()


def test_two_runs_are_compared_and_no_verdict_is_given(view: View) -> None:
    page = view.open("compare.html")
    table = page.locator(".compared table")
    table.wait_for()
    assert table.locator("tbody tr").count() > 3
    said = page.locator("[data-compare] [role=status]")
    assert "No verdict" in said.inner_text()
    page.get_by_label("First: node").select_option(label="node-1")
    page.get_by_label("Second: node").select_option(label="node-2")
    page.wait_for_function("document.querySelector('[data-compare] [role=status]').textContent.includes('two nodes')")
    assert "harness compare " in page.locator(".compared").inner_text()
    address = page.url
    assert "a=node-1" in address
    page.reload()
    table.wait_for()
    assert page.get_by_label("Second: node").input_value() == "node-2"
    table.get_by_role("button", name="Change").click()
    assert table.locator("th[aria-sort]").inner_text().strip() == "Change"


def test_a_theme_holds_on_the_next_page(view: View) -> None:
    page = view.open()
    page.get_by_label("Theme").select_option("dark")
    page.get_by_role("link", name="Commits").click()
    page.wait_for_url("**/commits/index.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"
