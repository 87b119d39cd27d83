"""Simulated years of `harness nightly`: what it says that is false, what it finds and how soon, and what that takes.

    python -m benchmarks.nightly [--only TABLE] [--nights N] [--years N] [--jobs N] [--otava PYTHON] [--keep FILE]

It prints the tables of docs/explanation/nightly.md. The planner, the detector and the statistics are the harness's
own; a node of 59 series is simulated under them, and commits come as they did in whisper.cpp. `--keep` writes each
year to a file as it ends, as a line of JSON, and `--summary` makes the tables of such a file. `--otava` names a
Python that has Apache Otava, see `benchmarks.suspicion`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from scipy.stats import beta

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.night_node import KINDS  # noqa: E402
from benchmarks.night_year import CREEP, CREEPS, LARGE, NODE_STEP, SMALL, Planted, Task, Year, live  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

YEAR = 365
TABLES = ("quiet", "changes", "creep")
# Sizes that are nearer are the same; later than any night.
NEAR, NEVER = 1e-6, 1e6


def main() -> None:
    given = parser().parse_args()
    print_head()
    began = time.perf_counter()
    years = read(Path(given.summary)) if given.summary else simulate(given)
    for table, tabulate in TABULATE.items():
        own = [one for one in years if one.table == table]
        if own:
            tabulate(own)
    print(f"\n{time.perf_counter() - began:.0f} s with {given.jobs} processes")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--only", choices=TABLES, default="", help="this table alone")
    made.add_argument("--noise", default="", metavar="WORD", help="only kinds of noise with this word in their name")
    made.add_argument("--nights", type=int, default=2_000, help="nights without a change, of each noise (default 2000)")
    made.add_argument("--years", type=int, default=4, help="years with changes, of each noise (default 4)")
    made.add_argument("--length", type=int, default=YEAR, help="nights of a year (default 365)")
    made.add_argument("--rivals", type=int, default=1, help="years that others see as well, of each noise (default 1)")
    made.add_argument("--jobs", type=int, default=1, help="processes to simulate with (default 1)")
    made.add_argument("--otava", default="", metavar="PYTHON", help="a Python with Apache Otava, to set beside")
    made.add_argument("--keep", default="", metavar="FILE", help="append each year as it ends, as a line of JSON")
    made.add_argument("--summary", default="", metavar="FILE", help="make the tables of such a file")
    return made


def list_tasks(given: argparse.Namespace) -> list[Task]:
    """Return the years to simulate, those of one number together, so that the tables grow evenly."""
    tasks = []
    quiet = -(-given.nights // given.length)
    for table, count in (("quiet", quiet), ("changes", given.years), ("creep", given.years)):
        if given.only in ("", table):
            for number in range(count):
                rivals = number < given.rivals
                otava = given.otava if rivals else ""
                for kind in KINDS:
                    task = Task(table, kind.name, number, given.length, otava, rivals)
                    tasks += [(number / count, task)] if given.noise in kind.name else []
    return [task for _, task in sorted(tasks, key=lambda pair: pair[0])]


def simulate(given: argparse.Namespace) -> list[Year]:
    years = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for done in as_completed([pool.submit(live, task) for task in list_tasks(given)]):
            years.append(done.result())
            if given.keep:
                with Path(given.keep).open("a") as kept:
                    kept.write(json.dumps(asdict(years[-1])) + "\n")
    return years


def read(path: Path) -> list[Year]:
    """Return the years that were kept in a file, each once."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines()]
    years = [Year(**{**line, "planted": [Planted(**one) for one in line["planted"]]}) for line in lines]
    return list({(one.table, one.noise, one.number): one for one in years}.values())


def by_noise(years: Iterable[Year]) -> list[tuple[str, list[Year]]]:
    """Return the years of each kind of noise, in the order of kinds, and all of them together at the end."""
    known = list(years)
    groups = [(kind.name, [one for one in known if one.noise == kind.name]) for kind in KINDS]
    found = [(name, own) for name, own in groups if own]
    return [*found, ("all", known)] if len(found) > 1 else found


def tabulate_quiet(years: Sequence[Year]) -> None:
    print("\nNights without a change of the code: every CODE event is false.\n")
    print(
        "| noise | nights | false CODE events | per 100 nights, upper 95 % bound | confirmations a night "
        "| minutes of them: mean, p95, most | NODE events | suspicions a night "
        "| a 2 % threshold, alarms per 100 nights | Otava, alarms per 100 nights |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, own in by_noise(years):
        nights = sum(one.nights for one in own)
        spent = [seconds / 60 for one in own for seconds in one.confirm_s]
        asked = [one for one in own if one.otava is not None]
        otava = f"{100 * sum(one.otava or 0 for one in asked) / sum(one.nights for one in asked):.0f}" if asked else "-"
        false = sum(one.false for one in own)
        cells = (
            name, f"{nights:,}", str(false), f"{100 * bound_above(false, nights):.2f}",
            f"{sum(one.confirmations for one in own) / nights:.3f}", spread(spent), str(sum(one.node for one in own)),
            f"{sum(one.suspicions for one in own) / nights:.3f}",
            f"{100 * sum(one.threshold for one in own) / nights:.0f}", otava,
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


def tabulate_changes(years: Sequence[Year]) -> None:
    print("\nChanges that were planted, found and confirmed live (CODE).\n")
    print("| noise | change | planted | the same night | within two nights | within a week | commit named | in all |")
    print("|---|---|---|---|---|---|---|---|")
    for name, own in by_noise(years):
        for size in (LARGE, SMALL):
            for count in (0, 2, 4, 8) if name == "all" else (0,):
                tell_found(name, size, count, [one for year in own for one in year.planted if one.kind == "code"])
    print("\nWhat was it, the code or the machine? Half of the events are of each.\n")
    print("| noise | planted | right | wrong | not sorted within two weeks | right, of those that were sorted |")
    print("|---|---|---|---|---|---|")
    for name, own in by_noise(years):
        meant = [one for year in own for one in year.planted if abs(abs(one.size) - NODE_STEP) < NEAR]
        right = sum(one.sorted == one.kind for one in meant)
        wrong = sum(one.sorted not in ("", one.kind) for one in meant)
        cells = (
            name,
            str(len(meant)),
            str(right),
            str(wrong),
            str(len(meant) - right - wrong),
            share(right, right + wrong),
        )
        print(f"| {' | '.join(cells)} |", flush=True)
    tabulate_time(years)


def tell_found(name: str, size: float, count: int, planted: Sequence[Planted]) -> None:
    meant = [one for one in planted if abs(abs(one.size) - size) < NEAR and count in (0, one.series)]
    if not meant:
        return
    code = [one.found for one in meant if one.sorted == "code" and one.found is not None]
    cells = [name, f"{size:.0%}" + (f" in {count} series" if count else ""), str(len(meant))]
    cells += [share(sum(found <= late for found in code), len(meant)) for late in (0, 1, 6)]
    cells += [share(sum(one.named is not None for one in meant), len(meant)), share(len(code), len(meant))]
    print(f"| {' | '.join(cells)} |", flush=True)


def tabulate_time(years: Sequence[Year]) -> None:
    print("\nMinutes of the machine a night, by what they were for.\n")
    kinds = ("confirm", "bisect", "head", "anchor", "cells", "gap", "audit")
    print(f"| noise | {' | '.join(kinds)} | in all |")
    print(f"|---|{'---|' * (len(kinds) + 1)}")
    for name, own in by_noise(years):
        nights = sum(one.nights for one in own)
        minutes = [sum(one.seconds.get(kind, 0.0) for one in own) / nights / 60 for kind in kinds]
        print(f"| {name} | {' | '.join(f'{one:.1f}' for one in (*minutes, sum(minutes)))} |", flush=True)
    compared = [one for one in years if one.every_s]
    if compared:
        tabulate_rival(compared)


def tabulate_rival(years: Sequence[Year]) -> None:
    """Print what a watch takes and finds that runs every night's head and a midpoint; both are given the same years."""
    nights = sum(one.nights for one in years)
    planted = [one for year in years for one in year.planted if one.kind == "code"]
    print(f"\nThe same changes, watched by a run of the head and of a midpoint every night: {len(years)} years.\n")
    print("| watch | minutes a night | 5 % within a week | median nights | 2 % within a week | median nights |")
    print("|---|---|---|---|---|---|")
    ours = [(one.size, one.found if one.sorted == "code" else None) for one in planted]
    theirs = [(one.size, one.every) for one in planted]
    for name, seconds, found in (
        ("harness nightly, confirmed live", sum(sum(one.seconds.values()) for one in years), ours),
        ("every head and a midpoint, suspected", sum(one.every_s for one in years), theirs),
    ):
        cells = [name, f"{seconds / nights / 60:.1f}"]
        for size in (LARGE, SMALL):
            late = [night for change, night in found if abs(abs(change) - size) < NEAR]
            soon = sorted(NEVER if one is None else one for one in late)
            middle = median(soon) if soon else NEVER
            cells += [share(sum(one <= 6 for one in soon), len(soon)), f"{middle:.0f}" if middle < NEVER else "never"]
        print(f"| {' | '.join(cells)} |", flush=True)


def tabulate_creep(years: Sequence[Year]) -> None:
    print(f"\n{CREEPS} steps of {CREEP:.1%}, each in another night's commits: nights after 2 % are reached.\n")
    print("| noise | nodes | found | nights after 2 %: median | within 3 |")
    print("|---|---|---|---|---|")
    for name, own in by_noise(years):
        late = [find_creep(one) for one in own]
        known = [one for one in late if one is not None]
        cells = (
            name, str(len(own)), str(len(known)), f"{median(known):.0f}" if known else "-",
            share(sum(one <= 3 for one in known), len(own)),
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


def find_creep(year: Year) -> int | None:
    """Return how many nights after 2 % were reached the first CODE event came, negative where it was before."""
    reached = next((one.night for number, one in enumerate(year.planted, 1) if number * CREEP >= SMALL), None)
    found = [one.night + one.found for one in year.planted if one.sorted == "code" and one.found is not None]
    return min(found) - reached if found and reached is not None else None


def spread(values: Sequence[float]) -> str:
    """Return the mean, what 95 % are at most, and the most."""
    if not values:
        return "-"
    return f"{mean(values):.1f}, {float(np.quantile(values, 0.95)):.1f}, {max(values):.1f}"


def bound_above(count: int, total: int) -> float:
    """Return the exact one-sided upper 95 % bound of a share (Clopper and Pearson)."""
    return float(beta.ppf(0.95, count + 1, total - count)) if count < total else 1.0


def share(count: int, total: int) -> str:
    """Return a share in per cent with its exact 95 % interval (Clopper and Pearson)."""
    if not total:
        return "-"
    low = float(beta.ppf(0.025, count, total - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, total - count)) if count < total else 1.0
    return f"{count / total:.0%} [{low:.0%}, {high:.0%}]"


TABULATE: dict[str, Callable[[Sequence[Year]], None]] = {
    "quiet": tabulate_quiet,
    "changes": tabulate_changes,
    "creep": tabulate_creep,
}

if __name__ == "__main__":
    perform(main)
