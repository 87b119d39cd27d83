"""`harness report` as a picture, of bundles that fake tools made."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.flow.kit import ROOT, Kit

REPORT = ROOT / "tests" / "data" / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md"
TITLE = "{http://www.w3.org/2000/svg}title"


@pytest.fixture
def asked(kit: Kit) -> Kit:
    """Return a kit with the results of a small sweep."""
    kit.commit_tree()
    done = kit.harness("sweep", "--threads", "1,2", "--repetitions", "2", "--no-wait", "--model", "tiny")
    assert done.returncode == 0, done.stderr
    return kit


def test_a_report_is_drawn_as_svg(kit: Kit, tmp_path: Path) -> None:
    picture = tmp_path / "x.svg"
    done = kit.harness("report", str(REPORT), "--figure", "memcpy", "-o", str(picture))
    assert done.returncode == 0, done.stderr
    assert f"wrote {picture}" in done.stderr
    found = ElementTree.fromstring(picture.read_bytes()).find(TITLE)
    assert found is not None
    assert str(found.text).startswith("Memory copies on ")
    printed = kit.harness("report", str(REPORT), "--figure", "memcpy", "--format", "svg")
    assert printed.stdout.strip() == picture.read_text().strip()


def test_a_report_is_painted_as_png(kit: Kit, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="PNG needs the extra png")
    painted = kit.harness("report", str(REPORT), "-o", str(tmp_path / "x.png"), "--theme", "dark")
    assert painted.returncode == 0, painted.stderr
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_the_theme_decides_the_colours(kit: Kit) -> None:
    texts = {
        theme: kit.harness("report", str(REPORT), "--format", "svg", *(["--theme", theme] if theme else [])).stdout
        for theme in ("", "light", "dark")
    }
    assert "prefers-color-scheme" in texts[""]
    assert "prefers-color-scheme" not in texts["light"]
    assert len(set(texts.values())) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--figure", "sweep", "-o", "x.svg"), "there is no figure 'sweep' of "),
        (("--figure", "memcpy:2", "-o", "x.svg"), "there is no figure 'memcpy:2' of "),
        (("--figure", "memcpy:x", "-o", "x.svg"), "there is no figure 'memcpy:x' of "),
        (("--figure", "memcpy"), "--figure is for a picture"),
        (("--theme", "dark", "-o", "x.csv"), "--theme is for a picture"),
        (("--theme", "blue", "-o", "x.svg"), "'blue' is not one of light, dark"),
        (("--format", "png"), "a PNG cannot be printed"),
        (("-o", "x.gif"), "the ending of x.gif belongs to no format"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kit: Kit, words: tuple[str, ...], said: str) -> None:
    done = kit.harness("report", str(REPORT), *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "  try:   " in done.stderr
    assert not list(kit.folder.glob("x.*"))


def test_a_picture_cannot_be_written_into_a_bundle(asked: Kit) -> None:
    (bundle, *_) = [path.parent for path in asked.results.rglob("run.json")]
    before = sorted(bundle.iterdir())
    done = asked.harness("report", "latest", "-o", str(bundle / "x.svg"))
    assert done.returncode == 2, done.stderr
    assert sorted(bundle.iterdir()) == before


def test_the_figure_of_a_run_is_that_of_its_models(asked: Kit, tmp_path: Path) -> None:
    done = asked.harness("report", "latest", "-o", str(tmp_path / "x.svg"))
    assert done.returncode == 0, done.stderr
    assert "Models by metric" in (tmp_path / "x.svg").read_text()


def test_a_sweep_has_a_grid_for_each_metric(asked: Kit, tmp_path: Path) -> None:
    first, second = tmp_path / "1.svg", tmp_path / "2.svg"
    done = asked.harness("report", "sweep", "-o", str(first))
    assert done.returncode == 0, done.stderr
    assert "encode of sweep " in first.read_text()
    done = asked.harness("report", "sweep", "--figure", "sweep:2", "-o", str(second))
    assert done.returncode == 0, done.stderr
    assert "decode of sweep " in second.read_text()
    named = asked.harness("report", "sweep", "--figure", "sweep", "-o", str(second))
    assert "--figure sweep:2 is the next one" in named.stderr


def test_a_live_comparison_is_drawn_by_the_id_of_one_side(kit: Kit, tmp_path: Path) -> None:
    kit.commit_tree()
    done = kit.ab("fa=0", "fa=1", "--engine", "bench", "--max-time", "5s")
    assert done.returncode in (0, 20), done.stderr
    picture = tmp_path / "x.svg"
    drawn = kit.harness("report", "latest", "-o", str(picture))
    assert drawn.returncode == 0, drawn.stderr
    assert "does not matter" in picture.read_text()
    blocks = kit.harness("report", "latest", "--figure", "trial", "-o", str(picture))
    assert blocks.returncode == 0, blocks.stderr
    assert "block by block" in picture.read_text()
