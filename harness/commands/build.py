"""`harness build`: a build alone, of a whole tree or of the library of a pruned one."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.commands.output import Output
from harness.plan.isa import isa_fingerprint
from harness.plan.layer import Settings
from harness.plan.run import Ingredients, plan_build
from harness.records.outcome import Status
from harness.records.run import SCHEMA, Run
from harness.records.suite import Suite
from harness.render.plan import render_plan
from harness.session import Session
from harness.store.bundle import Bundle
from harness.store.duration import load_durations
from harness.system.lock import node_lock
from harness.system.probe import probe_node
from harness.system.source.library import library_project
from harness.workbench import choose_jobs, choose_site, lay_out


def build(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Configure and build the Release config of a source and print where it is; return the exit code."""
    bench = lay_out(settings, environ, probe_node(settings.text("node"), environ), output.console)
    site = choose_site(bench, settings, "Release")
    suite = Suite(
        benchmarks=(),
        models=(),
        threads=(1,),
        flash_attn=(0,),
        repetitions=1,
        tests=False,
        test_build_types=(),
        seed=1,
    )
    plan = plan_build(
        Ingredients(
            source=bench.source,
            toolchain=bench.toolchain,
            sites=(site,),
            suite=suite,
            weights=(),
            namespace=isa_fingerprint(bench.node.cpu),
            jobs=choose_jobs(bench, settings),
            library=str(library_project()) if bench.source.pruned else "",
        )
    )
    state = Run(
        schema=SCHEMA,
        id=Path(site.folder).name,
        harness=__version__,
        start=datetime.now(UTC).isoformat(timespec="seconds"),
        node=bench.node,
        source=bench.source,
        config=site.config,
        toolchain=bench.toolchain,
        suite=suite,
        weights=(),
        environment=bench.environment,
        settings=settings.describe(),
        caveats=bench.caveats,
    )
    shown = render_plan(plan, state)
    if settings.flag("dry_run"):
        output.show(shown, plan)
        return 0
    output.console.note(f"{shown}\n")
    with node_lock(wait=not settings.flag("no_wait"), note=output.console.note):
        if settings.flag("rebuild"):
            shutil.rmtree(site.folder, ignore_errors=True)
        logs = Bundle(Path(bench.cache) / "logs" / state.id)
        logs.logs.mkdir(parents=True, exist_ok=True)
        state = Session(plan, state, logs, output.console, load_durations(Path(bench.cache))).go()
    built = state.status is Status.PASSED
    output.show(f"built in {site.folder}" if built else f"the build failed; logs in {logs.logs}", state)
    return int(state.exit_code)
