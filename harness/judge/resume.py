"""Resuming an unfinished run: its plan is made anew, and changes since it began are recorded."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from harness.build.feature import X86
from harness.errors import UsageError
from harness.judge.node_fact import CONDITION_CODES
from harness.plan.bench import repeat_step
from harness.plan.environment import TIMING_PREFIXES
from harness.records.build import Config, Tool, Toolchain
from harness.records.caveat import Caveat, CaveatCode
from harness.records.measurement import Case
from harness.records.node import Cpu, Node
from harness.records.plan import BuildSite, Plan, Step
from harness.records.run import Run

# What is said of a step, which plans of earlier versions say by its name alone; and a bound that follows the size of a
# file, which is known better once it is made.
_FREE = frozenset({"title", "asks", "build_type", "min_memory_bytes"})
_CHANGED = {
    CaveatCode.RESUMED_CHANGED: "the run was resumed after a change",
    CaveatCode.NODE_CHANGED: "the node's settings changed during the run",
}
# What compilers make code for, among the flags of x86. The others that Linux lists are switches of its own and
# mitigations, which come and go with an update of the kernel or the microcode.
_INSTRUCTIONS = re.compile(
    "3dnow|abm|adx|aes|amx|avx|bmi|f16c|fma|gfni|lzcnt|mmx|movbe|pclmul|pni|popcnt|sha_|sha5|sse|ssse|tbm|vaes|vpclmul|xop"
)
# Variables that decide what is loaded or computed with, beside those that begin with a prefix.
_TELLING = frozenset(
    {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "VK_DRIVER_FILES"}
)


def hint_afresh(run: Run) -> str:
    """Return the command to try if an unfinished run, or the sweep that it belongs to, cannot be resumed."""
    return f"harness {run.verb}  # starts a new {run.verb}"


def renew_plan(fresh: Plan, stored: Plan, run: Run) -> Plan:
    """Return the steps of the stored plan of a run, taken from `fresh`, the plan that this harness makes for it now.

    Further rounds for --precision are made anew, too. Nothing that is executed is taken from the stored plan. Raises
    UsageError, which names step and field, if the two plans differ.
    """
    sites, others = (tuple(map(_drop_reasons, plan.sites)) for plan in (fresh, stored))
    if sites != others:
        raise _differs(run, f"the build ({_find_field(sites, others)})")
    waiting = list(fresh.steps)
    latest: dict[Case, Step] = {}
    steps: list[Step] = []
    for step in stored.steps:
        if waiting and waiting[0].name == step.name:
            mine = waiting.pop(0)
        elif step.case in latest and step.repetition > latest[step.case].repetition:
            mine = repeat_step(latest[step.case], step.case, step.repetition)
        else:
            raise _differs(run, f"step {step.name} is not planned now")
        field = _find_field((mine,), (step,))
        if field == "placement":
            raise _differs(run, f"step {step.name} ({field})", cause="the usable CPUs have changed since it began")
        if field:
            raise _differs(run, f"step {step.name} ({field})")
        if mine.case:
            latest[mine.case] = mine
        steps.append(mine.replace(title=step.title))
    if waiting:
        raise _differs(run, f"step {waiting[0].name} is missing")
    return fresh.replace(steps=tuple(steps))


def is_same_config(one: Config, other: Config) -> bool:
    """Return whether two configs ask for the same, whatever the reasons say: these are sentences, and get reworded."""
    return _drop_config_reasons(one) == _drop_config_reasons(other)


def find_other_tool(was: Toolchain, now: Toolchain) -> tuple[Tool, Tool] | None:
    """Return the first program that has changed, before and now; its version is empty if it no longer exists."""
    pairs = [(was.cc, now.cc), (was.cxx, now.cxx), (was.cmake, now.cmake), (was.ctest, now.ctest)]
    pairs.append((was.ninja, now.ninja))
    if was.compiler_cache and now.compiler_cache:
        pairs.append((was.compiler_cache, now.compiler_cache))
    return next(((one, other) for one, other in pairs if one != other), None)


def find_other_cpu(was: Node, now: Node) -> str:
    """Return how the CPU differs, or an empty string if name and instructions are the same."""
    if (was.cpu.arch, was.cpu.brand) != (now.cpu.arch, now.cpu.brand):
        return f"{was.cpu.brand} ({was.cpu.arch}) became {now.cpu.brand} ({now.cpu.arch})"
    changed = _describe_changes(_list_instructions(was.cpu), _list_instructions(now.cpu))
    return f"{was.cpu.brand}, now {changed}" if changed else ""


def _list_instructions(cpu: Cpu) -> set[str]:
    return {one for one in cpu.features if cpu.arch.lower() not in X86 or _INSTRUCTIONS.match(one)}


def _describe_changes(was: Collection[str], now: Collection[str]) -> str:
    changes = {"without": set(was) - set(now), "with": set(now) - set(was)}
    return " and ".join(f"{word} {', '.join(sorted(found)[:5])}" for word, found in changes.items() if found)


def remember_changes(
    run: Run, node: Node, environment: Mapping[str, str], condition: Sequence[Caveat], version: str
) -> Run:
    """Return a run that is resumed on `node`, with a caveat for each change since it began.

    `environment` is what child processes would get now, `condition` the caveats about the node now.
    """
    changes = (
        *_compare_nodes(run.node, node),
        *_compare_environments(dict(run.environment), environment),
        *_compare_conditions([one for one in run.caveats if one.code in CONDITION_CODES], condition),
        *([f"harness {run.harness} became {version}"] if run.harness != version else []),
    )
    return _add_changes(run, CaveatCode.RESUMED_CHANGED, changes)


def mark_changes(run: Run, usable_cpus: int | None, condition: Sequence[Caveat]) -> Run:
    """Return a run with a caveat for each setting of the node that changed since the run began.

    `condition` holds the caveats about the node now. What was said when the run was resumed is not repeated.
    """
    changes = [*_compare_conditions([one for one in run.caveats if one.code in CONDITION_CODES], condition)]
    before = run.node.cpu.cores.affinity
    if usable_cpus is not None and usable_cpus != before:
        changes.append(f"{before} usable CPUs became {usable_cpus}")
    fresh = [one for one in changes if _caveat_change(CaveatCode.RESUMED_CHANGED, one) not in run.caveats]
    return _add_changes(run, CaveatCode.NODE_CHANGED, fresh)


def _add_changes(run: Run, code: CaveatCode, changes: Iterable[str]) -> Run:
    """Return a run with a caveat for each of `changes` that it does not have yet."""
    fresh = (caveat for one in changes if (caveat := _caveat_change(code, one)) not in run.caveats)
    return run.replace(caveats=(*run.caveats, *fresh))


def _caveat_change(code: CaveatCode, change: str) -> Caveat:
    return Caveat(code=code, message=f"{_CHANGED[code]}: {change}")


def _differs(
    run: Run, what: str, cause: str = "it was started by another version or environment of the harness"
) -> UsageError:
    cause = f"{cause}, or plan.json was edited since"
    return UsageError(
        f"{run.id} cannot be resumed because its plan differs from what this harness would do now: {what}",
        cause=cause,
        hint=hint_afresh(run),
    )


def _drop_reasons(site: BuildSite) -> BuildSite:
    wiring = tuple(option.replace(reason="") for option in site.wiring)
    return site.replace(config=_drop_config_reasons(site.config), wiring=wiring)


def _drop_config_reasons(config: Config) -> Config:
    return config.replace(options=tuple(option.replace(reason="") for option in config.options))


def _find_field(mine: Sequence[msgspec.Struct], stored: Sequence[msgspec.Struct]) -> str:
    """Return the first field in which two sequences of records differ, or an empty string if they are equal."""
    if len(mine) != len(stored):
        return "number"
    names = (
        field.name
        for one, other in zip(mine, stored, strict=True)
        for field in msgspec.structs.fields(one)
        if field.name not in _FREE and getattr(one, field.name) != getattr(other, field.name)
    )
    return next(names, "")


def _compare_nodes(was: Node, now: Node) -> Iterator[str]:
    for name in ("os", "kernel", "hypervisor", "container"):
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            yield f"{name} {before or 'none'} became {after or 'none'}"
    flags = _describe_changes(was.cpu.features, now.cpu.features)
    if flags:
        yield f"the system now lists the CPU {flags}"
    if was.memory_bytes != now.memory_bytes:
        yield f"{was.memory_bytes / 1e9:.1f} GB of memory became {now.memory_bytes / 1e9:.1f} GB"
    before_cpus, after_cpus = (one.cpu.cores.quota_cpus or one.cpu.cores.affinity for one in (was, now))
    if before_cpus != after_cpus:
        yield f"{before_cpus:g} usable CPUs became {after_cpus:g}"


def _compare_environments(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of relevant variables that changed, without values, which may be secret."""
    names = sorted(name for name in {*was, *now} if name in _TELLING or name.startswith(TIMING_PREFIXES))
    changed = [name for name in names if was.get(name) != now.get(name)]
    if changed:
        have = "have" if len(changed) > 1 else "has"
        yield f"{', '.join(changed)} {have} changed; the run keeps what it started with"


def _compare_conditions(was: Sequence[Caveat], now: Sequence[Caveat]) -> Iterator[str]:
    before, after = ({one.code: one.message for one in caveats} for caveats in (was, now))
    yield from (message for code, message in after.items() if before.get(code) != message)
    yield from (f"no longer: {message}" for code, message in before.items() if code not in after)
