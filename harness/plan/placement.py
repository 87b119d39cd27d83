"""Which CPUs a benchmark is pinned to, and with what priority and memory it runs."""

import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.records.plan import Phase, Placement, Plan, Step
from harness.settings.request import PlacementRequest

AUTO = "auto"
# glibc 2.35 and newer: malloc asks for transparent huge pages (Memory Allocation Tunables of its manual).
HUGE_PAGES = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
NICE = range(-20, 20)
_LIST = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")

# The CPUs of each physical core that may be used, the best core first.
Ranking = Sequence[Sequence[int]]


def choose_placement_request(pin: str, nice: str, *, huge_pages: bool) -> PlacementRequest:
    """Return what is asked for; raises UsageError for what is not a list of CPUs, or no priority."""
    if pin not in ("", AUTO) and not _LIST.fullmatch(pin):
        raise UsageError(f"--pin: {pin!r} is not a list of CPUs", hint="auto, 0,2 or 4-7")
    if nice and not (re.fullmatch(r"[+-]?\d{1,2}", nice) and int(nice) in NICE):
        raise UsageError(f"--nice: {nice!r} is no priority", hint="from -20 (first, needs rights) to 19 (last)")
    return PlacementRequest(pin=pin, nice=int(nice) if nice else None, huge_pages=huge_pages)


def choose_cpus(pin: str, ranking: Ranking, threads: int) -> tuple[int, ...]:
    """Return the CPUs for `threads` threads: with `auto` one on each core as long as there are cores, else the list."""
    if not pin:
        return ()
    if pin == AUTO:
        rounds = max((len(core) for core in ranking), default=0)
        in_turn = [core[number] for number in range(rounds) for core in ranking if number < len(core)]
        return tuple(sorted(in_turn[:threads]))
    return _parse_list(pin)


def require_cpus(pin: str, ranking: Ranking, threads: int) -> None:
    """Raise UsageError for a list of CPUs that may not be used, or that is shorter than the threads."""
    if pin in ("", AUTO):
        return
    cpus, usable = _parse_list(pin), sorted(cpu for core in ranking for cpu in core)
    strange = [cpu for cpu in cpus if cpu not in usable]
    if strange:
        raise UsageError(f"--pin: CPU {strange[0]} may not be used", hint=f"these may: {_show(usable)}")
    if len(cpus) < threads:
        hint = "as many CPUs as threads, or fewer --threads"
        raise UsageError(f"--pin: {len(cpus)} CPUs for {threads} threads, which would take turns", hint=hint)


def choose_placement(
    request: PlacementRequest, ranking: Ranking, threads: int
) -> tuple[Placement | None, tuple[tuple[str, str], ...]]:
    """Return where a benchmark with so many threads runs, None for anywhere, and what its environment has more."""
    if request.is_empty:
        return None, ()
    cpus = choose_cpus(request.pin, ranking, threads)
    env = (HUGE_PAGES,) if request.huge_pages else ()
    return Placement(cpus=cpus, nice=request.nice, huge_pages=request.huge_pages), env


def place_plan(plan: Plan, request: PlacementRequest, ranking: Ranking) -> Plan:
    """Return the plan with its benchmarks placed; all other steps stay as they are."""
    if request.is_empty:
        return plan
    return plan.replace(steps=tuple(_place(step, request, ranking) for step in plan.steps))


def keep_cpus(fresh: Plan, stored: Plan, ranking: Ranking, run_id: str) -> Plan:
    """Return a plan that was made anew for `auto`, with its benchmarks on the CPUs that were chosen when it was begun.

    Others may be best by now, but not those of the numbers that are there. Raises UsageError, naming them, where they
    may not be used any more.
    """
    usable = sorted(cpu for core in ranking for cpu in core)
    began = {step.name: step.placement.cpus for step in stored.steps if step.placement}
    steps = []
    for step in fresh.steps:
        cpus, threads = began.get(step.name, ()), int(step.case.get("threads") or 1) if step.case else 0
        if not step.placement or not cpus or len(cpus) > threads or cpus != tuple(sorted(set(cpus))):
            steps.append(step)  # what was edited is refused by name, where the plans are compared
            continue
        if lost := [cpu for cpu in cpus if cpu not in usable]:
            raise UsageError(
                f"{run_id} was begun on the CPUs {_show(cpus)}, and may not use {_show(lost)} now",
                cause=f"these may be used: {_show(usable)}",
                hint=f"allow them again (taskset -c {_show(cpus)}), or harness run, which begins a new one",
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
