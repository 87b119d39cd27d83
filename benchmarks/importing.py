"""How many reports a second `harness import` reads, from a generated results tree (default: 10,000 reports).

    python benchmarks/importing.py [N] [--logs]

The goal is 1,000 a second. `--logs` adds a runtime file and the logs of two models to each report. Everything is then
imported a second time, when all reports are known already.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

REPORTS = sorted((ROOT / "tests" / "data" / "reports").glob("*__ggml-*.md"))
LOG = ROOT / "tests" / "data" / "logs" / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log"
RUNTIME = "689.06user 5.27system 3:09.89elapsed 365%CPU (0avgtext+0avgdata 2004512maxresident)k\n"
NODES = 7


def main() -> None:
    asked = parser().parse_args()
    count = asked.count
    print_head()
    with tempfile.TemporaryDirectory() as scratch:
        tree, results = Path(scratch, "tree"), Path(scratch, "results")
        write_tree(tree, count, logs=asked.logs)
        for attempt in ("new", "known"):
            command = [sys.executable, "-m", "harness", "import", str(tree), "--results", str(results)]
            began = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True)
            wall_s = time.perf_counter() - began
            print(f"{attempt}: {count} reports in {wall_s:.2f} s, {count / wall_s:.0f} a second")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("count", nargs="?", type=int, default=10_000, metavar="N")
    made.add_argument("--logs", action="store_true", help="a runtime file and two logs beside each report")
    return made


def write_tree(tree: Path, count: int, *, logs: bool) -> None:
    """Write `count` reports under shas, times and numbers of their own."""
    draw = random.Random(1)
    texts = [path.read_text(encoding="utf-8") for path in REPORTS]
    log = LOG.read_text(encoding="utf-8")
    for number in range(count):
        text = texts[number % len(texts)]
        sha = f"{draw.getrandbits(160):040x}"
        old = re.search(r"/commit/([0-9a-f]{40})", text)
        assert old
        clock = f"{draw.randrange(24):02d}:{draw.randrange(60):02d}:{draw.randrange(60):02d}"
        text = re.sub(r"\d\d:\d\d:\d\d (?=UTC|PDT)", f"{clock} ", text.replace(old[1], sha), count=1)
        folder = tree / "whisper.cpp" / sha[:2] / sha[2:] / f"ggml-{number % NODES}"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(text, encoding="utf-8")
        if logs:
            (folder / "runtime").write_text(RUNTIME)
            for model in ("medium", "large-v3"):
                (folder / f"bench-bench-{model}.log").write_text(log, encoding="utf-8")


if __name__ == "__main__":
    perform(main)
