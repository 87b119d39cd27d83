"""`harness run`: from nothing to the report."""

import contextlib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.commands.output import Output
from harness.commands.resume import take_up
from harness.conclusion import conclude
from harness.errors import InterruptedRunError, UnfitError, UsageError
from harness.plan.forecast import learn_durations
from harness.plan.isa import choose_isa_options
from harness.plan.layer import Settings
from harness.plan.run import plan_run
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.source import Source
from harness.records.suite import Suite
from harness.render.plan import render_plan
from harness.render.terminal import render_summary
from harness.session import Session
from harness.store.bundle import Bundle, choose_id, create_bundle
from harness.store.duration import load_durations, save_durations
from harness.system.lock import node_lock
from harness.system.probe import probe_node
from harness.workbench import (
    begin_run,
    cache_folder,
    choose_suite,
    lay_out,
    ready_weights,
    remove_builds,
    results_folder,
)


def run(settings: Settings, environ: Mapping[str, str], output: Output, *, resume: str | None) -> int:
    """Execute a run, or go on with an unfinished one; return the exit code of what was measured."""
    node = probe_node(settings.text("node"), environ)
    # What does not exist is refused at once, not after a wait or a download.
    suite = choose_suite(settings, node)
    choose_isa_options(settings.text("isa"), node.cpu)
    if settings.flag("dry_run"):
        state, plan = _prepare(settings, environ, node, suite, output)
        output.show(render_plan(plan, state), plan)
        return 0
    # The lock comes first: a download or a checkout would disturb the measurement that holds it.
    with node_lock(wait=not settings.flag("no_wait"), note=output.console.warn):
        if resume is not None:
            state, plan, bundle = take_up(settings, environ, node, resume, output.console)
        else:
            state, plan = _prepare(settings, environ, node, suite, output)
            bundle, state = _open(plan, state, settings)
            output.console.note(f"{render_plan(plan, state)}\n")
        with _resumable(state, bundle, settings):
            state = _execute(plan, state, bundle, cache_folder(settings), output)
            state, report, folder = conclude(state, bundle)
    _publish(report, environ)
    output.show(render_summary(state, str(folder)), state)
    return int(state.exit_code)


def _prepare(
    settings: Settings, environ: Mapping[str, str], node: Node, suite: Suite, output: Output
) -> tuple[Run, Plan]:
    bench = lay_out(settings, environ, node, output.console)
    _refuse_pruned(bench.source)
    resolved = [ready_weights(model, settings, environ, output.console) for model in suite.models]
    weights = tuple(weights for weights, _ in resolved)
    caveats = tuple(caveat for _, caveats in resolved for caveat in caveats)
    state, ingredients = begin_run(bench, settings, suite, weights, caveats)
    return state, plan_run(ingredients)


def _refuse_pruned(source: Source) -> None:
    if source.pruned:
        release = source.commit.release
        raise UsageError(
            f"{release} cannot be run: its source distribution holds the library alone, without the bench program",
            hint=f"harness build --ref {release} builds that library; with git at hand: --repo URL --ref {release}",
        )


def _open(plan: Plan, state: Run, settings: Settings) -> tuple[Bundle, Run]:
    results = results_folder(settings)
    state = state.replace(id=choose_id(results, state.node.name, state.id))
    bundle = create_bundle(results, state)
    remove_builds(plan.sites, settings)
    bundle.save_plan(plan)
    bundle.save_run(state)
    return bundle, state


@contextlib.contextmanager
def _resumable(state: Run, bundle: Bundle, settings: Settings) -> Iterator[None]:
    """Whatever stops the run from here on says how to go on with it."""
    hint = f"harness run --resume {state.id} --results {shlex.quote(str(results_folder(settings)))}"
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedRunError(f"interrupted; what is done is kept in {bundle.path}", hint=hint) from None
    except OSError as error:
        what = f"the run stopped: {error.strerror or error} ({error.filename or bundle.path})"
        raise UnfitError(what, cause="what is done is kept", hint=f"remove the cause, then {hint}") from None
    except UnfitError as error:
        if not error.hint:
            raise UnfitError(error.what, cause=error.cause, hint=hint) from None
        raise


def _execute(plan: Plan, state: Run, bundle: Bundle, cache: Path, output: Output) -> Run:
    known = load_durations(cache)
    session = Session(plan, state, bundle, output.console, known)
    try:
        return session.go()
    finally:
        with contextlib.suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, learn_durations(known, plan.steps, session.run.results))


def _publish(report: str, environ: Mapping[str, str]) -> None:
    """Append the report to the job summary of GitHub Actions."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with contextlib.suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(report)
