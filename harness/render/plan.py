"""A plan as text: what will be built and why, and every step."""

import shlex
from collections.abc import Iterator

from harness.plan.forecast import TimeLeft
from harness.records.outcome import is_check
from harness.records.plan import BuildSite, Phase, Plan
from harness.records.record import Record
from harness.records.run import Run
from harness.records.weights import WeightsKind
from harness.records.wording import format_count
from harness.render.origin import describe_seed
from harness.render.plain import cut
from harness.render.progress import describe_time

HIDDEN = "-v or --dry-run shows every option and step"
_BUILDING = (Phase.CONFIGURE, Phase.LIST, Phase.BUILD, Phase.PROBE, Phase.QUANTISE, Phase.REFERENCE)
_KINDS = {WeightsKind.UNDECIDED: "official if it can be downloaded, else synthetic"}


class PlanEstimate(Record):
    """How long a plan or several will take, from earlier durations of `known` of the `total` remaining steps."""

    left: TimeLeft
    known: int
    total: int


def render_header(plan: Plan, run: Run, outlook: PlanEstimate, width: int = 0) -> str:
    """Return the header of a run, at most eight lines of at most `width` columns (0: no limit); no trailing newline."""
    config = plan.sites[-1].config
    native = next((option.reason for option in config.options if option.name == "GGML_NATIVE"), "")
    asked = dict.fromkeys(option.asked for option in config.options if option.asked)
    why = ", ".join([native, *asked] if native and config.isa == "native" else asked)
    tools = f"{run.toolchain.cc.name} {run.toolchain.cc.version}"
    # The blocks of a trial follow the build; they are not steps of its plan.
    building = "to build" if all(step.phase in _BUILDING for step in plan.steps) else ""
    timed = describe_estimate(outlook, building)
    if run.suite.precision and outlook.total:
        timed += f"; models repeated until within {100 * run.suite.precision:g} %, at most {run.suite.max_time_s:g} s"
    node, source, *facts = _list_facts(plan, run)
    lines = [
        node,
        source,
        f"config   {config.id} {config.build_type}, {config.isa}, {tools}{f': {why}' if why else ''}",
        *facts,
        f"time     {timed}",
        f"plan     {format_count(len(plan.steps), 'step')}; {HIDDEN}",
    ]
    return "\n".join(cut(line, width) if width else line for line in lines)


def describe_estimate(estimate: PlanEstimate, goal: str = "") -> str:
    """Return how long a plan takes, and how that is known; `goal` says what it leads to, if that is not the end."""
    if not estimate.total:
        return "nothing is left to do"
    time = describe_time(estimate.left)
    if estimate.left.builds:
        if estimate.left.builds == 1:
            return f"{time}, whose time is not known yet" if time else "not known yet: this build was never timed here"
        return f"{time}, whose times are not known yet" if time else "not known yet: these builds were never timed here"
    words = " ".join(filter(None, (time, goal)))
    return f"{words}; {estimate.known} of {format_count(estimate.total, 'step')} were timed here before"


def describe_node(run: Run) -> str:
    """Return the name of the node and its CPU, in one line."""
    node, cores = run.node, run.node.cpu.cores
    cpu = f"{node.cpu.brand} ({node.cpu.microarchitecture}), {cores.logical} CPUs, {cores.usable_physical} usable cores"
    return f"{node.name}: {cpu}"


def describe_weights(run: Run) -> tuple[str, ...]:
    """Return each model with the kind of its weights."""
    return tuple(f"{weights.model} ({_KINDS.get(weights.kind, weights.kind)})" for weights in run.weights)


def _list_facts(plan: Plan, run: Run) -> Iterator[str]:
    """Yield a line each for the node, the source, and, if there are any, weights, threads and seed."""
    commit = run.source.commit
    name = commit.release or commit.sha[:8] or "a tree without git"
    yield f"node     {describe_node(run)}"
    yield f"source   {name}{' + changes' if commit.dirty else ''}  {run.source.path}"
    yield f"weights  {', '.join(describe_weights(run)) or 'none'}"
    if plan.threads:
        yield f"threads  {plan.threads}"
    if run.suite.benchmarks:
        yield f"seed     {describe_seed(run.suite.seed, run.settings)}"


def render_plan(plan: Plan, run: Run) -> str:
    """Return the node, the source, every CMake option with its reason, and the steps; no trailing newline."""
    lines = list(_list_facts(plan, run))
    for site, before in zip(plan.sites, (None, *plan.sites), strict=False):
        lines += ["", f"build    {site.config.build_type} ({site.config.isa}, {site.config.id}) in {site.folder}"]
        lines += _render_options(site, before)
    lines += ["", f"steps    {len(plan.steps)}"]
    width = len(str(len(plan.steps)))
    room = max((len(step.title) for step in plan.steps), default=0)
    for number, step in enumerate(plan.steps, 1):
        program, *arguments = step.argv
        command = shlex.join([program.rpartition("/")[2], *arguments])
        lines.append(f"  {number:>{width}}  {step.title:<{room}}  {_shorten(command)}")
    lines += _render_memory(plan)
    for placed in dict.fromkeys(str(step.placement) for step in plan.steps if step.placement):
        lines.append(f"  benchmarks run on {placed}")
    measured = any(step.phase is Phase.BENCHMARK and not is_check(step) for step in plan.steps)
    if measured and any(one.name == "retries" and one.value != "0" for one in run.settings):
        lines.append("  disturbed measurements are repeated, models first, for at most a quarter of the planned time")
    if run.suite.precision:
        within, most_s = 100 * run.suite.precision, run.suite.max_time_s
        lines.append(f"  models are repeated until each is known to within {within:g} %, for at most {most_s:g} s")
    return "\n".join(lines)


def _render_options(site: BuildSite, before: BuildSite | None) -> list[str]:
    """Return a line per option; those of an earlier build are not repeated."""
    shown = {*before.config.options, *before.wiring} if before else set()
    options = [option for option in (*site.config.options, *site.wiring) if option not in shown]
    width = min(max((len(str(option)) for option in options), default=0), 44)
    lines = [f"  {option!s:<{width}}  {option.reason}" for option in options]
    return [*lines, *(["  and the other options as above"] if before else [])]


def _render_memory(plan: Plan) -> list[str]:
    """Return a line for each model: the memory of a process, with and without flash attention."""
    needs: dict[str, dict[str, int]] = {}
    for step in plan.steps:
        if step.case and step.case.get("model") and step.min_memory_bytes:
            needs.setdefault(step.case.get("model"), {})[step.case.get("fa")] = step.min_memory_bytes
    return [
        f"  a process of {model} takes about "
        + ", ".join(f"{need / 1e6:,.0f} MB with fa {fa}" for fa, need in sorted(mine.items()))
        for model, mine in needs.items()
    ]


def _shorten(command: str, limit: int = 100) -> str:
    return command if len(command) <= limit else f"{command[: limit - 4]} ..."
