from pathlib import Path

import pytest

from harness.build.feature import X86_FEATURES
from harness.build.isa import (
    ISA_NAMES,
    choose_isa_options,
    choose_variant,
    compare_features,
    compare_isa,
    isa_fingerprint,
    list_runnable,
)
from harness.errors import UnfitError, UsageError
from harness.parse.host.capture import parse_capture
from harness.parse.host.cpu import parse_cpu
from harness.records.node import Cpu
from harness.records.run import SystemInfo
from tests import factory

NODES = Path(__file__).parents[2] / "data" / "nodes"
SIMD = {f"GGML_{feature.option}" for feature in X86_FEATURES}


def load_cpu(name: str) -> Cpu:
    return parse_cpu(parse_capture((NODES / name / "capture.txt").read_text(encoding="utf-8")))


AMX = load_cpu("intel-amx-guest")
ZEN2 = load_cpu("amd-zen2-desktop")
ARM_V1 = load_cpu("arm-neoverse-v1-cloud")
M1 = load_cpu("apple-m1")


def chosen(isa: str, cpu: Cpu) -> dict[str, str]:
    return {option.name: option.value for option in choose_isa_options(isa, cpu)}


def said(*keys: str, section: str = "CPU", off: tuple[str, ...] = ()) -> SystemInfo:
    pairs = [*((key, "1") for key in keys), *((key, "0") for key in off)]
    features = tuple((f"{section}/{key}", value) for key, value in pairs)
    return SystemInfo(n_threads=1, hardware_threads=2, features=features)


# What v1.8.5 built with GCC 12 and -march=native printed on the machine of intel-amx-guest.
NATIVE_AMX = (
    "SSE3 SSSE3 AVX AVX_VNNI AVX2 F16C FMA BMI2 AVX512 AVX512_VBMI AVX512_VNNI AVX512_BF16 AMX_INT8 OPENMP REPACK"
).split()


def test_native_is_said_outright() -> None:
    assert chosen("native", AMX) == {"GGML_NATIVE": "ON"}


@pytest.mark.parametrize("isa", [name for name in list_runnable(AMX) if name != "native"])
def test_every_x86_option_is_explicit_and_explained(isa: str) -> None:
    options = choose_isa_options(isa, AMX)
    assert {option.name for option in options} == {"GGML_NATIVE", *SIMD}
    assert all(option.reason for option in options)
    assert chosen(isa, AMX)["GGML_NATIVE"] == "OFF"


def test_the_names_climb_from_nothing_to_everything() -> None:
    counts = [sum(value == "ON" for value in chosen(isa, AMX).values()) for isa in list_runnable(AMX)[1:]]
    assert counts[0] == 0
    assert counts[-1] == len(SIMD)
    assert counts == sorted(counts)


def test_avx2_brings_what_its_cpus_have_besides() -> None:
    on = {name for name, value in chosen("avx2", ZEN2).items() if value == "ON"}
    assert on == {"GGML_SSE42", "GGML_AVX", "GGML_F16C", "GGML_FMA", "GGML_BMI2", "GGML_AVX2"}


def test_arm_gets_one_architecture() -> None:
    assert chosen("sve", ARM_V1) == {"GGML_NATIVE": "OFF", "GGML_CPU_ARM_ARCH": "armv8.2-a+fp16+dotprod+i8mm+sve"}
    assert chosen("dotprod", M1)["GGML_CPU_ARM_ARCH"] == "armv8.2-a+fp16+dotprod"


def test_unknown_name_is_a_usage_error_with_the_nearest_ones() -> None:
    with pytest.raises(UsageError) as caught:
        choose_isa_options("avx-512", AMX)
    assert "did you mean avx512" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        choose_isa_options("zzz", ZEN2)
    assert all(name in caught.value.hint for name in ISA_NAMES)


def test_missing_feature_is_named_with_what_would_run() -> None:
    with pytest.raises(UnfitError) as caught:
        choose_isa_options("avx512", ZEN2)
    assert "avx512f, avx512cd" in caught.value.cause
    assert "native, x86-64, sse42, avx, avx2" in caught.value.hint
    with pytest.raises(UnfitError, match="cannot run i8mm code"):
        choose_isa_options("i8mm", M1)


def test_name_of_another_architecture_is_unfit() -> None:
    with pytest.raises(UnfitError) as caught:
        choose_isa_options("sve", ZEN2)
    assert "x86_64" in caught.value.cause


def test_full_native_build_has_no_caveat() -> None:
    assert compare_features(said(*NATIVE_AMX), AMX) == ()


def test_scalar_build_gets_one_caveat_for_all_of_it() -> None:
    (caveat,) = compare_features(said("OPENMP"), ZEN2)
    assert caveat.code == "simd-not-compiled"
    assert "SSSE3, AVX, AVX2, BMI2, FMA, F16C," in caveat.message
    assert "-D GGML_NATIVE=OFF -D GGML_SSE42=ON -D GGML_AVX=ON" in caveat.message
    assert "AVX512" not in caveat.message


def test_only_what_is_missing_is_named() -> None:
    without_amx = [key for key in NATIVE_AMX if key != "AMX_INT8"]
    (caveat,) = compare_features(said(*without_amx), AMX)
    assert caveat.message.startswith("this CPU has AMX_INT8, but the binary")


def test_vnni_of_avx_is_not_missed_where_that_of_avx512_is_compiled() -> None:
    assert compare_features(said(*(key for key in NATIVE_AMX if key != "AVX_VNNI")), AMX) == ()


def test_keys_that_an_old_release_does_not_know_are_not_missed() -> None:
    legacy = ("AVX", "AVX2", "FMA", "F16C", "SSSE3", "SSE3")
    assert compare_features(said(*legacy, section="", off=("NEON", "AVX512", "VSX")), ZEN2) == ()
    (caveat,) = compare_features(said(*legacy[1:], section="", off=("AVX",)), ZEN2)
    assert "has AVX, but the" in caveat.message


def test_arm_features_are_compared_by_their_own_names() -> None:
    full = ("NEON", "ARM_FMA", "FP16_VA", "MATMUL_INT8", "SVE", "DOTPROD")
    assert compare_features(said(*full), ARM_V1) == ()
    (caveat,) = compare_features(said("NEON", "ARM_FMA"), ARM_V1)
    assert "FP16_VA, DOTPROD, MATMUL_INT8, SVE" in caveat.message
    assert "GGML_CPU_ARM_ARCH=armv8.2-a+fp16+dotprod+i8mm+sve" in caveat.message
    assert compare_features(said("NEON", "ARM_FMA", "FP16_VA", "DOTPROD"), M1) == ()


def test_other_architectures_are_left_alone() -> None:
    assert compare_features(said("VSX"), AMX.replace(arch="ppc64le")) == ()
    assert list_runnable(AMX.replace(arch="ppc64le")) == ("native",)


def test_fingerprint_changes_with_the_cpu_and_not_with_its_use() -> None:
    busy = AMX.replace(cores=AMX.cores.replace(affinity=1, usable_physical=1))
    assert isa_fingerprint(AMX) == isa_fingerprint(busy)
    others = [
        AMX,
        AMX.replace(features=AMX.features[1:]),
        AMX.replace(brand="another"),
        AMX.replace(caches=()),
        ZEN2,
        ARM_V1,
        M1,
    ]
    assert len({isa_fingerprint(cpu) for cpu in others}) == len(others)


AVX2_KEYS = ("SSE3", "SSSE3", "AVX", "AVX2", "F16C", "FMA", "BMI2", "OPENMP")


@pytest.mark.parametrize(
    ("isa", "keys", "shown"),
    [
        ("avx2", AVX2_KEYS, ""),
        ("native", AVX2_KEYS, ""),
        ("avx", AVX2_KEYS, "also compiled in: AVX2, BMI2, F16C, FMA"),
        ("avx512", AVX2_KEYS, "missing: AVX512"),
        ("avx2", (), ""),
    ],
)
def test_a_binary_that_is_not_what_was_asked_for(isa: str, keys: tuple[str, ...], shown: str) -> None:
    caveats = compare_isa(said(*keys), isa)
    assert [caveat.code for caveat in caveats] == (["isa-differs"] if shown else [])
    assert all(shown in caveat.message for caveat in caveats)


def test_a_variant_is_compiled_for_exactly_an_instruction_set() -> None:
    assert choose_variant("avx2", ZEN2) == "haswell"
    assert choose_variant("avx512_bf16", AMX) == "zen4"
    for isa in ("native", "amx"):
        with pytest.raises(UsageError, match="ggml has no variant for exactly"):
            choose_variant(isa, AMX)
    with pytest.raises(UnfitError, match="cannot run avx512"):
        choose_variant("avx512", ZEN2)


@pytest.mark.parametrize(
    ("isa", "named"), [("avx2", {"GGML_AVX2"}), ("sse42", {"GGML_SSE42"}), ("amx", {"GGML_AMX_TILE", "GGML_AMX_INT8"})]
)
def test_what_an_instruction_set_is_named_after_is_no_mere_part_of_it(isa: str, named: set[str]) -> None:
    features = tuple(feature for one in X86_FEATURES for feature in one.needs)
    cpu = factory.node().cpu.replace(features=features)
    chosen = {option.name: option for option in choose_isa_options(isa, cpu)}
    assert all(chosen[name].asked and not chosen[name].part for name in {*named, "GGML_NATIVE"})
    assert all(
        option.part or not option.asked
        for name, option in chosen.items()
        if name.removeprefix("GGML_") in ("F16C", "FMA")
    )
