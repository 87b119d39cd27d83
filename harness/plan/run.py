"""The steps of a run."""

from collections.abc import Iterator

from harness.build.isa import name_variant_library
from harness.plan.bench import name_ready, plan_benchmarks, plan_device_probes, plan_probes, plan_quantising
from harness.plan.check import plan_checks, require_checks
from harness.plan.code_layout import plan_code_layouts
from harness.plan.ctest import is_tested, plan_ctest
from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import (
    ALONE,
    ALONE_FOLDER,
    BENCH,
    BENCH_TARGET,
    CLI_TARGET,
    QUANTIZE_TARGET,
    SERVER_TARGET,
)
from harness.plan.quality import plan_quality
from harness.plan.reference import plan_references
from harness.plan.roofline import AFTER, BEFORE, plan_roofline, plan_roofline_build
from harness.plan.server import plan_servers
from harness.plan.transcription import plan_transcriptions
from harness.records.plan import BuildSite, Phase, Plan, Step, StepQuestion
from harness.records.record import short_hash
from harness.records.suite import Benchmark

# Names in harness/native/library/CMakeLists.txt.
LIBRARY_TARGET = "whisper"
SOURCE_OPTION = "WHISPER_SOURCE"
NINJA_STATUS = "[%f/%t %e] "
# These look at what a program computes, however long it takes.
_COMPUTED = (Benchmark.CHECK, Benchmark.QUALITY)


def plan_build(inputs: PlanInputs) -> Plan:
    """Return the plan of a mere build: of the bench program, or of the library if `inputs.library` is set.

    It includes the weights that the source's own program has to make, and the check of what the build computes.
    """
    steps = [*_plan_build(inputs, inputs.sites[-1], after=())]
    steps += plan_code_layouts(inputs, inputs.sites[-1], _choose_targets(inputs, inputs.sites[-1]))
    steps += plan_quantising(inputs, inputs.sites[-1])
    if not inputs.library:
        steps += plan_probes(inputs.sites[-1])
    steps += plan_device_probes(inputs, inputs.sites[-1])
    steps += _plan_checks(inputs)
    return Plan(sites=inputs.sites, steps=tuple(steps), threads=inputs.threads)


def plan_run(inputs: PlanInputs) -> Plan:
    """Return the plan of a run: builds, tests, memcpy, mul_mat, the models round by round, transcriptions, servers.

    The roofline of the node is measured before and after the benchmarks.
    """
    steps: list[Step] = []
    for site in inputs.sites:
        steps += _plan_build(inputs, site, after=_last_build(steps))
        if is_tested(inputs, site):
            steps.append(plan_ctest(inputs, site))
    if inputs.suite.benchmarks and inputs.roofline:
        steps += plan_roofline_build(inputs.roofline, inputs.toolchain, needs=_last_build(steps))
        steps.append(plan_roofline(inputs.roofline, inputs.suite.threads, name=BEFORE))
    if inputs.suite.benchmarks:
        steps += plan_quantising(inputs, inputs.sites[-1])
        steps += _plan_checks(inputs)
        steps += plan_benchmarks(inputs, inputs.sites[-1])
        steps += plan_transcriptions(inputs)
        if Benchmark.QUALITY in inputs.suite.benchmarks:
            steps += plan_quality(inputs)
        steps += plan_servers(inputs)
    if inputs.suite.benchmarks and inputs.roofline:
        steps.append(plan_roofline(inputs.roofline, inputs.suite.threads, name=AFTER, repetition=2))
    return Plan(sites=inputs.sites, steps=require_checks(steps), threads=inputs.threads)


def find_plan_flaw(plan: Plan) -> str:
    """Return why a stored plan, which somebody may have edited, cannot be followed; empty if it can."""
    known: set[str] = set()
    for step in plan.steps:
        missing = next((name for name in step.needs if name not in known), "")
        if missing:
            return f"step {step.name!r} needs {missing!r}, which does not come before it"
        if step.name in known:
            return f"there are two steps called {step.name!r}"
        if not is_plain(step.log):
            return f"the log of step {step.name!r} would be outside the bundle: {step.log!r}"
        known.add(step.name)
    return ""


def find_stray(plan: Plan, cache: str) -> str:
    """Return what a plan would write, empty or mark outside the cache; empty if there is nothing."""
    for step in plan.steps:
        for path in (*step.products, *(one for one in (step.wipe, step.stamp) if one)):
            if not _is_below(path, cache):
                return f"step {step.name!r} would write to {path}"
        if step.wipe and not _is_below(step.wipe, f"{cache}/builds"):
            return f"step {step.name!r} would empty {step.wipe}"
        if step.output and not is_plain(step.output):
            return f"the output of step {step.name!r} would be outside the build folder: {step.output!r}"
    return ""


def _is_below(path: str, folder: str) -> bool:
    # The folder is written as the user named it: `--cache ../cache` contains dots itself.
    inner = path.removeprefix(f"{folder}/")
    return inner != path and bool(inner.strip("/")) and ".." not in inner.split("/")


def is_plain(name: str) -> bool:
    """Return whether this is a plain file name that does not lead to another folder."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}


def is_measured(step: Step) -> bool:
    """Return whether a step measures something that other load on the node would disturb.

    That is a benchmark or the roofline itself, but not the build of its probe, nor what a program computes.
    """
    if step.case and step.case.benchmark in _COMPUTED:
        return False
    return step.phase is Phase.BENCHMARK or (step.phase is Phase.ROOFLINE and step.repetition > 0)


def _plan_checks(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the steps that look at what the timed build computes, after those that make what it is compared with."""
    if inputs.suite.check:
        yield from plan_references(inputs)
        yield from plan_checks(inputs)


def _last_build(steps: list[Step]) -> tuple[str, ...]:
    return tuple(step.name for step in steps if step.phase is Phase.BUILD)[-1:]


def _plan_build(inputs: PlanInputs, site: BuildSite, *, after: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps of one build: configure, list targets and tests, build."""
    kind, wanted = site.config.build_type.lower(), _choose_targets(inputs, site)
    looks = []
    yield _plan_configure(inputs, site, after=after)
    if BENCH_TARGET in wanted or LIBRARY_TARGET in wanted:
        looks.append(f"targets_{kind}")
        argv = (inputs.toolchain.ninja.path, "-t", "targets", "all")
        yield _plan_list(looks[-1], StepQuestion.TARGETS, site, argv)
    if is_tested(inputs, site):
        looks.append(f"list_{kind}")
        yield _plan_list(looks[-1], StepQuestion.TESTS, site, (inputs.toolchain.ctest.path, "-N", "-V"))
    yield _plan_make(inputs, site, wanted, needs=(f"configure_{kind}", *looks))
    if site.variant:
        yield _plan_alone(inputs, site)


def _plan_configure(inputs: PlanInputs, site: BuildSite, *, after: tuple[str, ...]) -> Step:
    kind, project = site.config.build_type.lower(), inputs.library or inputs.source.path
    options = [str(option) for option in (*site.wiring, *site.config.options)]
    # The folder of an immutable source's build is named after it, under whatever path it is built.
    built = project if inputs.library or inputs.source.mutable else ""
    if inputs.library:
        options.append(f"-D{SOURCE_OPTION}={inputs.source.path}")
    return Step(
        name=f"configure_{kind}",
        build_type=site.config.build_type,
        title=f"configure ({site.config.build_type})",
        phase=Phase.CONFIGURE,
        argv=(inputs.toolchain.cmake.path, "-G", "Ninja", "-S", project, "-B", site.folder, *options),
        cwd=inputs.source.path,
        # A tree without git must not be mistaken for part of a repository that happens to contain it.
        env=(("GIT_CEILING_DIRECTORIES", inputs.source.path.rpartition("/")[0]),),
        log=f"ctest_{kind}-cmake.log",
        timeout_s=inputs.suite.timeouts.configure_s,
        needs=after,
        stamp=f"{site.folder}/.harness-configured",
        key=short_hash(built, site.folder, options),
        products=(f"{site.folder}/build.ninja",),
        wipe=site.folder,
    )


def _plan_make(inputs: PlanInputs, site: BuildSite, wanted: tuple[str, ...], *, needs: tuple[str, ...]) -> Step:
    kind, cmake = site.config.build_type.lower(), inputs.toolchain.cmake.path
    return Step(
        name=f"build_{kind}",
        build_type=site.config.build_type,
        title=f"build ({site.config.build_type})",
        phase=Phase.BUILD,
        argv=(cmake, "--build", site.folder, "--parallel", str(inputs.jobs), "--target", *wanted),
        cwd=site.folder,
        env=(("CCACHE_NAMESPACE", inputs.namespace), ("NINJA_STATUS", NINJA_STATUS)),
        log=f"ctest_{kind}-make.log",
        timeout_s=inputs.suite.timeouts.build_s,
        needs=needs,
        # A user's tree may have changed since: Ninja decides what to build.
        stamp="" if inputs.source.mutable else f"{site.folder}/.harness-built",
        key=short_hash(inputs.source.id, wanted),
    )


def _plan_alone(inputs: PlanInputs, site: BuildSite) -> Step:
    """Return the step that copies the bench program to a folder without any variants."""
    return Step(
        name=name_ready(site),
        build_type=site.config.build_type,
        title=f"copy whisper-bench ({site.config.build_type})",
        phase=Phase.BUILD,
        argv=(inputs.toolchain.cmake.path, "-E", "copy_if_different", BENCH, ALONE),
        cwd=site.folder,
        log=f"{name_ready(site)}.log",
        timeout_s=60,
        needs=(f"build_{site.config.build_type.lower()}",),
        products=(f"{site.folder}/{ALONE_FOLDER}/whisper-bench",),
    )


def _choose_targets(inputs: PlanInputs, site: BuildSite) -> tuple[str, ...]:
    if inputs.library:
        return (LIBRARY_TARGET,)
    timed = inputs.suite.benchmarks and site is inputs.sites[-1]
    made = timed and any(weights.parent for weights in inputs.weights)
    heard = timed and inputs.audio
    spoken = {Benchmark.TRANSCRIBE, Benchmark.QUALITY} & {*inputs.suite.benchmarks}
    read = [CLI_TARGET] if heard and spoken else []
    read += [SERVER_TARGET] if heard and Benchmark.SERVER in inputs.suite.benchmarks else []
    tested = [f"@tests={site.config.build_type}"] if is_tested(inputs, site) else []
    variant = [f"bin/{name_variant_library(site.variant)}"] if site.variant else []
    return (*([BENCH_TARGET] if timed else []), *variant, *([QUANTIZE_TARGET] if made else []), *read, *tested)


def _plan_list(name: str, asks: StepQuestion, site: BuildSite, argv: tuple[str, ...]) -> Step:
    kind = site.config.build_type.lower()
    return Step(
        name=name,
        asks=asks,
        build_type=site.config.build_type,
        title=f"list {asks} ({site.config.build_type})",
        phase=Phase.LIST,
        argv=argv,
        cwd=site.folder,
        log=f"{name}.log",
        timeout_s=60,
        needs=(f"configure_{kind}",),
    )
