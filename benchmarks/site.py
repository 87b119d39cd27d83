"""How long `harness site` takes, and how large and how quick its pages are: whole processes.

    python benchmarks/site.py [FOLDER] [--nodes 1] [--nights 1000] [--loads 9] [--limits]

A site of so many nodes, each with 59 series of so many nights: from nothing, again when nothing has changed, and after
one new night of every node. The index of the runs is made first, and timed by itself. The results are written with the
fake tools of the tests; a FOLDER is kept, and used again if it exists.

Then the sizes of the pages, and where there is a Chromium and Playwright's client, the first paint of the overview and
of one series, from disk: medians of so many loads, each in a browser context of its own.

With `--limits` it exits with 1 if a page is larger than 1 MB, if one node takes more than 5 s or a new night more than
1 s of CPU time, if a fleet takes more than ten minutes, or if the first paint takes more than 200 ms.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import make_one  # noqa: E402
from benchmarks.site_nights import list_nights, make_nodes, name_nodes  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

# The goals: bytes of a page, CPU seconds of a node and of a new night, seconds of a fleet, seconds to the first paint.
PAGE_BYTES, WHOLE_S, NIGHT_S, FLEET_S, PAINT_S = 1_000_000, 5.0, 1.0, 600.0, 0.2
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PAINT = "performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)[0] ?? -1"
PROGRESS = 5000
# The run that all others are made of.
TEMPLATE = "template.json"


class Spent(NamedTuple):
    """Wall and CPU seconds of a process and its children, and the most memory that one of them had."""

    wall_s: float
    cpu_s: float
    peak_bytes: int

    def __str__(self) -> str:
        return f"{self.wall_s:8.2f} s, CPU {self.cpu_s:7.2f} s, {self.peak_bytes / 1e6:5.0f} MB at most"


class SiteFolder(NamedTuple):
    """Where results and pages lie, and the environment in which they are made."""

    results: Path
    pages: Path
    environ: dict[str, str]


def main() -> int:
    asked = parser().parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="site-") as scratch:
        folder = Path(asked.folder or scratch).absolute()
        place = fill(folder, asked.nodes, asked.nights)
        slow = build(place, asked.nodes, asked.nights)
        slow += weigh(place.pages)
        slow += paint(place.pages, asked.loads)
    for what in slow:
        print(f"  missed: {what}")
    return 1 if slow and asked.limits else 0


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("folder", nargs="?", metavar="FOLDER", help="a folder that is kept, and used again")
    made.add_argument("--nodes", type=int, default=1, help="nodes (default 1)")
    made.add_argument("--nights", type=int, default=1000, help="nights of each (default 1,000)")
    made.add_argument("--loads", type=int, default=9, help="loads of a page in Chromium (default 9; 0: none)")
    made.add_argument("--limits", action="store_true", help="exit with 1 where a goal is missed")
    return made


def fill(folder: Path, nodes: int, nights: int) -> SiteFolder:
    """Write the results, unless they are there."""
    results = folder / "results"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_RESULTS": str(results)}
    environ["HARNESS_CACHE"] = str(folder / "cache")
    if not results.exists():
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="site-kit-") as scratch:
            template = make_one(Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TEMPLATE).write_text(template, encoding="utf-8")
        made = make_nodes(template, nodes, nights)
        written = 0
        for night in list_nights(nights):
            for node in made:
                node.write(results, night)
            written += nodes
            if written % PROGRESS < nodes:
                print(f"  {written} runs written", file=sys.stderr, flush=True)
        print(f"wrote {written} runs of {nodes} nodes in {time.perf_counter() - began:.0f} s")
    shutil.rmtree(folder / "pages", ignore_errors=True)
    return SiteFolder(results, folder / "pages", environ)


def build(place: SiteFolder, nodes: int, nights: int) -> list[str]:
    """Print what the site takes from nothing, unchanged, and after one night; return what took too long."""
    measured = {"index of all numbers": spend(place, ("index", "--numbers"))}
    site = ("site", "-o", str(place.pages))
    measured["from nothing"] = spend(place, site)
    written = {path: path.stat().st_mtime_ns for path in list_files(place.pages)}
    measured["nothing new"] = spend(place, site)
    print_changed("nothing new", written, place.pages)
    add_night(place, nodes, nights)
    measured["one new night's numbers"] = spend(place, ("index", "--numbers"))
    measured["after one new night"] = spend(place, site)
    for name, one in measured.items():
        print(f"  {name:<24} {one}")
    print_changed("one new night", written, place.pages)
    whole, night = measured["from nothing"], measured["after one new night"]
    return [
        *([f"from nothing: {whole.cpu_s:.1f} s of CPU time"] if whole.cpu_s > WHOLE_S * nodes else []),
        *([f"from nothing: {whole.wall_s:.0f} s"] if whole.wall_s > FLEET_S else []),
        *([f"after one new night: {night.cpu_s:.1f} s of CPU time"] if night.cpu_s > NIGHT_S * nodes else []),
    ]


def add_night(place: SiteFolder, nodes: int, nights: int) -> None:
    """Write one more night of each node: the first one that its results do not have."""
    template = (place.results.parent / TEMPLATE).read_text(encoding="utf-8")
    count = len(list(place.results.glob(f"{name_nodes(1)[0]}/*/*/run.json")))
    *_, night = list_nights(count + 1)
    for node in make_nodes(template, nodes, nights):
        node.write(place.results, night)


def list_files(pages: Path) -> Iterator[Path]:
    return (path for path in pages.rglob("*") if path.is_file())


def print_changed(name: str, before: dict[Path, int], pages: Path) -> None:
    """Print how many files were written since."""
    changed = sum(before.get(path) != path.stat().st_mtime_ns for path in list_files(pages))
    print(f"  {name}: {changed} files of {len(list(list_files(pages)))} were written")


def weigh(pages: Path) -> list[str]:
    """Print the sizes of the pages and return those that are too large."""
    sizes = {path: path.stat().st_size for path in list_files(pages)}
    html = {path: size for path, size in sizes.items() if path.suffix == ".html"}
    largest = max(html, key=lambda path: html[path])
    overview = html[pages / "index.html"]
    print(f"  {len(sizes)} files, {sum(sizes.values()) / 1e6:.1f} MB; {len(html)} pages")
    print(f"  overview {overview:,} bytes; largest page {html[largest]:,} bytes, {largest.relative_to(pages)}")
    return [f"{path.relative_to(pages)}: {size:,} bytes" for path, size in html.items() if size > PAGE_BYTES]


def paint(pages: Path, loads: int) -> list[str]:
    """Print the first paint of the overview and of a series, and return which takes too long."""
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), "")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = ""
    if not program or not loads:
        print("  first paint: not measured (it takes Chromium and Playwright's client)")
        return []
    slow = []
    series = sorted(pages.glob("nodes/*/series/*.html"))[:1]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for path in (pages / "index.html", *series):
            taken = []
            for _ in range(loads):
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                page = context.new_page()
                page.goto(path.as_uri(), wait_until="load")
                while (painted := float(page.evaluate(PAINT))) < 0:
                    page.wait_for_timeout(5)
                taken.append(painted / 1000)
                context.close()
            middle = statistics.median(taken)
            name = path.relative_to(pages)
            print(f"  first paint {1000 * middle:4.0f} ms ({1000 * min(taken):.0f} to {1000 * max(taken):.0f}), {name}")
            slow += [f"first paint of {name}: {1000 * middle:.0f} ms"] if middle > PAINT_S else []
        browser.close()
    return slow


def spend(place: SiteFolder, words: Sequence[str]) -> Spent:
    """Return what one process takes."""
    command = [sys.executable, "-P", "-m", "harness", *words]
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=place.environ, cwd=place.results.parent, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            sys.exit(f"harness {' '.join(words)} ended with {child.returncode}: {errors.read().decode()}")
    return Spent(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    perform(main)
