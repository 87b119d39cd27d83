"""What it costs to give a block files of its own: to copy the libraries of a build, and to link them anew.

    python benchmarks/relinking.py BUILD [--times 9]

BUILD is the folder of a build that can be linked anew: the one with `-drawn-` in its name that `harness ab --relink`
makes. Its linker is the one that it was configured with (-D CMAKE_SHARED_LINKER_FLAGS=-fuse-ld=mold). Both are done
`--times` times for one side; a block does it twice. The columns are wall time, and CPU time including the linker's.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.errors import UnfitError  # noqa: E402
from harness.plan.code_layout import LayoutLink, choose_link_argv  # noqa: E402
from harness.plan.run import LIBRARY_TARGET  # noqa: E402
from harness.run.build_file import RELINK, keep_include, write_code_layout  # noqa: E402
from harness.system.built import copy_built  # noqa: E402
from harness.system.process.child import execute  # noqa: E402

_TIMEOUT_S = 600


def main() -> None:
    asked = parser().parse_args()
    print_head()
    build, cmake = Path(asked.build).resolve(), shutil.which("cmake")
    if cmake is None:
        raise UnfitError("there is no cmake in PATH", hint=".venv/test/bin/python, with .venv/test/bin in PATH")
    with tempfile.TemporaryDirectory(prefix="relinking-") as place:
        script = keep_include(Path(place), RELINK)

        def link(into: Path, number: int) -> None:
            layout = write_code_layout(into.with_name(f"{into.name}.layout"), number)
            argv = choose_link_argv(cmake, script, LayoutLink(str(build), layout, str(into), (LIBRARY_TARGET,)))
            log = into.with_name(f"{into.name}.log")
            done = execute(argv, cwd=build, env=os.environ, log=log, timeout_s=_TIMEOUT_S)
            if done.exit_code or done.timed_out:
                raise UnfitError("the link failed", cause=log.read_text(errors="replace")[-500:])

        print("| one side | wall | CPU |\n|---|---|---|")
        for name, act in (("copied", lambda into, _: copy_built(build, into)), ("linked", link)):
            walls, cpus = measure(act, Path(place, name), asked.times)
            print(f"| {name} | {1000 * median(walls):.0f} ms | {1000 * median(cpus):.0f} ms |", flush=True)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("build", metavar="BUILD")
    made.add_argument("--times", type=int, default=9)
    return made


def measure(act: Callable[[Path, int], None], place: Path, times: int) -> tuple[list[float], list[float]]:
    """Return the seconds of wall and CPU time that it took, each time into a new folder."""
    walls, cpus = [], []
    for number in range(1, times + 1):
        began, used = time.perf_counter(), sum(os.times()[:4])
        act(place / str(number), number)
        walls.append(time.perf_counter() - began)
        cpus.append(sum(os.times()[:4]) - used)
    return walls, cpus


if __name__ == "__main__":
    perform(main)
