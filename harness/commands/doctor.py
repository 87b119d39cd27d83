"""`harness doctor`: check whether this node is ready for measurements, and say how to fix what is not."""

from collections.abc import Iterator, Mapping

from harness.commands.output import Output
from harness.commands.request.measure import resolve_checkup
from harness.commands.surroundings import ask_for_weights, find_harness, find_weights, look_around
from harness.commands.verb import Verb
from harness.errors import HarnessError, UnfitError
from harness.judge.diagnosis import CacheSpace, diagnose, diagnose_counters
from harness.judge.next_step import list_next_steps
from harness.records.condition import Diagnosis, Finding, FindingStatus
from harness.render.diagnosis import render_doctor
from harness.settings.layer import Settings
from harness.settings.request import CheckupRequest
from harness.system.counter import probe_counters
from harness.system.disk import forbids_programs, free_bytes
from harness.system.monitor import QuietMonitor
from harness.system.quiet import CounterReader
from harness.system.toolchain import probe_toolchain

_WINDOW_S = 2.0


def doctor(settings: Settings, environ: Mapping[str, str], output: Output) -> int:
    """Watch the node for two seconds and print what is fit and unfit; return 0, or 3 if strict and it is unfit."""
    request = resolve_checkup(settings, environ)
    node, cache = request.node, request.cache
    # The compilers are started first, so that they do not count as other processes.
    tools = tuple(_find_tools(request, environ))
    server = ask_for_weights(request, environ)
    watch = CounterReader(environ)
    output.console.tick(f"watching for {_WINDOW_S:g} s")
    seen = QuietMonitor(watch, output.console, wait_s=0.0, retries=0).look(_WINDOW_S)
    condition = watch.probe_condition()
    space = CacheSpace(free_bytes(cache), noexec=forbids_programs(cache / "builds"))
    findings = diagnose(seen, condition, node.cpu.cores, space, threads=request.threads)
    counters = diagnose_counters(probe_counters(environ))
    weights = find_weights(request, server)
    findings = (*findings, counters, *tools, weights, find_harness())
    around = look_around(request, environ, synthetic=weights.fitness is FindingStatus.UNKNOWN)
    diagnosis = Diagnosis(
        node=node.name,
        findings=findings,
        quietness=seen,
        condition=condition,
        next=list_next_steps(findings, around),
    )
    output.show(render_doctor(diagnosis), diagnosis)
    return UnfitError.exit_code if request.strict and diagnosis.unfit else 0


def _find_tools(request: CheckupRequest, environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        found = probe_toolchain(request.compiler, environ, cache=request.cache, tools=request.tools)
    except HarnessError as error:
        yield Finding(
            topic="tools",
            fitness=FindingStatus.UNFIT,
            found=error.what,
            means=error.cause or "nothing can be built",
            fix=error.hint,
        )
        return
    for tool in (found.cc, found.cxx, found.cmake, found.ninja):
        yield Finding(topic=tool.name, fitness=FindingStatus.FIT, found=f"{tool.version}, {tool.path}")
    cache = found.compiler_cache
    if cache:
        yield Finding(topic=cache.name, fitness=FindingStatus.FIT, found=f"{cache.version}, {cache.path}")


VERB = Verb(
    name="doctor",
    call=lambda call: doctor(call.settings, call.environ, call.output),
    first=("threads", "strict", "compiler"),
    examples=(
        ("harness doctor", "what disturbs measurements here"),
        ("harness doctor --strict", "exit code 3 if anything is unfit"),
    ),
)
