"""`harness build`: build a source without measuring it; of a pruned source, only its library."""

from collections.abc import Mapping

from harness.commands.output import Output
from harness.commands.request.measure import resolve_node, resolve_unmeasured
from harness.commands.request.place import open_workplace
from harness.commands.verb import Verb
from harness.records.exit_code import ExitCode
from harness.records.listing import PlanList
from harness.records.run_answer import BuildAnswer
from harness.render.plan import render_plan
from harness.run.builder import carry_out_build, prepare_build
from harness.run.places import hold_node
from harness.settings.layer import Settings


def build(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Configure and build a source and print the build folder; return the exit code."""
    work = open_workplace(settings, environ, output.console)
    request = resolve_unmeasured(settings, work.places, resolve_node(settings, environ))
    if request.dry:
        state, plan, _ = prepare_build(request, work)
        output.show(render_plan(plan, state), PlanList(plans=(plan,)), state.caveats)
        return 0
    with hold_node(work):
        state, plan, _ = prepare_build(request, work)
        built = carry_out_build(state, plan, request.build, work)
    # A build that was skipped has failed, too.
    reason = next((f"{one.step}: {one.reason}" for one in built.run.results if one.reason), "nothing was built")
    lines = [f"built in {built.folder}"] if built.ok else [f"the build failed: {reason}", f"logs in {built.logs}"]
    lines += [f"caveat: {caveat.message}" for caveat in built.run.caveats]
    answer = BuildAnswer(
        folder=str(built.folder), logs=str(built.logs), built=built.ok, reason="" if built.ok else reason, run=built.run
    )
    output.show("\n".join(lines), answer, built.run.caveats)
    return int(ExitCode.OK if built.ok else built.run.exit_code or ExitCode.BUILD_FAILED)


VERB = Verb(
    name="build",
    call=lambda call: build(call.settings, call.environ, call.output),
    first=("source", "ref", "isa", "compiler", "backend", "define", "rebuild", "dry_run"),
    examples=(
        ("harness build --ref v1.8.4", "the library of an older release"),
        ("harness build --source . --isa avx2", "your tree, for another CPU"),
    ),
)
