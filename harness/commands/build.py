"""`harness build`: a build alone, of a whole tree or of the library of a pruned one."""

from collections.abc import Mapping
from pathlib import Path

from harness.commands.output import Output
from harness.conclusion import look_back
from harness.plan.isa import choose_isa_options
from harness.plan.layer import Settings
from harness.plan.run import plan_build
from harness.records.node import Node
from harness.records.outcome import Status
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.suite import Benchmark, Suite
from harness.render.plan import render_plan
from harness.session import Session
from harness.store.bundle import Bundle, load_logs
from harness.store.duration import load_durations
from harness.system.lock import node_lock
from harness.system.probe import probe_node
from harness.workbench import begin_run, cache_folder, lay_out, remove_builds


def build(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Configure and build the Release config of a source and print where it is; return the exit code."""
    node = probe_node(settings.text("node"), environ)
    choose_isa_options(settings.text("isa"), node.cpu)  # refused at once, not after a wait
    if settings.flag("dry_run"):
        state, plan = _prepare(settings, environ, node, output)
        output.show(render_plan(plan, state), plan)
        return 0
    with node_lock(wait=not settings.flag("no_wait"), note=output.console.warn):
        state, plan = _prepare(settings, environ, node, output)
        output.console.note(f"{render_plan(plan, state)}\n")
        remove_builds(plan.sites, settings)
        folder = plan.sites[-1].folder
        bundle = Bundle(cache_folder(settings) / "logs" / Path(folder).name)
        bundle.logs.mkdir(parents=True, exist_ok=True)
        known = load_durations(cache_folder(settings))
        state = Session(plan, state, bundle, output.console, known).go()
    state = look_back(state, load_logs(bundle.path, state))
    built = state.status is Status.PASSED
    lines = [f"built in {folder}" if built else f"the build failed; logs in {bundle.logs}"]
    output.show("\n".join([*lines, *(f"caveat: {caveat.message}" for caveat in state.caveats)]), state)
    return int(state.exit_code)


def _prepare(settings: Settings, environ: Mapping[str, str], node: Node, output: Output) -> tuple[Run, Plan]:
    bench = lay_out(settings, environ, node, output.console)
    suite = Suite(
        benchmarks=() if bench.source.pruned else tuple(Benchmark),
        models=(),
        threads=(1,),
        flash_attn=(0,),
        repetitions=1,
        tests=False,
        test_build_types=(),
        seed=1,
    )
    state, ingredients = begin_run(bench, settings, suite, (), ())
    # What is built is not measured: the run that is recorded asks for no benchmark.
    return state.replace(suite=suite.replace(benchmarks=())), plan_build(ingredients)
