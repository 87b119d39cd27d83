"""The fault campaign: every fault of the catalogue is injected into a run, and what is seen is compared.

        python -m benchmarks.faults [--only WORD] [--jobs N] [--list] [--slow N]

Ends with 0 when every fault was handled as expected, else with 1; every deviation is named above the summary. See
docs/reference/faults.md.
"""

import argparse
import collections
import concurrent.futures
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.system.synthetic import obtain_synthetic  # noqa: E402
from tests.faults.catalog import CATALOG, count_by_family, injections  # noqa: E402
from tests.faults.family.cut import Cut  # noqa: E402
from tests.faults.fault import Deviation, Fault, Kind  # noqa: E402
from tests.faults.judge import play  # noqa: E402
from tests.faults.stage import Stage, Template  # noqa: E402
from tests.player import let_signals_through, the_player  # noqa: E402

_WORDS = {
    Kind.GREEN: "silent green",
    Kind.LOST: "lost",
    Kind.TRACEBACK: "tracebacks",
    Kind.PROCESS: "left-over processes",
    Kind.FILE: "left-over temporary files",
}


def main() -> int:
    asked = parser().parse_args()
    faults = [fault for fault in CATALOG if any(word in fault.id for word in asked.only.split(","))]
    if asked.list:
        for fault in faults:
            print(f"{fault.id:<50} {fault.where}: {fault.what}")
        return 0
    print_head()
    let_signals_through()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            found, took = inject(faults, Path(folder), jobs=asked.jobs)
    except KeyboardInterrupt:
        print("interrupted: the deviations so far are listed above; there is no summary", file=sys.stderr)
        return 130
    for fault in sorted(faults, key=lambda one: -took[one.id])[: asked.slow]:
        print(f"{took[fault.id]:6.1f} s  {fault.id}")
    print_families(faults)
    the_player().close()  # what it has used counts once it has ended
    print(f"{time.monotonic() - began:.0f} s, of CPU time {cpu_s():.0f} s")
    print(summarize(faults, found))
    return 1 if any(found.values()) else 0


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument(
        "--only", default="", metavar="WORD[,WORD]", help="only faults whose family/name contains this word"
    )
    made.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    made.add_argument("--list", action="store_true", help="print the catalogue and end")
    made.add_argument("--slow", type=int, default=0, help="print the N slowest faults")
    return made


def inject(faults: list[Fault], folder: Path, *, jobs: int) -> tuple[dict[str, list[Deviation]], dict[str, float]]:
    """Return the deviations of each fault, named as they are found, and the seconds that it took."""
    weights, _ = obtain_synthetic("tiny", folder=folder / "weights", memory=folder / "weights" / "sums")
    template = Template(folder, weights)
    found: dict[str, list[Deviation]] = {}
    took: dict[str, float] = {}
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        futures = {pool.submit(_inject, fault, folder / f"s{n}", template): fault for n, fault in enumerate(faults)}
        for number, future in enumerate(concurrent.futures.as_completed(futures), 1):
            fault = futures[future]
            found[fault.id], took[fault.id] = future.result()
            for deviation in found[fault.id]:
                print(f"{fault.id}: {deviation.kind.value}: {deviation.what}", flush=True)
            if number % 100 == 0:
                print(f"... {number} of {len(faults)}", file=sys.stderr, flush=True)
    finally:  # an interrupt ends it after the faults that are under way
        pool.shutdown(cancel_futures=True)
    return found, took


def _inject(fault: Fault, folder: Path, template: Template) -> tuple[list[Deviation], float]:
    began = time.monotonic()
    try:
        if all(isinstance(deed, Cut) for deed in fault.deeds):  # it needs no folder
            found = [one for deed in fault.deeds if isinstance(deed, Cut) for one in deed.look(None)]
            return found, time.monotonic() - began
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=folder.name, ignore_cleanup_errors=True) as own:
            return play(fault, Stage(Path(own), template)), time.monotonic() - began
    except Exception:  # a fault of the campaign itself must not end it
        what = f"the campaign failed: {traceback.format_exc()}"
        return [Deviation(kind=Kind.WRONG, what=what)], time.monotonic() - began


def cpu_s() -> float:
    """Return the CPU time of this process and all that it has waited for: on a busy machine it tells more."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def print_families(faults: list[Fault]) -> None:
    counts = count_by_family(faults)
    for family, count in counts.items():
        if count:
            times = sum(injections(fault) for fault in faults if fault.family is family)
            print(f"{family.value:<24} {count:>5} faults {times:>5} injected")


def summarize(faults: list[Fault], found: dict[str, list[Deviation]]) -> str:
    """Return the one line that tells all."""
    injected = sum(injections(fault) for fault in faults)
    wrong = sum(injections(fault) for fault in faults if found[fault.id])
    kinds = collections.Counter(deviation.kind for one in found.values() for deviation in one)
    counted = ", ".join(f"{kinds[kind]} {words}" for kind, words in _WORDS.items())
    return f"{injected} injected, {injected - wrong} seen rightly, {counted}"


if __name__ == "__main__":
    perform(main)
