"""`harness roofline`: measure the peak arithmetic and memory speed of this node."""

from collections.abc import Mapping
from pathlib import Path

from harness.commands.output import Output
from harness.commands.request.measure import resolve_roofline
from harness.commands.request.place import open_workplace
from harness.commands.verb import Verb
from harness.judge.node_fact import caveat_standstill
from harness.judge.roofline import bound_peak, judge_roofline
from harness.parse.bench.roofline import parse_roofline
from harness.plan.roofline import MEASURE, plan_roofline, plan_roofline_build
from harness.records.exit_code import ExitCode
from harness.records.listing import PlanList
from harness.records.outcome import Status, StepResult
from harness.records.plan import Plan
from harness.records.roofline import CeilingKind
from harness.records.run import Run
from harness.records.source import Commit, Source
from harness.render.plan import render_plan
from harness.render.roofline import render_roofline
from harness.run.builder import carry_out_build
from harness.run.places import Workplace, hold_node
from harness.run.prepare import Supplies, begin_run, choose_roofline, prepare
from harness.settings.layer import Settings
from harness.settings.request import RunRequest
from harness.store.bundle import load_logs
from harness.system.asset import roofline_digest, roofline_project

# The clock frequency is not among them: it cannot be measured everywhere.
_ASKED = (CeilingKind.PEAK, CeilingKind.READ, CeilingKind.COPY)


def roofline(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Measure arithmetic and memory with one thread and the requested threads, and print them; nothing is stored."""
    work = open_workplace(settings, environ, output.console)
    request = resolve_roofline(settings, work)
    node, suite = request.node, request.measure.suite
    if request.dry:
        state, plan = _prepare(request, work)
        output.show(render_plan(plan, state), PlanList(plans=(plan,)), state.caveats)
        return 0
    with hold_node(work):
        state, plan = _prepare(request, work)
        built = carry_out_build(state, plan, request.build, work)
    last = built.run.results[-1]
    if not last.measurements:
        output.console.warn(f"no roofline: {_reason(built.run.results)}; logs in {built.logs}")
        unbuilt = any(result.status is Status.SKIPPED for result in built.run.results if result.step != MEASURE)
        return int(ExitCode.BUILD_FAILED if unbuilt else ExitCode.BENCHMARK_FAILED)
    answer = parse_roofline(load_logs(Path(built.logs).parent, built.run)[last.log])
    answer = answer.replace(caveats=(*state.caveats, *caveat_standstill([last]), *judge_roofline(answer, node)))
    counts = {one.threads for one in answer.ceilings}
    bounds = {count: bound_peak(answer, count, node.cpu.arch) for count in counts}
    known = {count: bound for count, bound in bounds.items() if bound}
    text = render_roofline(answer, node, known, width=output.width, plain=not output.is_unicode)
    output.show(text, answer, answer.caveats)
    missing = [
        f"{kind} with {threads} threads"
        for threads in suite.threads
        for kind in _ASKED
        if not answer.find(kind, threads)
    ]
    for what in missing:
        output.console.warn(f"harness: the probe did not measure {what}; its log is in {built.logs}")
    return int(ExitCode.BENCHMARK_FAILED if missing else ExitCode.OK)


def _prepare(request: RunRequest, work: Workplace) -> tuple[Run, Plan]:
    """Return the run that records the probe, which is the only source built here, and its plan."""
    digest = roofline_digest()
    source = Source(id=digest, kind="tree", path=str(roofline_project()), commit=Commit(sha="", changes=digest))
    prepared, threads = prepare(request, work, source), request.measure.suite.threads
    state, inputs = begin_run(prepared, request, Supplies())
    probe = choose_roofline(prepared, inputs.sites[-1], max(threads))
    measure = plan_roofline(probe, threads, name=MEASURE, brief=False)
    return state, Plan(
        sites=(probe.site,), steps=(*plan_roofline_build(probe, inputs.toolchain), measure), threads=inputs.threads
    )


def _reason(results: tuple[StepResult, ...]) -> str:
    return next((result.reason for result in results if result.reason), "it printed nothing")


VERB = Verb(
    name="roofline",
    call=lambda call: roofline(call.settings, call.environ, call.output),
    first=("threads", "isa", "compiler", "dry_run"),
    examples=(
        ("harness roofline", "with one thread, and with as many as a run uses"),
        ("harness roofline --threads 8 --json", "as JSON"),
        ("harness roofline --isa avx2", "for a narrower instruction set"),
    ),
)
