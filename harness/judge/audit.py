"""The audit of confirmations: how often a live comparison of a commit with itself found a difference."""

from collections.abc import Iterable

from harness.judge.trial_answer import USUAL_THRESHOLD, LiveTrial, judge_live
from harness.records.comparison import Verdict
from harness.records.night import AuditCount
from harness.stats.exact import bound_share

_FALSE = (Verdict.REGRESSED, Verdict.IMPROVED)


def count_audits(trials: Iterable[LiveTrial]) -> AuditCount | None:
    """Return how many audits there are, and how many of them found a difference; None without any.

    Each is judged by itself, as a confirmation is, at the chance that confirmations state.
    """
    audits = [one for one in trials if one.samples]
    if not audits:
        return None
    false = sum(map(_is_false, audits))
    low, high = bound_share(false, len(audits))
    return AuditCount(trials=len(audits), false=false, low=low, high=high)


def _is_false(trial: LiveTrial) -> bool:
    family = judge_live((trial,), None, trial.threshold or USUAL_THRESHOLD)
    return any(one.verdict in _FALSE for one in family.comparisons)
