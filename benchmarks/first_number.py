"""How long a new user waits for the first number: a fresh clone, no environment, no cache, until `run` has ended.

    python benchmarks/first_number.py [--rounds N] [--against REF] [--packages] [-- OPTION...]

Each round clones this repository, and starts `harness run --model tiny --bench whisper --no-tests --repetitions 1` in
the clone, with a Python that has no packages: they are fetched, like the sources, and everything is built. With
--against REF, a clone at that commit takes turns with this one. --packages uses the packages of this Python, so that
nothing is set up; options behind `--` are passed on to `run`. CPU time is that of all processes together: where other
work disturbs the node, it says more than the clock.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.store.bundle import load_run  # noqa: E402

RUN = ("run", "--model", "tiny", "--bench", "whisper", "--no-tests", "--repetitions", "1", "--retries", "0")
OWN = ("HARNESS_CACHE", "HARNESS_RESULTS", "HARNESS_VENV", "PYTHONPATH", "VIRTUAL_ENV")


class Spent(NamedTuple):
    """What something took: seconds by the clock, and seconds of CPU time."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s, {self.cpu:6.1f} s of CPU time"


def main() -> int:
    asked = parser().parse_args()
    print_head()
    for number in range(max(1, asked.rounds)):
        refs = ["HEAD", *([asked.against] if asked.against else [])]
        for ref in refs if number % 2 == 0 else refs[::-1]:
            code = measure(ref, asked)
            if code:
                return code
    return 0


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--rounds", type=int, default=1, help="default: 1")
    made.add_argument("--against", metavar="REF", help="another commit of this repository, in turns with this one")
    made.add_argument("--packages", action="store_true", help="use the packages of this Python")
    made.add_argument("words", nargs="*", metavar="OPTION", help="options of run, behind --")
    return made


def measure(ref: str, asked: argparse.Namespace) -> int:
    """Print what a new user of the commit waits for; return the exit code of what failed, else 0."""
    with tempfile.TemporaryDirectory(prefix="harness-first-") as scratch:
        folder = Path(scratch)
        git = ["git", "-c", "advice.detachedHead=false"]
        subprocess.run([*git, "clone", "-q", str(ROOT), str(folder / "clone")], check=True)
        named = subprocess.run([*git, "-C", str(ROOT), "rev-parse", ref], check=True, capture_output=True, text=True)
        subprocess.run([*git, "-C", str(folder / "clone"), "checkout", "-q", named.stdout.strip()], check=True)
        environ = {name: value for name, value in os.environ.items() if name not in OWN}
        environ |= {"HOME": scratch, "HARNESS_CACHE": f"{scratch}/cache", "CCACHE_DISABLE": "1"}
        python = [sys.executable, *([] if asked.packages else ["-S"]), "-m", "harness"]
        set_up, code = take([*python, "--version"], folder, environ)
        if not code:
            ran, code = take([*python, *RUN, *asked.words, "--results", f"{scratch}/results"], folder, environ)
        if code:
            print((folder / "output.txt").read_text(), file=sys.stderr)
            return code
        print(f"{ref}: first number after {Spent(set_up.wall + ran.wall, set_up.cpu + ran.cpu)}")
        print(f"  set-up             {set_up}")
        print(f"  run                {ran}")
        for bundle in sorted((folder / "results").glob("*/*/*")):
            for result in load_run(bundle).results:
                if result.completed and result.completed.wall_s >= 0.1:
                    print(f"    {result.step:18} {result.completed.wall_s:5.1f} s")
    return 0


def take(words: list[str], folder: Path, environ: dict[str, str]) -> tuple[Spent, int]:
    """Run a command in the clone; return what it took, its children included, and its exit code."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with (folder / "output.txt").open("w") as output:
        done = subprocess.run(words, cwd=folder / "clone", env=environ, stdout=output, stderr=output, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.perf_counter() - began, cpu), done.returncode


if __name__ == "__main__":
    perform(main)
