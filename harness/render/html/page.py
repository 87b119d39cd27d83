"""One page: a template filled with values, every one of them escaped, in the frame that all pages share."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from harness.records.record import Record
from harness.records.site import SiteState
from harness.render.figure.figure import FORM, Figure, write_element
from harness.render.figure.palette import INKS, PAPER, Theme, style_figures
from harness.render.figure.sparkline import write_sparkline
from harness.render.format.text import visible
from harness.render.html.row import draw_mark, name_class, show, write_rows
from harness.render.html.site_data import write_json
from harness.render.html.table import read_figure_table
from harness.render.number import format_bounds, format_share, format_value

# Nothing is loaded but the style sheet and the scripts of the site itself.
_OF_SITE = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"


class PageKit(Record):
    """The texts that come with the harness: templates by name, the style sheet, the script and the icon of a site."""

    templates: tuple[tuple[str, str], ...]
    style: str
    script: str
    icon: str


class PageFrame(Record):
    """What stands around a page.

    `root` leads from the page to the root of its site, such as `../../`, empty at the root. A page that is a file of
    its own (`alone`) has the style sheet in it, and no script. `base_url` is where the site will be hosted, empty if
    that is not known; its `path` is then a part of its address. `version` is that of the harness.
    """

    title: str
    root: str = ""
    alone: bool = False
    base_url: str = ""
    path: str = ""
    version: str = ""


def render_page(kit: PageKit, template: str, frame: PageFrame, values: Mapping[str, Any]) -> bytes:
    """Return a page: `values` are seen by the template, and `frame`.

    Every text is escaped, and shows signs for control characters and for those that reorder text. The only markup
    that enters a page comes from figures, through the filters `draw`, `mark` and `spark`; `json` writes
    the numbers for the script.
    """
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
    light, dark = (_colour(theme) for theme in (Theme.LIGHT, Theme.DARK))
    chosen = _colour(Theme.DARK, "[data-theme=dark]")
    other = _colour(Theme.LIGHT, "[data-theme=light]")
    # Paper is white, whatever the screen is.
    paper = f"@media print{{{light}{_colour(Theme.LIGHT, '[data-theme]')}}}"
    return f"{kit.style}\n{FORM}\n{light}\n@media (prefers-color-scheme: dark){{{dark}}}\n{chosen}\n{other}\n{paper}\n"


def _colour(theme: Theme, scope: str = "") -> str:
    """Return the rules of figures in one theme, and its colours by name for the rules of pages."""
    names = "".join(f"--{name}:{ink.of(theme)};" for name, ink in (("paper", PAPER), *INKS.items()))
    return f"{scope or ':root'}{{color-scheme:{theme};{names}}}\n{style_figures(theme, scope)}"


def _name_policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


@lru_cache(maxsize=2)
def _open_templates(templates: tuple[tuple[str, str], ...]) -> Any:
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.DictLoader(dict(templates)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_show,
    )
    found.filters.update(
        draw=_draw,
        rows=write_rows,
        word=name_class,
        mark=_mark,
        spark=_spark,
        json=_embed,
        numbers=read_figure_table,
        value=format_value,
        share=format_share,
        bounds=format_bounds,
    )
    return found


def _show(value: object) -> object:
    return show(value) if type(value) is str else value


def _draw(figure: Figure, number: int) -> Any:
    return _mark_up(visible(write_element(figure, number)))


def _mark(state: SiteState) -> Any:
    return _mark_up(draw_mark(state))


def _spark(values: Sequence[float], state: SiteState) -> Any:
    return _mark_up(write_sparkline(values, state, labelled=False))


def _embed(value: object) -> Any:
    """Return numbers for the script, as JSON that cannot end its block."""
    return _mark_up(write_json(value))


def _mark_up(text: str) -> Any:
    """Return SVG or JSON for a page as it is; what wrote it escapes the words in it."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704
