"""The steps of a run, as readable as they are executed."""

import random
from collections.abc import Iterator, Mapping

from harness.plan.bind import BENCH, BENCH_TARGET, LABEL_PATTERN
from harness.records.case import Case
from harness.records.plan import Plan, Site
from harness.records.record import Record, short_hash
from harness.records.source import Source
from harness.records.step import FEATURES, Phase, Step
from harness.records.suite import Benchmark, Suite
from harness.records.toolchain import Toolchain
from harness.records.weights import Weights

# Two buffers of 1.024 GB, and some room: below this the kernel would kill the child, and perhaps others.
MEMCPY_BYTES = 2_150_000_000
JUNIT = "harness-junit.xml"
# A file that is not there: since v1.7.6 the bench program says what was compiled in before it misses the weights.
NO_WEIGHTS = "no-weights"
# What harness/library/CMakeLists.txt calls them.
LIBRARY_TARGET = "whisper"
SOURCE_OPTION = "WHISPER_SOURCE"
NINJA_STATUS = "[%f/%t %e] "


class Ingredients(Record):
    """All that a plan is made from; `sites` holds at most one build of each type, Release last.

    `namespace` keeps objects of different CPUs apart in a compiler cache. `library` is the folder of our CMake project
    that builds the library of a pruned source.
    """

    source: Source
    toolchain: Toolchain
    sites: tuple[Site, ...]
    suite: Suite
    weights: tuple[Weights, ...]
    namespace: str
    jobs: int
    library: str = ""


def plan_build(given: Ingredients) -> Plan:
    """Return the steps of a build alone: the bench program, or the library where `given.library` says so."""
    steps = [*_plan_build(given, given.sites[-1], after=())]
    if not given.library:
        steps += _plan_probes(given.sites[-1])
    return Plan(sites=given.sites, steps=tuple(steps))


def plan_run(given: Ingredients) -> Plan:
    """Return every step of a run: builds and tests, then memcpy, mul_mat and the models, repetition by repetition."""
    steps: list[Step] = []
    for site in given.sites:
        steps += _plan_build(given, site, after=_last_build(steps))
        if given.suite.tests:
            steps.append(_plan_ctest(given, site))
    if given.suite.benchmarks:
        steps += _plan_benchmarks(given, given.sites[-1])
    return Plan(sites=given.sites, steps=tuple(steps))


def blockers(step: Step, plan: Plan, failed: frozenset[str]) -> tuple[str, ...]:
    """Return the failed steps that `step` needs, directly or through others, in the plan's order."""
    by_name: Mapping[str, Step] = {other.name: other for other in plan.steps}
    needed: set[str] = set()
    open_ends = list(step.needs)
    while open_ends:
        name = open_ends.pop()
        if name not in needed:
            needed.add(name)
            open_ends += by_name[name].needs
    return tuple(other.name for other in plan.steps if other.name in needed & failed)


def _last_build(steps: list[Step]) -> tuple[str, ...]:
    return tuple(step.name for step in steps if step.phase is Phase.BUILD)[-1:]


def _plan_build(given: Ingredients, site: Site, *, after: tuple[str, ...]) -> Iterator[Step]:
    suite, tools, kind = given.suite, given.toolchain, site.config.build_type.lower()
    options = [str(option) for option in (*site.wiring, *site.config.options)]
    project, wanted = given.source.path, _choose_targets(given, site)
    if given.library:
        project = given.library
        options.append(f"-D{SOURCE_OPTION}={given.source.path}")
    yield Step(
        name=f"configure_{kind}",
        title=f"configure ({site.config.build_type})",
        phase=Phase.CONFIGURE,
        argv=(tools.cmake.path, "-G", "Ninja", "-S", project, "-B", site.folder, *options),
        cwd=given.source.path,
        # A tree without git must not be taken for a part of a repository that happens to lie around it.
        env=(("GIT_CEILING_DIRECTORIES", given.source.path.rpartition("/")[0]),),
        log=f"ctest_{kind}-cmake.log",
        timeout_s=suite.timeouts.configure_s,
        needs=after,
        stamp=f"{site.folder}/.harness-configured",
        key=short_hash(project, site.folder, options),
        products=(f"{site.folder}/build.ninja",),
        wipe=site.folder,
    )
    looks = []
    if BENCH_TARGET in wanted:
        looks.append(f"targets_{kind}")
        yield _plan_list(f"targets_{kind}", site, (tools.ninja.path, "-t", "targets", "all"))
    if suite.tests:
        looks.append(f"list_{kind}")
        yield _plan_list(f"list_{kind}", site, (tools.ctest.path, "-N", "-V"))
    yield Step(
        name=f"build_{kind}",
        title=f"build ({site.config.build_type})",
        phase=Phase.BUILD,
        argv=(tools.cmake.path, "--build", site.folder, "--parallel", str(given.jobs), "--target", *wanted),
        cwd=site.folder,
        env=(("CCACHE_NAMESPACE", given.namespace), ("NINJA_STATUS", NINJA_STATUS)),
        log=f"ctest_{kind}-make.log",
        timeout_s=suite.timeouts.build_s,
        needs=(f"configure_{kind}", *looks),
        # A tree of the user's may have changed in any way since: Ninja knows best.
        stamp="" if given.source.mutable else f"{site.folder}/.harness-built",
        key=short_hash(given.source.id, wanted),
    )


def _choose_targets(given: Ingredients, site: Site) -> tuple[str, ...]:
    if given.library:
        return (LIBRARY_TARGET,)
    timed = given.suite.benchmarks and site is given.sites[-1]
    return (*([BENCH_TARGET] if timed else []), *([f"@tests={site.config.build_type}"] if given.suite.tests else []))


def _plan_list(name: str, site: Site, argv: tuple[str, ...]) -> Step:
    kind = site.config.build_type.lower()
    return Step(
        name=name,
        title=f"look ({site.config.build_type})",
        phase=Phase.LIST,
        argv=argv,
        cwd=site.folder,
        log=f"{name}.log",
        timeout_s=60,
        needs=(f"configure_{kind}",),
    )


def _plan_ctest(given: Ingredients, site: Site) -> Step:
    kind = site.config.build_type.lower()
    return Step(
        name=f"ctest_{kind}",
        title=f"tests ({site.config.build_type})",
        phase=Phase.TEST,
        argv=(
            given.toolchain.ctest.path,
            "--output-on-failure",
            "--no-tests=error",
            "-L",
            LABEL_PATTERN,
            "--output-junit",
            JUNIT,
        ),
        cwd=site.folder,
        log=f"ctest_{kind}-ctest.log",
        timeout_s=given.suite.timeouts.test_s,
        needs=(f"build_{kind}",),
        output=JUNIT,
    )


def _plan_benchmarks(given: Ingredients, site: Site) -> Iterator[Step]:
    suite = given.suite
    yield from _plan_probes(site)
    threads = max(suite.threads)
    for benchmark, what in ((Benchmark.MEMCPY, "1"), (Benchmark.MUL_MAT, "2")):
        if benchmark in suite.benchmarks:
            yield _plan_bench(
                given,
                name=benchmark.value,
                title=f"{benchmark}, up to {threads} threads" if what == "1" else f"{benchmark}, {threads} threads",
                argv=(BENCH, "-w", what, "-t", str(threads)),
                case=Case.of(benchmark.value, threads=threads),
                min_memory_bytes=MEMCPY_BYTES if benchmark is Benchmark.MEMCPY else 0,
            )
    if Benchmark.WHISPER in suite.benchmarks:
        yield from _plan_rounds(given)


def _plan_probes(site: Site) -> Iterator[Step]:
    yield Step(
        name="dialect",
        title="ask the bench program for its options",
        phase=Phase.PROBE,
        argv=(BENCH, "-h"),
        cwd=site.folder,
        log="dialect.log",
        timeout_s=60,
        needs=(f"build_{site.config.build_type.lower()}",),
    )
    yield Step(
        name=FEATURES,
        title="ask the bench program what was compiled in",
        phase=Phase.PROBE,
        argv=(BENCH, "-m", NO_WEIGHTS, "-t", "1"),
        cwd=site.folder,
        log="features.log",
        timeout_s=60,
        needs=("dialect",),
    )


def _plan_rounds(given: Ingredients) -> Iterator[Step]:
    """Round-robin: every setting once per round, in an order drawn anew from the recorded seed."""
    suite = given.suite
    settings = [
        (weights, threads, fa) for weights in given.weights for threads in suite.threads for fa in suite.flash_attn
    ]
    first_of_model = {weights.model: (weights, threads, fa) for weights, threads, fa in reversed(settings)}
    draw = random.Random(suite.seed)  # noqa: S311 - an order to be reproduced, not a secret
    for repetition in range(1, suite.repetitions + 1):
        order = list(settings) if repetition == 1 else draw.sample(settings, len(settings))
        for weights, threads, fa in order:
            setting = f"t{threads}-fa{fa}-r{repetition}"
            upstream_name = repetition == 1 and first_of_model[weights.model] == (weights, threads, fa)
            yield _plan_bench(
                given,
                name=f"bench_{weights.model}_{setting.replace('-', '_')}",
                title=f"{weights.model}, {threads} threads, fa {fa}, {repetition}/{suite.repetitions}",
                argv=(BENCH, "-m", weights.path, "-t", str(threads), f"@fa={fa}"),
                case=Case.of(Benchmark.WHISPER.value, model=weights.model, threads=threads, fa=fa),
                repetition=repetition,
                log=f"bench-bench-{weights.model}{'' if upstream_name else f'-{setting}'}.log",
            )


def _plan_bench(
    given: Ingredients,
    *,
    name: str,
    title: str,
    argv: tuple[str, ...],
    case: Case,
    repetition: int = 1,
    log: str = "",
    min_memory_bytes: int = 0,
) -> Step:
    return Step(
        name=name,
        title=title,
        phase=Phase.BENCH,
        argv=argv,
        cwd=given.sites[-1].folder,
        log=log or f"bench-{name}.log",
        timeout_s=given.suite.timeouts.bench_s,
        needs=("dialect",),
        case=case,
        repetition=repetition,
        min_memory_bytes=min_memory_bytes,
    )
