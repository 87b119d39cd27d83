"""In what the runs of a comparison differ beside what was asked, and what a reader of it must know of them."""

from collections.abc import Callable, Iterator, Sequence

from harness.plan.aspect import list_aspects, name_commit
from harness.plan.dialect import BORDERS, is_beyond
from harness.records.caveat import Caveat
from harness.records.contrast import Difference
from harness.records.run import Run

# What must be allowed before unlike runs are put together: on a side or between the sides, commits only on a side.
GROUPS = {
    "nodes": "different nodes",
    "configs": "different configs",
    "weights": "different weights",
    "settings": "different ways of measuring",
    "commits": "different commits on one side",
}
# They say nothing of the speed.
_HARMLESS = frozenset({"no-tests", "not-understood", "status-differs"})
_SHOWN = 4


def find_differences(
    baseline: Sequence[Run], contender: Sequence[Run], benchmarks: frozenset[str]
) -> tuple[Difference, ...]:
    """Return every circumstance in which the runs are not all alike, those that must be allowed first.

    `benchmarks` are those that are compared: what matters to others alone is left out.
    """
    runs = (*baseline, *contender)

    def tell(subject: str, group: str, of: Callable[[Run], str]) -> Difference:
        return Difference(subject=subject, baseline=_tell(baseline, of), contender=_tell(contender, of), group=group)

    found = [tell(*aspect) for aspect in list_aspects(runs, benchmarks) if len(set(map(aspect.of, runs))) > 1]
    if any(len(set(map(name_commit, side))) > 1 for side in (baseline, contender)):
        found.append(tell("commit", "commits", name_commit))
    return tuple(sorted(found, key=lambda difference: not difference.group))


def name_side(runs: Sequence[Run]) -> str:
    """Return the commits of a side: `v1.8.5`, or the first few of several."""
    names = list(dict.fromkeys(map(name_commit, runs)))
    return ", ".join([*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])])


def explain_break(benchmark: str, baseline: Sequence[Run], contender: Sequence[Run]) -> str:
    """Return why the numbers of a benchmark are not the same quantity in all runs, or nothing if they are."""
    runs = (*baseline, *contender)
    if len(set(map(name_commit, runs))) == 1:
        return ""
    for border in BORDERS:
        if border.breaks and border.benchmark == benchmark:
            sides = {is_beyond(border, run) for run in runs}
            what = f"not judged: {border.subject} changed at {border.release}"
            if None in sides:
                return f"{what}, and nothing tells on which side of it each run is"
            if len(sides) > 1:
                return f"{what} ({border.old}; {border.new})"
    return ""


def caveat_context(
    baseline: Sequence[Run], contender: Sequence[Run], differences: Sequence[Difference], *, paired: bool
) -> tuple[Caveat, ...]:
    """Return what a reader must know of the runs themselves; those of a trial (`paired`) say most of it."""
    return (
        *(() if paired else _about_identity(baseline, contender, differences)),
        *(() if paired else _about_time(baseline, contender)),
        *_inherit(baseline, contender),
    )


def _about_identity(
    baseline: Sequence[Run], contender: Sequence[Run], differences: Sequence[Difference]
) -> Iterator[Caveat]:
    both = set(map(_identify, baseline)) & set(map(_identify, contender))
    if both:
        which = "the same run is" if len(both) == 1 else f"{len(both)} runs are"
        yield Caveat(code="same-run", message=f"{which} on both sides: numbers were compared with themselves")
    elif not differences and set(map(name_commit, baseline)) == set(map(name_commit, contender)):
        message = (
            "both sides are the same commit, built and measured in the same way: a difference would be a false one"
        )
        yield Caveat(code="a-a", message=message)


def _about_time(baseline: Sequence[Run], contender: Sequence[Run]) -> Iterator[Caveat]:
    here, there = (sorted(run.start for run in side) for side in (baseline, contender))
    if here[0] and there[0] and (here[-1] < there[0] or there[-1] < here[0]):
        message = (
            "all runs of one side were made before all of the other: whatever became of the node in between looks like "
            "a change; harness ab measures both in turns"
        )
        yield Caveat(code="not-interleaved", message=message)


def _inherit(baseline: Sequence[Run], contender: Sequence[Run]) -> Iterator[Caveat]:
    """Answer with the caveats of the runs, each code once, and how many of each side carry it unless all do."""
    sides = {"baseline": baseline, "contender": contender}
    messages = {caveat.code: caveat.message for run in (*contender, *baseline) for caveat in reversed(run.caveats)}
    for code in dict.fromkeys(caveat.code for run in (*baseline, *contender) for caveat in run.caveats):
        if code not in _HARMLESS:
            counts = {name: sum(any(one.code == code for one in run.caveats) for run in sides[name]) for name in sides}
            told = ", ".join(f"{name} ({count} of {len(sides[name])})" for name, count in counts.items() if count)
            everywhere = sum(counts.values()) == len(baseline) + len(contender)
            yield Caveat(code=code, message=messages[code] if everywhere else f"{told}: {messages[code]}")


def _identify(run: Run) -> tuple[str, str]:
    return (run.node.name, run.id)


def _tell(runs: Sequence[Run], of: Callable[[Run], str]) -> str:
    """Return the values of one side; where there are several the most frequent first, with the number of each."""
    counts: dict[str, int] = {}
    for value in map(of, runs):
        counts[value] = counts.get(value, 0) + 1
    if len(counts) == 1:
        return next(iter(counts))
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    told = [f"{value} ({count})" for value, count in ranked[:_SHOWN]]
    return ", ".join([*told, *([f"and {len(ranked) - _SHOWN} more"] if len(ranked) > _SHOWN else [])])
