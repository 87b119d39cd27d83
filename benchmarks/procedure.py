"""Ways to judge simulated trials: the harness's own, for thousands of trials at once, and those of others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from benchmarks.noise import Floats, Trials
from harness.records.comparison import Family
from harness.records.measurement import Case
from harness.stats import block, symmetry
from harness.stats.evidence import find_centre
from harness.stats.verdict import PairedSample, judge_pairs

Signs = NDArray[np.int64]
# As in `harness.stats.verdict`.
_ROUNDING = 1e-12
CASE = Case.of("whisper", model="tiny")
METRICS = ("encode", "decode", "batchd", "prompt")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Verdicts of trials, families x metrics: sign of the difference found (0: none), UNCHANGED, blocks until settled.

    `covered` tells whether the interval holds the true change, `relevant` whether the estimate reaches the threshold.
    `alone` is whether a metric that is asked for by itself, afterwards, shows a difference; `shift` is the estimate.
    """

    sign: Signs
    unchanged: NDArray[np.bool_]
    blocks: Signs
    covered: NDArray[np.bool_]
    relevant: NDArray[np.bool_]
    alone: NDArray[np.bool_]
    shift: Floats


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What makes an answer come sooner; without any of it the level is shared equally, and UNCHANGED is two-sided."""

    stepwise: bool = True
    aimed: bool = True
    undisturbed: bool = True
    ordered: bool = True


ALL = Rules()


def judge_live(trials: Trials, theta: float, *, alpha: float, threshold: float, rules: Rules = ALL) -> Outcome:
    """Return what `ab` would have said with a look after every block, the contender costing exp(theta) times more.

    The arithmetic of `harness.stats` for all trials at once; `judge_slowly` is the real thing.
    """
    families, metrics, blocks = trials.starts.shape
    rows = (families * metrics, blocks)
    pairs = trials.pairs.reshape(*rows, -1, 2) + np.array([0.0, theta])
    centres, errors = _summarize(pairs, undisturbed=rules.undisturbed)
    if rules.ordered:
        centres = _remove_order(centres, trials.starts.reshape(rows))
    scales = _scales(centres, errors)
    low, high = np.log1p(-threshold) + _ROUNDING, np.log1p(threshold) - _ROUNDING

    def peak(centres: Floats, limit: float, aim: float = 0.0) -> Floats:
        wealth = _wealth(centres, scales, limit, aim if rules.aimed else 0.0)
        return np.asarray(np.maximum(0.0, np.maximum.accumulate(wealth, axis=1)).reshape(families, metrics, blocks))

    above, below = peak(centres, 0.0), peak(-centres, 0.0)
    differing = np.log(2) - np.maximum(above, below)
    beyond = -np.minimum(peak(centres, low, high), peak(-centres, -high, high))
    if not rules.stepwise:
        beyond = beyond + np.log(2)
    stop, p, far = _settle(differing, beyond, alpha, stepwise=rules.stepwise)
    levels, wide = _step(p, alpha), _step(far, alpha) if rules.stepwise else np.full_like(far, np.log(alpha / metrics))
    unchanged = far <= wide
    at_stop = stop[..., None] - 1
    rising = np.take_along_axis(above >= below, at_stop, axis=-1)[..., 0]
    sign = np.where((p <= levels) & ~unchanged, np.where(rising, 1, -1), 0)
    at_truth = np.maximum(peak(centres, theta), peak(-centres, -theta))
    at_truth = np.take_along_axis(at_truth, at_stop, axis=-1)[..., 0]
    used = np.where(unchanged, wide + np.log(2), np.where(sign != 0, levels, np.log(alpha / metrics)))
    covered = (at_truth < np.log(2) - used) & ~(unchanged & (not low <= theta <= high))
    ends = stop.ravel().tolist()
    shifts = [find_centre(row[:end].tolist()) for row, end in zip(centres, ends, strict=True)]
    shift = np.array(shifts).reshape(families, metrics)
    return Outcome(
        sign=sign,
        unchanged=unchanged,
        blocks=stop,
        covered=covered,
        relevant=(sign != 0) & ~((low < shift) & (shift < high)),
        alone=(p <= np.log(alpha)) & ~(far <= np.log(alpha)),
        shift=shift,
    )


def judge_slowly(trials: Trials, family: int, blocks: Signs, theta: float, *, alpha: float, threshold: float) -> Family:
    """Return the harness's own verdicts on one family, each metric cut after so many blocks."""
    return judge_pairs(sample(trials, family, blocks, theta), alpha=alpha, threshold=threshold)


def sample(trials: Trials, family: int, blocks: Signs, theta: float) -> list[PairedSample]:
    """Return the metrics of one family as the harness has them, each cut after so many blocks."""
    values = np.exp(trials.pairs[family] + np.array([0.0, theta]))
    return [
        PairedSample(
            case=CASE,
            metric=metric,
            blocks=tuple(tuple((float(a), float(b)) for a, b in block) for block in values[index, : blocks[index]]),
            starts=tuple(int(start) for start in trials.starts[family, index, : blocks[index]]),
        )
        for index, metric in enumerate(METRICS[: len(values)])
    ]


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
    ("120 then 120, Welch p < .05", 120, 4, welch),
)


def _settle(differing: Floats, beyond: Floats, alpha: float, *, stepwise: bool) -> tuple[Signs, Floats, Floats]:
    """Return after how many blocks each metric was settled, and its p-values then, as logarithms."""
    families, metrics, blocks = differing.shape
    stop = np.full((families, metrics), blocks)
    known = np.zeros((families, metrics), dtype=bool)
    p, far = np.zeros((families, metrics)), np.zeros((families, metrics))
    for index in range(blocks):
        p, far = np.where(known, p, differing[..., index]), np.where(known, far, beyond[..., index])
        strict = np.full_like(p, np.log(alpha / metrics))
        levels = [_step(one, alpha) if stepwise else strict for one in (p, far)]
        now = ~known & ((p <= levels[0]) | (far <= levels[1]))
        stop[now] = index + 1
        known |= now
        if known.all():
            break
    return stop, p, far


def _step(p: Floats, alpha: float) -> Floats:
    """Return the logarithms of the levels that Holm's procedure assigns to logarithms of p-values."""
    metrics = p.shape[1]
    order = np.argsort(p, axis=1, kind="stable")
    steps = np.log(alpha / (metrics - np.arange(metrics)))
    passed = np.logical_and.accumulate(np.take_along_axis(p, order, axis=1) <= steps, axis=1)
    levels = np.empty_like(p)
    np.put_along_axis(levels, order, np.where(passed, steps, steps[0]), axis=1)
    return levels


def _summarize(pairs: Floats, *, undisturbed: bool) -> tuple[Floats, Floats]:
    """Return the centres and standard errors of blocks, rows x blocks x pairs x sides, as `harness.stats` does."""
    logs = pairs[..., 1] - pairs[..., 0]
    centres, errors = _centres(logs), _errors(logs)
    if undisturbed and logs.shape[-1] > 1:
        times = pairs.sum(axis=-1)
        middle = np.sort(times, axis=-1)[..., (times.shape[-1] - 1) // 2]
        reaches = times.max(axis=-1) - times.min(axis=-1)
        limits = np.full_like(reaches, np.inf)
        for index in range(block.LEAST_BLOCKS, reaches.shape[1]):
            usual = np.median(reaches[:, :index], axis=1)
            limits[:, index] = block.HELD_UP * np.maximum(usual, symmetry.FINEST)
        kept = abs(times - middle[..., None]) <= limits[..., None]
        for place in zip(*np.nonzero(~kept.all(axis=-1)), strict=True):
            left = logs[place][kept[place]]
            centres[place] = find_centre(left.tolist())
            errors[place] = _errors(left) if len(left) > 1 else 0.0
    return centres, errors


def _remove_order(centres: Floats, starts: Floats) -> Floats:
    removed = centres.copy()
    for index in range(2 * block.LEAST_OF_AN_ORDER, centres.shape[1]):
        earlier, first = centres[:, :index], starts[:, :index] > 0
        sides = [_look(earlier, chosen) for chosen in (first, ~first)]
        (one, spread, count), (other, spread_2, count_2) = sides
        effect = (one - other) / 2
        variance = block.OF_MEDIANS / 4 * (spread**2 / np.maximum(count, 1) + spread_2**2 / np.maximum(count_2, 1))
        enough = np.minimum(count, count_2) >= block.LEAST_OF_AN_ORDER
        clear = enough & (effect**2 > block.CLEAR**2 * variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = np.where(clear, effect * (1 - variance / effect**2), 0.0)
        removed[:, index] -= starts[:, index] * effect
    return removed


def _look(values: Floats, chosen: NDArray[np.bool_]) -> tuple[Floats, Floats, Signs]:
    """Return median, spread and number of the chosen values of each row."""
    count = chosen.sum(axis=1)
    ordered = np.sort(np.where(chosen, values, np.inf), axis=1)
    rows, skip = np.arange(len(values)), count // 6
    size = np.maximum(count, 2)
    gap = 2 * special.ndtri((size - skip - 0.375) / (size + 0.25))
    last = np.maximum(count - 1, 0)
    middle = (ordered[rows, last // 2] + ordered[rows, np.minimum(count // 2, last)]) / 2
    with np.errstate(invalid="ignore"):
        spread = (ordered[rows, np.maximum(last - skip, 0)] - ordered[rows, np.minimum(skip, last)]) / gap
    return np.nan_to_num(middle, posinf=0.0), np.nan_to_num(spread, posinf=0.0), count


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
    for index in range(symmetry.SIGNS_ONLY, centres.shape[1]):
        earlier = np.sort(centres[:, :index], axis=1)
        skip = index // 6
        gap = 2 * special.ndtri((index - skip - 0.375) / (index + 0.25))
        spread = (earlier[:, -1 - skip] - earlier[:, skip]) / gap
        scales[:, index] = np.maximum(np.maximum(spread, errors[:, index]), symmetry.FINEST)
    return scales


def _wealth(centres: Floats, scales: Floats, theta: float, aim: float = 0.0) -> Floats:
    distance = centres - theta
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(scales > 0, np.clip(distance / scales, -symmetry.CLIP, symmetry.CLIP), np.sign(distance))
        aimed = np.where(scales > 0, np.minimum(aim / scales, symmetry.LAMBDAS[-1]), symmetry.AIM_AT_SIGNS)
    bets = np.array(symmetry.LAMBDAS)
    growth = np.cumsum(np.log(2) - np.logaddexp(0, -2 * bets * z[..., None]), axis=1)
    wealth = np.logaddexp.reduce(growth, axis=-1) - np.log(len(bets))
    if not aim:
        return np.asarray(wealth)
    aiming = np.cumsum(np.log(2) - np.logaddexp(0, -2 * aimed * z), axis=1)
    return np.asarray(np.logaddexp(wealth, aiming) - np.log(2))


def share(count: int, total: int, *, digits: int = 2) -> str:
    """Return a share in percent with its exact 95 % interval (Clopper and Pearson)."""
    found = stats.binomtest(count, total).proportion_ci(0.95)
    return f"{count / total:.{digits}%} [{found.low:.{digits}%}, {found.high:.{digits}%}]"
