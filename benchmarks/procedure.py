"""Ways to judge simulated trials: the harness's own, for thousands of trials at once, and those of others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.noise import Floats, Trials
from harness.records.case import Case
from harness.records.comparison import Family
from harness.stats import symmetry
from harness.stats.evidence import find_centre
from harness.stats.verdict import PairedSample, judge_pairs

Signs = NDArray[np.int64]
NEVER = 10**9
CASE = Case.of("whisper", model="tiny")
METRICS = ("encode", "decode", "batchd", "prompt")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Verdicts of trials, families x metrics: sign of the difference found (0: none), UNCHANGED, blocks until settled.

    `covered` tells whether the interval holds the true change, `relevant` whether the estimate reaches the threshold.
    """

    sign: Signs
    unchanged: NDArray[np.bool_]
    blocks: Signs
    covered: NDArray[np.bool_]
    relevant: NDArray[np.bool_]


def judge_live(pairs: Floats, theta: float, *, alpha: float, threshold: float) -> Outcome:
    """Return what `ab` would have said with a look after every block, the contender costing exp(theta) times more.

    The arithmetic of `harness.stats` for all trials at once; `judge_slowly` is the real thing.
    """
    families, metrics, blocks = pairs.shape[:3]
    logs = (pairs[..., 1] - pairs[..., 0] + theta).reshape(families * metrics, blocks, -1)
    centres, errors = _centres(logs), _errors(logs)
    scales = _scales(centres, errors)
    level = alpha / metrics
    target = np.log(2 / level)
    low, high = np.log1p(-threshold), np.log1p(threshold)
    above, below = _wealth(centres, scales, 0.0), _wealth(-centres, scales, 0.0)
    differs = np.minimum(_first(above, target), _first(below, target))
    within = np.maximum(_first(_wealth(centres, scales, low), target), _first(_wealth(-centres, scales, -high), target))
    stop = np.minimum(np.minimum(differs, within), blocks)
    at_stop = stop[:, None] - 1
    peak_up = np.take_along_axis(np.maximum.accumulate(above, axis=1), at_stop, axis=1)[:, 0]
    peak_down = np.take_along_axis(np.maximum.accumulate(below, axis=1), at_stop, axis=1)[:, 0]
    p = np.minimum(1.0, 2 * np.exp(-np.maximum(peak_up, peak_down))).reshape(families, metrics)
    order = np.argsort(p, axis=1)
    steps = alpha / (metrics - np.arange(metrics))
    passed = np.logical_and.accumulate(np.take_along_axis(p, order, axis=1) <= steps, axis=1)
    rejected = np.zeros_like(passed)
    np.put_along_axis(rejected, order, passed, axis=1)
    levels = np.full_like(p, level)
    np.put_along_axis(levels, order, np.where(passed, steps, level), axis=1)
    unchanged = (within <= stop).reshape(families, metrics)
    sign = np.where(rejected & ~unchanged, np.where(peak_up > peak_down, 1, -1).reshape(families, metrics), 0)
    at_truth = [
        np.take_along_axis(
            np.maximum.accumulate(_wealth(side * centres, scales, side * theta), axis=1), at_stop, axis=1
        )
        for side in (1, -1)
    ]
    covered = np.maximum(*at_truth)[:, 0].reshape(families, metrics) < np.log(2 / levels)
    shifts = [find_centre(row[:end].tolist()) for row, end in zip(centres, stop, strict=True)]
    change = np.expm1(shifts).reshape(families, metrics)
    return Outcome(
        sign=sign,
        unchanged=unchanged,
        blocks=stop.reshape(families, metrics),
        covered=covered,
        relevant=(sign != 0) & (abs(change) >= threshold),
    )


def judge_slowly(pairs: Floats, blocks: Signs, theta: float, *, alpha: float, threshold: float) -> Family:
    """Return the harness's own verdicts on one family, metrics x blocks x pairs x sides, cut after `blocks` each."""
    values = np.exp(pairs + np.array([0.0, theta]))
    samples = [
        PairedSample(
            case=CASE,
            metric=metric,
            blocks=tuple(tuple((float(a), float(b)) for a, b in block) for block in values[index, : blocks[index]]),
        )
        for index, metric in enumerate(METRICS[: len(values)])
    ]
    return judge_pairs(samples, alpha=alpha, threshold=threshold)


def take_apart(trials: Trials, theta: float, count: int, per_process: int) -> tuple[Floats, Floats]:
    """Return `count` calls of the baseline and then as many of the contender, as scripts do it."""
    levels = np.repeat(trials.levels.reshape(*trials.levels.shape[:2], -1), per_process, axis=-1)
    one = trials.calls[..., :count] + levels[..., :count]
    other = trials.calls[..., count : 2 * count] + levels[..., count : 2 * count] + theta
    return np.exp(one), np.exp(other)


def single_shot(one: Floats, other: Floats) -> Signs:
    return call((other / one)[..., 0] - 1, abs(other / one - 1)[..., 0] > 0.05)


def welch(one: Floats, other: Floats) -> Signs:
    found = stats.ttest_ind(other, one, axis=-1, equal_var=False)
    return call(found.statistic, found.pvalue < 0.05)


def mann_whitney(one: Floats, other: Floats) -> Signs:
    p = stats.mannwhitneyu(other, one, axis=-1, method="exact").pvalue
    return call(np.median(other, axis=-1) - np.median(one, axis=-1), p < 0.05)


def minimum(one: Floats, other: Floats) -> Signs:
    ratio = other.min(axis=-1) / one.min(axis=-1)
    return call(ratio - 1, abs(ratio - 1) > 0.01)


def call(difference: Floats, found: NDArray[np.bool_]) -> Signs:
    """Return the sign of what was found, 0 where nothing was."""
    return np.where(found, np.sign(difference), 0).astype(np.int64)


# Name, calls of a side, calls that a process lasts, the rule.
OTHERS: tuple[tuple[str, int, int, Callable[[Floats, Floats], Signs]], ...] = (
    ("one call each, more than 5 %", 1, 1, single_shot),
    ("5 then 5, Welch p < .05", 5, 1, welch),
    ("10 then 10, Mann-Whitney p < .05", 10, 1, mann_whitney),
    ("30 then 30, minima differ by 1 %", 30, 1, minimum),
    ("240 then 240, Welch p < .05", 240, 4, welch),
)


def _centres(logs: Floats) -> Floats:
    count = logs.shape[-1]
    if count < 4:
        return np.asarray(np.median(logs, axis=-1))
    first, second = np.triu_indices(count)
    return np.asarray(np.median((logs[..., first] + logs[..., second]) / 2, axis=-1))


def _errors(logs: Floats) -> Floats:
    middle = np.median(logs, axis=-1, keepdims=True)
    return np.asarray(1.4826 * np.median(abs(logs - middle), axis=-1) / np.sqrt(logs.shape[-1]))


def _scales(centres: Floats, errors: Floats) -> Floats:
    scales = np.zeros_like(centres)
    normal = stats.norm()
    for index in range(symmetry.SIGNS_ONLY, centres.shape[1]):
        earlier = np.sort(centres[:, :index], axis=1)
        skip = index // 6
        gap = 2 * normal.ppf((index - skip - 0.375) / (index + 0.25))
        spread = (earlier[:, -1 - skip] - earlier[:, skip]) / gap
        scales[:, index] = np.maximum(np.maximum(spread, errors[:, index]), symmetry.FINEST)
    return scales


def _wealth(centres: Floats, scales: Floats, theta: float) -> Floats:
    distance = centres - theta
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(scales > 0, np.clip(distance / scales, -symmetry.CLIP, symmetry.CLIP), np.sign(distance))
    bets = np.array(symmetry.LAMBDAS)
    growth = np.cumsum(np.log(2) - np.logaddexp(0, -2 * bets * z[..., None]), axis=1)
    return np.asarray(np.logaddexp.reduce(growth, axis=-1) - np.log(len(bets)))


def _first(wealth: Floats, target: float) -> Signs:
    reached = wealth >= target
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, NEVER)
