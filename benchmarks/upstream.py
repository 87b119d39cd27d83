"""`harness run` against upstream's own steps, on the same tree, in turns in one sitting.

    python benchmarks/upstream.py [--rounds 3] [--model tiny] [--threads 2] [--repetitions 1] [--bench whisper]

Upstream's steps are those of its ci/run.sh: configure and build all targets in Debug and Release with make, ctest,
memcpy, mul_mat and the model; with -Werror off and without ccache. Ours runs cold (a cache with nothing but the
unpacked source, an empty ccache), and then again. What counts is wall time outside benchmark processes; --bench chooses
which benchmarks are run at all. A round has both, in an order that changes from round to round; every ratio is taken
inside a round.

Two ratios: ours as a whole, with the tests that it runs and the roofline that it measures, of which upstream has
neither (its ctest runs no test); and like for like, ours without these two.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head, unpack_release  # noqa: E402
from harness.records.plan import Phase  # noqa: E402

TREE, CACHE, OBJECTS = "tree", "cache", "objects"


class Theirs(NamedTuple):
    """Wall seconds of upstream's steps."""

    build: float
    test: float
    bench: float

    @property
    def outside(self) -> float:
        """Everything but the benchmarks."""
        return self.build + self.test


class Ours(NamedTuple):
    """Wall seconds of a run: as a whole, of its children by phase, and the number of children."""

    wall: float
    phases: dict[Phase, float]
    children: int

    @property
    def outside(self) -> float:
        """Everything but the benchmarks."""
        return self.wall - self.phases[Phase.BENCHMARK]

    @property
    def alike(self) -> float:
        """What upstream does, too: neither tests that are run nor the roofline."""
        return self.outside - self.phases[Phase.TEST] - self.phases[Phase.ROOFLINE]

    @property
    def own(self) -> float:
        """The time of the harness itself, outside all children."""
        return self.wall - sum(self.phases.values())


def main() -> None:
    arguments = parser().parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="harness-upstream-") as folder:
        scratch = Path(folder)
        weights = harness(scratch, "models", arguments.model, "--weights", "synthetic", "--json")["weights"][0]["path"]
        tree = arguments.source.resolve() if arguments.source else unpack_release(scratch / CACHE)
        rounds = [measure(scratch / f"round-{number}", tree, weights, arguments) for number in range(arguments.rounds)]
    print(f"\nmedian (least to most) of {len(rounds)} rounds, in seconds")
    report([theirs for theirs, _, _ in rounds], [cold for _, cold, _ in rounds], [second for _, _, second in rounds])


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--model", default="base")
    made.add_argument("--threads", default=str(os.cpu_count()))
    made.add_argument("--repetitions", default="1")
    made.add_argument("--bench", default="memcpy,mul_mat,whisper")
    made.add_argument("--source", type=Path, metavar="DIR", help="a tree; the default release otherwise")
    return made


def measure(scratch: Path, tree: Path, weights: str, arguments: argparse.Namespace) -> tuple[Theirs, Ours, Ours]:
    """Return upstream's times, and ours with an empty cache and again."""
    shutil.copytree(tree, scratch / TREE, symlinks=True)
    if not arguments.source:
        for name in ("sources", "archives", "index"):  # fetching and unpacking is no part of it
            if (tree.parents[2] / name).exists():
                shutil.copytree(tree.parents[2] / name, scratch / CACHE / name, symlinks=True)
    number = int(scratch.name.rpartition("-")[2])
    if number % 2:
        cold, second = (ours(scratch, weights, arguments) for _ in range(2))
        theirs = upstream(scratch / TREE, weights, arguments)
    else:
        theirs = upstream(scratch / TREE, weights, arguments)
        cold, second = (ours(scratch, weights, arguments) for _ in range(2))
    print(f"round {number + 1}: upstream {theirs.outside:.1f} s, ours cold {cold.outside:.1f} s", flush=True)
    shutil.rmtree(scratch)
    return theirs, cold, second


def upstream(tree: Path, weights: str, arguments: argparse.Namespace) -> Theirs:
    """Return the wall seconds of upstream's steps."""
    build_s = test_s = bench_s = 0.0
    for mode in ("debug", "release"):
        folder = tree / f"build-ci-{mode}"
        folder.mkdir()
        # The flags of ci/run.sh on x86-64, but for -Werror: with it v1.8.5 does not compile under gcc 12.
        flags = [f"-DCMAKE_BUILD_TYPE={mode}", "-DGGML_NATIVE=OFF", "-DGGML_CCACHE=OFF"]
        build_s += execute(["cmake", *flags, "-S", str(tree), "-B", str(folder)], folder)
        build_s += execute(["make", f"-j{os.cpu_count()}"], folder)
        test_s += execute(["ctest", "--output-on-failure", "-L", "main", "-E", "test-opt"], folder)
    bench = str(tree / "build-ci-release" / "bin" / "whisper-bench")
    what = {"memcpy": ["-w", "1"], "mul_mat": ["-w", "2"], "whisper": ["-m", weights, "-nfa"]}
    for name in arguments.bench.split(","):
        bench_s += execute([bench, *what[name], "-t", arguments.threads], tree)
    return Theirs(build_s, test_s, bench_s)


def ours(scratch: Path, weights: str, arguments: argparse.Namespace) -> Ours:
    """Return the wall seconds of one run."""
    words = ["run", "--model", arguments.model, "--weights", weights, "--threads", arguments.threads, "--json"]
    words += ["--repetitions", arguments.repetitions, "--bench", arguments.bench, "--retries", "0"]
    words += ["--results", str(scratch / "results"), *(["--source", str(arguments.source)] if arguments.source else [])]
    began = time.monotonic()
    run = harness(scratch, *words)["run"]
    wall_s = time.monotonic() - began
    completed = [(Phase(one["phase"]), one["completed"]) for one in run["results"] if one["completed"]]
    phases = {phase: sum(child["wall_s"] for mine, child in completed if mine is phase) for phase in Phase}
    return Ours(wall_s, phases, len(completed))


def report(theirs: Sequence[Theirs], cold: Sequence[Ours], second: Sequence[Ours]) -> None:
    print(f"  {'upstream':<10} {'outside benchmarks':<22} {spread([one.outside for one in theirs])}")
    print(f"  {'':<10} {'in them':<22} {spread([one.bench for one in theirs])}")
    for name, runs in (("cold", cold), ("second", second)):
        print(f"  {name:<10} {'outside benchmarks':<22} {spread([one.outside for one in runs])}")
        for phase in Phase:
            what = "in them" if phase is Phase.BENCHMARK else f"of it {phase.value}"
            print(f"  {'':<10} {what:<22} {spread([one.phases[phase] for one in runs])}")
        each = [1000 * one.own / max(one.children, 1) for one in runs]
        print(f"  {'':<10} {'of it no child':<22} {spread([one.own for one in runs])}")
        print(f"  {'':<10} {'ms for each child':<22} {spread(each)}; {runs[0].children} children")
    print("\nours / upstream's, outside benchmarks")
    whole = [mine.outside / other.outside for mine, other in zip(cold, theirs, strict=True)]
    alike = [mine.alike / other.outside for mine, other in zip(cold, theirs, strict=True)]
    print(f"  cold, like for like                {spread(alike)}")
    print(f"  cold, with our tests and our roofline  {spread(whole)}")


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def harness(scratch: Path, *words: str) -> Any:
    environ = {**os.environ, "HARNESS_CACHE": str(scratch / CACHE), "PYTHONPATH": str(ROOT)}
    environ["CCACHE_DIR"] = str(scratch / OBJECTS)
    command = [sys.executable, "-P", "-m", "harness", *words]
    child = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=False)
    if child.returncode:
        sys.exit(f"harness {' '.join(words)} ended with {child.returncode}")
    return json.loads(child.stdout)["result"] if "--json" in words else {}


def execute(argv: list[str], folder: Path) -> float:
    """Return the wall seconds of one of upstream's commands."""
    began = time.monotonic()
    done = subprocess.run(
        argv, cwd=folder, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}: {(done.stderr or done.stdout)[-400:]}")
    return time.monotonic() - began


if __name__ == "__main__":
    perform(main)
