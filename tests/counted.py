"""Live comparisons with hardware counters, the counts drawn; a page's table is made of them, too.

    python -m tests.counted

draws many comparisons of equal sides and prints how often a verdict on a counter was false, per kind of noise, for
docs/explanation/counters.md.
"""

import math
import random
from collections.abc import Iterator, Mapping

from harness.judge.comparison import CompareQuestion, judge_trials
from harness.judge.counter import judge_counts
from harness.records.comparison import CounterReport, Verdict
from harness.records.measurement import Case, Measurement
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run
from harness.records.trial import Role, Trial
from tests import factory

# Of one pass of the encoder of base with four threads: milliseconds, instructions, cycles, cache misses.
LEVELS = {"encode": 800.0, "encode_instructions": 3.1e10, "encode_cycles": 9.6e9, "encode_cache_misses": 6.0e7}
# How much they scatter from call to call, as recorded counts of real programs do: cycles follow the time.
SCATTER = {"encode": 0.004, "encode_instructions": 0.0004, "encode_cycles": 0.003, "encode_cache_misses": 0.05}
QUESTION = CompareQuestion(threshold=0.02, metrics=frozenset({"encode"}))
SURE = (Verdict.IMPROVED, Verdict.REGRESSED)


class Noise(Record):
    """How counts scatter: by how many times as much as usual, in whole numbers of `step`, drifting, in `tails`."""

    times: float = 1.0
    step: float = 0.0
    drift: float = 0.0
    tails: float = 0.0


def draw_pair(
    changes: Mapping[str, float], *, blocks: int = 40, threads: int = 4, seed: int = 1, noise: Noise | None = None
) -> tuple[Run, Run]:
    """Return the two runs of a comparison in which the contender has each metric changed by this share."""
    draw, case = random.Random(seed), Case.of("whisper", model="base", threads=threads, fa=0)
    noise = noise or Noise()
    sides: dict[Role, list[tuple[Measurement, ...]]] = {role: [] for role in Role}
    level = dict.fromkeys(LEVELS, 0.0)
    for number in range(1, blocks + 1):
        level = {name: value + noise.drift * draw.gauss(0, SCATTER[name]) for name, value in level.items()}
        first = draw.choice((1, 2))
        for role in Role:
            away = {name: level[name] + (changes.get(name, 0.0) if role is Role.CONTENDER else 0.0) for name in LEVELS}
            values = {name: _scatter(draw, name, away[name], noise) for name in LEVELS}
            place = first if role is Role.BASELINE else 3 - first
            sides[role].append(
                tuple(
                    Measurement(case=case, metric=name, value=value, process=number, place=place)
                    for name, value in values.items()
                )
            )
    baseline, contender = (_make(role, sides[role], seed) for role in Role)
    return baseline, contender


def judge_pair(pair: tuple[Run, Run]) -> CounterReport:
    """Return the verdicts on the counters of a drawn comparison."""
    report = judge_counts([pair], judge_trials([pair], QUESTION))
    assert report
    return report


def _scatter(draw: random.Random, name: str, away: float, noise: Noise) -> float:
    size = SCATTER[name] * noise.times
    if noise.tails and draw.random() < noise.tails:
        size *= 30
    value = LEVELS[name] * (1 + away) * math.exp(draw.gauss(0, size))
    step = noise.step * LEVELS[name]
    return step * round(value / step) if step else value


def _make(role: Role, blocks: list[tuple[Measurement, ...]], seed: int) -> Run:
    results = [
        factory.result(f"block_{number}", Phase.BENCHMARK).replace(
            case=found[0].case, measurements=found[:1], counts=found[1:]
        )
        for number, found in enumerate(blocks, 1)
    ]
    run, trial = factory.run(*results), Trial(id="t", role=role, seed=seed, pairs=1)
    return run.replace(id=f"t-{role}", trial=trial, config=run.config.replace(backend="cpu"))


NOISES: dict[str, Noise] = {
    "as usual": Noise(),
    "exactly equal counts": Noise(times=0.0),
    "few different values": Noise(step=0.0004),
    "threads that wait in a loop: 25 times the scatter": Noise(times=25.0),
    "a level that wanders": Noise(drift=3.0),
    "one value in ten is 30 times as far off": Noise(tails=0.1),
}


def count_false(trials: int = 1000) -> Iterator[tuple[str, int, int]]:
    """Yield for each kind of noise how many of so many comparisons of equal sides had a false verdict, per family."""
    for name, noise in NOISES.items():
        found = [0, 0]
        for seed in range(trials):
            report = judge_pair(draw_pair({}, blocks=30, seed=seed, noise=noise))
            for place, family in enumerate((report.instructions, report.others)):
                found[place] += any(one.verdict in SURE for one in family.comparisons)
        yield name, found[0], found[1]


if __name__ == "__main__":
    for row in count_false():
        print("| {} | {} | {} |".format(*row))  # noqa: T201 - a program
