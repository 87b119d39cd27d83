"""A node that is watched night by night, simulated: what a run and a block of a live comparison take there.

Commits come as they did in whisper.cpp (`upstream_days.tsv`: how many there were on each day, and how many of them
change a file that is compiled for a CPU). All levels are logarithms, and all deviations are relative.
"""

import csv
import datetime
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from harness.records.measurement import Case
from harness.records.night import BranchCommit

Floats = NDArray[np.float64]
Generator = np.random.Generator
SeriesName = tuple[Case, str]
# A date and its commits, oldest first.
Day = tuple[str, list[BranchCommit]]

DAYS = Path(__file__).with_name("upstream_days.tsv")
# From night to night a series scatters by so much, and a share of the variance is common to all series.
SCATTER, COMMON = 0.01, 0.2
# The difference of two processes that live side by side scatters by so much, half of the variance common to the metrics
# of a case; a call by so much, and the process that is started second is a little faster.
BLOCKS, CALLS, SECOND = 0.02, 0.01, -0.005
# Nights differ in how much their processes scatter.
NIGHTS_DIFFER = 0.3
NODE_STEP, EVERY = 0.05, 20

MODELS = tuple(Case.of("whisper", model=model, threads=2, fa=0) for model in ("tiny", "base"))
TIMES = ("encode", "decode", "batchd", "prompt")
_TYPES = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "f16", "f32")
_SIZES = (64, 128, 256, 512, 1024, 2048, 4096)
# What a run of the suite gives: 59 series, as a real one of two models has them.
SERIES: tuple[SeriesName, ...] = (
    *((case, metric) for case in MODELS for metric in TIMES),
    *((Case.of("memcpy", threads=threads), "copy_rate") for threads in (1, 2)),
    *((Case.of("mul_mat", n=n, type=kind, threads=2), "flop_rate") for n in _SIZES for kind in _TYPES),
)
LIVE = len(MODELS) * len(TIMES)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of noise. Nights, and processes, remember the one before with the correlation `memory`.

    With `tails` both have Student's t of 3 degrees of freedom; with `steps` the node steps by 5 % every 20 nights.
    """

    name: str
    memory: float = 0.0
    tails: bool = False
    steps: bool = False


KINDS = (
    Kind(name="independent"),
    Kind(name="AR(1) rho .5", memory=0.5),
    Kind(name="AR(1) rho .8", memory=0.8),
    Kind(name="heavy tails (t, 3 df)", tails=True),
    Kind(name="node steps by 5 % every 20 nights", steps=True),
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that was planted: from `night` on the times of the `series` are exp(`size`) times as long.

    A change of the code is that of the commit `sha`; without one it is the node's.
    """

    night: int
    size: float
    series: tuple[int, ...]
    sha: str = ""


def list_days(start: str, nights: int) -> list[Day]:
    """Return `nights` days from `start` on with their commits, oldest first; after the last one known they repeat."""
    with DAYS.open() as lines:
        known = {
            row["day"]: (int(row["commits"]), int(row["compiled"])) for row in csv.DictReader(lines, delimiter="\t")
        }
    first, last = (datetime.date.fromisoformat(day) for day in (min(known), max(known)))
    found = []
    for number in range(nights):
        day = datetime.date.fromisoformat(start) + datetime.timedelta(days=number)
        source = first + (day - first) % (last - first + datetime.timedelta(days=1))
        count, compiled = known.get(source.isoformat(), (0, 0))
        found.append((day.isoformat(), _make_commits(day.isoformat(), count, compiled)))
    return found


def _make_commits(day: str, count: int, compiled: int) -> list[BranchCommit]:
    """Return the commits of a day; those that are compiled lie among the others as evenly as they can."""
    return [
        BranchCommit(
            sha=hashlib.sha1(f"{day}/{number}".encode(), usedforsecurity=False).hexdigest(),
            date=f"{day}T{6 + 16 * number // count:02d}:{number % 60:02d}:00+00:00",
            subject=f"commit {number + 1} of {count}",
            compiled=(number + 1) * compiled // count > number * compiled // count,
        )
        for number in range(count)
    ]


@dataclass
class Node:
    """The truth of a simulated node: what each series takes, by commit and night, and how it scatters.

    `places` are those of the commits by their sha. In the first `quiet` nights the node does not step.
    """

    kind: Kind
    seed: str
    nights: int
    quiet: int = 0
    changes: Sequence[Change] = ()
    places: dict[str, int] = field(default_factory=dict)
    noise: Floats = field(init=False)
    node: Floats = field(init=False)
    scales: Floats = field(init=False)
    _draw: random.Random = field(init=False)
    _before: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the noise of all nights."""
        draw = np.random.default_rng([*self.seed.encode()])
        own = _draw_noise(draw, self.kind, (len(SERIES), self.nights))
        common = _draw_noise(draw, self.kind, (1, self.nights))
        self.noise = SCATTER * (np.sqrt(1 - COMMON) * own + np.sqrt(COMMON) * common)
        self.node = np.zeros((len(SERIES), self.nights))
        if self.kind.steps:
            for night in self.list_steps():
                self.node[:, night:] += draw.choice((-1, 1)) * NODE_STEP
        for change in self.changes:
            if not change.sha:
                self.node[list(change.series), change.night :] += change.size
        self.scales = BLOCKS * np.exp(draw.normal(0, NIGHTS_DIFFER, self.nights))
        self._draw = random.Random(f"{self.seed}/blocks")

    def list_steps(self) -> Sequence[int]:
        """Return the nights on which the node steps by itself."""
        return range(self.quiet + EVERY, self.nights, EVERY) if self.kind.steps else ()

    def level(self, sha: str) -> Floats:
        """Return by how much the code of a commit is slower than the first one's, for each series."""
        levels = np.zeros(len(SERIES))
        place = self.places[sha]
        for change in self.changes:
            if change.sha and self.places[change.sha] <= place:
                levels[list(change.series)] += change.size
        return levels

    def run(self, night: int, sha: str) -> list[float]:
        """Return the value of each series in a run of a commit; rates fall where times rise."""
        times = self.level(sha) + self.node[:, night] + self.noise[:, night]
        signs = np.where(np.arange(len(SERIES)) < LIVE, 1.0, -1.0)
        return [float(value) for value in 100 * np.exp(signs * times)]

    def block(
        self, night: int, sides: tuple[str, str], model: int, *, pairs: int, first: bool
    ) -> list[list[tuple[float, float]]]:
        """Return the pairs of each metric of a block of one model; `first` tells that the baseline starts first."""
        draw, kind = self._draw, self.kind
        levels = [self.level(sha)[model * len(TIMES) : (model + 1) * len(TIMES)] for sha in sides]
        order = (0, 1) if first else (1, 0)
        # Neighbours that are alike differ by less than each scatters.
        scale = float(self.scales[night]) / np.sqrt(2 * (1 - kind.memory))
        process = {}
        for place, side in enumerate(order):
            shared = self._remember(0, scale)
            process[side] = [
                np.sqrt(0.5) * (shared + self._remember(1 + number, scale)) + place * SECOND
                for number in range(len(TIMES))
            ]
        return [
            [
                (
                    100 * float(np.exp(levels[0][metric] + process[0][metric] + draw.gauss(0, CALLS))),
                    100 * float(np.exp(levels[1][metric] + process[1][metric] + draw.gauss(0, CALLS))),
                )
                for _ in range(pairs)
            ]
            for metric in range(len(TIMES))
        ]

    def _remember(self, stream: int, scale: float) -> float:
        """Return the next process's level of one kind; it remembers the one before."""
        memory = self.kind.memory
        shock = self._draw.gauss(0, 1)
        if self.kind.tails:
            shock /= np.sqrt(sum(self._draw.gauss(0, 1) ** 2 for _ in range(3)) / 3) * ROBUST
        self._before[stream] = memory * self._before.get(stream, 0.0) + float(np.sqrt(1 - memory**2)) * shock
        return scale * self._before[stream]


# The quartiles of Student's t of 3 degrees of freedom are wider than a normal law's by this factor.
ROBUST = 1.134


def _draw_noise(draw: Generator, kind: Kind, shape: tuple[int, int]) -> Floats:
    if kind.tails:
        return np.asarray(draw.standard_t(3, shape) / ROBUST)
    series, nights = shape
    news = draw.normal(size=(series, nights + 100)) * np.sqrt(1 - kind.memory**2)
    made: Floats = lfilter([1.0], [1.0, -kind.memory], news, axis=1)[:, 100:]
    return made
