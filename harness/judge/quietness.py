"""Whether other processes used the CPUs during a stretch of time."""

from collections.abc import Sequence

from harness.records.condition import CountedProcess, CounterReading, Neighbour, Quietness
from harness.records.outcome import Status, StepResult

# What others may use, in CPUs: a quiet two-core guest shows 0.01 to 0.04, and a tenth of a CPU costs a benchmark with
# all cores 5 to 10 %, as much as it varies by itself. Large nodes have more daemons: a hundredth of the CPUs there.
LEAST_LIMIT_CPUS = 0.10
_LIMIT_SHARE = 0.01
# CPU time is counted in ticks of 10 ms on each CPU: below this a short step's share says nothing.
_LEAST_OTHER_S = 0.2
_NAMED = 3
_WORTH_A_NAME_CPUS = 0.02


def measure_quietness(before: CounterReading, after: CounterReading, *, child_s: float = 0.0) -> Quietness:
    """Return what happened between two readings; `child_s` is the CPU time of the harness's own ended children.

    Differences below zero (counters that were reset, CPUs that went offline) count as 0.
    """
    wall_s = max(after.time_s - before.time_s, 1e-9)
    busy_s = _grown(before.busy_s, after.busy_s)
    steal_s = _grown(before.steal_s, after.steal_s)
    own_s = after.own_s - before.own_s + child_s
    return Quietness(
        wall_s=round(wall_s, 3),
        cpus=after.cpus,
        other_cpus=None if busy_s is None else round(max(0.0, busy_s - own_s) / wall_s, 3),
        steal=None if steal_s is None else round(steal_s / wall_s / after.cpus, 4),
        cpu_pressure=_waiting(before.cpu_pressure_us, after.cpu_pressure_us, wall_s),
        memory_pressure=_waiting(before.memory_pressure_us, after.memory_pressure_us, wall_s),
        io_pressure=_waiting(before.io_pressure_us, after.io_pressure_us, wall_s),
        quota_throttled=_counted(before.quota_throttled, after.quota_throttled),
        thermal_throttled=_counted(before.thermal_throttled, after.thermal_throttled),
        swapped_in=_counted(before.swapped_in, after.swapped_in),
        load=after.load,
        neighbours=_find_neighbours(before.processes, after.processes, wall_s),
    )


def limit_cpus(cpus: int) -> float:
    """Return how many CPUs other processes may use on a node with `cpus` CPUs before it counts as disturbed."""
    return max(LEAST_LIMIT_CPUS, _LIMIT_SHARE * cpus)


def is_quiet(seen: Quietness) -> bool:
    """Return whether other processes left the CPUs alone; a node where that is not known counts as quiet."""
    return seen.other_cpus is None or seen.other_cpus <= limit_cpus(seen.cpus)


def is_disturbed(result: StepResult) -> bool:
    """Return whether other processes used the CPUs during a step, by more than the resolution of the counters."""
    seen = result.quiet
    return seen is not None and not is_quiet(seen) and (seen.other_cpus or 0.0) * seen.wall_s > _LEAST_OTHER_S


def choose_quietest(attempts: Sequence[StepResult]) -> StepResult:
    """Return the best attempt: one that passed, was stopped for the least time, and was disturbed least, in this order.

    The measured values have no influence on the choice.
    """
    return min(attempts, key=_rank)


def _rank(result: StepResult) -> tuple[bool, float, float]:
    still_s = result.completed.still_s if result.completed else 0.0
    return result.status is not Status.PASSED, still_s, (result.quiet and result.quiet.other_cpus) or 0.0


def describe_others(seen: Quietness) -> str:
    """Return how much other processes used, and which: `0.85 CPUs (yes 4711: 0.84)`."""
    used = f"{seen.other_cpus or 0.0:.2f} CPUs"
    named = ", ".join(f"{one.name} {one.pid}: {one.cpus:.2f}" for one in seen.neighbours)
    return f"{used} ({named})" if named else f"{used} (by processes that have ended or are not visible)"


def _find_neighbours(
    before: Sequence[CountedProcess], after: Sequence[CountedProcess], wall_s: float
) -> tuple[Neighbour, ...]:
    known = {(one.pid, one.start): one.cpu_s for one in before}
    used = [
        Neighbour(
            pid=one.pid, name=one.name, cpus=round((one.cpu_s - known.get((one.pid, one.start), 0.0)) / wall_s, 3)
        )
        for one in after
    ]
    worth = [one for one in used if one.cpus >= _WORTH_A_NAME_CPUS]
    return tuple(sorted(worth, key=lambda one: -one.cpus)[:_NAMED])


def _grown(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else max(0.0, after - before)


def _counted(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)


def _waiting(before_us: int | None, after_us: int | None, wall_s: float) -> float | None:
    waited_us = _counted(before_us, after_us)
    return None if waited_us is None else round(min(1.0, waited_us / 1e6 / wall_s), 4)
