"""`harness run`: from nothing to the report."""

import contextlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.commands.models import ready_weights
from harness.commands.output import Output
from harness.errors import InterruptedRunError, UsageError
from harness.parse.catalog import expand_models
from harness.parse.system_info import parse_system_info
from harness.plan.caveat import derive_caveats
from harness.plan.forecast import learn_durations
from harness.plan.isa import isa_fingerprint
from harness.plan.layer import Settings, nearest
from harness.plan.run import Ingredients, plan_run
from harness.plan.thread import choose_threads, warn_threads
from harness.records.caveat import Caveat
from harness.records.node import Node
from harness.records.plan import Plan
from harness.records.run import SCHEMA, Run
from harness.records.suite import Benchmark, Suite, Timeouts
from harness.records.weights import Weights
from harness.render.plan import render_plan
from harness.render.report import render_report
from harness.render.terminal import render_summary
from harness.session import Session
from harness.store.bundle import Bundle, choose_id, create_bundle, find_partial, load_logs, load_run
from harness.store.duration import load_durations, save_durations
from harness.system.lock import node_lock
from harness.system.probe import probe_node
from harness.system.weights import load_catalog
from harness.workbench import Workbench, cache_folder, choose_jobs, choose_site, lay_out


def run(settings: Settings, environ: Mapping[str, str], output: Output, *, resume: str | None) -> int:
    """Execute a run, or go on with an unfinished one; return the exit code of what was measured."""
    cache = cache_folder(settings, environ)
    results = Path(settings.text("results")).absolute()
    with contextlib.ExitStack() as stack:
        if resume is not None:
            bundle = find_partial(results, resume)
            state, plan = load_run(bundle.path), bundle.load_plan()
            stack.enter_context(_lock(settings, output))
            output.console.note(f"going on with {state.id}")
        else:
            node = probe_node(settings.text("node"), environ)
            suite = _choose_suite(settings, node)  # refuse what does not exist before anything is fetched
            bench = lay_out(settings, environ, node, output.console)
            state, plan = _prepare(bench, suite, settings, environ, output)
            shown = render_plan(plan, state)
            if settings.flag("dry_run"):
                output.show(shown, plan)
                return 0
            output.console.note(f"{shown}\n")
            stack.enter_context(_lock(settings, output))
            state = state.replace(id=choose_id(results, state.node.name, state.id))
            bundle = create_bundle(results, state)
            bundle.save_plan(plan)
            bundle.save_run(state)
        state = _execute(plan, state, bundle, cache, output)
    state = _conclude(state, bundle)
    report = render_report(state, load_logs(bundle.path, state))
    folder = bundle.seal(state, report)
    _publish(report, environ)
    output.show(render_summary(state, str(folder)), state)
    return int(state.exit_code)


def _lock(settings: Settings, output: Output) -> contextlib.AbstractContextManager[None]:
    return node_lock(wait=not settings.flag("no_wait"), note=output.console.note)


def _prepare(
    bench: Workbench, suite: Suite, settings: Settings, environ: Mapping[str, str], output: Output
) -> tuple[Run, Plan]:
    if bench.source.pruned:
        release = bench.source.commit.release
        raise UsageError(
            f"{release} cannot be run: its source distribution holds the library alone, without the bench program",
            hint=f"harness build --ref {release} builds that library; with git at hand: --repo URL --ref {release}",
        )
    sites = tuple(
        choose_site(bench, settings, build_type) for build_type in dict.fromkeys((*suite.test_build_types, "Release"))
    )
    if settings.flag("rebuild") and not settings.flag("dry_run"):
        for site in sites:
            shutil.rmtree(site.folder, ignore_errors=True)
    weights, caveats = _choose_weights(suite, settings, environ, output)
    begun = datetime.now(UTC)
    state = Run(
        schema=SCHEMA,
        id=f"{begun:%Y%m%dT%H%M%SZ}-{bench.source.commit.short}-{sites[-1].config.id}",
        harness=__version__,
        start=begun.isoformat(timespec="seconds"),
        node=bench.node,
        source=bench.source,
        config=sites[-1].config,
        toolchain=bench.toolchain,
        suite=suite,
        weights=weights,
        environment=bench.environment,
        settings=settings.describe(),
        caveats=(*bench.caveats, *caveats, *warn_threads(suite.threads, bench.node.cpu.cores)),
    )
    ingredients = Ingredients(
        source=bench.source,
        toolchain=bench.toolchain,
        sites=sites,
        suite=suite,
        weights=weights,
        namespace=isa_fingerprint(bench.node.cpu),
        jobs=choose_jobs(bench, settings),
    )
    return state, plan_run(ingredients)


def _choose_suite(settings: Settings, node: Node) -> Suite:
    known = {benchmark.value: benchmark for benchmark in Benchmark}
    for name in settings.words("bench"):
        if name not in known:
            raise UsageError(f"unknown benchmark {name!r}", hint=nearest(name, known))
    tests = not settings.flag("no_tests")
    benchmarks = tuple(known[name] for name in settings.words("bench"))
    return Suite(
        benchmarks=benchmarks,
        models=expand_models(settings.words("model"), load_catalog()) if Benchmark.WHISPER in benchmarks else (),
        threads=_counts(settings, "threads", low=1, high=4096) or (choose_threads(node.cpu.cores),),
        flash_attn=_counts(settings, "flash_attn", low=0, high=1),
        repetitions=max(1, int(settings.number("repetitions"))),
        tests=tests,
        test_build_types=("Debug", "Release") if tests else (),
        seed=int(settings.number("seed")),
        timeouts=Timeouts(bench_s=settings.number("timeout")),
    )


def _counts(settings: Settings, name: str, *, low: int, high: int) -> tuple[int, ...]:
    words = settings.words(name)
    if not all(word.isdecimal() and low <= int(word) <= high for word in words):
        raise UsageError(f"--{name.replace('_', '-')}: {','.join(words)!r} are not numbers from {low} to {high}")
    return tuple(dict.fromkeys(int(word) for word in words))


def _choose_weights(
    suite: Suite, settings: Settings, environ: Mapping[str, str], output: Output
) -> tuple[tuple[Weights, ...], tuple[Caveat, ...]]:
    resolved = [ready_weights(model, settings, environ, output) for model in suite.models]
    return tuple(weights for weights, _ in resolved), tuple(caveat for _, caveats in resolved for caveat in caveats)


def _execute(plan: Plan, state: Run, bundle: Bundle, cache: Path, output: Output) -> Run:
    known = load_durations(cache)
    session = Session(plan, state, bundle, output.console, known)
    try:
        return session.go()
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted; {len(session.run.results)} of {len(plan.steps)} steps are done and kept in {bundle.path}",
            hint=f"harness run --resume {state.id}",
        ) from None
    finally:
        with contextlib.suppress(OSError):  # a forecast is not worth a failure
            save_durations(cache, learn_durations(known, plan.steps, session.run.results))


def _conclude(state: Run, bundle: Bundle) -> Run:
    """Add what is known only at the end: the end, what ggml says of itself, and the caveats."""
    logs = (bundle.logs / result.log for result in state.results if result.case and result.log)
    infos = (parse_system_info(log.read_text(encoding="utf-8", errors="replace")) for log in logs if log.is_file())
    state = state.replace(
        end=datetime.now(UTC).isoformat(timespec="seconds"),
        system_info=next((info for info in infos if info), None),
    )
    known = {caveat.code for caveat in state.caveats}
    return state.replace(caveats=(*state.caveats, *(c for c in derive_caveats(state) if c.code not in known)))


def _publish(report: str, environ: Mapping[str, str]) -> None:
    """Append the report to the job summary of GitHub Actions."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with contextlib.suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(report)
