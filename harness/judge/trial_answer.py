"""Stored live comparisons as evidence: which of them count, and what all of one question come to together.

Trials of the same two commits are put together over all nights: one family, one chance of a false verdict, however
often it was looked at. Every trial draws new coins, so it does not matter why there was another one: see "Several
nights" in docs/explanation/statistics.md. Blocks of a search, of an anchor and of an audit answer other questions.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence

from harness.judge.event import TrialAnswer
from harness.judge.history import name_commit
from harness.judge.sample import match_trials, pool_samples
from harness.records.comparison import ALPHA, Family
from harness.records.measurement import TABLE_METRICS, Case
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RunDetail
from harness.records.record import Record
from harness.records.run import Run
from harness.stats.pairing import pair_measurements
from harness.stats.verdict import PairedSample, judge_pairs

_METRICS = frozenset(metric.name for metric in TABLE_METRICS)
# What the index calls a live comparison by hand.
BY_HAND = "trial"
# The live comparisons that sort events.
SORTING = (BY_HAND, str(RunPurpose.CONFIRMATION))
# Without a threshold in its record, a trial had the usual one.
USUAL_THRESHOLD = 0.02


class StoredTrial(Record):
    """A live comparison among stored runs: its two sides as the index knows them, in the order of their ids."""

    sides: tuple[RunDetail, RunDetail]

    @property
    def node(self) -> str:
        """The node that measured it."""
        return self.sides[0].node

    @property
    def start(self) -> str:
        """When it began."""
        return min(one.start for one in self.sides)

    @property
    def ends(self) -> frozenset[str]:
        """The names of its commits."""
        return frozenset(map(name_commit, self.sides))

    @property
    def asked_by(self) -> str:
        """The event that a night measured it for, empty for one by hand."""
        return self.sides[0].asked_by if self.sides[0].purpose == RunPurpose.CONFIRMATION else ""


class LiveTrial(Record):
    """The blocks of a live comparison of two commits, as evidence.

    `runs` are its two runs, by id, `baseline` and `contender` the names of their commits, `config` that of both.
    `asked_by` is the event that a night measured it for, `threshold` the change that mattered then, 0 if that is not
    known. `options` are those of a command that builds and measures in the same way.
    """

    node: str
    start: str
    runs: tuple[str, str]
    baseline: str
    contender: str
    config: str
    seed: int
    samples: tuple[PairedSample, ...]
    asked_by: str = ""
    threshold: float = 0.0
    options: str = ""

    def turn(self) -> "LiveTrial":
        """Return it with its two sides exchanged."""
        return self.replace(
            runs=self.runs[::-1],
            baseline=self.contender,
            contender=self.baseline,
            samples=tuple(map(_turn, self.samples)),
        )


class TrialPool(Record):
    """All live comparisons of two commits with one config on a node, oldest first, each as `old` against `new`."""

    old: str
    new: str
    config: str
    trials: tuple[LiveTrial, ...]

    @property
    def node(self) -> str:
        """The node that measured them."""
        return self.trials[0].node

    @property
    def asked(self) -> tuple[str, ...]:
        """The events that nights measured them for, the earliest first."""
        return tuple(dict.fromkeys(one.asked_by for one in self.trials if one.asked_by))

    def turn(self) -> "TrialPool":
        """Return it with `old` and `new` exchanged."""
        return self.replace(old=self.new, new=self.old, trials=tuple(one.turn() for one in self.trials))


def list_trials(details: Iterable[RunDetail], purposes: Sequence[str] = SORTING) -> tuple[StoredTrial, ...]:
    """Return the live comparisons among stored runs that were made for one of these purposes, oldest first."""
    found: defaultdict[tuple[str, str], list[RunDetail]] = defaultdict(list)
    for one in details:
        if one.trial and not one.changes and one.purpose in purposes:
            found[one.node, one.trial].append(one)
    pairs = (sorted(pair, key=lambda side: side.run_id) for pair in found.values() if len(pair) == 2)
    trials = (StoredTrial(sides=(one, other)) for one, other in pairs)
    return tuple(sorted(trials, key=lambda trial: (trial.start, trial.sides[0].run_id)))


def read_trial(stored: StoredTrial, runs: Sequence[Run]) -> LiveTrial | None:
    """Return the blocks of a live comparison, given its two runs; None unless they are a pair of one config."""
    one, other = runs
    pairs = match_trials([one], [other])
    if not pairs or one.config.id != other.config.id or one.trial is None:
        return None
    known = {side.run_id: side for side in stored.sides}
    order = runs if one.trial.role == "baseline" else runs[::-1]
    if any(run.id not in known for run in order):
        return None
    baseline, contender = (known[run.id] for run in order)
    samples = pair_measurements(order[0].measurements, order[1].measurements)
    return LiveTrial(
        node=stored.node,
        start=stored.start,
        runs=(order[0].id, order[1].id),
        baseline=name_commit(baseline),
        contender=name_commit(contender),
        config=one.config.id,
        seed=one.trial.seed,
        samples=tuple(sample for sample in samples if sample.metric in _METRICS),
        asked_by=stored.asked_by,
        threshold=one.trial.threshold,
        options=contender.options,
    )


def pool_by_commits(trials: Iterable[LiveTrial]) -> tuple[TrialPool, ...]:
    """Return live comparisons put together: those of the same two commits with the same config on the same node.

    `old` is the baseline of the first one that a night asked for, else that of the first one.
    """
    found: defaultdict[tuple[str, str, frozenset[str]], list[LiveTrial]] = defaultdict(list)
    for one in sorted(trials, key=lambda one: (one.start, one.runs)):
        if one.baseline != one.contender:
            found[one.node, one.config, frozenset((one.baseline, one.contender))].append(one)
    pools = []
    for own in found.values():
        first = next((one for one in own if one.asked_by), own[0])
        alike = (one if one.baseline == first.baseline else one.turn() for one in own)
        pools.append(
            TrialPool(old=first.baseline, new=first.contender, config=first.config, trials=tuple(alike)),
        )
    return tuple(pools)


def answer_pool(pool: TrialPool, event: str = "", threshold: float = 0.0) -> TrialAnswer:
    """Return what live comparisons of two commits came to together, as far as all of them are about one question.

    The question of an `event` is about what the first trial that has measured anything for it measured: blocks of other
    trials count where they are about the same. Without an event it is about everything. `threshold` is the change that
    matters, 0 for the one of that first trial.
    """
    own = [one for one in pool.trials if one.asked_by == event] or pool.trials
    # One that ended before its first block, on a full disk for example, has asked nothing yet.
    first = next((one for one in own if one.samples), own[0])
    asked = frozenset((one.case, one.metric) for one in first.samples) if event else None
    family = judge_live(pool.trials, asked, threshold or first.threshold or USUAL_THRESHOLD)
    return TrialAnswer(
        node=pool.node,
        baseline=pool.old,
        contender=pool.new,
        runs=tuple(run for one in pool.trials for run in one.runs),
        family=family,
        asked_by=event,
    )


@functools.lru_cache(maxsize=1024)
def judge_live(trials: tuple[LiveTrial, ...], asked: frozenset[tuple[Case, str]] | None, threshold: float) -> Family:
    """Return the verdicts on the blocks of all trials in sequence, on all that they measured, or on what is `asked`.

    A coin counts once for a case and metric. The result is kept: a night looks again after each of its items.
    """
    pool = pool_samples((one.seed, one.samples) for one in trials)
    samples = [one for one in pool.samples if asked is None or (one.case, one.metric) in asked]
    return judge_pairs(samples, alpha=ALPHA, threshold=threshold).replace(seeds=pool.seeds)


def _turn(sample: PairedSample) -> PairedSample:
    blocks = tuple(tuple((there, here) for here, there in block) for block in sample.blocks)
    return sample.replace(blocks=blocks, starts=tuple(-start for start in sample.starts))
