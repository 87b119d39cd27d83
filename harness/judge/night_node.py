"""What the records know of a node at two runs, for people who ask why its numbers changed and the code did not."""

from collections.abc import Iterator

from harness.judge.machine import describe_machine
from harness.judge.quietness import describe_others
from harness.records.caveat import CaveatCode
from harness.records.condition import Quietness
from harness.records.run import Run

# What a run says about the state of its node.
_CODES = frozenset({
    CaveatCode.THREADS_OVER_CPUS, CaveatCode.THREADS_OVER_QUOTA, CaveatCode.GOVERNOR, CaveatCode.FREQUENCY_LIMITED,
    CaveatCode.BATTERY, CaveatCode.POWER_PROFILE, CaveatCode.SMT, CaveatCode.NO_HUGE_PAGES, CaveatCode.NOT_QUIET,
    CaveatCode.NODE_CHANGED, CaveatCode.SUSPENDED, CaveatCode.THERMAL_THROTTLING, CaveatCode.QUOTA_THROTTLING,
    CaveatCode.SWAPPING, CaveatCode.STOOD_STILL,
})  # fmt: skip
# What is named although nothing about it changed.
_NAMED = ("kernel", "compiler")
# A smaller difference of what others used is not worth a word, in CPUs and as a share.
_LEAST_CPUS, _LEAST_STEAL = 0.05, 0.005


def compare_nodes(before: Run, after: Run) -> tuple[str, ...]:
    """Return sentences about what differs at the second run, and about what is known to be the same."""
    return (*_list_facts(before, after), *_list_states(before, after), *_list_others(before, after))


def list_states(run: Run) -> tuple[str, ...]:
    """Return what a run says about the state of its node, a sentence each."""
    return tuple(dict.fromkeys(f"{one.message} [{one.code}]" for one in run.caveats if one.code in _CODES))


def _list_facts(before: Run, after: Run) -> Iterator[str]:
    known, now = dict(describe_machine(before)), dict(describe_machine(after))
    changed = [name for name, value in now.items() if known.get(name, value) != value]
    yield from (f"{name}: {known[name]} -> {now[name]}" for name in changed)
    same = [f"{name} {now[name]}" for name in _NAMED if name in known and name in now and name not in changed]
    if same:
        yield f"as before: {'; '.join(same)}"


def _list_states(before: Run, after: Run) -> Iterator[str]:
    known, now = ({one.code: one.message for one in run.caveats if one.code in _CODES} for run in (before, after))
    yield from (f"now: {message} [{code}]" for code, message in now.items() if code not in known)
    yield from (f"no longer: {message} [{code}]" for code, message in known.items() if code not in now)


def _list_others(before: Run, after: Run) -> Iterator[str]:
    """Yield by how much more or less other processes and other guests used the CPUs."""
    known, now = _find_busiest(before), _find_busiest(after)
    if now and known and abs((now.other_cpus or 0.0) - (known.other_cpus or 0.0)) >= _LEAST_CPUS:
        yield f"other processes used up to {describe_others(now)}; before up to {known.other_cpus or 0.0:.2f} CPUs"
    steals = [[one.quiet.steal for one in run.results if one.quiet and one.quiet.steal] for run in (before, after)]
    was, steal = (max(found, default=0.0) for found in steals)
    if abs(steal - was) >= _LEAST_STEAL:
        yield f"other guests took up to {steal:.1%} of the CPU time; before up to {was:.1%}"


def _find_busiest(run: Run) -> Quietness | None:
    seen = [one.quiet for one in run.results if one.quiet and one.quiet.other_cpus is not None]
    return max(seen, key=lambda one: one.other_cpus or 0.0, default=None)
