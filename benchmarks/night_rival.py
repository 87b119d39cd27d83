"""What others would say of the same stored numbers, and what they would measure, night by night.

A threshold: a value that is 2 % worse or better than the one before. Apache Otava, which looks at each series again
every night. And a watch that runs the head every night, and a commit in the middle of the widest gap.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.night_memory import Memory
from benchmarks.night_node import LIVE, Floats
from benchmarks.night_results import COSTS, Results
from harness.judge.history import trace_series
from harness.records.night import BranchCommit
from harness.records.purpose import RunPurpose

SCRIPT = Path(__file__).with_name("otava_nights.py")
THRESHOLD = 0.02
# Otava names a change point again as the same one within so many points.
SAME = 2


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """On which night something was said, and with which run's commit it would begin."""

    night: int
    sha: str


@dataclass(frozen=True, kw_only=True)
class StoredSeries:
    """The runs of heads, oldest first: night and commit of each, and the values, series of models x runs."""

    nights: tuple[int, ...]
    shas: tuple[str, ...]
    values: Floats


def alarm_by_threshold(stored: StoredSeries) -> list[Alarm]:
    """Return the alarms of a threshold on the newest value against the one before; those of one night are one."""
    steps = abs(np.diff(np.log(stored.values[:LIVE]), axis=1)) > np.log1p(THRESHOLD)
    return [
        Alarm(night=stored.nights[place + 1], sha=stored.shas[place + 1]) for place in np.nonzero(steps.any(axis=0))[0]
    ]


def alarm_as_otava(python: str, nodes: Sequence[StoredSeries]) -> list[list[Alarm]]:
    """Return for each node what Otava names, judging anew with each run; what series name in one night is one alarm."""
    values = [stored.values[:LIVE].tolist() for stored in nodes]
    done = subprocess.run(
        [python, str(SCRIPT), str(SAME)], input=json.dumps(values), capture_output=True, text=True, check=True
    )
    return [list(_join(stored, found)) for stored, found in zip(nodes, json.loads(done.stdout), strict=True)]


def _join(stored: StoredSeries, found: Sequence[Sequence[tuple[int, int]]]) -> Iterator[Alarm]:
    named = {(raised, place) for series in found for raised, place in series}
    seen: list[tuple[int, int]] = []
    for raised, place in sorted(named):
        if any(raised == other and abs(place - at) <= SAME for other, at in seen):
            continue
        seen.append((raised, place))
        yield Alarm(night=stored.nights[raised], sha=stored.shas[place])


class EveryHead:
    """A watch without a plan: every night the head, and the commit in the middle of the widest gap; no live comparison.

    What its numbers show is judged as ours are. `seconds` is what it has measured, `raised` the events that it showed:
    the night, and the commits between which it was.
    """

    def __init__(self, results: Results, line: list[BranchCommit]) -> None:
        self.results = results
        self.seconds = 0.0
        self.raised: dict[str, tuple[int, str, str]] = {}
        self._line = line
        self._memory = Memory()

    def play(self, night: int, commits: Sequence[BranchCommit]) -> None:
        """Measure what there is to measure in a night."""
        results, fresh = self.results, any(one.compiled for one in commits)
        results.night, results.clock_s = night, 0.0
        self._line += commits
        head = self._line[-1]
        self._run(head, COSTS.near_build_s if fresh else 0.0)
        middle = self._find_middle()
        if middle:
            self._run(middle, COSTS.near_build_s)
        order = {one.sha: place for place, one in enumerate(self._line)}
        series = trace_series(results.raw, order)
        for event in self._memory.judge_node(series).events:
            self.raised.setdefault(event.id, (night, event.old, event.new))

    def _run(self, commit: BranchCommit, build_s: float) -> None:
        self.results.clock_s += build_s
        self.results.add_run(commit.sha, commit.date, RunPurpose.NIGHT)
        self.results.clock_s += COSTS.run_s
        self.seconds += build_s + COSTS.run_s

    def _find_middle(self) -> BranchCommit | None:
        """Return the commit in the middle of the longest stretch of commits that compile something, unmeasured."""
        known = {one.sha for one in self.results.raw.details.values()}
        longest: list[BranchCommit] = []
        stretch: list[BranchCommit] | None = None
        for one in self._line:
            if one.sha in known:
                longest = max(longest, stretch or [], key=len)
                stretch = []
            elif stretch is not None and one.compiled:
                stretch.append(one)
        return longest[len(longest) // 2] if longest else None
