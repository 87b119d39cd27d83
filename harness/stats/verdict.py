"""What may be said of two samples: changes with intervals, and a verdict for each case and metric of a family."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from harness.records.case import Case
from harness.records.caveat import Caveat
from harness.records.comparison import Comparison, Family, Verdict
from harness.records.metric import METRICS
from harness.records.record import Record
from harness.records.summary import Summary
from harness.stats.evidence import Evidence, PairedEvidence, UnpairedEvidence
from harness.stats.holm import adjust_holm, assign_levels
from harness.stats.summary import summarize

PAIRED_METHOD = "test martingale for symmetry over blocks of pairs, valid at any time; Holm"
UNPAIRED_METHOD = "Mann-Whitney test over runs, exact, with Moses' interval; Holm"
# How surely a change of the size `mde` would have been shown.
POWER = 0.9
# exp() of it is a number still.
_HIGHEST = 700.0
_MISS = NormalDist().inv_cdf(POWER)


class PairedSample(Record):
    """One metric of one case, measured in turns; `blocks` hold (baseline, contender) values in the metric's unit.

    A block is what two processes, one a side, did while they lived next to each other; `numbers` are those of the
    blocks, where somebody asks for them.
    """

    case: Case
    metric: str
    blocks: tuple[tuple[tuple[float, float], ...], ...]
    numbers: tuple[int, ...] = ()


class UnpairedSample(Record):
    """One metric of one case, a value for each run (its median, in the metric's unit) on either side."""

    case: Case
    metric: str
    baseline: tuple[float, ...]
    contender: tuple[float, ...]


def judge_pairs(samples: Sequence[PairedSample], *, alpha: float, threshold: float) -> Family:
    """Return the verdicts on samples that were measured in turns, however often one has looked before.

    `alpha` bounds the chance of any false difference in the family, `threshold` is the relative change that matters.
    Thin data come out UNRESOLVED. Raises ValueError for an alpha outside 0 to 1 or a negative threshold.
    """
    _check(alpha, threshold)
    evidence = [PairedEvidence(sample.blocks) for sample in samples]
    return _judge([(one.case, one.metric) for one in samples], evidence, alpha, threshold, PAIRED_METHOD)


def judge_unpaired(samples: Sequence[UnpairedSample], *, alpha: float, threshold: float) -> Family:
    """Return the verdicts on runs that were made apart from each other; all else as in `judge_pairs`.

    The runs of both sides are taken to be exchangeable but for the change: nothing else may differ between the sides.
    """
    _check(alpha, threshold)
    evidence = [UnpairedEvidence(sample.baseline, sample.contender) for sample in samples]
    return _judge([(one.case, one.metric) for one in samples], evidence, alpha, threshold, UNPAIRED_METHOD)


def is_settled(sample: PairedSample, *, alpha: float, threshold: float) -> bool:
    """Return whether the sample has a verdict that stands in any family; more blocks may be saved then.

    `alpha` is the family's, divided by the number of its samples. Raises ValueError as `judge_pairs` does.
    """
    _check(alpha, threshold)
    evidence = PairedEvidence(sample.blocks)
    return evidence.p <= alpha or evidence.lies_within(*_limits(threshold), alpha)


def _judge(
    keys: Sequence[tuple[Case, str]], found: Sequence[Evidence], alpha: float, threshold: float, method: str
) -> Family:
    p_values = [evidence.p for evidence in found]
    levels = assign_levels(p_values, alpha)
    rows = zip(keys, found, adjust_holm(p_values), levels, strict=True)
    strict = alpha / max(1, len(found))
    comparisons = tuple(
        _compare(case, metric, evidence, p, level, strict, threshold) for (case, metric), evidence, p, level in rows
    )
    return Family(comparisons=comparisons, alpha=alpha, threshold=threshold, method=method)


def _compare(
    case: Case, metric: str, evidence: Evidence, p: float, level: float, strict: float, threshold: float
) -> Comparison:
    """Return what may be said, `p` being adjusted.

    A difference is judged at its step's `level`. UNCHANGED is said at level `strict`, which holds for the whole family
    at once: Holm's later levels are for those hypotheses only that he orders.
    """
    landmarks = (0.0, *_limits(threshold))
    verdict, used = Verdict.UNRESOLVED, strict
    bounds = evidence.bound(strict, landmarks)
    if bounds is not None and landmarks[1] <= bounds[0] <= bounds[1] <= landmarks[2] and threshold:
        verdict = Verdict.UNCHANGED
    elif evidence.p <= level:
        used = level
        bounds = evidence.bound(level, landmarks)
        up = bounds is not None and bounds[0] >= 0
        verdict = Verdict.REGRESSED if up == METRICS[metric].lower_is_better else Verdict.IMPROVED
    unsteady = bounds is not None and bounds[0] > bounds[1]
    if unsteady:
        verdict, bounds = Verdict.UNRESOLVED, None
    centre = evidence.centre if bounds is None else min(max(evidence.centre, bounds[0]), bounds[1])
    change = _as_change(centre)
    return Comparison(
        case=case,
        metric=metric,
        n=evidence.n,
        change=change,
        p=p,
        p_raw=evidence.p,
        verdict=verdict,
        relevant=verdict in {Verdict.IMPROVED, Verdict.REGRESSED} and abs(change) >= threshold,
        baseline=_summarize(evidence.baseline),
        contender=_summarize(evidence.contender),
        low=None if bounds is None else _as_change(bounds[0]),
        high=None if bounds is None else _as_change(bounds[1]),
        confidence=0.0 if bounds is None else 1 - used,
        mde=None if bounds is None else _find_detectable(evidence, bounds),
        caveats=_explain(evidence, strict, bounded=bounds is not None, unsteady=unsteady),
    )


def _find_detectable(evidence: Evidence, bounds: tuple[float, float]) -> float:
    """Return the change that would have moved the interval away from 0 in nine of ten cases.

    It must move by its reach, and by what chance takes away in one case of ten: a bound varies with the centre and with
    its distance from it, which is known to one part in sqrt(n), about, as is the spread of n units that it rests on.
    docs/statistics.md shows by simulation how often such a change is found.
    """
    reach = max(evidence.centre - bounds[0], bounds[1] - evidence.centre)
    return _as_change(reach + _MISS * math.hypot(evidence.error, reach / math.sqrt(evidence.n)))


def _explain(evidence: Evidence, level: float, *, bounded: bool, unsteady: bool) -> tuple[Caveat, ...]:
    caveats = []
    if unsteady:
        message = "the change itself wandered while it was measured: no single change fits all blocks"
        caveats.append(Caveat(code="unsteady", message=message))
    elif not bounded:
        caveats.append(Caveat(code="thin", message=evidence.lack(level)))
    if evidence.left_out:
        message = f"left out as they are no numbers above zero, with their partners: {evidence.left_out}"
        caveats.append(Caveat(code="unusable", message=message))
    return tuple(caveats)


def _as_change(shift: float) -> float:
    """Return a logarithm of contender / baseline as a relative change; nonsense stays finite."""
    return math.expm1(min(shift, _HIGHEST))


def _limits(threshold: float) -> tuple[float, float]:
    """Return the relative changes that matter, down and up, as logarithms."""
    return (math.log1p(-threshold) if threshold < 1 else -math.inf), math.log1p(threshold)


def _summarize(values: Sequence[float]) -> Summary:
    return summarize(values) if values else Summary(n=0, median=0.0, minimum=0.0, maximum=0.0, spread=0.0)


def _check(alpha: float, threshold: float) -> None:
    if not 0 < alpha < 1 or not threshold >= 0:
        raise ValueError(f"alpha lies between 0 and 1 and a threshold is not negative, but got {alpha} and {threshold}")
