"""`harness run --resume`: resume an unfinished run, if nothing that it depends on has changed."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from harness import __version__
from harness.errors import UnavailableError, UnreadableError, UsageError
from harness.judge.node_fact import caveat_condition
from harness.judge.resume import (
    find_other_cpu,
    find_other_tool,
    hint_afresh,
    is_same_config,
    remember_changes,
    renew_plan,
)
from harness.plan.placement import AUTO, keep_cpus, place_plan
from harness.plan.run import plan_run
from harness.records.condition import Condition
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import SCHEMA, Run
from harness.run.places import Workplace
from harness.run.prepare import Preparation, Supplies, gather_inputs, prepare_child_environment
from harness.settings.request import RunRequest
from harness.store.bundle import Bundle
from harness.store.discard import refuse_build
from harness.store.unfinished import find_partial
from harness.system.audio import verify_audio
from harness.system.console import Console
from harness.system.process.orphan import stop_orphans
from harness.system.source.tree import probe_tree
from harness.system.toolchain import probe_again
from harness.system.weights import verify_weights


def find_unfinished(work: Workplace, node: str, wanted: str, *, sweep: str = "") -> tuple[Run, Bundle]:
    """Return state and bundle of the unfinished run whose id starts with `wanted`, optionally a part of `sweep`.

    Raises UsageError if there is none.
    """
    bundle, state = find_partial(work.places.results, node, wanted, note=work.console.note, sweep=sweep)
    if bundle.is_taken:
        hint = f"rm -r {shlex.quote(str(bundle.path))}  # or move {bundle.final} away, to resume"
        raise UsageError(f"{state.id} cannot be resumed: {bundle.final} already exists", hint=hint)
    return state, bundle


def take_up(
    state: Run, bundle: Bundle, request: RunRequest, work: Workplace, now: tuple[Node, Condition]
) -> tuple[Run, Plan]:
    """Return state and plan of an unfinished run; `request` is its request, resolved for the node as it was then.

    The plan is made again: nothing that is executed comes from the stored one, except the CPUs that --pin auto chose,
    if they can still be used. `now` is the node and its condition.

    Raises UsageError if something that the run depends on has changed, and UnavailableError if its source, weights or
    recordings are gone or changed.
    """
    (node, condition), environ, console, cache = now, work.environ, work.console, work.places.cache
    stored = bundle.load_plan(f"harness {state.verb}")
    _check_cache(state, stored, cache)
    other = find_other_cpu(state.node, node)
    if other:
        raise UsageError(f"{state.id} was started on another CPU: {other}", hint=hint_afresh(state))
    _check_source(state, environ, console)
    _check_toolchain(state, environ, cache)
    _check_files(state, cache)
    plan = renew_plan(_plan_anew(state, stored, request, work), stored, state)
    if not is_same_config(plan.sites[-1].config, state.config):
        raise UsageError(f"the build in run.json of {state.id} is not the one in its plan", hint=hint_afresh(state))
    environment, _ = prepare_child_environment(environ, state.toolchain)
    caveats = tuple(caveat_condition(condition, node.cpu.cores, state.suite.threads))
    state = remember_changes(state, node, dict(environment), caveats, __version__)
    for name in stop_orphans(bundle.path):
        console.note(f"ended {name}, left running by the interrupted run")
    refuse_build(state, plan, console.note)
    console.note(f"resuming {state.id}")
    return state.replace(schema=SCHEMA), plan


def _plan_anew(state: Run, stored: Plan, request: RunRequest, work: Workplace) -> Plan:
    """Return the plan that this harness makes for the run's request, on the node as it was then."""
    if request.measure.suite != state.suite:
        cause = "another version of the harness started it, or run.json was changed since"
        raise UsageError(f"the suite of {state.id} does not match its settings", cause=cause, hint=hint_afresh(state))
    placement, ranking = request.measure.placement_request, request.measure.ranking
    prepared = Preparation(
        cache=str(work.places.cache),
        node=state.node,
        toolchain=state.toolchain,
        source=state.source,
        environment=state.environment,
        caveats=(),
    )
    inputs = gather_inputs(prepared, request, Supplies(weights=state.weights, audio=state.audio))
    plan = place_plan(plan_run(inputs), placement, ranking)
    return keep_cpus(plan, stored, ranking, state) if placement.pin == AUTO else plan


def _check_cache(state: Run, stored: Plan, cache: Path) -> None:
    """Raise UsageError if the run was begun with another cache, which has its builds and everything else it made."""
    folders = [Path(site.folder) for site in stored.sites]
    if not folders:
        raise UnreadableError(f"the plan of {state.id} names no build", hint=hint_afresh(state))
    begun = folders[-1].parent.parent
    if begun != cache:
        hint = f"--cache {shlex.quote(str(begun))}  # resumes it, if that cache is yours; else: harness {state.verb}"
        raise UsageError(f"{state.id} was started with another cache: {begun}, not {cache}", hint=hint)


def _check_source(state: Run, environ: Mapping[str, str], console: Console) -> None:
    path, ours = Path(state.source.path), state.source.ours
    if not (path / "CMakeLists.txt").is_file():
        raise UnavailableError(f"the source of {state.id} is gone: {path}", hint=hint_afresh(state))
    now = probe_tree(path, environ=environ, note=console.note, ours=ours) if state.source.mutable else state.source
    if now.id != state.source.id:
        raise UsageError(
            f"{path} has changed since {state.id} was started", hint=f"harness {state.verb}  # measures it as it is now"
        )


def _check_toolchain(state: Run, environ: Mapping[str, str], cache: Path) -> None:
    found = find_other_tool(state.toolchain, probe_again(state.toolchain, environ, cache=cache))
    if found:
        was, now = found
        difference = f"now it is {now.name} {now.version}" if now.version else "now it does not run"
        raise UsageError(
            f"{state.id} was started with {was.name} {was.version} ({was.path}): {difference}", hint=hint_afresh(state)
        )


def _check_files(state: Run, cache: Path) -> None:
    again = hint_afresh(state)
    for weights in state.weights:
        if not (weights.parent and not weights.sha256):  # still to be made
            verify_weights(weights, cache=cache, again=again)
    for audio in state.audio:
        verify_audio(audio, cache=cache, again=again)
