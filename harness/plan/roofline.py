"""How to measure the roofline: the build of the probe, the size of its arrays, and the steps."""

from collections.abc import Iterator, Sequence

from harness.build.feature import X86
from harness.plan.own_program import OwnProgram, plan_own_program
from harness.records.build import CMakeOption, Config, Toolchain, is_on
from harness.records.node import CpuCache, Node
from harness.records.plan import BuildSite, Phase, Step
from harness.records.record import Record

PROGRAM = "roof"
BUILD, MEASURE = f"{PROGRAM}_build", "roof"
BEFORE, AFTER = "roof_before", "roof_after"
# The moments of the steps within a run.
MOMENTS = {BEFORE: "before", AFTER: "after"}
# A run measures twice, only peak and reading; filling the arrays takes a little more time.
BRIEF_S = 2.0
FULL_S = 14.0
# STREAM's rule: at least four times all last-level caches in use, so that memory and not a cache is measured.
CACHES = 4
_LEAST_BYTES = 256 << 20
MOST_ARRAY_BYTES = 4 << 30
GRAIN_BYTES = 1 << 20
_MEMORY_SHARE = 8
# As in ggml/src/ggml-cpu/CMakeLists.txt. The defaults are those for GGML_NATIVE=OFF, in the order of its options.
_FLAGS = {
    "GGML_SSE42": ("-msse4.2",),
    "GGML_F16C": ("-mf16c",),
    "GGML_FMA": ("-mfma",),
    "GGML_BMI2": ("-mbmi2",),
    "GGML_AVX": ("-mavx",),
    "GGML_AVX2": ("-mavx2",),
    "GGML_AVX512": ("-mavx512f", "-mavx512cd", "-mavx512vl", "-mavx512dq", "-mavx512bw"),
}
_ON_BY_DEFAULT = frozenset(_FLAGS) - {"GGML_AVX512"}
# The probe is a C project with its own flags for each program.
_ELSEWHERE = ("CMAKE_CXX", "CMAKE_PROJECT_INCLUDE")


class RooflineBuild(Record):
    """The probe as it will be built: its project, a digest of the project's content, and its build.

    `array_bytes` is the size of each of its arrays; `namespace` separates objects for different CPUs in a compiler
    cache.
    """

    project: str
    digest: str
    site: BuildSite
    array_bytes: int
    namespace: str


def choose_roofline_site(site: BuildSite, arch: str, folder: str) -> BuildSite:
    """Return the build of the probe in `folder`, with the instruction set and compiler of `site`."""
    options = (_choose_isa(site.config, arch), *_keep(site.config.options))
    config = site.config.replace(options=tuple(option for option in options if option))
    return BuildSite(config=config, wiring=_keep(site.wiring), folder=folder)


def choose_array_bytes(node: Node, threads: int) -> int:
    """Return the bytes of each array for a number of threads.

    That is four times the last-level caches that they can use, but at least 256 MiB, and at most 4 GiB and an eighth of
    the memory.
    """
    wanted = max(CACHES * last_cache_bytes(node, threads), _LEAST_BYTES)
    bounded = min(wanted, MOST_ARRAY_BYTES, node.memory_bytes // _MEMORY_SHARE)
    return max(bounded // GRAIN_BYTES, 1) * GRAIN_BYTES


def last_cache_bytes(node: Node, threads: int) -> int:
    """Return the bytes of the last-level caches that a number of threads can use, 0 if none is known."""
    caches = [cache for cache in node.cpu.caches if cache.kind != "instruction"]
    if not caches:
        return 0
    last: CpuCache = max(caches, key=lambda cache: cache.level)
    there = max(node.cpu.cores.logical // last.shared_by, 1)
    return last.size_bytes * min(there, threads)


def plan_roofline_build(build: RooflineBuild, tools: Toolchain, *, needs: tuple[str, ...] = ()) -> Iterator[Step]:
    """Yield the two steps that build the probe, which takes a second, or nothing if it is already built."""
    yield from plan_own_program(_describe_program(build), tools.cmake.path, needs=needs)


def plan_roofline(
    build: RooflineBuild, threads: Sequence[int], *, name: str, repetition: int = 1, brief: bool = True
) -> Step:
    """Return the step that measures with each number of threads; if `brief`, without copying."""
    counts = ",".join(str(count) for count in dict.fromkeys(threads))
    seconds = BRIEF_S if brief else FULL_S
    when = f", {MOMENTS[name]}" if name in MOMENTS else ""
    words = ("--threads", counts, "--bytes", str(build.array_bytes), "--seconds", f"{seconds:g}")
    return Step(
        name=name,
        title=f"roofline, {counts} threads{when}",
        phase=Phase.ROOFLINE,
        argv=(_describe_program(build).path, *words, *(("--no-copy",) if brief else ())),
        cwd=build.site.folder,
        log=f"{name.replace('_', '-')}.log",
        timeout_s=60 + 10 * seconds,
        needs=(BUILD,),
        repetition=repetition,
        min_memory_bytes=build.array_bytes * (1 if brief else 2) + (64 << 20),
    )


def _describe_program(build: RooflineBuild) -> OwnProgram:
    site = build.site
    return OwnProgram(
        target=PROGRAM,
        title="the roofline probe",
        phase=Phase.ROOFLINE,
        project=build.project,
        digest=build.digest,
        folder=site.folder,
        options=tuple(map(str, (*site.wiring, *site.config.options))),
        namespace=build.namespace,
    )


def _keep(options: Sequence[CMakeOption]) -> tuple[CMakeOption, ...]:
    """Return the options that also apply to the probe's project."""
    kept = (option for option in options if option.name.startswith("CMAKE_"))
    return tuple(option for option in kept if not option.name.startswith(_ELSEWHERE))


def _choose_isa(config: Config, arch: str) -> CMakeOption | None:
    chosen = {option.name: option.value for option in config.options}
    reason = "the instruction set that whisper.cpp is built for"
    if is_on(chosen.get("GGML_NATIVE", "ON")):
        return CMakeOption(name="ROOF_NATIVE", value="ON", reason=reason)
    if arch.lower() in X86:
        flags = [flag for name, mine in _FLAGS.items() if has_option(chosen, name) for flag in mine]
    else:
        flags = [f"-march={march}" for march in [chosen.get("GGML_CPU_ARM_ARCH", "")] if march]
    return CMakeOption(name="ROOF_FLAGS", value=";".join(flags), reason=reason) if flags else None


def has_option(chosen: dict[str, str], name: str) -> bool:
    """Return whether a ggml option is on, as chosen or by its default without GGML_NATIVE."""
    default = "ON" if name in _ON_BY_DEFAULT else "OFF"
    return is_on(chosen.get(name, default))
