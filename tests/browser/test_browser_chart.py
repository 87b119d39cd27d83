"""The figure of a series in a real browser: zoom, read-out and selection, by mouse and by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.chart import FRAME, make_numbers, write_chart
from tests.browser.view import View, home_of, look

COUNT = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chart")
    write_chart(folder, make_numbers(COUNT))
    return folder


@pytest.fixture
def view(browser: Any, site: Path) -> Iterator[View]:
    with look(browser, home_of(site)) as found:
        found.open()
        yield found


class Chart:
    """The figure on a page, as somebody uses it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.drawing = page.locator("figure svg.figure")
        self.read_out = page.locator(".read-out")
        self.panel = page.locator(".panel")

    def spot(self, x: float, y: float = 150) -> tuple[float, float]:
        """Return where a pixel of the drawing is on the page."""
        box = self.drawing.bounding_box()
        return box["x"] + x * box["width"] / 960, box["y"] + y * box["height"] / 310

    def drag(self, first: float, last: float) -> None:
        mouse = self.page.mouse
        mouse.move(*self.spot(first))
        mouse.down()
        mouse.move(*self.spot((first + last) / 2))
        mouse.move(*self.spot(last))
        mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def fragment(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).fragment).items()}

    def dots(self) -> int:
        count: int = self.page.locator("figure .zoomed .dots circle").count()
        return count


def pixel_of(number: int) -> float:
    return FRAME["left"] + number / (COUNT - 1) * (FRAME["right"] - FRAME["left"])


def test_the_pointer_reads_out_the_nearest_point(view: View) -> None:
    chart = Chart(view.page)
    for number in (0, 1, 30, COUNT - 1):
        view.page.mouse.move(*chart.spot(pixel_of(number) + 2))
        said = chart.read_out.inner_text()
        assert f"{number:08x} change {number}" in said
        assert "n = 5" in said
        assert ("noisy" in said) == (number == 1)
    assert view.page.locator("figure .focused").count() == 1
    view.page.mouse.move(5, 5)
    assert view.page.locator("figure .focused").count() == 0


def test_a_drag_zooms_and_the_address_keeps_it(view: View) -> None:
    chart = Chart(view.page)
    assert chart.dots() == 0, "the drawing of the page is not touched before somebody asks for more"
    chart.drag(pixel_of(10) - 3, pixel_of(20) + 3)
    assert chart.dots() == 11
    address = view.page.url
    assert {"from", "to"} <= chart.fragment().keys()
    view.page.go_back()
    assert (chart.dots(), chart.fragment()) == (0, {})
    view.page.go_forward()
    assert (chart.dots(), view.page.url) == (11, address)
    view.page.reload()
    assert chart.dots() == 11, "an address can be sent"
    view.page.get_by_role("button", name="Show all points").click()
    assert chart.dots() == 0


def test_the_wheel_zooms_only_with_control(view: View) -> None:
    chart = Chart(view.page)
    view.widen(1200, 400)
    view.page.mouse.move(*chart.spot(pixel_of(30)))
    view.page.mouse.wheel(0, 40)
    assert chart.dots() == 0
    view.page.evaluate("scrollTo(0, 0)")
    view.page.mouse.move(*chart.spot(pixel_of(30)))
    view.page.keyboard.down("Control")
    view.page.mouse.wheel(0, -40)
    view.page.keyboard.up("Control")
    assert 0 < chart.dots() < COUNT
    view.page.mouse.move(*chart.spot(pixel_of(30)))
    assert "0000001e" in chart.read_out.inner_text(), "what the pointer is at stays there"


def test_everything_by_keyboard(view: View) -> None:
    chart = Chart(view.page)
    for _ in range(30):
        view.page.keyboard.press("Tab")
        if view.page.evaluate("document.activeElement.matches('svg.figure')"):
            break
    else:
        raise AssertionError("Tab does not reach the figure")
    chart.press("ArrowRight")
    assert "change 0" in chart.read_out.inner_text()
    chart.press("ArrowRight", "PageDown")
    assert "change 11" in chart.read_out.inner_text()
    chart.press("End", "ArrowRight")
    assert f"change {COUNT - 1}" in chart.read_out.inner_text()
    chart.press("Home", "+")
    assert 0 < chart.dots() < COUNT
    shown = chart.dots()
    chart.press("+")
    assert chart.dots() < shown
    chart.press("-", "0")
    assert chart.dots() == 0
    chart.press("Home", "Space", "ArrowRight", "ArrowRight", "Space")
    assert chart.panel.is_visible()
    assert chart.fragment() == {"a": "run-0", "b": "run-2"}
    chart.press("Escape")
    assert chart.panel.is_hidden()
    assert chart.fragment() == {}
    chart.press("End", "Enter")
    assert f"harness report run-{COUNT - 1} --format html -o " in chart.read_out.inner_text()
    chart.press("Home", "Enter")
    view.page.wait_for_url("**/runs/run-0.html")


def test_two_points_are_compared_without_a_verdict(view: View) -> None:
    chart = Chart(view.page)
    for number in (50, 5):
        view.page.mouse.click(*chart.spot(pixel_of(number)))
    said = chart.panel.inner_text()
    assert "No verdict: not measured in turns." in said
    assert "harness ab 00000005 00000032 --model tiny" in said, "the older commit first, whichever was chosen first"
    assert "+1.0 %, roughly \u22120.4 % to +2.3 % (worse)" in said
    assert "(worse)" in said
    assert chart.panel.locator("a").count() == 0, "neither run has a page"
    view.page.reload()
    assert chart.panel.is_visible()
    chart.panel.get_by_role("button", name="Close").click()
    assert chart.panel.is_hidden()
    assert view.page.evaluate("document.activeElement.matches('svg.figure')"), "the focus is not lost"


def test_a_live_trial_of_both_commits_is_named(browser: Any, tmp_path: Path) -> None:
    trial = {"old": "00000001", "new": "00000003", "words": "REGRESSED by 4 %", "page": "runs/run-0.html"}
    write_chart(tmp_path, make_numbers(COUNT, trials=[trial]))
    with look(browser, home_of(tmp_path)) as view:
        page = view.open("index.html#a=run-1&b=run-3")
        assert "Both commits measured in turns: REGRESSED by 4 %" in page.locator(".panel").inner_text()
        assert "No verdict" not in page.locator(".panel").inner_text()
        assert page.locator(".panel a").get_attribute("href") == "runs/run-0.html"


def test_days_instead_of_commits(view: View) -> None:
    chart = Chart(view.page)
    button = view.page.get_by_role("button", name="Equal distances for days")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert chart.fragment() == {"axis": "date"}
    assert chart.dots() == COUNT
    path = view.page.locator("figure .zoomed path.line").get_attribute("d")
    assert path.count("M") == 2, "days without a measurement are a gap"
    button.click()
    assert (chart.fragment(), chart.dots()) == ({}, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"low": [], "high": [], "caveats": [], "epochs": [], "ab": ""},
        {"value": [None] * COUNT},
        {"value": [1e300 if number % 2 else -1e-300 for number in range(COUNT)], "low": [], "high": []},
        {"value": [1e-150 * number for number in range(COUNT)], "low": [], "high": [], "epochs": []},
        {"value": [0.0] * COUNT, "low": [None] * COUNT, "high": [None] * COUNT},
        {"position": [0] * COUNT, "day": ["2026-01-01"] * COUNT},
        {"day": [""] * COUNT, "subject": ["\u202egnp.exe " + 4000 * "x"] * COUNT, "commit": ["</script>"] * COUNT},
        {"paged": ["javascript:alert(1)"] * COUNT, "run": ["javascript:alert(1)"] * COUNT},
    ],
    ids=["bare", "no values", "huge", "tiny", "zero", "one place", "hostile", "scheme"],
)
def test_numbers_of_any_kind(browser: Any, tmp_path: Path, changes: dict[str, Any]) -> None:
    write_chart(tmp_path, make_numbers(COUNT, **changes))
    with look(browser, home_of(tmp_path)) as view:
        chart = Chart(view.open())
        chart.drag(pixel_of(10), pixel_of(20))
        chart.drawing.focus()
        chart.press("Home", "ArrowRight", "Space", "ArrowRight", "Space", "+", "0")
        view.page.get_by_role("button", name="Equal distances for days").click()
        for attribute in ("d", "cx", "cy", "x", "y", "height", "width"):
            for found in view.page.locator(f"figure svg [{attribute}]").evaluate_all(
                "(all, name) => all.map((one) => one.getAttribute(name))", attribute
            ):
                assert "NaN" not in found
                assert "Infinity" not in found
        assert view.overflow() == ""


@pytest.mark.parametrize("count", [1, 2])
def test_hardly_any_points(browser: Any, tmp_path: Path, count: int) -> None:
    write_chart(tmp_path, make_numbers(count))
    with look(browser, home_of(tmp_path)) as view:
        chart = Chart(view.open())
        chart.drawing.focus()
        chart.press("ArrowRight", "+", "+", "-", "0", "End", "Home")
        assert "change 0" in chart.read_out.inner_text()


def test_many_points_are_thinned_until_they_have_room(browser: Any, tmp_path: Path) -> None:
    numbers = make_numbers(10_000)
    numbers["value"][4321] = 400.0
    write_chart(tmp_path, numbers)
    with look(browser, home_of(tmp_path)) as view:
        chart = Chart(view.open("index.html#axis=date"))
        assert 0 < chart.dots() <= FRAME["right"] - FRAME["left"] + 1
        bars = view.page.locator("figure .zoomed .interval").get_attribute("d")
        top = min(float(part.split("V")[1]) for part in bars.split("M")[1:])
        assert top < FRAME["top"] + 40, "what is rare is not lost"
        view.open(f"index.html#from={2 * 4300}&to={2 * 4400}")
        assert chart.dots() == 101


@pytest.mark.parametrize(
    "fragment",
    [
        "from=NaN&to=NaN",
        "from=-1e308&to=1e308&axis=date",
        "from=0&to=1e300&axis=date",
        "from=0&to=1e-320&axis=date",
        "from=1e15&to=1e16",
        "from=5&to=3",
        "a=run-3&b=run-3",
        "a=__proto__&b=constructor&axis=__proto__",
        "__proto__=1&=&%E0%A4%A=<img>",
    ],
)
def test_an_address_that_somebody_made_up_is_no_trouble(view: View, fragment: str) -> None:
    """What it asks for is shown as far as there is something to show, and the page says nothing to the console."""
    view.open(f"index.html#{fragment}")
    chart = Chart(view.page)
    assert not chart.panel.is_visible()
    shown = chart.drawing.evaluate("one => one.outerHTML")
    assert "NaN" not in shown
    assert "Infinity" not in shown
    assert chart.drawing.locator("circle").count() > 0
    view.page.mouse.move(*chart.spot(pixel_of(COUNT // 2)))
    assert "n = 5" in chart.read_out.inner_text()


def test_broken_numbers_leave_the_page_as_it_is(browser: Any, tmp_path: Path) -> None:
    write_chart(tmp_path, make_numbers(3))
    text = (tmp_path / "index.html").read_text().replace('{"name": "encode of tiny"', '{"name": oops')
    (tmp_path / "index.html").write_text(text)
    with look(browser, home_of(tmp_path)) as view:
        page = view.open()
        (complaint,) = view.complaints
        assert "JSON" in complaint
        view.complaints.clear()
        assert page.locator("figure svg circle").count() == 3
        page.get_by_role("button", name="Value").click()
        assert page.locator("#list tbody th").first.inner_text() == "delta"
