"""What simulated nights have stored: the numbers of runs, as the index has them, and the blocks of live comparisons."""

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.night_node import MODELS, SERIES, TIMES, Node
from harness.judge.trial_answer import LiveTrial
from harness.records.bisection import Bisection, LineSearch
from harness.records.comparison import ALPHA
from harness.records.measurement import Case
from harness.records.night import NightCosts
from harness.records.purpose import RunPurpose
from harness.records.raw_history import MachineFacts, RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.stats.verdict import PairedSample, list_settled

NODE, CONFIG = "node-1", "11111111"
MACHINES: dict[str, MachineFacts] = {"m1": (("CPU", "A CPU"),)}
PAIRS = 2
COSTS = NightCosts(block_s=12.0)
# An interval takes so many blocks; after some more the evidence is looked at seldom, as that takes time here.
_LEAST, _DENSE, _SELDOM = 8, 14, 3
Pairs = tuple[tuple[float, float], ...]


class TrialPlan(NamedTuple):
    """What a live comparison measures: cases and metrics, until it is settled, at most so long, or so many blocks."""

    cases: tuple[Case, ...]
    metrics: tuple[str, ...]
    threshold: float
    limit_s: float
    blocks: int = 0


class Blocks:
    """The blocks of one metric of one case; `starts` is 1 where the baseline's process was first, else -1."""

    def __init__(self, case: Case, metric: str) -> None:
        self.case = case
        self.metric = metric
        self.pairs: list[Pairs] = []
        self.numbers: list[int] = []
        self.starts: list[int] = []
        self.settled = False

    @property
    def sample(self) -> PairedSample:
        """The blocks as the harness has them."""
        return PairedSample(
            case=self.case,
            metric=self.metric,
            blocks=tuple(self.pairs),
            numbers=tuple(self.numbers),
            starts=tuple(self.starts),
        )


@dataclass
class Results:
    """All that the nights of one node have stored, oldest first; `built` are the builds that are kept.

    `nights` is the night of each run, by its id.
    """

    node: Node
    first_day: str
    raw: RawHistory = field(default_factory=lambda: RawHistory({}, {}, MACHINES))
    trials: list[LiveTrial] = field(default_factory=list)
    searches: dict[str, LineSearch] = field(default_factory=dict)
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, Bisection]] = field(default_factory=dict)
    built: dict[str, None] = field(default_factory=dict)
    nights: dict[str, int] = field(default_factory=dict)
    night: int = 0
    clock_s: float = 0.0

    def __post_init__(self) -> None:
        """Make an empty series for each that a run has."""
        for case, metric in SERIES:
            self.raw.series[RawSeriesKey(NODE, CONFIG, str(case), metric, "")] = []
        self._keys = list(self.raw.series)
        self._draw = random.Random(f"{self.node.seed}/coins")

    def tell(self, later_s: float = 0.0) -> str:
        """Return what the clock will say after so many seconds, in UTC: nights begin at two."""
        began = datetime.datetime.fromisoformat(f"{self.first_day}T02:00:00+00:00")
        return (began + datetime.timedelta(days=self.night + 1, seconds=round(self.clock_s + later_s, 3))).isoformat()

    def add_run(self, sha: str, date: str, purpose: RunPurpose, build_s: float = 0.0) -> float:
        """Store an ordinary run of a commit that begins now, and return how long it takes."""
        seconds = build_s + COSTS.run_s
        detail = self._add_detail(sha, purpose, seconds, commit_date=date, build_s=build_s, tests=10)
        for key, value in zip(self._keys, self.node.run(self.night, sha), strict=True):
            self.raw.series[key].append(RawPoint(detail, 5, value, value * 0.995, value * 1.005))
        return seconds

    def add_trial(
        self, sides: tuple[str, str], purpose: RunPurpose, asked_by: str, plan: TrialPlan, build_s: float = 0.0
    ) -> float:
        """Store a live comparison that begins now, and return how long it takes."""
        seed = self._draw.getrandbits(48)
        found, measured_s = _measure(self.node, self.night, sides, plan, random.Random(seed))
        samples = tuple(one.sample for one in found if one.pairs)
        blocks = max((len(one.blocks) for one in samples), default=0)
        name = f"t{len(self.trials):06d}"
        runs = [
            self._add_detail(sha, purpose, build_s + measured_s, asked_by=asked_by, trial=name, blocks=blocks)
            for sha in sides
        ]
        details = [self.raw.details[number] for number in runs]
        self.trials.append(
            LiveTrial(
                node=NODE,
                start=details[0].start,
                runs=(details[0].run_id, details[1].run_id),
                baseline=sides[0],
                contender=sides[1],
                config=CONFIG,
                seed=seed,
                samples=samples,
                asked_by=asked_by if purpose is RunPurpose.CONFIRMATION else "",
                threshold=plan.threshold,
            )
        )
        return build_s + measured_s

    def _add_detail(
        self,
        sha: str,
        purpose: RunPurpose,
        seconds: float,
        *,
        commit_date: str = "",
        build_s: float = 0.0,
        tests: int = 0,
        asked_by: str = "",
        trial: str = "",
        blocks: int = 0,
    ) -> int:
        number = len(self.raw.details)
        run_id = f"r{number:06d}"
        self.nights[run_id] = self.night
        self.raw.details[number] = RunDetail(
            path=f"/results/{run_id}",
            run_id=run_id,
            start=self.tell(),
            earliest=self.tell(),
            node=NODE,
            sha=sha,
            release="",
            changes="",
            commit_date=commit_date,
            subject="",
            repo="",
            origin="harness",
            engine="bench",
            purpose=purpose,
            caveats=(),
            machine="m1",
            trial=trial,
            asked_by=asked_by,
            ended=self.tell(seconds),
            config=CONFIG,
            tests=tests,
            blocks=blocks,
            build_s=build_s,
        )
        return number


def _measure(
    node: Node, night: int, sides: tuple[str, str], plan: TrialPlan, coins: random.Random
) -> tuple[list[Blocks], float]:
    """Measure blocks of one case after another, as the loop of a trial does: the metrics of a case that are open."""
    metrics = plan.metrics or TIMES
    found = {case: [Blocks(case, metric) for metric in metrics] for case in plan.cases}
    seconds, number = 0.0, 0
    while True:
        left = [case for case, own in found.items() if not all(one.settled for one in own)]
        if not left or (number >= plan.blocks * len(found) if plan.blocks else seconds + COSTS.block_s > plan.limit_s):
            break
        number += 1
        case = left[number % len(left)]
        first = coins.random() < 0.5
        pairs = node.block(night, sides, MODELS.index(case), pairs=PAIRS, first=first)
        seconds += COSTS.block_s
        for one in found[case]:
            if not one.settled:
                one.pairs.append(tuple(pairs[TIMES.index(one.metric)]))
                one.numbers.append(number)
                one.starts.append(1 if first else -1)
        if not plan.blocks and number >= _LEAST and (number <= _DENSE or number % _SELDOM == 0):
            for one in _find_settled([one for own in found.values() for one in own], plan.threshold):
                one.settled = True
    return [one for own in found.values() for one in own], seconds


def _find_settled(found: list[Blocks], threshold: float) -> Iterator[Blocks]:
    measured = [one for one in found if one.pairs]
    known = list_settled([one.sample for one in measured], planned=len(found), alpha=ALPHA, threshold=threshold)
    return (one for one, is_settled in zip(measured, known, strict=True) if is_settled)
