"""A page in a browser that remembers whatever must not happen on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.browser.chromium import PATIENCE_MS

# Runs before anything of the page does: what the policy of the page blocked, and how much was moved while it was shown.
_WATCH = """
window.__blocked = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.__blocked.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
window.__shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


class View:
    """A page, and the complaints about it: errors, messages, dialogs, and requests that lead out of its site."""

    def __init__(self, context: Any, home: str) -> None:
        self.home = home
        self.page: Any = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complain(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.complain(f"error: {error}"))
        self.page.on("requestfailed", self._judge_failure)
        self.page.on("request", self._judge_request)
        self.page.on("dialog", self._judge_dialog)
        self.page.on("popup", lambda other: self.complain(f"popup: {other.url}"))
        self.page.on("download", lambda download: self.complain(f"download: {download.url}"))

    def complain(self, what: str) -> None:
        self.complaints.append(f"{self.page.url}: {what}")

    def open(self, address: str = "index.html") -> Any:
        """Go to a page of the site, anew, and return it."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.home}{address}", wait_until="load")
        return self.page

    def blocked(self) -> list[str]:
        """Return what the policy of the page that is shown did not allow."""
        found: list[str] = self.page.evaluate("window.__blocked || []")
        return found

    def widen(self, width: int, height: int = 900) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def overflow(self) -> str:
        """Return what is wider than the window, without scrolling by itself; empty where nothing is."""
        found: str = self.page.evaluate(
            """() => {
                const root = document.scrollingElement;
                if (root.scrollWidth <= root.clientWidth) return "";
                const wide = [...document.body.querySelectorAll("*")].filter((element) => {
                    if (element.getBoundingClientRect().right <= root.clientWidth + 1) return false;
                    for (let up = element.parentElement; up; up = up.parentElement)
                        if (getComputedStyle(up).overflowX !== "visible") return false;
                    return true;
                });
                const name = (e) => `${e.tagName} .${e.getAttribute("class")} ${e.textContent.trim().slice(0, 40)}`;
                return `${root.scrollWidth} > ${root.clientWidth}: ${wide.slice(-3).map(name).join(" | ")}`;
            }"""
        )
        return found

    def _judge_request(self, request: Any) -> None:
        if not request.url.startswith((self.home, "about:blank")):
            self.complain(f"request: {request.url[:300]}")

    def _judge_failure(self, request: Any) -> None:
        # A page that is left before its icon is there.
        if request.failure != "net::ERR_ABORTED":
            self.complain(f"failed: {request.url[:300]}: {request.failure}")

    def _judge_dialog(self, dialog: Any) -> None:
        self.complain(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def look(browser: Any, home: str, **options: Any) -> Iterator[View]:
    """Offer a view of a site at `home`, an address that ends in a slash; nothing may be wrong with it in the end."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, "reduced_motion": "reduce", **options})
    try:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_WATCH)
        view = View(context, home)
        yield view
        assert not view.complaints, "\n".join(view.complaints)
    finally:
        context.close()


def home_of(folder: Path) -> str:
    """Return the address of a folder of pages."""
    return f"{folder.resolve().as_uri()}/"


def path_of(folder: Path, address: str) -> Path:
    """Return the file that an address within a folder leads to."""
    path = Path(unquote(urlsplit(address).path))
    return path if path.is_relative_to(folder.resolve()) else folder / path.as_posix().lstrip("/")
