"""The probe's build follows the benchmarks' build, and its arrays the caches."""

import pytest

from harness.plan.need import blockers
from harness.plan.roofline import (
    AFTER,
    BEFORE,
    RooflineBuild,
    choose_array_bytes,
    choose_roofline_site,
    last_cache_bytes,
    plan_roofline,
    plan_roofline_build,
)
from harness.plan.run import plan_run
from harness.records.build import CMakeOption
from harness.records.node import CpuCache, Node
from harness.records.plan import BuildSite, Phase
from tests import factory
from tests.unit.plan.test_plan_run import plan_inputs

MIB = 1 << 20


def site(*options: tuple[str, str], wiring: tuple[tuple[str, str], ...] = ()) -> BuildSite:
    def make(pairs: tuple[tuple[str, str], ...]) -> tuple[CMakeOption, ...]:
        return tuple(CMakeOption(name=name, value=value, reason="why not") for name, value in pairs)

    return factory.site().replace(config=factory.config().replace(options=make(options)), wiring=make(wiring))


def flags(*options: tuple[str, str], arch: str = "x86_64") -> dict[str, str]:
    return {one.name: one.value for one in choose_roofline_site(site(*options), arch, "/b").config.options}


def node(*caches: CpuCache, memory_bytes: int = 64 << 30, logical: int = 8) -> Node:
    plain = factory.node()
    cpu = plain.cpu.replace(caches=caches, cores=factory.cores(logical))
    return plain.replace(cpu=cpu, memory_bytes=memory_bytes)


def cache(size_mib: int, shared_by: int, level: int = 3, kind: str = "unified") -> CpuCache:
    return CpuCache(level=level, kind=kind, size_bytes=size_mib * MIB, shared_by=shared_by)


def build() -> RooflineBuild:
    return RooflineBuild(
        project="/harness/native/roofline",
        digest="d1",
        site=choose_roofline_site(site(("GGML_NATIVE", "ON")), "x86_64", "/b"),
        array_bytes=256 * MIB,
        namespace="n",
    )


def test_native_is_native() -> None:
    assert flags(("GGML_NATIVE", "ON")) == {"ROOF_NATIVE": "ON"}
    assert flags(("GGML_NATIVE", "ON"), arch="aarch64") == {"ROOF_NATIVE": "ON"}


def test_options_of_ggml_become_the_flags_that_ggml_makes_of_them() -> None:
    off = [(f"GGML_{name}", "OFF") for name in ("SSE42", "AVX", "AVX2", "BMI2", "FMA", "F16C")]
    assert flags(("GGML_NATIVE", "OFF"), *off) == {}
    assert flags(("GGML_NATIVE", "off"))["ROOF_FLAGS"] == "-msse4.2;-mf16c;-mfma;-mbmi2;-mavx;-mavx2", "its defaults"
    assert flags(("GGML_NATIVE", "0"), *off, ("GGML_AVX512", "ON"))["ROOF_FLAGS"].startswith("-mavx512f;")
    arm = flags(("GGML_NATIVE", "OFF"), ("GGML_CPU_ARM_ARCH", "armv8.2-a+fp16"), arch="aarch64")
    assert arm == {"ROOF_FLAGS": "-march=armv8.2-a+fp16"}
    assert flags(("GGML_NATIVE", "OFF"), arch="riscv64") == {}


def test_cmakes_own_options_reach_the_probe_but_not_those_of_cxx() -> None:
    given = site(
        ("CMAKE_C_FLAGS", "-O2"),
        ("CMAKE_CXX_FLAGS", "-O1"),
        ("GGML_BLAS", "ON"),
        wiring=(("CMAKE_C_COMPILER", "/cc"), ("CMAKE_CXX_COMPILER", "/cxx"), ("CMAKE_PROJECT_INCLUDE", "/x.cmake")),
    )
    chosen = choose_roofline_site(given, "x86_64", "/b")
    names = [one.name for one in (*chosen.wiring, *chosen.config.options)]
    assert names == ["CMAKE_C_COMPILER", "ROOF_NATIVE", "CMAKE_C_FLAGS"]


@pytest.mark.parametrize(
    ("given", "threads", "expected_mib"),
    [
        (node(), 4, 256),
        (node(cache(260, 8)), 4, 1040),
        (node(cache(32, 2)), 4, 4 * 4 * 32),
        (node(cache(32, 2)), 1, 256),
        (node(cache(32, 2, level=2), cache(2, 2, level=3)), 1, 256),
        (node(cache(100, 8), memory_bytes=1 << 30), 4, 128),
        (node(cache(1152, 8)), 4, 4096),
        (node(memory_bytes=0), 4, 1),
    ],
)
def test_arrays_are_four_times_the_caches_in_use_within_bounds(given: Node, threads: int, expected_mib: int) -> None:
    assert choose_array_bytes(given, threads) == expected_mib * MIB


def test_the_instruction_cache_is_no_place_for_arrays() -> None:
    assert last_cache_bytes(node(cache(1, 1, level=4, kind="instruction"), cache(8, 8)), 1) == 8 * MIB


def test_a_run_measures_before_and_after_and_builds_once() -> None:
    inputs = plan_inputs().replace(roofline=build())
    steps = plan_run(inputs).steps
    names = [step.name for step in steps]
    first, last = names.index(BEFORE), names.index(AFTER)
    assert names[first - 2 : first] == ["roof_configure", "roof_build"]
    assert names[first - 3] == "ctest_release"
    assert last == len(names) - 1
    assert {step.repetition for step in steps if step.name in (BEFORE, AFTER)} == {1, 2}
    assert all(step.phase is Phase.ROOFLINE for step in steps if step.name.startswith("roof"))
    assert len({step.log for step in steps}) == len(steps)
    assert "--no-copy" in steps[last].argv
    assert steps[last].argv[steps[last].argv.index("--threads") + 1] == "4"


def test_nothing_needs_the_roofline_and_it_needs_the_builds() -> None:
    plan = plan_run(plan_inputs().replace(roofline=build()))
    by_name = {step.name: step for step in plan.steps}
    broken = frozenset({"roof_build", BEFORE})
    assert [step.name for step in plan.steps if blockers(step, plan, broken)] == [BEFORE, AFTER]
    assert blockers(by_name[AFTER], plan, frozenset({BEFORE})) == ()
    assert blockers(by_name["roof_configure"], plan, frozenset({"build_release"})) == ("build_release",)


def test_without_benchmarks_there_is_no_roofline() -> None:
    inputs = plan_inputs().replace(roofline=build())
    names = [step.name for step in plan_run(inputs.replace(suite=inputs.suite.replace(benchmarks=()))).steps]
    assert not [name for name in names if name.startswith("roof")]


def test_the_full_measurement_copies_and_needs_both_arrays() -> None:
    brief, full = (plan_roofline(build(), (1, 2, 1), name="roof", brief=word) for word in (True, False))
    assert full.min_memory_bytes - brief.min_memory_bytes == 256 * MIB
    assert "--no-copy" not in full.argv
    assert full.argv[1:3] == ("--threads", "1,2")


def test_a_probe_of_other_sources_or_options_is_built_anew() -> None:
    tools = factory.toolchain()
    configure, make = plan_roofline_build(build(), tools)
    other_configure, other_make = plan_roofline_build(build().replace(digest="d2"), tools)
    assert configure.key != other_configure.key
    assert make.key != other_make.key
    changed = build().replace(site=choose_roofline_site(site(("GGML_NATIVE", "OFF")), "x86_64", "/b"))
    assert configure.key != next(iter(plan_roofline_build(changed, tools))).key
