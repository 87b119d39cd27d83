"""What it takes to draw a series of points with intervals: our own module beside libraries for charts.

    python benchmarks/figures.py [--points 1000] [--times 3] [--python PYTHON]

A line for each library that one of the given Pythons has (this one, if none is given; `--python` may be repeated);
others are passed over. Sizes are those of the installed files with all that they need, of the drawing, and of a page
where the library draws in the browser. The columns at the right say what a screen reader finds in it, and what a page
with our policy would refuse: scripts and styles that are not files of the site.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.figure_rivals import LIBRARIES, describe, make_points  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

RIVALS = ROOT / "benchmarks" / "figure_rivals.py"
OWN = ROOT / "harness" / "render" / "figure"
IMPORT = "import time; t = time.perf_counter(); import harness.render.figure.series; print(time.perf_counter() - t)"
HEAD = f"{'library':<18}{'installed':>11}{'import':>9}{'first':>9}{'next':>9}{'drawing':>10}  inside"


def main() -> None:
    asked = parser().parse_args()
    print_head()
    print(HEAD)
    show("ours", measure_own(asked.points, asked.times))
    passed = []
    for name in LIBRARIES:
        found = next(iter_found(asked.python or [sys.executable], name, asked.points, asked.times), None)
        if found is None:
            passed.append(name)
        else:
            show(f"{name} {found['version']}", found)
    print(f"passed over, as no Python has them: {', '.join(passed) or 'none'}")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--points", type=int, default=1000)
    made.add_argument("--times", type=int, default=3)
    made.add_argument("--python", action="append", default=[], help="a Python that has some of the libraries")
    return made


def iter_found(pythons: list[str], name: str, points: int, times: int) -> Iterator[dict[str, object]]:
    """Yield what the Pythons that have a library measured of it."""
    for python in pythons:
        command = [python, str(RIVALS), name, str(points), str(times)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name} with {python}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        elif found := json.loads(done.stdout):
            yield found


def measure_own(points: int, times: int) -> dict[str, object]:
    """Return the same facts of our own module, which is imported in a Python of its own."""
    from harness.records.history import Epoch, Judgement, Point, Series, SeriesKey, SeriesStatus
    from harness.records.measurement import Case
    from harness.render.figure.figure import write_element
    from harness.render.figure.series import draw_series
    from harness.render.figure.series_sheet import SeriesSheet

    drawn = make_points(points)
    made = [
        Point(position=place, commit=f"{place:08x}", run=str(place), day="2026-01-01", value=value, low=low, high=high)
        for place, value, low, high in zip(*drawn, strict=True)
    ]
    key = SeriesKey(node="n", config="c", case=Case.of("whisper", model="tiny", threads=4, fa=0), metric="encode")
    epochs = (Epoch(first=0, last=points - 1, cuts=(), level=None),)
    judgement = Judgement(key=key, status=SeriesStatus.STEADY, epochs=epochs, suspicions=(), change=None)
    sheet = SeriesSheet(series=Series(key=key, points=tuple(made)), judgement=judgement)
    imported = subprocess.run([sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True)
    spent, text = [], ""
    for _ in range(times):
        began = time.perf_counter()
        text = write_element(draw_series(sheet))
        spent.append(time.perf_counter() - began)
    installed = sum(path.stat().st_size for path in OWN.glob("*.py"))
    facts = {"installed": installed, "import_s": float(imported.stdout), "first_s": spent[0], "least_s": min(spent)}
    return facts | describe(text)


def show(name: str, found: dict[str, object]) -> None:
    """Print the line of a library."""
    sizes = [float(str(found[key])) for key in ("installed", "bytes")]
    waits = [1000 * float(str(found[key])) for key in ("import_s", "first_s", "least_s")]
    names = {"title": "title", "desc": "description", "role": "role", "script": "SCRIPT", "style": "STYLE"}
    inside = ", ".join(word for key, word in names.items() if found[key]) or "nothing of that"
    times = "".join(f"{wait:>6.0f} ms" for wait in waits)
    print(f"{name:<18}{sizes[0] / 1e6:>8.1f} MB{times}{sizes[1] / 1e3:>7.0f} kB  {inside}")


if __name__ == "__main__":
    perform(main)
