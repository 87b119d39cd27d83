"""How Sphinx makes a site of these pages. `scripts/pages` builds it; any warning is an error there.

The pages are plain Markdown, as code hosts show it, with relative links to .md files. What a site needs beyond that,
the navigation and pictures for light and dark, is added here, so that no page holds a line for one of the two only.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

project = "whisper-harness"
extensions = ["myst_parser"]
root_doc = "index"
html_theme = "furo"
html_title = "A benchmark harness for whisper.cpp"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
html_static_path = ["pages.css"]
html_css_files = ["pages.css"]
# Else an option would begin with a dash of typography.
smartquotes = False
highlight_language = "none"
nitpicky = True
# Anchors are made as code hosts make them.
myst_heading_anchors = 4
# Lines that code hosts show as they stand. Here they would be comments, roles or targets, and vanish.
myst_disable_syntax = ["myst_block_break", "myst_line_comment", "myst_role", "myst_target"]
# A line for psql is not SQL, and shows well all the same.
suppress_warnings = ["misc.highlighting_failure"]

# The four parts, in the order of the navigation. Pages that are not named here follow by name.
PARTS = {
    "Tutorial": ("tutorial", ()),
    "How-to": ("how-to", ("nightly-node", "github-actions", "pull-request", "fleet")),
    "Reference": (
        "reference",
        ("settings", "commands", "measuring", "output", "exit-codes", "run-json", "results", "formats", "caveats"),
    ),
    "Explanation": ("explanation", ("trials", "statistics", "proof", "quietness")),
}
# Pages at the top, and the part that they belong to.
TOP = {"glossary": "Reference", "design": "Explanation"}
_LOG = getLogger(__name__)
_HERE = Path(__file__).parent
_PICTURE = re.compile(r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
                      r'<img src="([^"]+)" alt="([^"]+)">\s*</picture>')  # fmt: skip


def list_pages(part: str) -> Iterator[str]:
    """Yield the pages of a part in the order of the navigation."""
    folder, first = PARTS[part]
    found = {path.stem for path in (_HERE / folder).glob("*.md")}
    for name in (*(one for one in first if one in found), *sorted(found.difference(first))):
        yield f"{folder}/{name}"
    yield from (page for page, its_part in TOP.items() if its_part == part)


def add_navigation(_: Sphinx, page: str, source: list[str]) -> None:
    """Append the navigation to the first page, as Sphinx wants it."""
    if page == root_doc:
        source[0] += "".join(
            "\n```{toctree}\n:hidden:\n:caption: %s\n%s\n```\n" % (part, "\n".join(list_pages(part)))  # noqa: UP031
            for part in PARTS
            if any(list_pages(part))
        )


class Picture(SphinxTransform):
    """Makes two images of a `<picture>`: one for light pages and one for dark ones, both of which must exist."""

    default_priority = 100

    def apply(self) -> None:
        """Replace every `<picture>` of this page."""
        for block in list(self.document.findall(nodes.raw)):
            if found := _PICTURE.fullmatch(block.astext().strip()):
                dark, light, text = found.groups()
                shown = ((light, "light"), (dark, "dark"))
                block.replace_self([nodes.image(uri=uri, alt=text, classes=[f"only-{theme}"]) for uri, theme in shown])
            elif not block.astext().startswith("<!--"):
                # Sphinx passes HTML on as it stands, and looks up none of its links.
                _LOG.warning("HTML that is no <picture> and no comment", location=block)


def setup(app: Sphinx) -> None:
    """Tell Sphinx of both."""
    app.connect("source-read", add_navigation)
    app.add_transform(Picture)
