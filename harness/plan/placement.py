"""The CPUs, the priority and the huge pages of a benchmark."""

import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.records.plan import Phase, Placement, Plan, Step
from harness.records.run import Run
from harness.records.wording import format_count
from harness.settings.request import PlacementRequest

AUTO = "auto"
# glibc 2.35 and newer: malloc asks for transparent huge pages (Memory Allocation Tunables of its manual).
HUGE_PAGES = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
NICE = range(-20, 20)
_LIST = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")

# The CPUs of each physical core that may be used, the best core first.
Ranking = Sequence[Sequence[int]]


def choose_placement_request(pin: str, nice: str, *, huge_pages: bool) -> PlacementRequest:
    """Return the requested placement; raises UsageError for a bad list of CPUs or a bad priority."""
    if pin not in ("", AUTO) and not _LIST.fullmatch(pin):
        raise UsageError(f"--pin: expected auto or CPUs such as 0,2 or 4-7, not {pin!r}", hint="--pin auto")
    if nice and not (re.fullmatch(r"[+-]?\d{1,2}", nice) and int(nice) in NICE):
        what = f"--nice: expected a number from -20 (highest priority, needs root) to 19 (lowest), not {nice!r}"
        raise UsageError(what, hint="--nice 10")
    return PlacementRequest(pin=pin, nice=int(nice) if nice else None, huge_pages=huge_pages)


def choose_cpus(pin: str, ranking: Ranking, threads: int) -> tuple[int, ...]:
    """Return the CPUs for `threads` threads: the list, or with `auto` one per core as long as there are cores."""
    if not pin:
        return ()
    if pin == AUTO:
        rounds = max((len(core) for core in ranking), default=0)
        in_turn = [core[number] for number in range(rounds) for core in ranking if number < len(core)]
        return tuple(sorted(in_turn[:threads]))
    return _parse_list(pin)


def require_cpus(pin: str, ranking: Ranking, threads: int) -> None:
    """Raise UsageError for a list with CPUs that may not be used, or with fewer CPUs than threads."""
    if pin in ("", AUTO):
        return
    cpus, usable = _parse_list(pin), sorted(cpu for core in ranking for cpu in core)
    strange = [cpu for cpu in cpus if cpu not in usable]
    if strange:
        raise UsageError(f"--pin: CPU {strange[0]} may not be used", hint=f"--pin LIST  # CPUs from {_show(usable)}")
    if len(cpus) < threads:
        count = format_count(len(cpus), "CPU")
        what = f"--pin: {count} for {threads} threads, which would have to take turns"
        raise UsageError(what, hint=f"--threads {len(cpus)}  # or pin to {threads} CPUs")


def choose_placement(
    request: PlacementRequest, ranking: Ranking, threads: int
) -> tuple[Placement | None, tuple[tuple[str, str], ...]]:
    """Return the placement of a benchmark, None for anywhere, and additional environment variables."""
    if request.is_empty:
        return None, ()
    cpus = choose_cpus(request.pin, ranking, threads)
    env = (HUGE_PAGES,) if request.huge_pages else ()
    return Placement(cpus=cpus, nice=request.nice, huge_pages=request.huge_pages), env


def place_plan(plan: Plan, request: PlacementRequest, ranking: Ranking) -> Plan:
    """Return the plan with the placement of its benchmarks; all other steps are unchanged."""
    if request.is_empty:
        return plan
    return plan.replace(steps=tuple(_place(step, request, ranking) for step in plan.steps))


def keep_cpus(fresh: Plan, stored: Plan, ranking: Ranking, run: Run) -> Plan:
    """Return a new plan for `auto` with its benchmarks on the CPUs that were chosen when the run was begun.

    Other CPUs may be better now, but the existing numbers are from those. Raises UsageError, naming them, if they may
    no longer be used.
    """
    usable = sorted(cpu for core in ranking for cpu in core)
    began = {step.name: step.placement.cpus for step in stored.steps if step.placement}
    steps = []
    for step in fresh.steps:
        cpus, threads = began.get(step.name, ()), int(step.case.get("threads") or 1) if step.case else 0
        if not step.placement or not cpus or len(cpus) > threads or cpus != tuple(sorted(set(cpus))):
            steps.append(step)  # an edited placement is refused later, where the plans are compared
            continue
        if lost := [cpu for cpu in cpus if cpu not in usable]:
            raise UsageError(
                f"{run.id} was started on the CPUs {_show(cpus)}, but may not use {_show(lost)} now",
                cause=f"this process may only use {_show(usable)}",
                hint=f"allow them again (taskset -c {_show(cpus)}), or harness {run.verb} to start again",
            )
        steps.append(step.replace(placement=step.placement.replace(cpus=cpus)))
    return fresh.replace(steps=tuple(steps))


def _show(cpus: Sequence[int]) -> str:
    return ",".join(str(cpu) for cpu in cpus)


def _place(step: Step, request: PlacementRequest, ranking: Ranking) -> Step:
    if step.phase is not Phase.BENCHMARK or step.case is None:
        return step
    placement, env = choose_placement(request, ranking, int(step.case.get("threads") or 1))
    return step.replace(placement=placement, env=(*step.env, *env))


def _parse_list(text: str) -> tuple[int, ...]:
    bounds = [part.split("-") for part in text.split(",")]
    return tuple(sorted({cpu for ends in bounds for cpu in range(int(ends[0]), int(ends[-1]) + 1)}))
