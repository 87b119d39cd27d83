"""What results are checked against: a plain computation of weights in float32, by a program of our own."""

from collections.abc import Iterator

from harness.plan.bench import name_quantising
from harness.plan.inputs import PlanInputs, ReferenceBuild
from harness.plan.own_program import OwnProgram, plan_own_program
from harness.records.build import CMakeOption, Toolchain
from harness.records.plan import Phase, Step
from harness.records.record import short_hash
from harness.records.weights import Weights

PROGRAM = "reference"
CONFIGURE, BUILD = f"{PROGRAM}_configure", f"{PROGRAM}_build"
# Beside the weights, for what is computed between two layers; that of large, which needs most.
_WORKING_BYTES = 400 << 20


def plan_references(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the steps that make the check references of all weights, once each: they are kept for all runs.

    The program is built first, which takes a few seconds. Quantised weights must be planned before.
    """
    build = inputs.reference
    if build is None or not inputs.weights:
        return
    program = _describe_program(build, inputs.toolchain)
    yield from plan_own_program(program, inputs.toolchain.cmake.path)
    for weights in inputs.weights:
        made_by = (name_quantising(weights),) if weights.parent else ()
        path = reference_path(build, weights)
        yield Step(
            name=name_reference(weights),
            title=f"compute the reference of {weights.model}",
            phase=Phase.REFERENCE,
            argv=(program.path, weights.path, path, "--threads", str(build.threads)),
            cwd=build.folder,
            log=f"{name_reference(weights).replace('_', '-')}.log",
            timeout_s=inputs.suite.timeouts.bench_s,
            needs=(BUILD, *made_by),
            stamp=f"{path}.made",
            key=short_hash(build.digest, _identify(weights)),
            products=(path,),
            min_memory_bytes=_WORKING_BYTES,
        )


def name_reference(weights: Weights) -> str:
    """Return the name of the step that makes the check reference of these weights."""
    return f"reference_{weights.model}"


def reference_path(build: ReferenceBuild, weights: Weights) -> str:
    """Return the path of the check reference of these weights; another program or other weights have another one."""
    name = f"check-{weights.model}-{short_hash(build.digest, _identify(weights))}.ref"
    return f"{build.references}/{name}"


def _identify(weights: Weights) -> str:
    # The path of weights that a run quantises itself names their parent and their maker.
    return weights.path if weights.parent else weights.sha256


def _describe_program(build: ReferenceBuild, tools: Toolchain) -> OwnProgram:
    options = (
        CMakeOption(name="CMAKE_C_COMPILER", value=tools.cc.path, reason=f"{tools.cc.name} {tools.cc.version}"),
        CMakeOption(name="CMAKE_MAKE_PROGRAM", value=tools.ninja.path, reason="the Ninja of the harness"),
    )
    return OwnProgram(
        target=PROGRAM,
        title="the reference program",
        phase=Phase.REFERENCE,
        project=build.project,
        digest=build.digest,
        folder=build.folder,
        options=tuple(map(str, options)),
    )
