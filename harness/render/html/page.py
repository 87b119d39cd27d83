"""One page: a template filled with values, every one of them escaped, in the frame that all pages share."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from harness.records.record import Record
from harness.render.figure.figure import FORM
from harness.render.figure.palette import Theme, style_figures

# Nothing is loaded but the style sheet and the scripts of the site itself.
_OF_SITE = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"


class PageKit(Record):
    """The texts that come with the harness: templates by name, the style sheet, and the script of a site."""

    templates: tuple[tuple[str, str], ...]
    style: str
    script: str


class PageFrame(Record):
    """What stands around a page.

    `root` leads from the page to the root of its site, such as `../../`, empty at the root. A page that is a file of
    its own (`alone`) has the style sheet in it, and no script. `base_url` is where the site will be hosted, empty if
    that is not known.
    """

    title: str
    root: str = ""
    alone: bool = False
    base_url: str = ""


def render_page(kit: PageKit, template: str, frame: PageFrame, values: Mapping[str, Any]) -> bytes:
    """Return a page: `values` are seen by the template, and `frame`. Text is escaped unless it is `Markup`."""
    found = _open_templates(kit.templates).get_template(template)
    style = compose_style(kit)
    policy = _name_policy(style) if frame.alone else _OF_SITE
    text: str = found.render(values, frame=frame, style=style if frame.alone else "", policy=policy)
    return text.encode("utf-8", errors="replace")


@lru_cache(maxsize=2)
def compose_style(kit: PageKit) -> str:
    """Return the style sheet of all pages: the rules of the kit, and the colours of figures in both themes.

    The reader's system chooses the theme, unless the page carries `data-theme`.
    """
    light, dark = (style_figures(theme) for theme in (Theme.LIGHT, Theme.DARK))
    chosen = style_figures(Theme.DARK, "[data-theme=dark]")
    other = style_figures(Theme.LIGHT, "[data-theme=light]")
    return f"{kit.style}\n{FORM}\n{light}\n@media (prefers-color-scheme: dark){{{dark}}}\n{chosen}\n{other}\n"


def _name_policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


@lru_cache(maxsize=2)
def _open_templates(templates: tuple[tuple[str, str], ...]) -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.DictLoader(dict(templates)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
