"""What else differs between the runs of a comparison, and what a reader must know about them."""

from collections.abc import Callable, Iterator, Sequence

from harness.build.behaviour import BEHAVIOUR_CHANGES, is_after
from harness.judge.calendar import caveat_time
from harness.judge.context_field import UNKNOWN, ContextField, is_one_commit, list_context_fields, name_commit
from harness.records.build import are_equal
from harness.records.caveat import Caveat, CaveatCode
from harness.records.comparison import Difference
from harness.records.run import OURS, Run

# What must be allowed before unlike runs are put together: on a side or between the sides, commits only on a side.
GROUPS = {
    "names": "different node names",
    "hardware": "different hardware",
    "configs": "different configs",
    "weights": "different weights",
    "settings": "different ways of measuring",
    "commits": "different commits on one side",
}
# They say nothing of the speed.
_HARMLESS = frozenset(
    {
        CaveatCode.NO_TESTS,
        CaveatCode.NOT_UNDERSTOOD,
        CaveatCode.STATUS_DIFFERS,
        CaveatCode.RUNTIME_UNKNOWN,
        CaveatCode.DATE_UNKNOWN,
        CaveatCode.DATE_UNCERTAIN,
    }
)
# They speak of the two sides of one trial, not of the run that carries them.
_OF_TRIAL = frozenset({CaveatCode.A_A, CaveatCode.EQUAL_CODE})
_SHOWN = 4


def find_differences(
    baseline: Sequence[Run], contender: Sequence[Run], benchmarks: frozenset[str]
) -> tuple[Difference, ...]:
    """Return every context field in which the runs differ, those that must be allowed first.

    `benchmarks` are those that are compared; fields that matter only to others are left out. A field that must be
    allowed differs only if two known values differ; values that are not known are listed by `caveat_unknown`.
    """
    runs = (*baseline, *contender)

    def tell(subject: str, group: str, of: Callable[[Run], str]) -> Difference:
        return Difference(
            subject=subject, baseline=_list_values(baseline, of), contender=_list_values(contender, of), group=group
        )

    found = [tell(*field) for field in list_context_fields(runs, benchmarks) if _differs(field, runs)]
    if any(len(_known(side, name_commit)) > 1 for side in (baseline, contender)):
        found.append(tell("commit", "commits", name_commit))
    return tuple(sorted(found, key=lambda difference: not difference.group))


def _differs(field: ContextField, runs: Sequence[Run]) -> bool:
    values = _known(runs, field.of) if field.group else set(map(field.of, runs))
    return len(values) > 1


def _known(runs: Sequence[Run], of: Callable[[Run], str]) -> set[str]:
    return set(map(of, runs)) - {UNKNOWN}


def name_commits(runs: Sequence[Run]) -> str:
    """Return the commits of a side: `v1.8.5`, or the first few of several."""
    names = list(dict.fromkeys(map(name_commit, runs)))
    return ", ".join([*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])])


def explain_break(benchmark: str, baseline: Sequence[Run], contender: Sequence[Run]) -> str:
    """Return why the numbers of a benchmark are not the same quantity in all runs, or an empty string if they are."""
    runs = (*baseline, *contender)
    if is_one_commit(runs):
        return ""
    for change in BEHAVIOUR_CHANGES:
        if change.breaks and change.benchmark == benchmark:
            sides = {is_after(change, run) for run in runs}
            what = f"not judged: {change.subject} changed at {change.release}"
            if None in sides:
                return f"{what}, and it is not known which runs are older than that"
            if len(sides) > 1:
                return f"{what} ({change.old}; {change.new})"
    return ""


def caveat_context(
    baseline: Sequence[Run], contender: Sequence[Run], differences: Sequence[Difference], *, paired: bool
) -> tuple[Caveat, ...]:
    """Return what a reader must know about the runs; those of a trial (`paired`) carry most of it themselves."""
    return (
        *(() if paired else _about_identity(baseline, contender, differences)),
        *(() if paired else caveat_time(baseline, contender)),
        *(() if paired else _about_coins((*baseline, *contender))),
        *_inherit(baseline, contender, paired=paired),
    )


def caveat_unknown(baseline: Sequence[Run], contender: Sequence[Run], benchmarks: frozenset[str]) -> Iterator[Caveat]:
    """Yield a caveat that lists what was assumed to be the same because some record does not say it."""
    runs = (*baseline, *contender)
    subjects: dict[str, list[str]] = {}
    for field in list_context_fields(runs, benchmarks):
        missing = [[run for run in side if field.of(run) == UNKNOWN] for side in (baseline, contender)]
        count = sum(map(len, missing))
        # What none of our own runs says is none of its circumstances.
        if field.group and count and (count < len(runs) or any(run.origin != OURS for run in runs)):
            sides = [
                f"the {name} ({len(some)} of {len(side)})" if len(some) < len(side) else f"the {name}"
                for name, side, some in zip(("baseline", "contender"), (baseline, contender), missing, strict=True)
                if some
            ]
            subjects.setdefault(" and ".join(sides), []).append(field.subject)
    if subjects:
        described = "; ".join(f"for {sides}: {', '.join(names)}" for sides, names in subjects.items())
        yield Caveat(code=CaveatCode.NOT_KNOWN, message=f"not recorded, and assumed to be the same, {described}")


def _about_identity(
    baseline: Sequence[Run], contender: Sequence[Run], differences: Sequence[Difference]
) -> Iterator[Caveat]:
    both = set(map(_identify, baseline)) & set(map(_identify, contender))
    if both:
        which = "the same run is" if len(both) == 1 else f"{len(both)} runs are"
        yield Caveat(code=CaveatCode.SAME_RUN, message=f"{which} on both sides: numbers were compared with themselves")
    elif not differences and is_one_commit((*baseline, *contender)):
        message = (
            "both sides are the same commit, built and measured in the same way: any difference found is a false "
            "positive"
        )
        yield Caveat(code=CaveatCode.A_A, message=message)
    elif not differences and all(are_equal(baseline[0].code, run.code) for run in (*baseline, *contender)):
        message = (
            "both sides have the same machine code, measured in the same way: any difference found is a false positive"
        )
        yield Caveat(code=CaveatCode.EQUAL_CODE, message=message)


def _about_coins(runs: Sequence[Run]) -> Iterator[Caveat]:
    """Yield a caveat on runs that are not judged as pairs, but come from several trials with the same seed."""
    seeds: dict[int, dict[tuple[str, str], int]] = {}
    for run in runs:
        if run.trial:
            trials = seeds.setdefault(run.trial.seed, {})
            trials[run.node.name, run.trial.id] = trials.get((run.node.name, run.trial.id), 0) + 1
    for seed, trials in seeds.items():
        if len(trials) > 1:
            message = (
                f"{sum(trials.values())} runs come from {len(trials)} trials with the same seed ({seed}): in each, the "
                "same side went first in the same blocks, which can look like a change that repeats"
            )
            yield Caveat(code=CaveatCode.SHARED_SEED, message=message)


def _inherit(baseline: Sequence[Run], contender: Sequence[Run], *, paired: bool) -> Iterator[Caveat]:
    """Yield the caveats of the runs, each code once, with the number of runs on each side unless all have it."""
    sides = {"baseline": baseline, "contender": contender}
    messages = {caveat.code: caveat.message for run in (*contender, *baseline) for caveat in reversed(run.caveats)}
    for code in dict.fromkeys(caveat.code for run in (*baseline, *contender) for caveat in run.caveats):
        if code not in _HARMLESS:
            counts = {name: sum(any(one.code == code for one in run.caveats) for run in sides[name]) for name in sides}
            described = ", ".join(f"{name} ({count} of {len(sides[name])})" for name, count in counts.items() if count)
            everywhere = sum(counts.values()) == len(baseline) + len(contender)
            if code in _OF_TRIAL and not (paired and everywhere):
                continue
            yield Caveat(code=code, message=messages[code] if everywhere else f"{described}: {messages[code]}")


def _identify(run: Run) -> tuple[str, str]:
    return (run.node.name, run.id)


def _list_values(runs: Sequence[Run], of: Callable[[Run], str]) -> str:
    """Return the values of one side; if there are several, the most frequent first, each with its count."""
    counts: dict[str, int] = {}
    for value in map(of, runs):
        counts[value] = counts.get(value, 0) + 1
    if len(counts) == 1:
        return next(iter(counts))
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    shown = [f"{value} ({count})" for value, count in ranked[:_SHOWN]]
    return ", ".join([*shown, *([f"and {len(ranked) - _SHOWN} more"] if len(ranked) > _SHOWN else [])])
