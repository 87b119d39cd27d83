"""What a run that is to be like another one cannot have as that one had it."""

from collections.abc import Sequence

from harness.judge.context import find_differences
from harness.judge.context_field import name_commit
from harness.records.caveat import Caveat, CaveatCode
from harness.records.comparison import Difference
from harness.records.run import Run

# Not of interest: the name of the node, who measured, and how often.
_PASSED_OVER = frozenset({"node", "harness", "repetitions", "timing"})


def find_unlike(like: Run, run: Run) -> tuple[Difference, ...]:
    """Return what is not as it was, the commit first; what either record does not say is left out."""
    found = find_differences([like], [run], frozenset(run.suite.benchmarks))
    kept = [one for one in found if one.subject not in _PASSED_OVER]
    before, now = name_commit(like), name_commit(run)
    shas = {one.source.commit.sha[:12] or before for one in (like, run)}
    if len(shas) > 1 or like.source.commit.changes != run.source.commit.changes:
        kept = [Difference(subject="commit", baseline=before, contender=now, group="commits"), *kept]
    return tuple(kept)


def list_unlike(found: Sequence[Difference]) -> list[str]:
    """Return a line for each difference: `CPU: Intel there, AMD here`."""
    return [f"{one.subject}: {one.baseline} there, {one.contender} here" for one in found]


def caveat_likeness(like: Run, run: Run) -> Caveat:
    """Return the caveat that says which run another one was measured like, and what differs."""
    lines = list_unlike(find_unlike(like, run))
    differs = f"not the same: {'; '.join(lines)}" if lines else "nothing that is recorded differs"
    return Caveat(code=CaveatCode.LIKE, message=f"measured like {like.id}; {differs}")
