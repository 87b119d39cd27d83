"""`harness run --resume`: takes up an unfinished run, if nothing it stands on has changed."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnavailableError, UsageError
from harness.plan.layer import Settings
from harness.premises import cache_folder, results_folder
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import Run
from harness.store.bundle import Bundle, find_partial, load_run
from harness.system.console import Console
from harness.system.orphan import stop_orphans
from harness.system.source.tree import probe_tree
from harness.system.weights import verify_weights


def take_up(
    settings: Settings, environ: Mapping[str, str], node: Node, wanted: str, console: Console
) -> tuple[Run, Plan, Bundle]:
    """Return state, plan and bundle of the unfinished run whose id starts with `wanted`.

    Raises UsageError where there is none, or its tree or machine is another by now, and UnavailableError where its
    source or weights are gone or changed.
    """
    bundle = find_partial(results_folder(settings), node.name, wanted)
    state = load_run(bundle.path)
    if state.trial:
        raise UsageError(f"{state.id} is one side of a live comparison: it cannot be resumed", hint="harness ab")
    plan = bundle.load_plan()
    if (state.node.cpu.brand, state.node.cpu.features) != (node.cpu.brand, node.cpu.features):
        raise UsageError(f"{state.id} was begun on another CPU ({state.node.cpu.brand})", hint="harness run")
    _check_source(state, environ, console)
    for weights in state.weights:
        if weights.parent and not weights.sha256:
            continue  # still to be made
        verify_weights(weights, cache=cache_folder(settings))
    for name in stop_orphans(bundle.path):
        console.note(f"ended {name}, which was still running")
    console.note(f"going on with {state.id}")
    return state, plan, bundle


def _check_source(state: Run, environ: Mapping[str, str], console: Console) -> None:
    path, ours = Path(state.source.path), state.source.ours
    if not (path / "CMakeLists.txt").is_file():
        raise UnavailableError(f"the source of {state.id} is gone: {path}", hint="harness run")
    now = probe_tree(path, environ=environ, note=console.note, ours=ours) if state.source.mutable else state.source
    if now.id != state.source.id:
        raise UsageError(f"{path} has changed since {state.id} was begun", hint="harness run measures it as it is now")
