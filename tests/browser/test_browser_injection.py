"""Texts of strangers in every place that a page shows: none of them runs, loads, or leads anywhere."""

from typing import Any

from tests.browser.injection import INJECTIONS
from tests.browser.scene import HOSTILE, Scene
from tests.browser.shelf import Shelf
from tests.browser.view import View, home_of, look

# Whatever calls it is heard, and so is what would ask for it by name.
_TRAP = "window.__heard = 0; window.__ran = () => { window.__heard += 1; };"


def touch(view: View, address: str) -> None:
    """Open a page and do to it what would set off a handler of an event; the trap must not have been sprung."""
    page = view.open(address)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(
        """() => { for (const one of document.querySelectorAll("main *")) {
            for (const name of ["mouseover", "focus", "toggle", "load", "error"]) one.dispatchEvent(new Event(name));
        } }"""
    )
    found = page.evaluate(
        """() => ({
            heard: window.__heard,
            loaded: [...document.querySelectorAll(
                    "img, iframe, object, embed, base, form[action], meta[http-equiv=refresh]")]
                .map((one) => one.outerHTML.slice(0, 100)),
            schemes: [...document.querySelectorAll("a[href]")].map((one) => new URL(one.href).protocol)
                .filter((one) => !["file:", "https:"].includes(one)),
            computed: document.body.textContent.includes("<class '"),
        })"""
    )
    assert found == {"heard": 0, "loaded": [], "schemes": [], "computed": False}, address
    assert view.blocked() == [], f"{address}: the policy would have been needed"


def test_no_text_of_a_stranger_runs_in_the_site(browser: Any, shelf: Shelf) -> None:
    (slug,) = (page.split("/")[1] for page in shelf.of_kind("node") if "img-src" in page)
    mine = [page for page in shelf.pages if page.startswith(f"nodes/{slug}/")]
    runs = [page for page in mine if "/runs/" in page]
    rest = [page for page in mine if page not in runs] + shelf.of_kind("event")[:6] + shelf.of_kind("commit")[:8]
    with look(browser, home_of(shelf.folder)) as view:
        view.page.add_init_script(_TRAP)
        for page in ("index.html", "events.html", "commits/index.html", "compare.html", *rest, *runs[:12]):
            touch(view, page)


def test_texts_of_strangers_are_shown(browser: Any, shelf: Shelf) -> None:
    shown = {}
    with look(browser, home_of(shelf.folder)) as view:
        runs = [one for one in shelf.of_kind("run") if "img-src" in one]
        for page in ("index.html", *shelf.of_kind("event")[:6], *runs[-12:]):
            shown[page] = view.open(page).locator("main").inner_text()
    assert HOSTILE in shown["index.html"]
    text = " ".join("\n".join(shown.values()).split())
    plain = [one for one in INJECTIONS if one.isascii() and one.isprintable() and len(one) < 60]
    there = [one for one in plain if " ".join(one.split()) in text]
    assert len(there) > 8, "as it stands in the records, word for word"


def test_without_a_policy_nothing_runs_either(browser: Any, shelf: Shelf) -> None:
    """The policy is the second line: the first is that everything is escaped."""
    with look(browser, home_of(shelf.folder), bypass_csp=True) as view:
        view.page.add_init_script(_TRAP)
        for kind in ("overview", "events", "commits", "compare"):
            touch(view, shelf.of_kind(kind)[0])
        for page in [one for one in shelf.pages if "img-src" in one][:12]:
            touch(view, page)


def test_reports_of_hostile_runs(browser: Any, scene: Scene) -> None:
    folder = scene.kit.folder / "reports"
    folder.mkdir()
    runs = sorted(path.name for path in (scene.results / HOSTILE).glob("*/*"))
    for number, words in enumerate(((runs[0],), (runs[9],), (runs[33],), (runs[44],), tuple(runs[1:6]))):
        done = scene.kit.harness("report", *words, "--format", "html", "-o", str(folder / f"{number}.html"))
        assert done.returncode == 0, done.stderr
    with look(browser, home_of(folder), bypass_csp=True) as view:
        view.page.add_init_script(_TRAP)
        for path in sorted(folder.iterdir()):
            touch(view, path.name)
            assert view.page.locator("script").count() == 0
            for width in (360, 1200):
                view.widen(width)
                assert view.overflow() == ""
