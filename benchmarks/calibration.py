"""False verdicts, coverage and power of the statistics, by simulation with a fixed seed.

    python -m benchmarks.calibration [--families N] [--quick]

About six minutes with the default of 2,000 families of four metrics. It prints the tables of live comparisons in
docs/explanation/statistics.md; those of stored runs come from `benchmarks.calibration_stored`. The chance of a false
verdict must not exceed 1 % per family.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.noise import EVERYTHING, NOISES, QUIET, Noise, Trials, simulate  # noqa: E402
from benchmarks.procedure import (  # noqa: E402
    ALL,
    METRICS,
    OTHERS,
    Outcome,
    Rules,
    Signs,
    judge_live,
    judge_slowly,
    sample,
    share,
    take_apart,
)
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.records.comparison import Comparison, Verdict  # noqa: E402
from harness.stats.verdict import list_settled  # noqa: E402

SEED = 20250607
ALPHA, THRESHOLD = 0.01, 0.02
BLOCKS, PAIRS = 60, 2
CHUNK = 500
CHANGES = (0.0, 0.01, 0.02, 0.05, 0.10)
SMALL = (0.005, 0.01, 0.015, 0.018)
# What the order of the starts does, and how blocks scatter beside it.
ORDERS = tuple(
    Noise(name=f"second start {start:.2%} slower, rest {spread:.1%}", call=0.001, process=spread / 2**0.5, start=start)
    for start, spread in ((0.0, 0.009), (0.0125, 0.009), (0.0125, 0.015), (0.0125, 0.025), (0.02, 0.025))
)
TAILS = tuple(
    Noise(name=f"one side's processes: tail of {tail:.0%}", call=0.001, process=0.01, one_tail=tail)
    for tail in (0.02, 0.05)
)


def main() -> None:
    options = parser().parse_args()
    print_head()
    families = options.families // 10 if options.quick else options.families
    began = time.process_time()
    print(f"seed {SEED}, {families} families of {len(METRICS)} metrics, alpha {ALPHA:.0%}, threshold {THRESHOLD:.0%},")
    print(f"up to {BLOCKS} blocks of {PAIRS} pairs with a look after each; shares with 95 % Clopper-Pearson intervals")
    tabulate_errors(families)
    tabulate_gains(max(1, families // 10))
    tabulate_small(max(1, families // 2))
    tabulate_tails(max(1, families // 2))
    tabulate_power(max(1, families // 2))
    tabulate_blocks(max(1, families // 2))
    tabulate_detectable(min(families, max(100, families // 20)))
    tabulate_layouts(max(1, families // 2))
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--families", type=int, default=2_000, help="an answer needs hundreds (default 2000)")
    made.add_argument("--quick", action="store_true", help="a tenth of the families")
    return made


def tabulate_errors(families: int) -> None:
    print("\n| noise | false difference | of these relevant | interval misses 0 | each metric asked alone | ", end="")
    print("blocks of a metric | of the trial | UNCHANGED |")
    print("|---|---|---|---|---|---|---|---|")
    for noise in NOISES:
        outcomes = list(judge_all(noise, families, 0.0))
        false, relevant, missed, alone = (
            sum(int(one.any(axis=1).sum()) for one in found)
            for found in zip(*((one.sign != 0, one.relevant, ~one.covered, one.alone) for one in outcomes), strict=True)
        )
        cells = [share(count, families) for count in (false, relevant, missed, alone)]
        unchanged = np.mean(np.concatenate([one.unchanged for one in outcomes]))
        print(f"| {noise.name} | {' | '.join(cells)} | {describe_blocks(outcomes)} | {unchanged:.1%} |", flush=True)
    print("\n| noise | false UNCHANGED at +2 % | interval misses it | wrong direction | blocks of a metric | ", end="")
    print("of the trial | found |")
    print("|---|---|---|---|---|---|---|")
    for noise in NOISES:
        outcomes = list(judge_all(noise, families, np.log1p(THRESHOLD)))
        counts = [
            sum(int(one.any(axis=1).sum()) for one in found)
            for found in zip(*((one.unchanged, ~one.covered, one.sign < 0) for one in outcomes), strict=True)
        ]
        cells = [share(count, families) for count in counts]
        found = np.mean(np.concatenate([one.sign > 0 for one in outcomes]))
        print(f"| {noise.name} | {' | '.join(cells)} | {describe_blocks(outcomes)} | {found:.1%} |", flush=True)


def describe_blocks(outcomes: Sequence[Outcome]) -> str:
    """Return the median blocks until a metric is settled, and until all of a trial are."""
    blocks = np.concatenate([one.blocks for one in outcomes])
    return f"{np.median(blocks):.0f} | {np.median(blocks.max(axis=1)):.0f}"


def judge_all(noise: Noise, families: int, theta: float, rules: Rules = ALL) -> Iterator[Outcome]:
    """Yield outcomes, chunk by chunk; a few of each first chunk are checked against the harness's own verdicts."""
    for index, trials in enumerate(simulate_all(noise, families)):
        outcome = judge_live(trials, theta, alpha=ALPHA, threshold=THRESHOLD, rules=rules)
        if not index and rules == ALL:
            check(trials, outcome, theta)
        yield outcome


def simulate_all(noise: Noise, families: int) -> Iterator[Trials]:
    for first in range(0, families, CHUNK):
        draw = np.random.default_rng([SEED, *noise.name.encode(), first])
        size = min(CHUNK, families - first)
        yield simulate(noise, draw, families=size, metrics=len(METRICS), blocks=BLOCKS, pairs=PAIRS)


def check(trials: Trials, outcome: Outcome, theta: float, families: int = 20) -> None:
    """Compare with `harness.stats` itself; raises AssertionError where the two differ."""
    for family in range(min(families, len(outcome.sign))):
        judged = judge_slowly(
            trials, family, outcome.blocks[family], theta, alpha=ALPHA, threshold=THRESHOLD
        ).comparisons
        for index, comparison in enumerate(judged):
            sign = {Verdict.REGRESSED: 1, Verdict.IMPROVED: -1}.get(comparison.verdict, 0)
            assert sign == outcome.sign[family, index], (family, comparison)
            assert comparison.relevant == outcome.relevant[family, index], (family, comparison)
            assert (comparison.verdict is Verdict.UNCHANGED) == outcome.unchanged[family, index], (family, comparison)
            if comparison.low is not None and comparison.high is not None:
                inside = comparison.low <= np.expm1(theta) <= comparison.high
                assert inside == outcome.covered[family, index], (family, comparison)
    for family in range(min(2, len(outcome.sign))):
        stops = outcome.blocks[family]
        for now in {int(stop) - before for stop in stops for before in (0, 1)}:
            samples = sample(trials, family, np.minimum(stops, now), theta)
            settled = list_settled(samples, planned=len(samples), alpha=ALPHA, threshold=THRESHOLD)
            assert [stop <= now < BLOCKS or known for stop, known in zip(stops, settled, strict=True)] == list(settled)
            assert [now < stop and known for stop, known in zip(stops, settled, strict=True)] == [False] * len(stops)


def tabulate_gains(families: int) -> None:
    """Show how many blocks a trial needs until it is settled, without and with each thing that shortens it."""
    steps = (
        Rules(stepwise=False, aimed=False, undisturbed=False, ordered=False),
        Rules(aimed=False, undisturbed=False, ordered=False),
        Rules(undisturbed=False, ordered=False),
        Rules(ordered=False),
        ALL,
    )
    print(f"\n| noise, up to {BLOCKS} blocks | change | none of it | Holm, one-sided UNCHANGED | aimed bets | ", end="")
    print("disturbed pairs left out | order taken out |")
    print("|---|---|---|---|---|---|---|")
    for noise in (*NOISES, *ORDERS):
        for change in (0.0, THRESHOLD):
            cells = [
                describe_blocks(list(judge_all(noise, families, np.log1p(change), rules))).replace(" | ", ", ")
                for rules in steps
            ]
            print(f"| {noise.name} | {change:+.0%} | {' | '.join(cells)} |", flush=True)


def tabulate_small(families: int) -> None:
    """Show how often a change below the threshold is called relevant, and a trial of four ends with exit code 20."""
    print(f"\n| noise | {' | '.join(f'{change:+.1%}' for change in SMALL)} |")
    print("|---|" + "---|" * len(SMALL))
    for noise in (QUIET, NOISES[5], EVERYTHING):
        cells = []
        for change in SMALL:
            outcomes = list(judge_all(noise, families, np.log1p(change)))
            relevant = np.concatenate([one.relevant & (one.sign > 0) for one in outcomes])
            cells.append(f"{relevant.mean():.1%}, {relevant.any(axis=1).mean():.1%}")
        print(f"| {noise.name} | {' | '.join(cells)} |", flush=True)


def tabulate_tails(families: int) -> None:
    """Show that a longer tail of one side, the median being equal, is a difference."""
    print("\n| noise | families with a difference | median change |")
    print("|---|---|---|")
    for noise in TAILS:
        outcomes = list(judge_all(noise, families, 0.0))
        false = sum(int((one.sign != 0).any(axis=1).sum()) for one in outcomes)
        change = np.expm1(np.median(np.concatenate([one.shift for one in outcomes])))
        print(f"| {noise.name} | {share(false, families)} | {change:+.2%} |", flush=True)


def tabulate_power(families: int) -> None:
    changes = " | ".join(f"+{change:.0%}" for change in CHANGES[1:])
    for noise in (QUIET, EVERYTHING):
        print(f"\n{noise.name}: share of metrics called slower; at 0 %, of families with any difference")
        print(f"\n| procedure | calls of a side | 0 % | {changes} |")
        print("|---|---|---|" + "---|" * len(CHANGES[1:]))
        chunks = list(simulate_all(noise, families))
        for name, count, per_process, rule in OTHERS:
            signs = [
                np.concatenate([rule(*take_apart(trials, np.log1p(change), count, per_process)) for trials in chunks])
                for change in CHANGES
            ]
            print_power(name, [str(count)] * len(CHANGES), signs)
        signs, relevant, unchanged, calls = [], [], [], []
        for change in CHANGES:
            outcomes = [judge_live(trials, np.log1p(change), alpha=ALPHA, threshold=THRESHOLD) for trials in chunks]
            signs.append(np.concatenate([outcome.sign for outcome in outcomes]))
            relevant.append(np.concatenate([outcome.sign * outcome.relevant for outcome in outcomes]))
            unchanged.append(np.concatenate([outcome.unchanged for outcome in outcomes]).astype(np.int64))
            calls.append(f"{np.median(np.concatenate([outcome.blocks for outcome in outcomes])) * PAIRS:.0f}")
        print_power("**ab**: slower", calls, signs)
        print_power("**ab**: slower, and relevant", calls, relevant)
        print(f"| **ab**: UNCHANGED | {', '.join(calls)} | {' | '.join(f'{one.mean():.1%}' for one in unchanged)} |")


def print_power(name: str, calls: list[str], signs: list[Signs]) -> None:
    cells = [f"{(signs[0] != 0).any(axis=1).mean():.1%}", *(f"{(sign > 0).mean():.1%}" for sign in signs[1:])]
    print(f"| {name} | {calls[0] if len(set(calls)) == 1 else ', '.join(calls)} | {' | '.join(cells)} |")


def tabulate_blocks(families: int) -> None:
    """Show what more pairs in a block are worth, with twice as many blocks to look at."""
    print(f"\n| noise, up to {2 * BLOCKS} blocks | pairs in a block | false difference | ", end="")
    print("calls of a side until settled: 0 % | +2 % | +5 % |")
    print("|---|---|---|---|---|---|")
    for noise in (QUIET, NOISES[4], NOISES[5], EVERYTHING):
        for pairs in (1, 2, 4):
            outcomes = list(judge_longer(noise, families, pairs, 0.0))
            false = sum(int((outcome.sign != 0).any(axis=1).sum()) for outcome in outcomes)
            outcomes += [next(judge_longer(noise, min(CHUNK, families), pairs, change)) for change in (0.02, 0.05)]
            calls = [f"{np.median(outcome.blocks) * pairs:.0f}" for outcome in (outcomes[0], *outcomes[-2:])]
            print(f"| {noise.name} | {pairs} | {share(false, families)} | {' | '.join(calls)} |")


def judge_longer(noise: Noise, families: int, pairs: int, change: float) -> Iterator[Outcome]:
    for first in range(0, families, CHUNK):
        draw = np.random.default_rng([SEED, NOISES.index(noise), pairs, first])
        size = min(CHUNK, families - first)
        trials = simulate(noise, draw, families=size, metrics=len(METRICS), blocks=2 * BLOCKS, pairs=pairs)
        yield judge_live(trials, np.log1p(change), alpha=ALPHA, threshold=THRESHOLD)


def tabulate_detectable(families: int) -> None:
    """Plant the median of the MDEs that trials without a change report, and see how often it is found."""
    print("\n| noise | blocks | median MDE | found when planted |")
    print("|---|---|---|---|")
    for noise in (QUIET, EVERYTHING):
        trials = next(simulate_all(noise, min(families, CHUNK)))
        for blocks in (15, 30, 60):
            enough = np.full(len(METRICS), blocks)

            def judge(theta: float, trials: Trials = trials, enough: Signs = enough) -> list[Comparison]:
                judged = (
                    judge_slowly(trials, family, enough, theta, alpha=ALPHA, threshold=THRESHOLD)
                    for family in range(len(trials.pairs))
                )
                return [one for family in judged for one in family.comparisons]

            print(f"| {noise.name} | {blocks} | {plant(judge)} |")


def plant(judge: Callable[[float], list[Comparison]]) -> str:
    """Return the median MDE where nothing differs, and how often such a change is seen at the level of the interval."""
    mdes = [one.mde for one in judge(0.0) if one.mde is not None]
    if not mdes:
        return "never |"
    mde = float(np.median(mdes))
    found = [one.p_raw <= ALPHA / len(METRICS) for one in judge(np.log1p(mde))]
    return f"{mde:.2%} | {np.mean(found):.1%}"


def tabulate_layouts(families: int) -> None:
    """Let builds of equal code differ by their layout: one for the whole trial, or another in each block (--relink)."""
    print("\n| layouts differ by | drawn | false difference | false UNCHANGED at +2 % | ", end="")
    print("+2 % called slower | +5 % called slower | blocks at +5 % |")
    print("|---|---|---|---|---|---|---|")
    few = max(1, families // 5)
    for spread in (0.005, 0.01, 0.02, 0.04):
        for name, count in (("once", 1), ("for each block", BLOCKS)):
            equal, small, large = (
                list(judge_layouts(spread, count, size, change))
                for size, change in ((families, 0.0), (few, 0.02), (few, 0.05))
            )
            cells = [
                share(sum(int((one.sign != 0).any(axis=1).sum()) for one in equal), families),
                share(sum(int(one.unchanged.any(axis=1).sum()) for one in small), few),
                *(f"{np.concatenate([one.sign > 0 for one in found]).mean():.1%}" for found in (small, large)),
                f"{np.median(np.concatenate([one.blocks for one in large])):.0f}",
            ]
            print(f"| {spread:.1%} | {name} | {' | '.join(cells)} |")


def judge_layouts(spread: float, count: int, families: int, change: float) -> Iterator[Outcome]:
    """Yield the verdicts on trials with a call noise of 1 % whose sides have `count` layouts each, one a block."""
    noise = Noise(name="calls differ by 1 %", call=0.01)
    for first in range(0, families, CHUNK):
        draw = np.random.default_rng([SEED, round(1000 * spread), count, first, round(100 * change)])
        size = min(CHUNK, families - first)
        trials = simulate(noise, draw, families=size, metrics=len(METRICS), blocks=BLOCKS, pairs=PAIRS)
        layouts = draw.normal(0, spread, (size, len(METRICS), count, 1, 2))
        trials = dataclasses.replace(trials, pairs=trials.pairs + layouts)
        yield judge_live(trials, np.log1p(change), alpha=ALPHA, threshold=THRESHOLD)


if __name__ == "__main__":
    perform(main)
