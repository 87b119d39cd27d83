"""scripts/picture, which makes the pictures of the docs: here of runs with the fake tools, and without a browser."""

import subprocess
import sys
import xml.etree.ElementTree as ET

from tests.flow.kit import ROOT, Kit

SCRIPT = str(ROOT / "scripts" / "picture")


def draw(kit: Kit, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, "--results", str(kit.results), "-o", str(kit.folder / "images"), *words]
    return subprocess.run(command, cwd=kit.folder, env=kit.environ, capture_output=True, text=True, timeout=300)


def test_verdicts_are_drawn_in_both_themes(kit: Kit) -> None:
    kit.set_speed(0.002)
    assert kit.ab("GGML_LLAMAFILE=ON", "GGML_LLAMAFILE=OFF", "--engine", "bench").returncode == 0
    done = draw(kit, "--trial", kit.bundles()[0].name, "--no-pages")
    assert done.returncode == 0, done.stderr
    texts = [(kit.folder / "images" / f"verdict-{theme}.svg").read_text() for theme in ("light", "dark")]
    assert texts[0] != texts[1]
    for text in texts:
        element = ET.fromstring(text)
        assert element.tag.endswith("svg")
        assert element[0].text
    assert done.stdout.count(" bytes  ") == 2


def test_a_run_that_is_not_there_ends_it(kit: Kit) -> None:
    done = draw(kit, "--roofline", "20990101T000000Z", "--no-pages")
    assert done.returncode == 1
    assert "scripts/picture: harness report 20990101T000000Z" in done.stderr
    assert "Traceback" not in done.stderr
