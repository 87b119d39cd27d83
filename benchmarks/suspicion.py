"""How many suspicions a node has, how soon a step is seen and where, by simulation with a fixed seed.

    python -m benchmarks.suspicion [--nodes N] [--nights N] [--otava PYTHON] [--otava-nodes N] [--quick]

It prints the tables of docs/explanation/history.md, with `--only rates`, `delays` or `speed` one of them. A node has
59 series, a point each a night, that scatter by 1 % from night to night. `--otava` names a Python that has Apache
Otava, to judge some of the same nodes with, each night anew:

    python3 -m venv otava && otava/bin/pip install apache-otava==0.8.0
"""

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import beta

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.records.history import NodeHistory, Point, Series, SeriesKey  # noqa: E402
from harness.records.measurement import Case  # noqa: E402
from harness.stats.suspicion import judge_node  # noqa: E402

Floats = NDArray[np.float64]
Generator = np.random.Generator

SEED = 20261127
SERIES, NIGHTS, SCATTER = 59, 365, 0.01
# Where steps are planted, so many series of a node have one each, and a step is missed after so many nights.
STEPPING, BEFORE, AFTER, PATIENCE = 6, (40, 170), 30, 28
SIZES = (1.0, 2.0, 3.0)
EVERY, NODE_STEP = 20, 0.05
# The first so many kinds of noise are such that each series has its own.
OF_ONE = 4
# Otava names a change point again as the same one within so many points. It looks at one series at a time: of so many.
SAME, THEIRS = 2, 12


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of noise: series x nights in units of the scatter; `steps` are the nights on which the node steps."""

    name: str
    draw: Callable[[Generator, int, int], Floats]
    steps: Callable[[int], Sequence[int]] = lambda _: ()


def draw_independent(draw: Generator, series: int, nights: int) -> Floats:
    return draw.normal(size=(series, nights))


def draw_alike(memory: float) -> Callable[[Generator, int, int], Floats]:
    def make(draw: Generator, series: int, nights: int) -> Floats:
        news = draw.normal(size=(series, nights + 100)) * np.sqrt(1 - memory**2)
        made: Floats = lfilter([1.0], [1.0, -memory], news, axis=1)[:, 100:]
        return made

    return make


def draw_tails(draw: Generator, series: int, nights: int) -> Floats:
    slow = draw.random((series, nights)) < 0.05
    return draw.normal(size=(series, nights)) + slow * draw.uniform(3, 30, (series, nights))


def draw_modes(stay: float) -> Callable[[Generator, int, int], Floats]:
    """Return noise of a node that is slower by 5 % in three of ten nights, and stays as it is for `stay` nights."""

    def make(draw: Generator, series: int, nights: int) -> Floats:
        slow = np.zeros(nights, dtype=bool)
        now = bool(draw.random() < 0.3)
        for night in range(nights):
            if draw.random() < 1 / stay:
                now = bool(draw.random() < 0.3)
            slow[night] = now
        return draw.normal(size=(series, nights)) + 5.0 * slow

    return make


def draw_steps(draw: Generator, series: int, nights: int) -> Floats:
    levels = np.zeros(nights)
    for night in list_steps(nights):
        levels[night:] += draw.choice((-1, 1)) * NODE_STEP / SCATTER
    return draw.normal(size=(series, nights)) + levels


def list_steps(nights: int) -> Sequence[int]:
    return range(EVERY, nights, EVERY)


KINDS = (
    Kind(name="independent", draw=draw_independent),
    Kind(name="AR(1) rho .5", draw=draw_alike(0.5)),
    Kind(name="AR(1) rho .8", draw=draw_alike(0.8)),
    Kind(name="5 % of points 3 to 30 % slower", draw=draw_tails),
    Kind(name="node 5 % slower in 3 of 10 nights", draw=draw_modes(1)),
    Kind(name="the same, for ten nights on end", draw=draw_modes(10)),
    Kind(name="node steps by 5 % every 20 nights", draw=draw_steps, steps=list_steps),
)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What a series raised: on which night, since when, between which nights that may lie, and how large it may be."""

    series: int
    raised: int
    since: int
    earliest: int
    latest: int
    low: float = 0.0
    high: float = 0.0


def main() -> None:
    options = parser().parse_args()
    print_head()
    print(f"seed {SEED}, nodes of {SERIES} series that scatter by {SCATTER:.0%}, one point each a night")
    began = time.process_time()
    if options.only in ("", "rates"):
        tabulate_rates(options.nodes, options.nights, options.otava, min(options.otava_nodes, options.nodes))
    if options.only in ("", "delays"):
        nodes, theirs = options.nodes * 3, min(options.otava_nodes, options.nodes) * 2
        tabulate_delays(1 if options.quick else nodes, SIZES[-1:] if options.quick else SIZES, options.otava, theirs)
    if options.only in ("", "speed"):
        tabulate_speed(50 if options.quick else 1)
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--nodes", type=int, default=20, help="nodes a line, for a year each (default 20)")
    made.add_argument("--otava", default="", metavar="PYTHON", help="a Python with Apache Otava, to set beside")
    made.add_argument("--otava-nodes", type=int, default=2, metavar="N", help="nodes of a line for it (default 2)")
    made.add_argument("--nights", type=int, default=NIGHTS, help="nights of a node for its rate (default 365)")
    made.add_argument("--quick", action="store_true", help="few steps, and few points for the speed")
    made.add_argument("--only", choices=("rates", "delays", "speed"), default="", help="this table alone")
    return made


def make_series(noise: Floats) -> list[Series]:
    """Return a node's series with a point a night, each night another commit."""
    values = 100 * np.exp(SCATTER * noise)
    keys = [
        SeriesKey(node="node", config="config", case=Case.of("whisper", model=f"m{index}"), metric="encode")
        for index in range(len(values))
    ]
    nights = [(f"commit{night}", f"run{night}", f"day{night}") for night in range(values.shape[1])]
    return [
        Series(
            key=key,
            points=tuple(
                Point(position=night, commit=commit, run=run, day=day, value=value)
                for night, ((commit, run, day), value) in enumerate(zip(nights, row, strict=True))
            ),
        )
        for key, row in zip(keys, values.tolist(), strict=True)
    ]


def list_alarms(history: NodeHistory) -> list[Alarm]:
    return [
        Alarm(
            series=index,
            raised=one.raised,
            since=one.place.since,
            earliest=one.place.earliest,
            latest=one.place.latest,
            low=one.low,
            high=one.high,
        )
        for index, judgement in enumerate(history.judgements)
        for one in judgement.suspicions
    ]


def list_events(history: NodeHistory) -> list[Alarm]:
    firsts = [event.suspicions[0] for event in history.events]
    return [
        Alarm(series=0, raised=one.raised, since=one.place.since, earliest=one.place.earliest, latest=one.place.latest)
        for one in firsts
    ]


def ask_otava(python: str, noises: Sequence[Floats]) -> list[list[Alarm]]:
    """Return what Otava raises of each node, judging anew each night."""
    values = [(100 * np.exp(SCATTER * noise)).tolist() for noise in noises]
    script = str(ROOT / "benchmarks" / "otava_nights.py")
    done = subprocess.run(
        [python, script, str(SAME)], input=json.dumps(values), capture_output=True, text=True, check=True
    )
    return [
        [
            Alarm(series=index, raised=night, since=at, earliest=at, latest=at)
            for index, found in enumerate(node)
            for night, at in found
        ]
        for node in json.loads(done.stdout)
    ]


def tabulate_rates(nodes: int, nights: int, otava: str, otava_nodes: int) -> None:
    print(
        f"\nSuspicions without any change of code: {nodes} nodes a line, {nights} nights each; an event is all series"
    )
    print("of a node that step together. At most: on any night of any node. Node's steps seen: within 19 nights.\n")
    print(
        "| noise | judge | events a node and night | at most in one night | false ones | node's steps seen "
        "| suspicions a series and night |"
    )
    print("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        noises = list(draw_nodes(kind, "rates", nodes, nights))
        ours = [judge_node(make_series(noise)) for noise in noises]
        events = [list_events(history) for history in ours]
        print_rate(kind, nights, events, sum(len(list_alarms(history)) for history in ours))
        if otava and otava_nodes:
            found = sum(map(len, ask_otava(otava, [noise[:THEIRS] for noise in noises[:otava_nodes]])))
            rate = found / otava_nodes / THEIRS / nights
            print(f"| {kind.name} | Otava | - | - | - | - | {rate:.4f} |", flush=True)


def draw_nodes(kind: Kind, table: str, nodes: int, nights: int) -> Iterator[Floats]:
    draw = np.random.default_rng([SEED, *f"{table}/{kind.name}".encode()])
    for _ in range(nodes):
        yield kind.draw(draw, SERIES, nights)


def print_rate(kind: Kind, each: int, events: Sequence[Sequence[Alarm]], suspicions: int) -> None:
    steps = list(kind.steps(each))
    nights = len(events) * each
    count = sum(map(len, events))
    most = max((len(list(same)) for node in events for _, same in by_night(node)), default=0)
    seen = false = 0
    for node in events:
        hit = {step for step in steps for one in node if step <= one.raised < step + EVERY - 1}
        seen += len(hit)
        false += sum(all(not step <= one.raised < step + 5 for step in steps) for one in node)
    found = f"{seen / len(steps) / len(events):.1%}" if steps else "-"
    each_series = f"{suspicions / SERIES / nights:.4f}"
    cells = (kind.name, "harness", share(count, nights), str(most), f"{false / nights:.3f}", found, each_series)
    print(f"| {' | '.join(cells)} |", flush=True)


def by_night(events: Sequence[Alarm]) -> Iterator[tuple[int, Iterator[Alarm]]]:
    yield from itertools.groupby(sorted(events, key=lambda one: one.raised), key=lambda one: one.raised)


def tabulate_delays(nodes: int, sizes: Sequence[float], otava: str, otava_nodes: int) -> None:
    print(f"\nOne step in each of {STEPPING} series of a node, on a night between the {BEFORE[0]}th and {BEFORE[1]}th;")
    print(f"{nodes} nodes a line. A step counts as seen within {PATIENCE} nights, its own night being the first.\n")
    print(
        "| noise | step | judge | seen | nights, median | nights, p90 | within 1 commit | interval held the place "
        "| interval held the size |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in KINDS[:OF_ONE]:
        for size in sizes:
            draw = np.random.default_rng([SEED, *f"delays/{kind.name}/{size}".encode()])
            planted = [plant(draw, kind, size) for _ in range(nodes)]
            noises = [noise for noise, _ in planted]
            steps = [at for _, at in planted]
            print_delay(kind, size, "harness", [list_alarms(judge_node(make_series(one))) for one in noises], steps)
            if otava and otava_nodes:
                # Only the series that step: the others cost it minutes, and it does not look at them together.
                theirs = ask_otava(otava, [noise[:STEPPING] for noise in noises[:otava_nodes]])
                print_delay(kind, size, "Otava", theirs, steps[:otava_nodes])


def plant(draw: Generator, kind: Kind, size: float) -> tuple[Floats, list[tuple[int, float]]]:
    """Return the noise of a node whose first series step by `size` times their scatter, and when each does, and how."""
    noise = kind.draw(draw, SERIES, BEFORE[1] + AFTER)
    places = [int(draw.integers(*BEFORE)) for _ in range(STEPPING)]
    steps = [(place, float(draw.choice((-1, 1)) * size)) for place in places]
    for index, (place, step) in enumerate(steps):
        noise[index, place:] += step
    return noise, steps


def print_delay(
    kind: Kind, size: float, judge: str, alarms: Sequence[Sequence[Alarm]], steps: Sequence[Sequence[tuple[int, float]]]
) -> None:
    delays: list[float] = []
    near = held = sized = seen = 0
    for found, own in zip(alarms, steps, strict=True):
        for index, (place, step) in enumerate(own):
            hits = [
                one
                for one in found
                if one.series == index and place <= one.raised < place + PATIENCE and abs(one.since - place) <= PATIENCE
            ]
            if not hits:
                delays.append(np.inf)
                continue
            first = min(hits, key=lambda one: one.raised)
            seen += 1
            delays.append(first.raised - place + 1)
            near += abs(first.since - place) <= 1
            held += first.earliest <= place <= first.latest
            sized += first.low <= np.expm1(SCATTER * step) <= first.high
    total = len(delays)
    median, late = (float(np.quantile(delays, level, method="higher")) for level in (0.5, 0.9))
    intervals = [f"{count / seen:.0%}" if judge == "harness" and seen else "-" for count in (held, sized)]
    cells = (
        kind.name, f"{size:.0f} sigma", judge, share(seen, total, places=0), name_nights(median), name_nights(late),
        share(near, seen, places=0) if seen else "-", *intervals,
    )  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)


def name_nights(delay: float) -> str:
    return f"{delay:.0f}" if delay < np.inf else f"> {PATIENCE}"


def tabulate_speed(less: int) -> None:
    print("\n| series | points each | CPU time |")
    print("|---|---|---|")
    for series, points in ((59, 1000), (1, 10_000)):
        draw = np.random.default_rng(SEED)
        made = make_series(draw_independent(draw, series, points // less))
        best = min(clock(made) for _ in range(3))
        print(f"| {series} | {points // less:,} | {best:.2f} s |")


def clock(series: Sequence[Series]) -> float:
    began = time.process_time()
    judge_node(series)
    return time.process_time() - began


def share(count: int, total: int, places: int = 3) -> str:
    low = float(beta.ppf(0.025, count, total - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, total - count)) if count < total else 1.0
    if places:
        return f"{count / total:.{places}f} [{low:.{places}f}, {high:.{places}f}]"
    return f"{count / total:.0%} [{low:.0%}, {high:.0%}]"


if __name__ == "__main__":
    perform(main)
