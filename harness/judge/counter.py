"""What the hardware counters of a live comparison say: more work, or the same work at another pace."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.build.recipe import ON_CPU
from harness.judge.sample import RunPair, name_sides, pool_counts
from harness.records.comparison import ALPHA, Comparison, CounterRemark, CounterReport, CounterSign, Family, Verdict
from harness.records.measurement import COUNT_METRICS, CYCLES, INSTRUCTIONS, Case
from harness.stats.verdict import PairedSample, judge_pairs

# Instructions scatter far less than times: a thousandth and less, where threads do not wait for each other. A change
# of half a per cent is well above that, and far below what would pass for noise in a time.
INSTRUCTION_THRESHOLD = 0.005
_SURE = (Verdict.IMPROVED, Verdict.REGRESSED)
# A sentence says that one thing stayed while another changed only where the data rule out half of that change, and
# that it changed likewise only where it did by half as much.
_SHARE = 0.5
_Key = tuple[Case, str]


def judge_counts(pairs: Sequence[RunPair], times: Family) -> CounterReport | None:
    """Return the verdicts on what was counted during the calls that `times` judged, None if nothing was.

    Instructions are a family of their own, cycles and cache misses are another one: the times keep theirs as it is.
    """
    pool, names = pool_counts(pairs, frozenset(one.metric for one in times.comparisons)), name_sides(pairs)
    if not pool.samples:
        return None
    samples: dict[bool, list[PairedSample]] = {True: [], False: []}
    for sample in pool.samples:
        samples[sample.metric.endswith(f"_{INSTRUCTIONS}")].append(sample)
    families = (
        judge_pairs(samples[first], alpha=ALPHA, threshold=INSTRUCTION_THRESHOLD if first else times.threshold)
        for first in (True, False)
    )
    instructions, others = (
        family.replace(
            comparisons=tuple(one.replace(case=names.get(one.case, one.case)) for one in family.comparisons),
            seeds=pool.seeds,
        )
        for family in families
    )
    if any(run.config.backend not in ON_CPU for pair in pairs for run in pair):
        return CounterReport(instructions=instructions, others=others)  # what a GPU does is not counted
    relinked = all(run.trial is not None and run.trial.relinked for pair in pairs for run in pair)
    remarks = tuple(remark_counts(times, (*instructions.comparisons, *others.comparisons), relinked=relinked))
    return CounterReport(instructions=instructions, others=others, remarks=remarks)


def remark_counts(times: Family, counts: Sequence[Comparison], *, relinked: bool) -> Iterator[CounterRemark]:
    """Yield what the time and the counters of each call say together, where that is clear.

    `relinked` says that each block drew its own code layout.
    """
    known: Mapping[_Key, Comparison] = {(one.case, one.metric): one for one in counts}
    for time in times.comparisons:
        instructions, cycles = (
            known.get((time.case, COUNT_METRICS[time.metric, counter].name))
            if (time.metric, counter) in COUNT_METRICS
            else None
            for counter in (INSTRUCTIONS, CYCLES)
        )
        if instructions is None:
            continue
        seen = _Seen(time, instructions, cycles, relinked)
        sign = _find_sign(seen)
        if sign:
            message = f"{time.metric} of {time.case} {_SENTENCES[sign](seen)}"
            yield CounterRemark(case=time.case, metric=time.metric, sign=sign, message=message)


class _Seen(NamedTuple):
    """The verdicts on one call, those on its cycles if there are any."""

    time: Comparison
    instructions: Comparison
    cycles: Comparison | None
    relinked: bool

    @property
    def slower(self) -> bool:
        """Whether the time rose."""
        return self.time.change > 0


def _find_sign(seen: _Seen) -> CounterSign | None:
    moved = seen.time.verdict in _SURE
    if moved and _stays(seen.instructions, seen.time):
        return CounterSign.SAME_WORK
    if seen.instructions.verdict not in _SURE or not seen.instructions.relevant:
        return None
    if moved:
        together = seen.instructions.verdict is seen.time.verdict
        return CounterSign.OTHER_WORK if together else CounterSign.OTHER_PACE
    return CounterSign.HIDDEN_WORK if _stays(seen.time, seen.instructions) else CounterSign.WORK_ONLY


def _stays(one: Comparison, other: Comparison) -> bool:
    """Return whether `one` is UNCHANGED, and cannot have changed by so much as half of what `other` did."""
    if one.verdict is not Verdict.UNCHANGED or one.low is None or one.high is None:
        return False
    return max(one.high if other.change > 0 else -one.low, 0.0) < _SHARE * abs(other.change)


def _follows(one: Comparison, other: Comparison) -> bool:
    """Return whether `one` has the verdict of `other`, and changed by half as much or more."""
    return one.verdict is other.verdict and abs(one.change) >= _SHARE * abs(other.change)


def _say_same_work(seen: _Seen) -> str:
    same = f"{_pace(seen)} with the same instructions ({_signed(seen.instructions)})"
    otherwise = f"not {'more' if seen.slower else 'less'} work in the program"
    layout = () if seen.relinked else ("code layout",)
    if seen.cycles and _stays(seen.cycles, seen.time):
        reasons = _either("the clock of the CPU", "waiting", "the kernel")
        return f"{same} and the same cycles ({_signed(seen.cycles)}): {reasons}, {otherwise}"
    if seen.cycles and _follows(seen.cycles, seen.time):
        reasons = _either(*layout, "memory", "other instructions")
        told = f"{same}, but other cycles ({_signed(seen.cycles)}): {reasons}, {otherwise}"
    else:
        told = f"{same}: {_either(*layout, 'clock', 'memory', 'the kernel')}, {otherwise}"
    return told if seen.relinked else f"{told}; --relink averages code layout out"


def _say_other_work(seen: _Seen) -> str:
    part = "" if _follows(seen.instructions, seen.time) else ", which is only a part of it"
    work = f"the code does {'more' if seen.slower else 'less'} work{part}"
    return f"{_pace(seen)} with {_amount(seen)}: {work}{_or_waiting(seen)}"


def _say_other_pace(seen: _Seen) -> str:
    pace = "takes longer" if seen.slower else "takes less time"
    return f"{_pace(seen)} with {_amount(seen)}: on average each of them {pace}, waiting included"


def _say_hidden_work(seen: _Seen) -> str:
    limit = "something else, such as memory, is the limit"
    return f"takes {_amount(seen)} and the same time ({_signed(seen.time)}): {limit}{_or_waiting(seen)}"


def _say_work_only(seen: _Seen) -> str:
    return f"takes {_amount(seen)}; whether its time follows is not resolved"


def _or_waiting(seen: _Seen) -> str:
    """Return the other reason for a count that changed; a single thread waits for nobody."""
    return "" if seen.time.case.get("threads") == "1" else ", or threads that wait in a loop wait longer or less long"


_SENTENCES = {
    CounterSign.SAME_WORK: _say_same_work,
    CounterSign.OTHER_WORK: _say_other_work,
    CounterSign.OTHER_PACE: _say_other_pace,
    CounterSign.HIDDEN_WORK: _say_hidden_work,
    CounterSign.WORK_ONLY: _say_work_only,
}


def _pace(seen: _Seen) -> str:
    return f"got {100 * abs(seen.time.change):.1f} % {'slower' if seen.slower else 'faster'}"


def _amount(seen: _Seen) -> str:
    change = seen.instructions.change
    return f"{100 * abs(change):.1f} % {'more' if change > 0 else 'fewer'} instructions"


def _signed(one: Comparison) -> str:
    return f"{round(100 * one.change, 1) + 0.0:+.1f} %"  # the sum has no negative zero


def _either(*words: str) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
