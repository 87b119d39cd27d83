"""Whether a difference holds over several builds of the same code, or is one of code layout."""

from collections.abc import Sequence
from statistics import median

from harness.records.caveat import Caveat
from harness.records.comparison import Comparison, Family, Verdict
from harness.stats.verdict import PairedSample

_CERTAIN = (Verdict.IMPROVED, Verdict.REGRESSED)


def question_layout(family: Family, by_builds: Sequence[Sequence[PairedSample]]) -> Family:
    """Return the family with every difference taken back that some pair of builds does not show.

    `by_builds` holds the samples of each pair of builds. Repetition on one build cannot see what its layout does;
    builds that contradict each other can.
    """
    return family.replace(comparisons=tuple(_question(one, by_builds) for one in family.comparisons))


def _question(comparison: Comparison, by_builds: Sequence[Sequence[PairedSample]]) -> Comparison:
    medians = [
        median(there / here - 1 for block in sample.blocks for here, there in block)
        for samples in by_builds
        for sample in samples
        if (sample.case, sample.metric) == (comparison.case, comparison.metric)
    ]
    if len(medians) < 2:
        return comparison
    low, high = min(medians), max(medians)
    told = f"the medians of {len(medians)} pairs of builds lie between {low:+.1%} and {high:+.1%}"
    if comparison.verdict in _CERTAIN and low < 0 < high:
        caveat = Caveat(code="layout", message=f"{told}: builds of the same code contradict each other")
        return comparison.replace(verdict=Verdict.UNRESOLVED, relevant=False, caveats=(*comparison.caveats, caveat))
    return comparison.replace(caveats=(*comparison.caveats, Caveat(code="builds", message=told)))
