"""A plan as text: what will be built and why, and every step."""

import shlex

from harness.records.plan import Plan, Site
from harness.records.run import Run


def render_plan(plan: Plan, run: Run) -> str:
    """Return the node, the source, every CMake option with its reason, and the steps; no trailing newline."""
    node, commit = run.node, run.source.commit
    cores = node.cpu.cores
    name = commit.release or commit.sha[:8] or "a tree without git"
    lines = [
        f"node     {node.name}: {node.cpu.brand} ({node.cpu.microarchitecture}), {cores.logical} CPUs, "
        f"{cores.usable_physical} usable cores",
        f"source   {name}{' + changes' if commit.dirty else ''}  {run.source.path}",
        f"weights  {', '.join(f'{weights.model} ({weights.kind})' for weights in run.weights) or 'none'}",
    ]
    for site in plan.sites:
        lines += ["", f"build    {site.config.build_type} ({site.config.isa}, {site.config.id}) in {site.folder}"]
        lines += _render_options(site)
    lines += ["", f"steps    {len(plan.steps)}"]
    width = len(str(len(plan.steps)))
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"  {number:>{width}}  {step.title:<36} {_shorten(shlex.join(step.argv))}")
    return "\n".join(lines)


def _render_options(site: Site) -> list[str]:
    options = [*site.config.options, *site.wiring]
    width = min(max(len(str(option)) for option in options), 46)
    return [f"  {option!s:<{width}}  {option.reason}" for option in options]


def _shorten(command: str, limit: int = 100) -> str:
    return command if len(command) <= limit else f"{command[: limit - 4]} ..."
