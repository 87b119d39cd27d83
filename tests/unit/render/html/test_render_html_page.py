"""A page: everything foreign in it is text, and the macros write what they are given."""

import base64
import hashlib
import re

from harness.records.comparison import Verdict
from harness.records.site import SiteState
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.html.page import PageFrame, compose_style, render_page
from harness.render.html.table import (
    PageCell,
    PageColumn,
    PageRow,
    PageTable,
    cell_change,
    cell_number,
    cell_verdict,
    read_figure_table,
)
from harness.system.asset import load_page_kit

_EVIL = "</script><script>alert(1)</script>\" onload='x' {{ 7*7 }} \x1b[31m\u202e"
_TRY = """{% extends "frame.html" %}{% import "part.html" as part %}
{% block header %}{{ part.crumbs([(evil, "index.html"), (evil, "")]) }}{{ part.nav(frame, "events") }}{% endblock %}
{% block main %}<h1>{{ evil }}</h1>{{ part.lead(evil, state) }}{{ part.state(state) }}{{ part.table(table, "t") }}
{{ part.facts([(evil, evil), ("run", cell)]) }}{{ part.caveats([{"code": evil, "message": evil, "meaning": evil}]) }}
{{ part.command(evil, evil) }}{{ part.log(evil, evil) }}{{ part.filter(evil) }}
{{ part.figure(figure, 1) }}{% endblock %}"""


def _page(*, alone: bool) -> str:
    kit = load_page_kit()
    kit = kit.replace(templates=(*kit.templates, ("try.html", _TRY)))
    columns = (PageColumn(name=_EVIL, hint=_EVIL), PageColumn(name="Enc.", unit="ms", number=True))
    cell = PageCell(text=_EVIL, link="x.html", note=_EVIL, mark=SiteState.SLOWER)
    row = PageRow(cells=(cell, cell_number(3.25)), state="slower")
    figure = Figure(
        kind=FigureKind.SERIES,
        title=_EVIL,
        summary=_EVIL,
        width=600,
        height=100,
        marks="<path/>",
        table=FigureTable(head=(_EVIL, "ms"), rows=((_EVIL, "1.5"),)),
        command=_EVIL,
    )
    values = {
        "evil": _EVIL,
        "state": SiteState.TOO_FEW,
        "cell": cell,
        "figure": figure,
        "table": PageTable(caption=_EVIL, columns=columns, rows=(row,)),
    }
    return render_page(kit, "try.html", PageFrame(title=_EVIL, alone=alone, version="1.2"), values).decode()


def test_foreign_text_is_text_in_every_part() -> None:
    page = _page(alone=True)
    assert "<script" not in page
    assert "onload='" not in page
    assert 'onload="' not in page
    assert "{{ 7*7 }}" in page, "it is shown, not computed"
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") >= 15


def test_a_page_of_a_site_loads_only_its_own_files_and_a_page_alone_nothing() -> None:
    site, alone = _page(alone=False), _page(alone=True)
    assert re.findall(r"<(?:link|script|img)[^>]*>", site) == [
        '<link rel="stylesheet" href="site.css">',
        '<link rel="icon" href="icon.svg">',
        '<script src="site.js" defer>',
    ]
    assert "style=" not in site
    assert re.findall(r"<(?:link|script|img|iframe)\b", alone) == []
    assert "url(" not in alone
    assert "@import" not in alone
    style = compose_style(load_page_kit())
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;" in alone
    assert f"<style>{style}</style>" in alone, "the policy allows exactly this text"


def test_numbers_can_be_sorted_and_states_filtered() -> None:
    page = _page(alone=False)
    assert '<tr data-state="slower">' in page
    assert 'data-value="3.25"' in page
    assert '<a href="../index.html">' not in page
    assert '<a href="events.html" aria-current="page">' in page


def test_cells_of_numbers_that_are_none() -> None:
    assert cell_number(None) == cell_number(float("nan")) == PageCell(text="\N{EN DASH}")
    assert cell_number(float("inf")).value is None
    assert cell_change(0.041, 0.03, 0.05) == PageCell(text="+4.1 %", value=0.041, note="[+3.0, +5.0]")
    assert cell_change(None) == PageCell(text="\N{EN DASH}")
    assert cell_verdict(Verdict.REGRESSED).mark is SiteState.SLOWER


def test_columns_of_numbers_are_found_in_the_table_of_a_figure() -> None:
    table = FigureTable(head=("case", "ms", "what"), rows=(("1", "1.5", "a"), ("2", "-", "b"), ("3", "+2 %", "c")))
    shown = read_figure_table(table, "All", most=2)
    assert [column.number for column in shown.columns] == [False, True, False]
    assert shown.caption == "All (the first 2 of 3 rows)"
    assert len(shown.rows) == 2
