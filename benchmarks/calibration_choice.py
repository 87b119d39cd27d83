"""How searches and runs with `--precision` end, by simulation with a fixed seed.

    python -m benchmarks.calibration_choice [--runs N]

It prints tables of docs/explanation/statistics.md: what `tune` writes where the start is best, and how well a run with
`--precision` knows its median.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.calibration_stored import SEED  # noqa: E402
from benchmarks.procedure import share  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.plan.precision import CONFIDENCE, measure_reach  # noqa: E402
from harness.plan.tune import are_settled, choose_survivors, decide, judge_duels  # noqa: E402
from harness.records.comparison import Verdict  # noqa: E402
from harness.records.sweep import Values  # noqa: E402
from harness.stats.summary import (  # noqa: E402
    bound_neighbour_correlation,
    correlate_neighbours,
    summarize,
    widen_by,
)


def main() -> None:
    runs = parser().parse_args().runs
    print_head()
    began = time.process_time()
    print(f"seed {SEED}, {runs} searches or runs a line; shares with 95 % Clopper-Pearson intervals")
    tabulate_searches(runs)
    tabulate_precision(runs)
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--runs", type=int, default=1_000, help="an answer needs hundreds (default 1000)")
    return made


def tabulate_searches(runs: int) -> None:
    """Let the start be best among eight settings, and see what a search ends with."""
    print(
        "\n| start best by | process scatters by | chosen by the stages: the start | the duel refutes the choice | ",
        end="",
    )
    print("written: not the start |")
    print("|---|---|---|---|---|")
    for number, (lead, noise) in enumerate(((0.0, 0.05), (0.03, 0.02), (0.03, 0.05), (0.05, 0.05))):
        draw = np.random.default_rng([SEED, number, 7])
        ended = [search(draw, lead, noise) for _ in range(runs)]
        shares = [share(sum(one[column] for one in ended), runs) for column in range(3)]
        print(f"| {lead:.0%} | {noise:.0%} | {' | '.join(shares)} |", flush=True)


def tabulate_precision(runs: int) -> None:
    """Let a run repeat its processes until the median is known to within 1 %."""
    print("\n| processes | scatter by | 95 % interval: covered | 98 %, as the harness does: covered | ", end="")
    print("median within 1 % | processes, median | caveat `correlated` |")
    print("|---|---|---|---|---|---|---|")
    for number, (rho, noise) in enumerate(
        ((0.0, 0.01), (0.0, 0.02), (0.0, 0.05), (0.3, 0.02), (0.5, 0.02), (0.9, 0.02))
    ):
        draw = np.random.default_rng([SEED, number, 11])
        naive = covered = within = alike = 0
        counts = []
        for _ in range(runs):
            values = remember(draw, rho, noise)
            low, high, _ = stop(values, naive=True)
            naive += int(low <= 1 <= high)
            low, high, count = stop(values, naive=False)
            covered += int(low <= 1 <= high)
            within += int(abs(float(np.median(values[:count])) - 1) <= 0.01)
            alike += int(correlate_neighbours(values[:count]) > bound_neighbour_correlation(count))
            counts.append(count)
        name = f"AR(1) rho {rho}" if rho else "independent"
        shares = [share(count, runs) for count in (naive, covered, within)]
        print(
            f"| {name} | {noise:.0%} | {' | '.join(shares)} | {np.median(counts):.0f} | {alike / runs:.0%} |",
            flush=True,
        )


def remember(draw: np.random.Generator, rho: float, noise: float, count: int = 300) -> list[float]:
    """Return first-order autoregression around 1."""
    values = [float(draw.normal(0, 1))]
    for _ in range(count - 1):
        values.append(rho * values[-1] + math.sqrt(1 - rho * rho) * float(draw.normal(0, 1)))
    return [1 + noise * value for value in values]


def stop(values: list[float], *, naive: bool) -> tuple[float, float, int]:
    """Return the ends of the interval with which the rounds stop, and their number."""
    count = 6
    while True:
        count = min(count + (1 if count < 40 else count // 20), len(values))
        found = summarize(values[:count], 0.95 if naive else CONFIDENCE)
        wide = 1.0 if naive else widen_by(correlate_neighbours(values[:count]))
        if found.low is not None and found.high is not None:
            reached = (found.high - found.low) / 2 / found.median * wide
            if not naive:
                assert reached == measure_reach(values[:count])
            if reached <= 0.01 or count == len(values):
                low, high = (found.median + wide * (end - found.median) for end in (found.low, found.high))
                return low, high, count


def search(draw: np.random.Generator, lead: float, noise: float, rounds: int = 40) -> tuple[bool, bool, bool]:
    """Return whether the stages chose the start, a duel refuted them, and something else than the start was written."""
    costs = [100.0 * (1 - lead), *[100.0] * 7]

    def measure(number: int) -> float:
        return float(costs[number] * math.exp(draw.normal(0, noise)))

    values: list[Values] = [(("fa", str(number)),) for number in range(len(costs))]
    alive, scores = tuple(range(len(costs))), {number: list[float]() for number in range(len(costs))}
    last = alive
    while len(alive) > 1:
        last = alive
        for number in alive:
            scores[number] += [measure(number), measure(number)]
        alive = choose_survivors({number: scores[number] for number in alive})
    found = alive[0]
    # The one that lasted longest beside the choice is the runner-up.
    others = [number for number in dict.fromkeys((*last, 0)) if number != found]
    taken: dict[int, list[float | None]] = {number: [] for number in (found, *others)}
    for turn in range(rounds):
        for number, values_of in taken.items():
            values_of.append(measure(number))
        if turn > 8 and turn % 4 == 0 and are_settled(taken[found], [taken[number] for number in others]):
            break
    duels = judge_duels(taken[found], [(str(number), values[number], taken[number]) for number in others])
    refuted = any(one.comparison.verdict is Verdict.REGRESSED for one in duels)
    return found == 0, refuted, decide(values[found], values[0], duels)[0] != values[0]


if __name__ == "__main__":
    perform(main)
