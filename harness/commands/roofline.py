"""`harness roofline`: what this node can do at best, measured."""

from collections.abc import Mapping
from pathlib import Path

from harness.build.isa import choose_isa_options
from harness.commands.output import Output
from harness.commands.verb import Group, Verb
from harness.judge.node_fact import caveat_standstill
from harness.judge.roofline import bound_peak, judge_roof
from harness.parse.bench.roofline import parse_roof
from harness.plan.roofline import MEASURE, plan_roof, plan_roof_build
from harness.records.node import Node
from harness.records.outcome import Status, StepResult
from harness.records.plan import Plan
from harness.records.roofline import Kind
from harness.records.run import ExitCode, Run
from harness.records.source import Commit, Source
from harness.records.suite import Suite
from harness.render.plan import render_plan
from harness.render.roofline import render_roof
from harness.run.builder import carry_out_build
from harness.run.places import hold_node
from harness.run.prepare import begin_run, choose_roof, lay_out
from harness.run.request import choose_suite
from harness.settings.layer import Settings
from harness.store.bundle import load_logs
from harness.system.asset import roof_digest, roof_project
from harness.system.probe import probe_node

# The clock is only there where it can be told.
_ASKED = (Kind.PEAK, Kind.READ, Kind.COPY)


def roof(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Measure arithmetic and memory with one thread and with the threads asked for, and print it; nothing is kept."""
    node = probe_node(settings.text("as_node"), environ)
    choose_isa_options(settings.text("isa"), node.cpu)  # refused at once, not after a wait
    asked = choose_suite(settings, node)
    suite = asked.replace(
        benchmarks=(), models=(), tests=False, test_build_types=(), threads=tuple(sorted({1, *asked.threads}))
    )
    if settings.flag("dry_run"):
        state, plan = _prepare(settings, environ, node, suite, output)
        output.show(render_plan(plan, state), plan)
        return 0
    with hold_node(settings, output.console):
        state, plan = _prepare(settings, environ, node, suite, output)
        built = carry_out_build(state, plan, settings, output.console)
    last = built.run.results[-1]
    if not last.measurements:
        output.console.warn(f"no roof: {_reason(built.run.results)}; logs in {built.logs}")
        unbuilt = any(result.status is Status.SKIPPED for result in built.run.results if result.step != MEASURE)
        return int(ExitCode.BUILD_FAILED if unbuilt else ExitCode.BENCHMARK_FAILED)
    answer = parse_roof(load_logs(Path(built.logs).parent, built.run)[last.log])
    answer = answer.replace(caveats=(*state.caveats, *caveat_standstill([last]), *judge_roof(answer, node)))
    counts = {one.threads for one in answer.ceilings}
    bounds = {count: bound_peak(answer, count, node.cpu.arch) for count in counts}
    known = {count: bound for count, bound in bounds.items() if bound}
    output.show(render_roof(answer, node, known), answer)
    missing = [
        f"{kind} with {threads} threads"
        for threads in suite.threads
        for kind in _ASKED
        if not answer.find(kind, threads)
    ]
    for what in missing:
        output.console.warn(f"harness: the probe has not measured {what}; its log is in {built.logs}")
    return int(ExitCode.BENCHMARK_FAILED if missing else ExitCode.OK)


def _prepare(
    settings: Settings, environ: Mapping[str, str], node: Node, suite: Suite, output: Output
) -> tuple[Run, Plan]:
    """Return the run that records the probe, which is all the source that is built here, and its plan."""
    digest = roof_digest()
    source = Source(id=digest, kind="tree", path=str(roof_project()), commit=Commit(sha="", changes=digest))
    bench = lay_out(settings, environ, node, output.console, source)
    state, given = begin_run(bench, settings, suite, (), ())
    probe = choose_roof(bench, given.sites[-1], max(suite.threads))
    measure = plan_roof(probe, suite.threads, name=MEASURE, brief=False)
    return state, Plan(
        sites=(probe.site,), steps=(*plan_roof_build(probe, given.toolchain), measure), threads=given.threads
    )


def _reason(results: tuple[StepResult, ...]) -> str:
    return next((result.reason for result in results if result.reason), "it printed nothing")


VERB = Verb(
    name="roofline",
    summary="measure what this node can do at best: arithmetic, and reading and copying memory",
    group=Group.MEASURE,
    call=lambda call: roof(call.settings, call.environ, call.output),
    first=("threads", "isa", "compiler", "dry_run"),
    examples=(
        ("harness roofline", "one thread, and those of a run"),
        ("harness roofline --threads 8 --json", "for machines"),
        ("harness roofline --isa avx2", "of a narrower instruction set"),
    ),
)
