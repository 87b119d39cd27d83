"""The pages of a whole site in a real browser: nothing is wrong with any of them, whoever looks at them, and how."""

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.scene import Scene
from tests.browser.shelf import KINDS, Shelf
from tests.browser.view import View, home_of, look

WIDTHS = (360, 768, 1200, 2560)


@pytest.fixture
def view(browser: Any, shelf: Shelf) -> Iterator[View]:
    with look(browser, home_of(shelf.folder)) as found:
        yield found


def judge_page(view: View, address: str) -> None:
    """Open a page, and require what every page has."""
    page = view.open(address)
    assert view.blocked() == [], address
    assert page.title().strip(), address
    assert page.locator("h1").count() == 1, address
    assert page.locator("h1").inner_text().strip(), address
    assert page.locator("html").get_attribute("lang") == "en"


def test_every_kind_of_page_is_there_and_no_other(shelf: Shelf) -> None:
    assert [kind for kind in KINDS if not shelf.of_kind(kind)] == []
    assert [page for page in shelf.pages if not shelf.kind(page)] == []


def test_pages_from_the_disk(view: View, shelf: Shelf) -> None:
    for address in shelf.sample(4):
        judge_page(view, address)


def test_pages_from_the_server(browser: Any, scene: Scene, shelf: Shelf) -> None:
    child = scene.kit.start("site", "-o", str(shelf.folder), "--serve", "0")
    try:
        assert child.stderr
        said = ""
        while not (found := re.search(r"http://[^\s/]+/", said)):
            line = child.stderr.readline()
            assert line, said
            said += line
        with look(browser, found.group()) as view:
            for address in shelf.sample(1):
                judge_page(view, address)
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=120)


def test_links_lead_somewhere_and_every_page_is_reached(shelf: Shelf) -> None:
    reached = {"index.html"}
    for page in shelf.pages:
        for link in shelf.links(page):
            assert link.target.is_relative_to(shelf.folder), link
            assert link.target.is_file(), link
            if link.target.suffix == ".html":
                target = link.target.relative_to(shelf.folder).as_posix()
                if not link.anchor or "=" in link.anchor:
                    reached |= {target} - {page}
                else:
                    assert link.anchor in shelf.read(target).ids, link
    assert sorted(set(shelf.pages) - reached) == []


def test_pages_hold_nothing_that_runs_or_is_loaded(shelf: Shelf) -> None:
    for page in shelf.pages:
        read = shelf.read(page)
        assert read.wrong == [], page
        assert len(read.ids) == len(set(read.ids)), page
        assert [one for one in shelf.leaving(page) if not one.startswith("https://github.com/")] == [], page
        assert (shelf.folder / page).stat().st_size <= 1_000_000, page


def test_blocks_of_numbers_are_json(shelf: Shelf) -> None:
    with_numbers = set()
    for page in shelf.pages:
        for text in re.findall(
            r'<script type="application/json"[^>]*>(.*?)</script>', (shelf.folder / page).read_text(), re.DOTALL
        ):
            json.loads(text)
            with_numbers.add(shelf.kind(page))
    assert "series" in with_numbers


def test_everything_can_be_read_without_a_script(browser: Any, shelf: Shelf) -> None:
    drawn = set()
    with look(browser, home_of(shelf.folder), java_script_enabled=False) as view:
        for address in shelf.sample(1):
            page = view.open(address)
            assert page.locator(".needs-script:visible").count() == 0, address
            for figure in page.locator("figure:visible svg.figure").all():
                box = figure.bounding_box()
                assert box, address
                assert box["width"] > 100, address
                drawn.add(shelf.kind(address))
            assert len(page.locator("main").inner_text()) > 40, address
        page = view.open(shelf.of_kind("series")[0])
        assert page.locator("#points td").first.is_visible(), "the numbers of a figure are in the page"
        page = view.open("index.html")
        details = page.locator("details").first
        details.locator("summary").click()
        assert details.locator("td").first.is_visible()
    assert {"series", "run"} <= drawn


def test_nothing_stands_in_the_way_of_anybody(browser: Any, shelf: Shelf) -> None:
    axe, found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe(), []
    # In the dark only colours are others.
    schemes = {
        "light": {"preload": False, "rules": {"target-size": {"enabled": True}}},
        "dark": {"preload": False, "runOnly": ["color-contrast", "link-in-text-block"]},
    }
    # The tool itself is a script that the policy of the pages would block.
    with look(browser, home_of(shelf.folder), bypass_csp=True) as view:
        for address in shelf.sample(1):
            page = view.open(address)
            for scheme, options in schemes.items():
                page.emulate_media(color_scheme=scheme)
                for one in axe.run(page, options=options).response["violations"]:
                    nodes = [
                        f"{node['html'][:150]} {node.get('failureSummary', '')[:200]}" for node in one["nodes"][:3]
                    ]
                    found.append(f"{address}, {scheme}: {one['id']}: {one['help']}: {nodes}")
    assert not found, "\n".join(found)


def test_states_are_a_shape_and_a_word(view: View, shelf: Shelf) -> None:
    words = set()
    for address in shelf.sample(1):
        page = view.open(address)
        found = page.locator(".state").evaluate_all(
            """(all) => all.map((one) =>
                [(one.closest("label") || one).textContent.trim(), one.querySelectorAll("svg").length])"""
        )
        assert [one for one in found if not one[0] or one[1] != 1] == [], address
        words |= {one[0] for one in found}
    assert {"steady", "slower"} <= words


def test_no_page_is_wider_than_its_window(view: View, shelf: Shelf) -> None:
    found = []
    for address in shelf.sample(2):
        view.open(address)
        for width in WIDTHS:
            view.widen(width)
            if wide := view.overflow():
                found.append(f"{address} at {width}: {wide}")
    assert not found, "\n".join(found)


def test_pages_can_be_printed(view: View, shelf: Shelf) -> None:
    for kind in ("overview", "series", "run"):
        page = view.open(shelf.of_kind(kind)[0])
        page.emulate_media(media="print")
        assert page.locator(".needs-script:visible, nav.nav:visible").count() == 0
        assert page.locator("h1").is_visible()
        data = page.pdf(format="A4")
        assert data.startswith(b"%PDF-")
        assert len(data) > 5_000
        page.emulate_media(media="screen")


def test_nothing_moves_and_a_page_looks_the_same_again(view: View, shelf: Shelf) -> None:
    for kind in ("overview", "series", "events"):
        address = shelf.of_kind(kind)[0]
        page = view.open(address)
        first = page.screenshot()
        assert page.evaluate("window.__shift") < 0.1, address
        view.open(address)
        assert page.screenshot() == first, address


def test_the_focus_can_be_seen_wherever_tab_leads(view: View, shelf: Shelf) -> None:
    for kind in ("overview", "series"):
        page = view.open(shelf.of_kind(kind)[0])
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body")
        for _ in range(25):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                """() => {
                    const style = getComputedStyle(document.activeElement);
                    return document.activeElement === document.body || style.outlineStyle !== "none"
                        || style.boxShadow !== "none";
                }"""
            )
            assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
