"""What a reader must know about the node of a run: how it was set up, and what it did during the run."""

from collections.abc import Callable, Iterator, Sequence

from harness.judge.diagnosis import FULL_SPEED, PERFORMANCE, STEAL_LIMIT, is_frugal
from harness.judge.quietness import describe_others, is_disturbed
from harness.records.caveat import Caveat, CaveatCode
from harness.records.condition import Condition, Quietness
from harness.records.node import Cores
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.wording import format_count
from harness.settings.request import PlacementRequest

_NAMED = 5


# The codes of `caveat_condition`.
CONDITION_CODES = frozenset(
    {
        CaveatCode.GOVERNOR,
        CaveatCode.FREQUENCY_LIMITED,
        CaveatCode.BATTERY,
        CaveatCode.POWER_PROFILE,
        CaveatCode.SMT,
    }
)


def caveat_condition(condition: Condition, cores: Cores, threads: Sequence[int]) -> Iterator[Caveat]:
    """Yield the caveats about the node that are known before anything runs."""
    slow = [governor for governor in condition.governors if governor != PERFORMANCE]
    if slow:
        message = f"the CPU frequency governor is {', '.join(slow)}, not performance: clock rates follow the load"
        yield Caveat(code=CaveatCode.GOVERNOR, message=message)
    if condition.frequency_cap is not None and condition.frequency_cap < FULL_SPEED:
        message = f"clock rates are limited to {condition.frequency_cap:.0%} of what the CPU can do"
        yield Caveat(code=CaveatCode.FREQUENCY_LIMITED, message=message)
    if condition.on_battery:
        yield Caveat(code=CaveatCode.BATTERY, message="the node ran on battery")
    if is_frugal(condition.profile):
        yield Caveat(code=CaveatCode.POWER_PROFILE, message=f"the power profile is {condition.profile}")
    most = max(threads, default=0)
    shared = condition.smt if condition.smt is not None else cores.threads_per_core > 1
    if shared and cores.physical < most <= cores.affinity:
        message = f"{most} threads on {cores.physical} physical cores: some of them share a core (SMT)"
        yield Caveat(code=CaveatCode.SMT, message=message)


def caveat_placement(request: PlacementRequest, condition: Condition) -> Iterator[Caveat]:
    """Yield the wishes for how to run the benchmarks that had no effect."""
    if request.huge_pages and condition.huge_pages in ("never", ""):
        state = "switched off (never)" if condition.huge_pages else "not available on this system"
        yield Caveat(
            code=CaveatCode.NO_HUGE_PAGES, message=f"--huge-pages had no effect: transparent huge pages are {state}"
        )


def caveat_quietness(run: Run) -> Iterator[Caveat]:
    """Yield what the node did while the benchmarks ran."""
    yield from caveat_standstill(run.results)
    counted = [result for result in run.results if result.phase is Phase.BENCHMARK and result.quiet]
    yield from _about_load(run, [result for result in counted if result.status is Status.PASSED])
    yield from _about(
        counted,
        CaveatCode.STEAL,
        lambda seen: (seen.steal or 0.0) > STEAL_LIMIT,
        lambda seen: f"{seen.steal or 0.0:.1%}",
        "the hypervisor gave CPU time to other guests",
    )
    yield from _about(
        counted,
        CaveatCode.THERMAL_THROTTLING,
        lambda seen: bool(seen.thermal_throttled),
        lambda seen: f"{seen.thermal_throttled} times",
        "the CPU lowered its clock rate because of heat",
    )
    yield from _about(
        counted,
        CaveatCode.QUOTA_THROTTLING,
        lambda seen: bool(seen.quota_throttled),
        lambda seen: f"{seen.quota_throttled} periods",
        "the cgroup's CPU quota was used up",
    )
    yield from _about(
        counted,
        CaveatCode.SWAPPING,
        lambda seen: bool(seen.swapped_in),
        lambda seen: f"{seen.swapped_in} pages",
        "memory was read back from swap",
    )


def caveat_standstill(results: Sequence[StepResult]) -> Iterator[Caveat]:
    """Yield how long measurements that count were stopped, after all repetitions; builds and tests are not timed."""
    counted = [result for result in results if result.phase is Phase.BENCHMARK or result.phase is Phase.ROOFLINE]
    still = [(result, result.completed) for result in counted if result.measurements and result.completed]
    stopped = [f"{_name(result)} ({completed.stopped_s:.1f} s)" for result, completed in still if completed.stopped_s]
    if stopped:
        message = (
            f"the process or the harness was stopped or frozen during {_some(stopped)}: the times may include the stop"
        )
        yield Caveat(code=CaveatCode.STOOD_STILL, message=message)
    slept = [f"{_name(result)} ({completed.suspended_s:.1f} s)" for result, completed in still if completed.suspended_s]
    if slept:
        yield Caveat(code=CaveatCode.SUSPENDED, message=f"the node was suspended during {_some(slept)}")


def _about_load(run: Run, counted: Sequence[StepResult]) -> Iterator[Caveat]:
    loaded = [result for result in counted if is_disturbed(result)]
    if loaded:
        shares = (f"{_name(result)}: {describe_others(result.quiet)}" for result in loaded if result.quiet)
        message = f"other processes used the CPUs during {_some(list(shares))}; the quietest attempt counts"
        yield Caveat(code=CaveatCode.UNDER_LOAD, message=message)
    if run.attempts:
        marked = loaded or any(result.stood_still for result in counted)
        kept = "the quietest attempt of each counts" if marked else "only undisturbed attempts count"
        stopped = [result for result in run.attempts if result.stood_still]
        others = [result for result in run.attempts if not result.stood_still]
        reasons = [
            *([f"{_count_attempts(others)} disturbed by other processes"] if others else []),
            *([f"{_count_attempts(stopped)} stopped or frozen"] if stopped else []),
        ]
        yield Caveat(code=CaveatCode.RETRIED, message=f"measured again, because {' and '.join(reasons)}; {kept}")


def _count_attempts(attempts: Sequence[StepResult]) -> str:
    steps = dict.fromkeys(result.step for result in attempts)
    return f"{format_count(len(attempts), 'attempt')} at {_some(list(steps))} {'was' if len(attempts) == 1 else 'were'}"


def _about(
    results: Sequence[StepResult],
    code: CaveatCode,
    is_found: Callable[[Quietness], bool],
    describe: Callable[[Quietness], str],
    what: str,
) -> Iterator[Caveat]:
    found = [
        f"{_name(result)} ({describe(result.quiet)})" for result in results if result.quiet and is_found(result.quiet)
    ]
    if found:
        yield Caveat(code=code, message=f"{what} during {_some(found)}")


def _name(result: StepResult) -> str:
    number = f", repetition {result.repetition}" if result.repetition > 1 else ""
    return f"{result.case}{number}" if result.case else result.step


def _some(words: Sequence[str]) -> str:
    more = len(words) - _NAMED
    return ", ".join(words[:_NAMED]) + (f" and {more} more" if more > 0 else "")
