"""The comparison of two samples: changes with intervals, and a verdict for each case and metric of a family."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from harness.records.caveat import Caveat, CaveatCode
from harness.records.comparison import Comparison, Family, Summary, Verdict
from harness.records.measurement import METRICS, Case
from harness.records.record import Record
from harness.stats.evidence import Evidence, PairedEvidence
from harness.stats.holm import adjust_holm, assign_levels
from harness.stats.stratum import UnpairedEvidence
from harness.stats.summary import summarize

PAIRED_METHOD = "test martingale for symmetry over blocks of pairs, valid at any time; Holm"
UNPAIRED_METHOD = "order of runs, between days and within them, by likelihood ratios that are valid at any time; Holm"
# How surely a change of the size `mde` would have been shown.
POWER = 0.9
# exp() of it is a number still.
_HIGHEST = 700.0
# Logarithms of measured values are no finer: both directions reach a threshold alike.
_ROUNDING = 1e-12
_MISS = NormalDist().inv_cdf(POWER)


class PairedSample(Record):
    """One metric of one case, measured in turns; `blocks` hold (baseline, contender) values in the metric's unit.

    A block holds the values of two processes, one on each side, that ran side by side; `numbers` are the numbers of the
    blocks, if needed. `starts` holds 1 for each block in which the baseline's process was started first, -1 if it was
    the contender's, 0 if that is not known; empty stands for zeros.
    """

    case: Case
    metric: str
    blocks: tuple[tuple[tuple[float, float], ...], ...]
    numbers: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()


class UnpairedSample(Record):
    """One metric of one case, with a value for each run (its median, in the metric's unit) on both sides.

    `baseline_days` and `contender_days` name the day of each run; without them each run has its own day.
    """

    case: Case
    metric: str
    baseline: tuple[float, ...]
    contender: tuple[float, ...]
    baseline_days: tuple[str, ...] = ()
    contender_days: tuple[str, ...] = ()


def judge_pairs(samples: Sequence[PairedSample], *, alpha: float, threshold: float) -> Family:
    """Return the verdicts on samples that were measured in turns, however often they were judged before.

    `alpha` bounds the chance of any false difference in the family, `threshold` is the relative change that matters.
    Too few data give UNRESOLVED. Raises ValueError for an alpha outside 0 to 1 or a negative threshold.
    """
    _check(alpha, threshold)
    evidence = [PairedEvidence(sample.blocks, sample.starts) for sample in samples]
    return _judge([(one.case, one.metric) for one in samples], evidence, alpha, threshold, PAIRED_METHOD)


def judge_unpaired(samples: Sequence[UnpairedSample], *, alpha: float, threshold: float) -> Family:
    """Return the verdicts on runs that were not measured in turns; otherwise like `judge_pairs`.

    Except for the change, the days of both sides are assumed to be exchangeable, and so are the runs of a day: nothing
    else may differ between the sides.
    """
    _check(alpha, threshold)
    evidence = [UnpairedEvidence(one.baseline, one.contender, one.baseline_days, one.contender_days) for one in samples]
    return _judge([(one.case, one.metric) for one in samples], evidence, alpha, threshold, UNPAIRED_METHOD)


def list_settled(samples: Sequence[PairedSample], *, planned: int, alpha: float, threshold: float) -> tuple[bool, ...]:
    """Return for each sample of a family whether it has a verdict that no further blocks of any sample can change.

    The family will have `planned` samples; those that are not measured yet count as open. A settled sample has a
    verdict in this family and in any part of it; only whether a difference is too small to matter may still change.
    Raises ValueError as `judge_pairs` does.
    """
    _check(alpha, threshold)
    found = [PairedEvidence(sample.blocks, sample.starts) for sample in samples]
    missing = [1.0] * max(0, planned - len(samples))
    settled = [False] * len(samples)
    for p_values in zip(*(_ask(one, threshold) for one in found), strict=True):
        levels = assign_levels([*p_values, *missing], alpha)
        settled = [known or p <= level for known, p, level in zip(settled, p_values, levels, strict=False)]
    return tuple(settled)


class _Test(NamedTuple):
    """One test of a family: its p-values and the levels for a difference, for UNCHANGED, and for what is still `open`.

    `p` is the adjusted p-value of a difference, `beyond` the p-value of a change that matters.
    """

    p: float
    beyond: float
    difference: float
    unchanged: float
    open: float


def _ask(evidence: Evidence, threshold: float) -> tuple[float, float]:
    """Return the p-values of "nothing differs" and of "the change is one that matters"."""
    return evidence.p, evidence.p_beyond(*_limits(threshold)) if threshold else 1.0


def _judge(
    keys: Sequence[tuple[Case, str]], found: Sequence[Evidence], alpha: float, threshold: float, method: str
) -> Family:
    asked = [_ask(evidence, threshold) for evidence in found]
    p_values, beyond = [p for p, _ in asked], [far for _, far in asked]
    differing, unchanged = assign_levels(p_values, alpha), assign_levels(beyond, alpha)
    # An interval at the narrower of both next steps leaves out neither 0 nor all that matters where no verdict is said.
    following = min(_next_level(p_values, differing, alpha), _next_level(beyond, unchanged, alpha))
    tests = [
        _Test(*steps, following) for steps in zip(adjust_holm(p_values), beyond, differing, unchanged, strict=True)
    ]
    rows = zip(keys, found, tests, strict=True)
    comparisons = tuple(_compare(*key, evidence, test, threshold) for key, evidence, test in rows)
    return Family(comparisons=comparisons, alpha=alpha, threshold=threshold, method=method)


def _next_level(p_values: Sequence[float], levels: Sequence[float], alpha: float) -> float:
    """Return the level of the step at which Holm's procedure stopped."""
    return alpha / max(1, sum(p > level for p, level in zip(p_values, levels, strict=True)))


def _compare(case: Case, metric: str, evidence: Evidence, test: _Test, threshold: float) -> Comparison:
    """Return the comparison that a test has come to.

    Differences and UNCHANGED are two families, each with Holm's procedure. The interval is that of the verdict: at the
    level of a difference; for UNCHANGED at twice its level, as its two errors exclude each other, and cut at the
    limits, beyond which the test behind UNCHANGED has refuted every value.
    """
    low, high = _limits(threshold)
    landmarks = (0.0, low, high)
    verdict, used = Verdict.UNRESOLVED, test.open
    bounds = wide = evidence.bound(used, landmarks)
    if test.beyond <= test.unchanged:
        verdict, used = Verdict.UNCHANGED, 2 * test.unchanged
        ends = evidence.bound(used, landmarks) or (low, high)
        bounds = max(low, ends[0]), min(high, ends[1])
    elif evidence.p <= test.difference:
        used = test.difference
        bounds = evidence.bound(used, landmarks)
        up = bounds is not None and bounds[0] >= 0
        verdict = Verdict.REGRESSED if up == METRICS[metric].lower_is_better else Verdict.IMPROVED
    unsteady = bounds is not None and bounds[0] > bounds[1]
    if unsteady:
        verdict, bounds = Verdict.UNRESOLVED, None
    centre = evidence.centre if bounds is None else min(max(evidence.centre, bounds[0]), bounds[1])
    # What would have been shown is asked of a difference, for which an interval of UNCHANGED is too narrow.
    seen = wide if verdict is Verdict.UNCHANGED else bounds
    return Comparison(
        case=case,
        metric=metric,
        n=evidence.n,
        change=_as_change(centre),
        p=test.p,
        p_raw=evidence.p,
        verdict=verdict,
        relevant=verdict in {Verdict.IMPROVED, Verdict.REGRESSED} and not low < centre < high,
        baseline=_summarize(evidence.baseline),
        contender=_summarize(evidence.contender),
        low=None if bounds is None else _as_change(bounds[0]),
        high=None if bounds is None else _as_change(bounds[1]),
        confidence=0.0 if bounds is None else 1 - used,
        mde=None if bounds is None or seen is None else _find_detectable(evidence, seen),
        caveats=_explain(evidence, test, bounded=bounds is not None, unsteady=unsteady),
    )


def _find_detectable(evidence: Evidence, bounds: tuple[float, float]) -> float:
    """Return the change that would have moved the interval away from 0 in nine of ten cases.

    It must move by its width, and by what chance takes away in one case of ten: a bound varies with the centre and with
    its distance from it, which is known to about one part in sqrt(n), as is the spread of the n units behind it.
    docs/explanation/statistics.md shows by simulation how often such a change is found.
    """
    reach = max(evidence.centre - bounds[0], bounds[1] - evidence.centre)
    return _as_change(reach + _MISS * math.hypot(evidence.error, reach / math.sqrt(evidence.n)))


def _explain(evidence: Evidence, test: _Test, *, bounded: bool, unsteady: bool) -> tuple[Caveat, ...]:
    caveats = []
    if unsteady:
        message = "the change itself drifted while it was measured: no single value fits all blocks"
        caveats.append(Caveat(code=CaveatCode.UNSTEADY, message=message))
    elif not bounded:
        caveats.append(Caveat(code=CaveatCode.THIN, message=evidence.lack(test.open)))
    if evidence.left_out:
        message = f"left out, with their partners, because they are not above zero: {evidence.left_out}"
        caveats.append(Caveat(code=CaveatCode.UNUSABLE, message=message))
    return tuple(caveats)


def _as_change(shift: float) -> float:
    """Return a logarithm of contender / baseline as a relative change; extreme values stay finite."""
    return math.expm1(min(shift, _HIGHEST))


def _limits(threshold: float) -> tuple[float, float]:
    """Return the relative changes that matter, down and up, as logarithms."""
    return (math.log1p(-threshold) + _ROUNDING if threshold < 1 else -math.inf), math.log1p(threshold) - _ROUNDING


def _summarize(values: Sequence[float]) -> Summary:
    return summarize(values) if values else Summary(n=0, median=0.0, minimum=0.0, maximum=0.0, spread=0.0)


def _check(alpha: float, threshold: float) -> None:
    if not 0 < alpha < 1 or not threshold >= 0:
        raise ValueError(
            f"alpha must be between 0 and 1 and the threshold not negative, but got {alpha} and {threshold}"
        )
