"""One series of points with intervals, drawn by one library; a part of benchmarks/figures.py, for any Python.

It is called with the name of the library, the number of points, and how often to draw them. It prints one line of
JSON: the seconds to import the library and of each drawing, and what the last drawing is.
"""

import importlib.metadata
import io
import json
import random
import re
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple


class Intervals(NamedTuple):
    """A series: places, values, and the ends of intervals."""

    places: list[int]
    values: list[float]
    lows: list[float]
    highs: list[float]

    def list_errors(self) -> tuple[list[float], list[float]]:
        """Return how far each interval goes down and up."""
        below = [value - low for value, low in zip(self.values, self.lows, strict=True)]
        return below, [high - value for value, high in zip(self.values, self.highs, strict=True)]


Draw = Callable[[Intervals], str]


def make_points(count: int) -> Intervals:
    """Return a series with a step in its middle."""
    draw = random.Random(1)
    values = [100.0 + (4.0 if number > count // 2 else 0.0) + draw.gauss(0, 1.0) for number in range(count)]
    return Intervals(list(range(count)), values, [value - 1.5 for value in values], [value + 1.5 for value in values])


def load_pygal() -> Draw:
    pygal = import_module("pygal")

    def draw(series: Intervals) -> str:
        chart = pygal.XY(stroke=False, title="encode", x_title="commits", y_title="ms/pass", show_legend=False)
        chart.add("median", list(zip(series.places, series.values, strict=True)))
        bars: list[tuple[float, float] | None] = []
        for place, low, high in zip(series.places, series.lows, series.highs, strict=True):
            bars += [(place, low), (place, high), None]
        chart.add("interval", bars, stroke=True, show_dots=False, allow_interruptions=True)
        return str(chart.render().decode())

    return draw


def load_matplotlib() -> Draw:
    import_module("matplotlib").use("svg")
    figure_module = import_module("matplotlib.figure")

    def draw(series: Intervals) -> str:
        figure = figure_module.Figure(figsize=(10, 3.4))
        axes = figure.add_subplot()
        axes.errorbar(series.places, series.values, yerr=series.list_errors(), fmt=".", elinewidth=0.5)
        axes.set_title("encode")
        axes.set_ylabel("ms/pass")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Title": "encode"})
        return text.getvalue()

    return draw


def load_vega() -> Draw:
    vl_convert = import_module("vl_convert")

    def draw(series: Intervals) -> str:
        rows = [dict(zip(("x", "y", "low", "high"), row, strict=True)) for row in zip(*series, strict=True)]
        across = {"field": "x", "type": "quantitative", "title": "commits"}
        low = {"field": "low", "type": "quantitative", "title": "ms/pass", "scale": {"zero": False}}
        value = {"field": "y", "type": "quantitative"}
        spec = {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "title": "encode",
            "width": 920,
            "height": 280,
            "data": {"values": rows},
            "layer": [
                {"mark": "rule", "encoding": {"x": across, "y": low, "y2": {"field": "high"}}},
                {"mark": "point", "encoding": {"x": across, "y": value}},
            ],
        }
        return str(vl_convert.vegalite_to_svg(json.dumps(spec)))

    return draw


def load_plotly() -> Draw:
    objects = import_module("plotly.graph_objects")

    def draw(series: Intervals) -> str:
        below, above = series.list_errors()
        error = {"type": "data", "array": above, "arrayminus": below}
        marks = objects.Scatter(x=series.places, y=series.values, mode="markers", error_y=error)
        words = {"title": "encode", "xaxis_title": "commits", "yaxis_title": "ms/pass"}
        return str(objects.Figure(marks, layout=words).to_html(include_plotlyjs=True))

    return draw


def load_bokeh() -> Draw:
    embed, models, plotting = map(import_module, ("bokeh.embed", "bokeh.models", "bokeh.plotting"))
    inline = import_module("bokeh.resources").INLINE

    def draw(series: Intervals) -> str:
        plot = plotting.figure(width=1000, height=340, title="encode", y_axis_label="ms/pass")
        source = models.ColumnDataSource(data={"x": series.places, "low": series.lows, "high": series.highs})
        plot.add_layout(models.Whisker(source=source, base="x", lower="low", upper="high"))
        plot.scatter(series.places, series.values, size=3)
        return str(embed.file_html(plot, inline, "encode"))

    return draw


LIBRARIES: dict[str, tuple[str, Callable[[], Draw]]] = {
    "pygal": ("pygal", load_pygal),
    "matplotlib": ("matplotlib", load_matplotlib),
    "vega": ("vl-convert-python", load_vega),
    "plotly": ("plotly", load_plotly),
    "bokeh": ("bokeh", load_bokeh),
}


def measure_bytes(name: str, seen: set[str]) -> int:
    """Return the bytes of the files of a distribution and of all that it needs."""
    if name.lower() in seen:
        return 0
    seen.add(name.lower())
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return 0
    files = [found.locate_file(path) for path in found.files or ()]
    own = sum(path.stat().st_size for path in map(Path, map(str, files)) if path.is_file())
    names = (re.match(r"[A-Za-z0-9._-]+", one) for one in found.requires or () if "extra ==" not in one)
    return own + sum(measure_bytes(one[0], seen) for one in names if one)


def describe(text: str) -> dict[str, object]:
    """Return what a drawing is: its bytes, and what a screen reader or a strict page meets in it."""
    return {
        "bytes": len(text.encode()),
        "title": bool(re.search(r"<svg.*<title", text, re.DOTALL)) and "<script" not in text,
        "desc": "<desc" in text,
        "role": 'role="img"' in text or "aria-label" in text,
        "script": "<script" in text,
        "style": bool(re.search(r"<style|\sstyle=", text)),
    }


def main() -> None:
    name, points, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    package, load = LIBRARIES[name]
    began = time.perf_counter()
    try:
        draw = load()
    except ImportError:
        print("{}")
        return
    import_s, drawn, text = time.perf_counter() - began, [], ""
    series = make_points(points)
    for _ in range(times):
        began = time.perf_counter()
        text = draw(series)
        drawn.append(time.perf_counter() - began)
    facts = {"version": importlib.metadata.version(package), "installed": measure_bytes(package, set())}
    facts |= {"import_s": import_s, "first_s": drawn[0], "least_s": min(drawn)}
    print(json.dumps(facts | describe(text)))


if __name__ == "__main__":
    main()
