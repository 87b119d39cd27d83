"""False verdicts and power where runs are stored first and compared later, with a fixed seed.

    python -m benchmarks.calibration_stored [--families N]

It prints tables of docs/explanation/statistics.md. The chance of a false verdict must not exceed 1 % per family.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.procedure import CASE, METRICS, share  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.judge.calendar import bound_time_correlation, correlate_time  # noqa: E402
from harness.stats.rank import ODDS  # noqa: E402
from harness.stats.stratum import DAYS_SHARE, UnpairedEvidence  # noqa: E402
from harness.stats.verdict import UnpairedSample, judge_unpaired  # noqa: E402

SEED = 20250607
ALPHA, THRESHOLD = 0.01, 0.02
STRICT = ALPHA / len(METRICS)

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


class Layout(NamedTuple):
    """When runs were made: in order of time the day of each, and its side (1 for the contender)."""

    name: str
    days: Labels
    sides: Labels


def main() -> None:
    families = parser().parse_args().families
    print_head()
    began = time.process_time()
    print(f"seed {SEED}, {families} families of {len(METRICS)} metrics, alpha {ALPHA:.0%}, threshold {THRESHOLD:.0%};")
    print("shares with 95 % Clopper-Pearson intervals")
    check(np.random.default_rng(SEED))
    tabulate_runs(families)
    tabulate_exact(families)
    tabulate_days(families)
    tabulate_drift(families)
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--families", type=int, default=2_000, help="an answer needs hundreds (default 2000)")
    return made


def alternate(runs: int, a_day: int = 1) -> Layout:
    """Return `runs` of each side; a day has `a_day` runs of one side, the next as many of the other."""
    count = 2 * runs // a_day
    return Layout(
        f"{a_day} of a side a day", np.repeat(np.arange(count), a_day), np.repeat(np.arange(count) % 2, a_day)
    )


def share_days(days: int, each: int) -> Layout:
    """Return days with `each` runs of both sides, in the order abba."""
    sides = np.array([(run // 2 + run) % 2 for run in range(2 * each)])
    return Layout(f"{each} of each side a day", np.repeat(np.arange(days), 2 * each), np.tile(sides, days))


def weigh_all(values: Floats, sides: Labels, *, up: bool) -> Floats:
    """Return the likelihood ratios of `harness.stats.rank` for trials x runs, as bets x trials."""
    labels = sides[np.argsort(values if up else -values, axis=1)]
    places = np.arange(1, values.shape[1] + 1)
    found = []
    for end in (1, -1):
        ordered = labels[:, ::end]
        theirs = np.cumsum(ordered, axis=1)
        for odds in ODDS:
            chance = odds**end
            among = np.log(places / (places + (chance - 1) * theirs)).sum(axis=1)
            found.append(np.exp(ordered.sum(axis=1) * math.log(chance) + among))
    return np.array(found)


def measure_all(values: Floats, days: Labels, sides: Labels, *, up: bool, shift: float = 0.0) -> Floats:
    """Return the wealth of `harness.stats.stratum` for trials x runs, a fast copy that `check` holds against it."""
    values = values - shift * sides
    units, named = [], []
    within = np.ones((2 * len(ODDS), len(values)))
    for day in np.unique(days):
        for side in (0, 1):
            mine = values[:, (days == day) & (sides == side)]
            if mine.size:
                units.append(np.median(mine, axis=1) if mine.shape[1] > 1 else mine[:, 0])
                named.append(side)
        both = sides[days == day]
        if both.min() != both.max():
            within *= weigh_all(values[:, days == day], both, up=up)
    between = weigh_all(np.array(units).T, np.array(named), up=up)
    return np.asarray((DAYS_SHARE * between + (1 - DAYS_SHARE) * within).mean(axis=0))


def measure_p(values: Floats, days: Labels, sides: Labels) -> Floats:
    if sides.min() == sides.max():
        return np.ones(len(values))
    wealth = np.maximum(*(measure_all(values, days, sides, up=up) for up in (True, False)))
    return np.minimum(1.0, 2 / wealth)


def check(draw: np.random.Generator) -> None:
    """Raise AssertionError where the fast copy and `harness.stats` differ."""
    for _ in range(50):
        days = np.sort(draw.integers(0, 5, draw.integers(2, 15)))
        sides = draw.permutation(np.arange(len(days)) % 2)
        values = draw.normal(0, 0.02, (1, len(days)))
        here, there = ([float(value) for value in np.exp(values[0][sides == side])] for side in (0, 1))
        found = UnpairedEvidence(here, there, *([str(day) for day in days[sides == side]] for side in (0, 1)))
        np.testing.assert_allclose(found.p, measure_p(values, days, sides)[0], rtol=1e-9)
        low = 1 / measure_all(values, days, sides, up=True, shift=-0.02)[0]
        high = 1 / measure_all(values, days, sides, up=False, shift=0.02)[0]
        np.testing.assert_allclose(found.p_beyond(-0.02, 0.02), min(1.0, max(low, high)), rtol=1e-9)


def draw_runs(draw: np.random.Generator, families: int, layout: Layout, noise: float, mood: float = 0.0) -> Floats:
    """Return families x metrics, flat, by runs: each run scatters by `noise`, each day, for all runs, by `mood`."""
    trials = families * len(METRICS)
    moods = draw.normal(0, mood, (trials, layout.days.max() + 1)) if mood else np.zeros((trials, layout.days.max() + 1))
    return np.asarray(draw.normal(0, noise, (trials, len(layout.days))) + moods[:, layout.days])


def find_false(p_values: Floats) -> int:
    """Return in how many families Holm's first step rejects."""
    return int((p_values.reshape(-1, len(METRICS)).min(axis=1) <= STRICT).sum())


def look_often(values: Floats, layout: Layout) -> Floats:
    """Return the least p-value of looks after each run."""
    least = np.ones(len(values))
    for count in range(2, len(layout.days) + 1):
        least = np.minimum(least, measure_p(values[:, :count], layout.days[:count], layout.sides[:count]))
    return least


def tabulate_runs(families: int) -> None:
    print("\n| runs a side | noise | false, one look | false, a look after each run | ", end="")
    print("false UNCHANGED at +2 % | +2 % found | +5 % | +10 % | median MDE | found when planted |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for runs in (6, 7, 8, 12, 20, 30):
        for name, heavy in (("Gaussian 2 %", 0.0), ("and one run in ten 3 to 10 % slow", 0.1)):
            draw, layout = np.random.default_rng([SEED, runs, int(heavy * 10)]), alternate(runs)
            values = draw_runs(draw, families, layout, 0.02)
            values += np.where(draw.random(values.shape) < heavy, draw.uniform(0.03, 0.1, values.shape), 0.0)
            once, often = measure_p(values, layout.days, layout.sides), look_often(values, layout)
            found = []
            for change in (0.02, 0.05, 0.10):
                wealth = measure_all(values + np.log1p(change) * layout.sides, layout.days, layout.sides, up=True)
                found.append(f"{(2 / wealth <= STRICT).mean():.1%}")
            moved = values + np.log1p(THRESHOLD) * layout.sides
            inside = [
                1 / measure_all(moved, layout.days, layout.sides, up=up, shift=shift) <= STRICT
                for up, shift in ((True, np.log1p(-THRESHOLD)), (False, np.log1p(THRESHOLD)))
            ]
            blind = (inside[0] & inside[1]).reshape(-1, len(METRICS)).any(axis=1).sum()
            cells = [share(count, families) for count in (find_false(once), find_false(often), int(blind))]
            planted = plant(values[: 60 * len(METRICS)], layout)
            print(f"| {runs} | {name} | {' | '.join([*cells, *found])} | {planted} |", flush=True)


def plant(values: Floats, layout: Layout) -> str:
    """Return the median MDE that the harness names where nothing differs, and how often such a change is found."""
    judged = [
        one
        for family in values.reshape(-1, len(METRICS), len(layout.days))
        for one in judge_unpaired(
            [
                UnpairedSample(
                    case=CASE,
                    metric=metric,
                    baseline=tuple(np.exp(row[layout.sides == 0]).tolist()),
                    contender=tuple(np.exp(row[layout.sides == 1]).tolist()),
                )
                for metric, row in zip(METRICS, family, strict=True)
            ],
            alpha=ALPHA,
            threshold=THRESHOLD,
        ).comparisons
    ]
    mdes = [one.mde for one in judged if one.mde is not None]
    if not mdes:
        return "never |"
    mde = float(np.median(mdes))
    wealth = measure_all(values + np.log1p(mde) * layout.sides, layout.days, layout.sides, up=True)
    return f"{mde:.2%} | {(2 / wealth <= STRICT).mean():.1%}"


def tabulate_exact(families: int) -> None:
    """Compare with an exact rank test, which may be looked at only once, but is looked at after each pair of runs."""
    print("\n| test | false by 10 runs a side, looked at from 6 on | by 20 | by 30 | +5 % found at 8 | at 12 | at 20 |")
    print("|---|---|---|---|---|---|---|")
    layout = alternate(30)
    values = draw_runs(np.random.default_rng([SEED, 17]), families, layout, 0.02)
    here, there = (values[:, layout.sides == side] for side in (0, 1))

    def rank_test(count: int, change: float = 0.0) -> Floats:
        test = stats.mannwhitneyu(there[:, :count] + np.log1p(change), here[:, :count], axis=1, method="exact")
        return np.asarray(test.pvalue)

    def order(count: int, change: float = 0.0) -> Floats:
        moved = values[:, : 2 * count] + np.log1p(change) * layout.sides[: 2 * count]
        return measure_p(moved, layout.days[: 2 * count], layout.sides[: 2 * count])

    for name, test in (("Mann and Whitney's", rank_test), ("the harness's", order)):
        least, cells = np.ones(len(values)), []
        for count in range(6, 31):
            least = np.minimum(least, test(count))
            if count in (10, 20, 30):
                cells.append(share(find_false(least), families))
        cells += [f"{(test(count, 0.05) <= STRICT).mean():.0%}" for count in (8, 12, 20)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def tabulate_days(families: int) -> None:
    """Let days differ; a look after each run."""
    print("\n| runs | days differ by | false, a look after each run | ", end="")
    print("+2 % found after 2 days of a side | 3 | 4 | 6 | 8 | 12 |")
    print("|---|---|---|---|---|---|---|---|---|")
    layouts: Sequence[tuple[int, Callable[[int], Layout]]] = (
        (20, alternate),
        (12, lambda days: alternate(3 * days, 3)),
        (20, lambda days: share_days(days, 1)),
        (10, lambda days: share_days(days, 3)),
    )
    for number, (days, make) in enumerate(layouts):
        for mood in (0.0, 0.01, 0.02, 0.05):
            draw, layout = np.random.default_rng([SEED, number, int(mood * 100)]), make(days)
            false = find_false(look_often(draw_runs(draw, families, layout, 0.01, mood), layout))
            found = []
            for fewer in (2, 3, 4, 6, 8, 12):
                short = make(fewer)
                values = draw_runs(draw, max(1, families // 4), short, 0.01, mood) + np.log1p(0.02) * short.sides
                wealth = measure_all(values, short.days, short.sides, up=True)
                found.append(f"{(2 / wealth <= STRICT).mean():.0%}")
            cells = [layout.name, f"{mood:.0%}", share(false, families), *found]
            print(f"| {' | '.join(cells)} |", flush=True)


def tabulate_drift(families: int) -> None:
    """Let the node drift by 3 % over all runs, and look once; runs scatter by 0.7 %."""
    print(
        "\n| order of 24 runs, a day each | correlation of side and time | caveat | false difference at 3 % of drift |"
    )
    print("|---|---|---|---|")
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for name, letters in (
        ("all of one side first", 12 * "a" + 12 * "b"),
        ("the last of one side and the first of the other exchanged", 11 * "a" + "ba" + 11 * "b"),
        ("the first of one side and the last of the other exchanged", "b" + 11 * "a" + 11 * "b" + "a"),
        ("two of each exchanged", "bb" + 10 * "a" + 10 * "b" + "aa"),
        ("three of each exchanged", "bbb" + 9 * "a" + 9 * "b" + "aaa"),
        ("five of each exchanged", "bbbbb" + 7 * "a" + 7 * "b" + "aaaaa"),
        ("in turns", 12 * "ab"),
        ("in turns, abba", 6 * "abba"),
    ):
        sides = np.array([int(letter == "b") for letter in letters])
        layout = Layout(name, np.arange(len(sides)), sides)
        values = draw_runs(np.random.default_rng([SEED, 13]), families, layout, 0.007)
        values += 0.03 * np.arange(len(sides)) / len(sides)
        starts = [[first + timedelta(days=int(day)) for day in layout.days[sides == side]] for side in (0, 1)]
        correlation = correlate_time(*starts)
        said = "yes" if abs(correlation) > bound_time_correlation(*map(len, starts)) else "no"
        false = share(find_false(measure_p(values, layout.days, sides)), families)
        print(f"| {name} | {correlation:+.2f} | {said} | {false} |")


if __name__ == "__main__":
    perform(main)
