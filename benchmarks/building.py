"""What builds cost: one for many settings, one for many instruction sets, and a switch of an option with ccache.

    python benchmarks/building.py [--isa sse42,avx,avx2] [--source DIR]

Every row is a `harness build` (or what a `harness sweep` would build) in a cache folder of its own, with an empty
ccache unless the row says otherwise. CPU seconds are those of the command and of everything that it started. They hold
even if others use the node; wall seconds do not.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head, unpack_release  # noqa: E402

BENCH_FAILED = 12


class Bench:
    """A scratch folder in which builds are made and timed."""

    def __init__(self, scratch: Path, source: Path | None) -> None:
        self.scratch, self.source = scratch, source
        self.words = ["--source", str(source.resolve())] if source else []

    def build(self, name: str, *words: str, objects: str = "", again: str = "") -> float:
        """Print what a build cost and return its CPU seconds; `objects` names a ccache, `again` a cache folder."""
        cache = self.scratch / (again or name.replace(" ", "-"))
        environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HARNESS_CACHE": str(cache),
            "HARNESS_RESULTS": str(self.scratch / "results"),
            "CCACHE_DIR": str(self.scratch / (objects or f"objects-{name.replace(' ', '-')}")),
        }
        self._warm(cache)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [sys.executable, "-P", "-m", "harness", *words, *self.words]
        done = subprocess.run(command, env=environ, cwd=self.scratch, capture_output=True, text=True, check=False)
        after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
        if done.returncode not in (0, BENCH_FAILED):
            sys.exit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-400:]}")
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{name:<36} {cpu_s:7.1f} s of CPU time {wall_s:7.1f} s", flush=True)
        return cpu_s

    def _warm(self, cache: Path) -> None:
        """Unpack the source where it is not: that is no part of a build."""
        if self.source:
            return
        known = self.scratch / "sources"
        unpack_release(known)
        for folder in ("sources", "archives", "index"):
            if (known / folder).exists() and not (cache / folder).exists():
                shutil.copytree(known / folder, cache / folder, symlinks=True)


def count_builds(bench: Bench, *words: str) -> tuple[int, int]:
    """Return how many cells and how many builds a sweep has."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HARNESS_CACHE": str(bench.scratch / "sources")}
    command = [
        sys.executable,
        "-P",
        "-m",
        "harness",
        "sweep",
        "--dry-run",
        "--weights",
        "synthetic",
        *words,
        *bench.words,
    ]
    shown = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    builds = next(line for line in shown.splitlines() if line.split()[:1] == ["builds"])
    as_json = subprocess.run([*command, "--json"], env=environ, capture_output=True, text=True, check=True).stdout
    return len(json.loads(as_json)["result"]["cells"]), int(builds.split()[1])


def read_building_s(results: Path) -> float:
    """Return the CPU seconds that the runs in a folder spent on configuring and building."""
    spent_s = 0.0
    for path in results.rglob("run.json"):
        for result in json.loads(path.read_text(encoding="utf-8"))["results"]:
            if result["phase"] in ("configure", "build") and result["completed"] and not result["reused"]:
                spent_s += result["completed"]["user_s"] + result["completed"]["system_s"]
    return spent_s


def main() -> None:
    asked = parser().parse_args()
    names = asked.isa.split(",")
    print_head()
    scratch = Path(tempfile.mkdtemp(prefix="harness-building-"))
    bench = Bench(scratch, asked.source)
    try:
        cold = bench.build("cold", "build", objects="shared")
        words = ("--model", "tiny", "--threads", "1,2", "--flash-attn", "0,1", "--quant", "f16,q8_0")
        cells, builds = count_builds(bench, *words)
        print(f"a sweep of {cells} cells, {' '.join(words)}: {builds} build(s)")

        switched = bench.build("another option with its own ccache", "build", "--llamafile", "on")
        kept = bench.build(
            "another option with the same ccache", "build", "--llamafile", "on", objects="shared", again="cold"
        )
        again = bench.build("--rebuild with the same ccache", "build", "--rebuild", objects="shared", again="cold")
        print(f"ccache: a switch {kept / switched:.2f}, a rebuild {again / cold:.2f} of what it costs without")

        each = sum(bench.build(f"isa {name}", "build", "--isa", name) for name in names)
        sweep = ("sweep", "--loadable", "--engine", "bench", "--isa", ",".join(names), "--model", "tiny")
        # Nothing but the build is wanted: the measuring runs out of time at once.
        quick = ("--weights", "synthetic", "--repetitions", "1", "--retries", "0", "--threads", "1", "--timeout", "1")
        bench.build("loadable sweep without its measuring", *sweep, *quick)
        one = read_building_s(scratch / "results")
        print(f"{len(names)} instruction sets: one build for all {one:.1f} s of CPU time, one each {each:.1f} s")
    finally:
        shutil.rmtree(scratch)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--isa", default="sse42,avx,avx2")
    made.add_argument("--source", type=Path, metavar="DIR", help="a tree; the default release otherwise")
    return made


if __name__ == "__main__":
    perform(main)
