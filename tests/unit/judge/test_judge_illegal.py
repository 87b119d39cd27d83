"""SIGILL explained: by name on every CPU, and by the causes that can apply where no name is missing."""

import pytest

from harness.build.isa import NATIVE, choose_isa_options, list_runnable
from harness.judge.caveat import derive_caveats
from harness.judge.illegal import explain_illegal
from harness.records.build import CMakeOption, Tool
from harness.records.node import Cpu
from harness.records.outcome import Cause, Status
from harness.records.plan import Phase
from harness.records.run import Run, SystemInfo
from tests import factory
from tests.unit.build.test_build_isa import AMX, ARM_V1, M1, NODES, ZEN2, load_cpu, said

KILLED = factory.result("bench_base_t4_fa0_r1", Phase.BENCHMARK, Status.FAILED).replace(cause=Cause.ILLEGAL_INSTRUCTION)
CCACHE = Tool(name="ccache", version="4.7.5", path="/usr/bin/ccache")
NAMES = sorted(path.name for path in NODES.iterdir() if path.is_dir())


def died(cpu: Cpu, isa: str = NATIVE, *defines: str, info: SystemInfo | None = None, hypervisor: str = "") -> Run:
    run = factory.run(KILLED)
    options = [*choose_isa_options(isa, cpu), *(_option(define) for define in defines)]
    named = {option.name: option for option in options}
    isa = "custom" if any(define.startswith("GGML_NATIVE") for define in defines) else isa
    return run.replace(
        node=run.node.replace(cpu=cpu, hypervisor=hypervisor),
        config=run.config.replace(isa=isa, options=tuple(named.values())),
        system_info=info,
    )


def _option(define: str) -> CMakeOption:
    name, _, value = define.partition("=")
    return CMakeOption(name=name, value=value, reason="asked for by -D")


def explain(run: Run) -> str:
    (caveat,) = explain_illegal(run)
    assert caveat.code == "illegal-instruction"
    assert caveat in derive_caveats(run)
    return caveat.message


def test_a_run_without_such_a_death_is_left_alone() -> None:
    failed = KILLED.replace(reason="killed by SIGSEGV (a crash)", cause=None)
    assert explain_illegal(factory.run(failed)) == ()


def test_an_option_that_asks_for_too_much_is_named_with_the_way_back() -> None:
    message = explain(died(ZEN2, NATIVE, "GGML_NATIVE=OFF", "GGML_AVX512=ON", "GGML_AVX512_VNNI=ON"))
    assert message == (
        "bench_base_t4_fa0_r1 was killed by an illegal instruction (SIGILL): -D GGML_AVX512=ON, -D "
        "GGML_AVX512_VNNI=ON make the build use avx512f, avx512cd, avx512vl, avx512dq, avx512bw, avx512_vnni, which "
        "this CPU (AMD Ryzen 7 3700X 8-Core Processor) lacks: leave out -D GGML_AVX512=ON, leave out -D "
        "GGML_AVX512_VNNI=ON"
    )


def test_a_default_that_asks_for_too_much_is_switched_off() -> None:
    old = ZEN2.replace(features=tuple(name for name in ZEN2.features if name not in ("avx2", "fma")))
    message = explain(died(old, NATIVE, "GGML_NATIVE=OFF"))
    assert "the build use avx2, fma, which" in message or "the build use fma, avx2, which" in message
    assert "-D GGML_AVX2=OFF, because it is on by default" in message


def test_a_named_instruction_set_is_named_with_one_that_runs() -> None:
    run = died(AMX, "amx")
    assert "--isa avx2 instead of amx" in explain(run.replace(node=run.node.replace(cpu=ZEN2)))


@pytest.mark.parametrize(
    ("flags", "lacking"),
    [
        ("-O2 -mavx512f -mavx2", "avx512f"),
        ("-mavx512vnni", "avx512_vnni"),
        ("-mamx-int8", "amx_int8"),
        ("-march=x86-64-v4", "avx512f, avx512cd, avx512vl, avx512dq, avx512bw"),
    ],
)
def test_compiler_flags_are_read(flags: str, lacking: str) -> None:
    message = explain(died(ZEN2, NATIVE, f"CMAKE_CXX_FLAGS={flags}"))
    assert f"makes the build use {lacking}, which this CPU" in message
    assert "leave out -m" in message


def test_the_name_of_another_processor_is_suspected_and_not_more() -> None:
    message = explain(died(ZEN2, NATIVE, "CMAKE_C_FLAGS=-march=sapphirerapids -mtune=native"))
    assert message.endswith(
        "may be for another CPU than this CPU (AMD Ryzen 7 3700X 8-Core Processor): leave out -march=sapphirerapids "
        "in -D CMAKE_C_FLAGS"
    )


@pytest.mark.parametrize(("cpu", "lacking"), [(M1, "i8mm, sve"), (ARM_V1, "")])
def test_arm_tags(cpu: Cpu, lacking: str) -> None:
    defines = ("GGML_NATIVE=OFF", "GGML_CPU_ARM_ARCH=armv8.2-a+fp16+dotprod+i8mm+sve")
    message = explain(died(cpu, NATIVE, *defines))
    assert (f"makes the build use {lacking}, which" in message) is bool(lacking)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_cpu_can_run_is_never_called_lacking(name: str) -> None:
    cpu = load_cpu(name)
    for isa in list_runnable(cpu):
        message = explain(died(cpu, isa))
        assert "lacks" not in message
        assert "has every instruction set that the build names" in message


def test_objects_of_another_cpu_are_found_by_what_ggml_says_and_blamed_on_the_cache() -> None:
    run = died(ZEN2, info=said("AVX2", "AVX512"))
    run = run.replace(toolchain=run.toolchain.replace(compiler_cache=CCACHE))
    message = explain(run)
    assert "ggml was compiled with AVX512 (avx512f, " in message
    assert "no option asked for" in message
    assert "ccache may have returned object files for another CPU" in message


def test_only_causes_that_can_apply_are_named() -> None:
    message = explain(died(ZEN2, "avx2"))
    assert "has every instruction set that the build names; a library that the build loads" in message
    native = explain(died(ZEN2))
    assert native.endswith("; the compiler's idea of native is more than this CPU has (--isa with a name)")
    guest = explain(died(ZEN2, "avx2", hypervisor="KVM"))
    assert guest.endswith("; the hypervisor (KVM) reports instructions that it does not let run (a lower --isa)")
    reused = factory.result("build_release", Phase.BUILD).replace(reused=True)
    copied = died(ZEN2, "avx2")
    assert "in a cache that was copied or is shared" in explain(copied.replace(results=(reused, *copied.results)))


def test_a_cpu_that_says_nothing_is_not_accused() -> None:
    assert "the instruction sets of this CPU are not known" in explain(died(ZEN2.replace(features=())))


def test_a_library_with_all_variants_claims_none_of_them() -> None:
    old = ZEN2.replace(features=tuple(name for name in ZEN2.features if name != "avx2"))
    message = explain(died(old, NATIVE, "GGML_NATIVE=OFF", "GGML_CPU_ALL_VARIANTS=ON"))
    assert "has every instruction set that the build names" in message


def test_several_deaths_are_one_caveat() -> None:
    run = died(ZEN2)
    assert explain(run.replace(results=(*run.results, KILLED))).startswith("bench_base_t4_fa0_r1 and 1 more ")
