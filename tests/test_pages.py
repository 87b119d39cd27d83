"""The pages in docs/ are a site: every link, anchor and picture is there, and nothing comes from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Tutorial", "How-to", "Reference", "Explanation")


def build(source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """Run Sphinx as `scripts/pages` does."""
    words = ["--quiet", "--fail-on-warning", "--doctree-dir", f"{output}-trees", str(source), str(output)]
    return subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False)


def test_the_pages_are_a_site_that_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    done = build(ROOT / "docs", tmp_path / "site")
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.html")}
    first = pages[tmp_path / "site" / "index.html"]
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs").with_suffix(".html")) in first or page.name == "index.md", page
    assert re.findall(r'class="caption-text">([\w-]+)<', first) == [part for part in PARTS if part in first]
    for path, text in pages.items():
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc(?:set)?=\"([^\"]+)", text)
        loaded += re.findall(r"<link\b[^>]*\bhref=\"([^\"]+)", text)
        assert not [one for one in loaded if re.match(r"(?:\w+:)?//", one)], path
    for style in (tmp_path / "site").rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:\w+:)?//", style.read_text(encoding="utf-8")), style


def test_what_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    for part in ("tutorial", "how-to", "reference", "explanation"):
        (source / part).mkdir(parents=True)
    (source / "conf.py").write_bytes((ROOT / "docs" / "conf.py").read_bytes())
    (source / "index.md").write_text(
        "# Title\n\n[page](reference/gone.md), [anchor](reference/here.md#gone), [file](../gone.py)\n\n"
        '<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="images/dark.svg">\n'
        '  <img src="images/light.svg" alt="A picture.">\n</picture>\n\n<a href="gone.html">HTML</a>\n'
    )
    (source / "reference" / "here.md").write_text("# Here\n\n% kept\n")
    (source / "left-out.md").write_text("# Left out\n")
    done = build(source, tmp_path / "site")
    assert done.returncode == 1
    for word in (
        "gone.md'",
        "'here': 'gone'",
        "gone.py'",
        "images/dark.svg",
        "images/light.svg",
        "HTML that",
        "left-out",
    ):
        assert word.replace("'here'", "'reference/here'") in done.stderr, done.stderr
