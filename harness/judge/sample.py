"""Which numbers of stored runs are compared with which; `metrics` are the names of those that are wanted."""

from collections.abc import Iterable, Sequence

from harness.judge.calendar import name_day
from harness.records.measurement import (
    COPY_RATE,
    COUNT_METRICS,
    FLOP_RATE,
    RTF,
    SERVER_METRICS,
    TABLE_METRICS,
    Case,
    name_cases,
)
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.stats.pairing import pair_measurements
from harness.stats.series import Key, order_model_cases, summarize_run
from harness.stats.verdict import PairedSample, UnpairedSample

# Reading the weights is a matter of the disk and its cache, not of the code.
COMPARED = tuple(metric.name for metric in (*TABLE_METRICS, COPY_RATE, FLOP_RATE, RTF, *SERVER_METRICS))
RunPair = tuple[Run, Run]


class PooledTrials(Record):
    """The blocks of one or more trials, put together; `seeds` are the seeds of their coins, each once.

    `repeated` counts the blocks that were left out because an earlier trial had thrown the same coins, and `again` are
    the seeds of those.
    """

    samples: tuple[PairedSample, ...]
    seeds: tuple[int, ...]
    repeated: int = 0
    again: tuple[int, ...] = ()


def match_trials(baseline: Sequence[Run], contender: Sequence[Run]) -> tuple[RunPair, ...]:
    """Return the runs as pairs that were measured in turns, oldest first; empty unless all of them were."""
    here = {(run.node.name, run.trial.id): run for run in baseline if run.trial}
    there = {(run.node.name, run.trial.id): run for run in contender if run.trial}
    if here.keys() != there.keys() or len(here) != len(baseline) or len(there) != len(contender):
        return ()
    pairs = [(run, there[name]) for name, run in here.items()]
    if any(one.trial is None or other.trial is None or one.trial.role is other.trial.role for one, other in pairs):
        return ()
    return tuple(sorted(pairs, key=lambda pair: (pair[0].start, pair[0].id)))


def pool_trials(pairs: Iterable[RunPair], metrics: frozenset[str]) -> PooledTrials:
    """Return a sample for each case and metric, the blocks of all trials in sequence; a coin counts once."""
    found = (
        (one.trial.seed, pair_measurements(one.measurements, other.measurements)) for one, other in pairs if one.trial
    )
    return pool_samples((seed, [one for one in samples if one.metric in metrics]) for seed, samples in found)


def pool_counts(pairs: Iterable[RunPair], timed: frozenset[str]) -> PooledTrials:
    """Return the same for what the hardware counted in the calls of these metrics."""
    wanted = {metric.name for (name, _), metric in COUNT_METRICS.items() if name in timed}
    found = ((one.trial.seed, pair_measurements(one.counts, other.counts)) for one, other in pairs if one.trial)
    return pool_samples((seed, [one for one in samples if one.metric in wanted]) for seed, samples in found)


def pool_samples(trials: Iterable[tuple[int, Sequence[PairedSample]]]) -> PooledTrials:
    """Return the samples of trials put together, each trial given by its seed and its samples.

    Trials of one seed throw the same coins, block by block. A coin counts once for a case and metric, in the first
    trial that threw it: the effect of the order on the timings is the same in the others, and would look like a change
    that repeats. As every coin that counts is then new, it does not matter why there is another trial.
    """
    joined: dict[Key, PairedSample] = {}
    thrown: dict[Key, set[tuple[int, int]]] = {}
    seeds: dict[int, None] = {}
    repeated: set[tuple[int, int, int]] = set()
    for position, (seed, samples) in enumerate(trials):
        seeds[seed] = None
        for sample in samples:
            key = (sample.case, sample.metric)
            known, coins = joined.get(key, sample.replace(blocks=(), starts=())), thrown.setdefault(key, set())
            fresh = [place for place, number in enumerate(sample.numbers) if (seed, number) not in coins]
            repeated |= {(seed, position, number) for number in sample.numbers if (seed, number) in coins}
            coins |= {(seed, number) for number in sample.numbers}
            blocks = (*known.blocks, *(sample.blocks[place] for place in fresh))
            own_starts = sample.starts or (0,) * len(sample.blocks)
            starts = (*known.starts, *(own_starts[place] for place in fresh))
            joined[key] = sample.replace(blocks=blocks, starts=starts, numbers=())
    again = tuple(dict.fromkeys(seed for seed, _, _ in sorted(repeated)))
    return PooledTrials(samples=tuple(joined.values()), seeds=tuple(seeds), repeated=len(repeated), again=again)


def name_sides(pairs: Iterable[RunPair]) -> dict[Case, Case]:
    """Return a name for each case that trials were to measure, made by `Case.against` of both sides.

    All names are different, and they do not depend on which cases were reached.
    """
    found: dict[Case, None] = {}
    for one, other in pairs:
        asked = zip(one.suite.model_cases, other.suite.model_cases, strict=False)
        found |= {here.against(there): None for here, there in asked}
        found |= {sample.case: None for sample in pair_measurements(one.measurements, other.measurements)}
    return name_cases(found)


def sample_runs(
    baseline: Sequence[Run], contender: Sequence[Run], metrics: frozenset[str]
) -> tuple[UnpairedSample, ...]:
    """Return a sample for each case and metric that both sides have; a run gives one value, its median, with its day.

    Model cases come first, in the order of the first run that has them.
    """
    sides = [[(_medians(run), name_day(run)) for run in side] for side in (baseline, contender)]
    known = [frozenset(key for run, _ in side for key in run) for side in sides]
    return tuple(
        UnpairedSample(
            case=key[0],
            metric=key[1],
            baseline=tuple(run[key] for run, _ in sides[0] if key in run),
            contender=tuple(run[key] for run, _ in sides[1] if key in run),
            baseline_days=tuple(day for run, day in sides[0] if key in run),
            contender_days=tuple(day for run, day in sides[1] if key in run),
        )
        for key in _order((*baseline, *contender))
        if key in known[0] and key in known[1] and key[1] in metrics
    )


def list_measured_cases(runs: Iterable[Run], metrics: frozenset[str]) -> frozenset[Case]:
    """Return all cases that have numbers."""
    return frozenset(case for run in runs for case, metric in _medians(run) if metric in metrics)


def _medians(run: Run) -> dict[Key, float]:
    return {key: summary.median for key, summary in summarize_run(run).items() if key[1] in COMPARED}


def _order(runs: Sequence[Run]) -> list[Key]:
    keys: dict[Key, None] = {}
    for run in runs:
        summaries = summarize_run(run)
        keys |= {(case, metric): None for case in order_model_cases(run, summaries) for metric in COMPARED}
    others = {key for run in runs for key in _medians(run) if key[0].benchmark != Benchmark.WHISPER}
    return [*keys, *sorted(others, key=_natural)]


def _natural(key: Key) -> tuple[str, tuple[tuple[str, float, str], ...]]:
    """Return a sort key that orders numbers as numbers: n=64 before n=128."""
    params = ((name, float(value) if value.isdecimal() else 0, value) for name, value in key[0].params)
    return key[0].benchmark, tuple(params)
