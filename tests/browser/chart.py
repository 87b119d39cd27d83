"""A page with the figure of one series whose numbers a test chooses, and a table and a filter beside it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from harness.render.figure.drawing import Drawing
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.html.page import PageFrame, compose_style, render_page
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable
from harness.system.asset import load_page_kit

FRAME = {"left": 60.0, "right": 900.0, "top": 40.0, "bottom": 260.0}
_PAGE = """{% extends "frame.html" %}{% import "part.html" as part %}
{% block header %}{{ part.nav(frame, "") }}{% endblock %}
{% block main %}<h1>A series</h1>{{ part.figure(figure, 1, zoom=true) }}
<p id="after">What comes behind the figure.</p>
{{ part.filter("list") }}{{ part.table(table, "list") }}{% endblock %}
{% block data %}<script type="application/json" id="series-1-data">{{ data|safe }}</script>{% endblock %}
"""
_TABLE = PageTable(
    caption="Values",
    columns=(PageColumn(name="Name"), PageColumn(name="Value", unit="ms", number=True)),
    rows=tuple(
        PageRow(cells=(PageCell(text=name), PageCell(text=str(value), value=value)), words=f"{name} value", state=state)
        for name, value, state in (
            ("beta", 9.0, "steady"),
            ("alpha", 10.0, "slower"),
            ("gamma", None, "steady"),
            ("delta", 2.5, "too-few"),
        )
    ),
)


def make_numbers(count: int, **changes: Any) -> dict[str, Any]:
    """Return the numbers of a series of so many nights, in which every second commit was measured."""
    days = [date(2026, 1, 1) + timedelta(days=number + (number > 20) * 30) for number in range(count)]
    values = [100.0 + number % 7 + (5 if number > count // 2 else 0) for number in range(count)]
    made: dict[str, Any] = {
        "name": "encode of tiny",
        "metric": "encode",
        "unit": "ms",
        "lower": True,
        "run_root": "runs/",
        "position": [2 * number for number in range(count)],
        "value": values,
        "low": [value - 1 for value in values],
        "high": [value + 1 for value in values],
        "day": [str(day) for day in days],
        "n": [5] * count,
        "commit": [f"{number:08x}" for number in range(count)],
        "subject": [f"change {number}" for number in range(count)],
        "run": [f"run-{number}" for number in range(count)],
        "paged": ["run-0.html" if number == 0 else "" for number in range(count)],
        "caveats": ["noisy" if number == 1 else "" for number in range(count)],
        "epochs": [{"first": 0, "last": count - 1, "label": "kernel: 6.1 -> 6.12", "level": 103.0}],
        "events": [],
        "trials": [],
        "ab": "harness ab {old} {new} --model tiny",
        "frame": {**FRAME, "first": 0, "last": max(2 * count - 2, 1), "low": 90.0, "high": 120.0},
    }
    return {**made, **changes}


def write_chart(folder: Path, numbers: dict[str, Any]) -> None:
    """Write the page, as `index.html`, with what it loads, and the page of its first run."""
    kit = load_page_kit()
    drawing = Drawing()
    for position, value in zip(numbers["position"], numbers["value"], strict=True):
        share = position / numbers["frame"]["last"]
        high = ((value if isinstance(value, float) else 100) - 90) / 30
        drawing.mark((60 + share * 840, 260 - min(max(high, 0), 1) * 220), "fill-line-1")
    figure = Figure(
        kind=FigureKind.SERIES,
        title="Encode of tiny",
        summary="It got slower.",
        width=960,
        height=310,
        marks=drawing.finish(),
        table=FigureTable(head=("Night", "Value"), rows=(("1", "100"),)),
    )
    mine = kit.replace(templates=(*kit.templates, ("chart.html", _PAGE)))
    data = json.dumps(numbers).replace("<", "\\u003c")
    values = {"figure": figure, "table": _TABLE, "data": data}
    (folder / "index.html").write_bytes(render_page(mine, "chart.html", PageFrame(title="A series"), values))
    (folder / "site.css").write_text(compose_style(kit), encoding="utf-8")
    (folder / "site.js").write_text(kit.script, encoding="utf-8")
    (folder / "icon.svg").write_text(kit.icon, encoding="utf-8")
    (folder / "runs").mkdir(exist_ok=True)
    (folder / "runs" / "run-0.html").write_text("<!doctype html><title>The first run</title>")
