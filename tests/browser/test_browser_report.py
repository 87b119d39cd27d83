"""Reports of one file in a real browser: a run, a trial, a bisection, a night, several runs."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.scene import GHOST, Scene
from tests.browser.view import home_of, look


@pytest.fixture(scope="module")
def reports(scene: Scene) -> Path:
    """Return a folder with a report of each kind."""
    folder = scene.kit.folder / "own-reports"
    folder.mkdir()
    node = scene.results / "node-1"
    runs = sorted(path.name for path in node.glob("*/*") if path.is_dir())
    (bisection,) = (path.name.partition(".")[0] for path in node.glob("*/*-bisect-*.json"))
    imported = sorted(path.name for path in (scene.results / GHOST).glob("*/*"))
    words = {"run": (runs[0],), "runs": tuple(runs[:3]), "bisection": (bisection,), "night": ("night",)}
    words |= {"trial": (_find_trial(scene, runs),), "imported": (imported[0],)}
    for name, given in words.items():
        done = scene.kit.harness("report", *given, "--format", "html", "-o", str(folder / f"{name}.html"))
        assert done.returncode == 0, done.stderr
    return folder


def _find_trial(scene: Scene, runs: list[str]) -> str:
    for run in runs:
        (path,) = (scene.results / "node-1").glob(f"*/{run}/run.json")
        if '"trial": {' in path.read_text() or '"trial":{' in path.read_text():
            return run
    raise AssertionError("the night made no trial")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_report_is_one_file_that_anybody_can_read(browser: Any, reports: Path, *, script: bool) -> None:
    with look(browser, home_of(reports), java_script_enabled=script) as view:
        asked: list[str] = []
        view.page.on("request", lambda request: asked.append(request.url))
        for path in sorted(reports.iterdir()):
            page = view.open(path.name)
            assert page.locator("h1").count() == 1
            assert page.locator("script, link[rel=stylesheet], img, iframe").count() == 0
            assert page.locator(".needs-script:visible").count() == 0
            assert "harness " in page.locator("main").inner_text(), "the command that repeats it"
            assert path.stat().st_size <= 300_000
        assert [url for url in asked if not url.startswith((view.home, "about:"))] == []
        assert len([url for url in asked if url.startswith(view.home)]) == len(list(reports.iterdir()))


def test_reports_fit_and_are_printed(browser: Any, reports: Path) -> None:
    found = []
    with look(browser, home_of(reports)) as view:
        for path in sorted(reports.iterdir()):
            page = view.open(path.name)
            for width in (360, 768, 1200, 2560):
                view.widen(width)
                if wide := view.overflow():
                    found.append(f"{path.name} at {width}: {wide}")
        assert page.pdf(format="A4").startswith(b"%PDF-")
    assert not found, "\n".join(found)


def test_nothing_in_a_report_stands_in_the_way_of_anybody(browser: Any, reports: Path) -> None:
    axe, found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe(), []
    with look(browser, home_of(reports), bypass_csp=True) as view:
        for path in sorted(reports.iterdir()):
            page = view.open(path.name)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                more = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
                for one in axe.run(page, options={"preload": False, **more}).response["violations"]:
                    nodes = [node["html"][:150] for node in one["nodes"][:3]]
                    found.append(f"{path.name}, {scheme}: {one['id']}: {one['help']}: {nodes}")
    assert not found, "\n".join(found)
