"""The main job against upstream's own steps, on the same tree, side by side in one sitting.

    python benchmarks/upstream.py [--model tiny] [--threads 2] [--repetitions 1] [--bench whisper]

Upstream's steps are those of its ci/run.sh: configure and build all targets in Debug and Release with make, ctest,
memcpy, mul_mat and the model; with -Werror off and without ccache. Ours runs cold (empty cache but for the unpacked
source), and then again. What counts is the wall time that was not spent in benchmark children; --bench chooses which of
those are run at all.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def main() -> None:
    arguments = parse_arguments()
    scratch = Path(tempfile.mkdtemp(prefix="harness-upstream-"))
    try:
        warm_source(scratch)
        weights = harness(scratch, "models", arguments.model, "--weights", "synthetic", "--json")[0]["path"]
        tree = Path(shutil.copytree(next((scratch / "cache" / "sources").glob("*/tree")), scratch / "upstream"))
        theirs, their_benchmarks = upstream(tree, weights, arguments)
        print(f"upstream   {theirs:7.1f} s outside benchmarks, {their_benchmarks:7.1f} s in them")
        cold = 0.0
        for name in ("cold", "second"):
            outside, inside, ctest, own, children = ours(scratch, arguments)
            cold = cold or outside
            print(
                f"{name:<10} {outside:7.1f} s outside benchmarks, {inside:7.1f} s in them; ctest {ctest:.1f} s; "
                f"outside all children {own:.2f} s = {1000 * own / children:.1f} ms for each of {children}"
            )
        print(f"ratio cold / upstream, outside benchmarks: {cold / theirs:.2f}")
    finally:
        shutil.rmtree(scratch)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base")
    parser.add_argument("--threads", default=str(os.cpu_count()))
    parser.add_argument("--repetitions", default="1")
    parser.add_argument("--bench", default="memcpy,mul_mat,whisper")
    return parser.parse_args()


def upstream(tree: Path, weights: str, arguments: argparse.Namespace) -> tuple[float, float]:
    """Return wall seconds outside and inside upstream's benchmark processes."""
    began = time.monotonic()
    for mode in ("debug", "release"):
        folder = tree / f"build-ci-{mode}"
        folder.mkdir()
        # The flags of ci/run.sh on x86-64, but for -Werror: with it v1.8.5 does not compile under gcc 12.
        execute(["cmake", f"-DCMAKE_BUILD_TYPE={mode}", "-DGGML_NATIVE=OFF", "-DGGML_CCACHE=OFF", ".."], folder)
        execute(["make", f"-j{os.cpu_count()}"], folder)
        execute(["ctest", "--output-on-failure", "-L", "main", "-E", "test-opt"], folder)
    built = time.monotonic()
    bench = str(tree / "build-ci-release" / "bin" / "whisper-bench")
    what = {"memcpy": ["-w", "1"], "mul_mat": ["-w", "2"], "whisper": ["-m", weights, "-nfa"]}
    for name in arguments.bench.split(","):
        execute([bench, *what[name], "-t", arguments.threads], tree)
    return built - began, time.monotonic() - built


def ours(scratch: Path, arguments: argparse.Namespace) -> tuple[float, float, float, float, int]:
    """Return wall seconds outside and inside benchmarks, in ctest, outside all children, and their number."""
    began = time.monotonic()
    run = harness(
        scratch,
        "run",
        *("--model", arguments.model, "--weights", "synthetic", "--threads", arguments.threads),
        *(
            "--repetitions",
            arguments.repetitions,
            "--bench",
            arguments.bench,
            "--results",
            str(scratch / "results"),
            "--json",
        ),
    )
    wall = time.monotonic() - began
    walls = dict.fromkeys(("configure", "list", "build", "test", "probe", "bench"), 0.0)
    children = 0
    for result in run["results"]:
        if result["completed"]:
            walls[result["phase"]] += result["completed"]["wall_s"]
            children += 1
    return wall - walls["bench"], walls["bench"], walls["test"], wall - sum(walls.values()), children


def warm_source(scratch: Path) -> None:
    harness(scratch, "run", "--dry-run", "--weights", "synthetic")


def harness(scratch: Path, *words: str) -> Any:
    environ = {**os.environ, "HARNESS_CACHE": str(scratch / "cache"), "PYTHONPATH": str(ROOT)}
    child = subprocess.run([sys.executable, "-m", "harness", *words], env=environ, stdout=subprocess.PIPE, check=True)
    return json.loads(child.stdout) if "--json" in words else {}


def execute(argv: list[str], folder: Path) -> None:
    environ = {**os.environ, "LC_ALL": "C"}
    subprocess.run(argv, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
