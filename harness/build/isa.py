"""The instruction set of a build, as explicit CMake options with their reasons."""

import difflib

from harness.build.feature import ARM, X86, X86_FEATURES, Feature, list_features, list_missing
from harness.errors import UnfitError, UsageError
from harness.records.build import CMakeOption
from harness.records.caveat import Caveat, CaveatCode
from harness.records.node import Cpu
from harness.records.record import Record, short_hash
from harness.records.run import SystemInfo

NATIVE = "native"
# Stands for all instruction sets of a build that has them as libraries.
LOADABLE = "loadable"
_AVX2 = ("SSE42", "AVX", "F16C", "FMA", "BMI2", "AVX2")
_AVX512_VNNI = (*_AVX2, "AVX512", "AVX512_VNNI")
_ZEN4 = (*_AVX512_VNNI, "AVX512_VBMI", "AVX512_BF16")
_ARMV8_2 = ("asimd", "atomics", "asimdrdm", "crc32", "asimdhp", "asimddp")


class Isa(Record):
    """A named instruction set: the features that the CPU must have, and the options for ggml."""

    name: str
    archs: frozenset[str]
    needs: tuple[str, ...]
    options: tuple[str, ...] = ()
    march: str = ""


def _x86(name: str, *options: str) -> Isa:
    needs = [need for feature in X86_FEATURES if feature.option in options for need in feature.needs]
    return Isa(name=name, archs=X86, needs=tuple(needs), options=options)


# Every x86 name includes those before it, except that avx512 leaves out avx_vnni, which Skylake to Zen 4 lack.
_ISAS = (
    _x86("x86-64"),
    _x86("sse42", "SSE42"),
    _x86("avx", "SSE42", "AVX"),
    _x86("avx2", *_AVX2),
    _x86("avx_vnni", *_AVX2, "AVX_VNNI"),
    _x86("avx512", *_AVX2, "AVX512"),
    _x86("avx512_vnni", *_AVX512_VNNI),
    _x86("avx512_vbmi", *_AVX512_VNNI, "AVX512_VBMI"),
    _x86("avx512_bf16", *_ZEN4),
    _x86("amx", *_ZEN4, "AVX_VNNI", "AMX_TILE", "AMX_INT8", "AMX_BF16"),
    Isa(name="armv8", archs=ARM, needs=("asimd",), march="armv8-a"),
    Isa(name="dotprod", archs=ARM, needs=_ARMV8_2, march="armv8.2-a+fp16+dotprod"),
    Isa(name="i8mm", archs=ARM, needs=(*_ARMV8_2, "i8mm"), march="armv8.2-a+fp16+dotprod+i8mm"),
    Isa(name="sve", archs=ARM, needs=(*_ARMV8_2, "i8mm", "sve"), march="armv8.2-a+fp16+dotprod+i8mm+sve"),
)
# The CPU variants of GGML_CPU_ALL_VARIANTS (ggml/src/CMakeLists.txt, v1.8.5) that are compiled for exactly the same.
_VARIANTS = {
    "x86-64": "x64",
    "sse42": "sse42",
    "avx": "sandybridge",
    "avx2": "haswell",
    "avx_vnni": "alderlake",
    "avx512": "skylakex",
    "avx512_vnni": "cascadelake",
    "avx512_vbmi": "icelake",
    "avx512_bf16": "zen4",
    "armv8": "armv8.0_1",
    "dotprod": "armv8.2_2",
}
_BY_NAME = {isa.name: isa for isa in _ISAS}
ISA_NAMES: tuple[str, ...] = (NATIVE, *_BY_NAME)


def choose_isa_options(isa: str, cpu: Cpu) -> tuple[CMakeOption, ...]:
    """Return the options that make ggml use exactly `isa`, with nothing left to defaults.

    Raises UsageError for an unknown name and UnfitError for an instruction set that this CPU cannot run.
    """
    if isa == NATIVE:
        return (
            _option("GGML_NATIVE", "ON", "everything this CPU has; given, as SOURCE_DATE_EPOCH, if set, turns it off"),
        )
    chosen = _find_isa(isa, cpu)
    asked = f"--isa {isa}"
    explicit = _option("GGML_NATIVE", "OFF", "the options below only count when it is OFF", asked)
    if chosen.march:
        return (explicit, _option("GGML_CPU_ARM_ARCH", chosen.march, asked, asked))
    return (explicit, *(_simd_option(feature, chosen) for feature in X86_FEATURES))


def choose_variant(isa: str, cpu: Cpu) -> str:
    """Return the variant of an all-variants build that is compiled for exactly `isa`.

    Raises UsageError if there is none, and what `choose_isa_options` raises.
    """
    name = isa if isa == NATIVE else _find_isa(isa, cpu).name
    if name not in _VARIANTS:
        fitting = [name for name in list_runnable(cpu) if name in _VARIANTS]
        hint = f"--isa {fitting[-1]}  # one of {', '.join(fitting)}" if fitting else "leave out --loadable"
        raise UsageError(f"--loadable: ggml has no variant for exactly {isa}", hint=hint)
    return _VARIANTS[name]


def name_variant_library(variant: str) -> str:
    """Return the name of the file in the build's bin/ with the kernels of a CPU variant."""
    return f"libggml-cpu-{variant}.so"


def choose_loadable_options() -> tuple[CMakeOption, ...]:
    """Return the options of a build that has the kernels for every kind of CPU as loadable libraries."""
    reason = "--loadable: one build for every instruction set"
    return (
        _option("GGML_NATIVE", "OFF", "each variant is for its own kind of CPU"),
        _option("BUILD_SHARED_LIBS", "ON", "variants are libraries"),
        _option("GGML_BACKEND_DL", "ON", reason, "--loadable"),
        _option("GGML_CPU_ALL_VARIANTS", "ON", reason, "--loadable"),
    )


def compare_isa(info: SystemInfo, isa: str) -> tuple[Caveat, ...]:
    """Return a caveat if ggml reports other features than those of a named x86 instruction set.

    Only the `system_info` with sections (since v1.7.5) reports all of them.
    """
    chosen = _BY_NAME.get(isa)
    reported = set(info.list_on("CPU"))
    if chosen is None or not chosen.options or not reported:
        return ()
    wanted = {feature.key for feature in X86_FEATURES if feature.option in chosen.options and feature.key}
    known = {feature.key for feature in X86_FEATURES if feature.key}
    missing, further = sorted(wanted - reported), sorted((reported & known) - wanted)
    if not missing and not further:
        return ()
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"also compiled in: {', '.join(further)}"] if further else []
    message = f"the binary is not what --isa {isa} asks for; {'; '.join(parts)}"
    return (Caveat(code=CaveatCode.ISA_DIFFERS, message=message),)


def list_runnable(cpu: Cpu) -> tuple[str, ...]:
    """Return the names of the instruction sets that `cpu` can run, `native` first."""
    fitting = [isa.name for isa in _ISAS if cpu.arch.lower() in isa.archs and not list_missing(isa.needs, cpu)]
    return (NATIVE, *fitting)


def compare_features(info: SystemInfo, cpu: Cpu) -> tuple[Caveat, ...]:
    """Return a caveat if the CPU has SIMD features that the binary does not use, with the options that enable them.

    Without sections (up to v1.7.4), ggml reports 0 for a feature that is off, and nothing for one that it does not
    know; with sections, it only reports what is on.
    """
    on, named = set(info.list_on()), {name.rpartition("/")[2] for name, _ in info.features}
    unused = [
        feature
        for feature in list_features(cpu)
        if feature.key and (info.sectioned or feature.key in named)
        if feature.key not in on and not list_missing(feature.needs, cpu)
    ]
    # If both are compiled in, ggml uses the AVX-512 form of VNNI.
    if "AVX512_VNNI" in on:
        unused = [feature for feature in unused if feature.key != "AVX_VNNI"]
    if not unused:
        return ()
    keys = ", ".join(feature.key for feature in unused)
    options = _explain(unused, cpu)
    message = (
        f"this CPU has {keys}, but the binary was compiled without; --isa native uses everything that the compiler "
        f"knows, {options} adds only this"
    )
    return (Caveat(code=CaveatCode.SIMD_NOT_COMPILED, message=message),)


def isa_fingerprint(cpu: Cpu) -> str:
    """Return twelve hex digits of everything that `-march=native` depends on, for compiler caches and build folders.

    That is more than the features: vendor and model decide the tuning, and GCC uses the cache sizes.
    """
    caches = sorted((cache.level, cache.kind, cache.size_bytes) for cache in cpu.caches)
    return short_hash(cpu.arch, cpu.vendor, cpu.brand, cpu.features, caches)


def _find_isa(name: str, cpu: Cpu) -> Isa:
    """Return an instruction set by name; raises UsageError if unknown, UnfitError if this CPU cannot run it."""
    chosen = _BY_NAME.get(name)
    if chosen is None:
        near = difflib.get_close_matches(name.lower().replace("-", "_"), ISA_NAMES, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"--isa {ISA_NAMES[0]}  # one of {', '.join(ISA_NAMES)}"
        )
        raise UsageError(f"unknown instruction set {name!r}", hint=hint)
    _refuse_unfit(chosen, cpu)
    return chosen


def _refuse_unfit(isa: Isa, cpu: Cpu) -> None:
    hint = f"--isa native  # or one of {', '.join(list_runnable(cpu))}"
    if cpu.arch.lower() not in isa.archs:
        cause = f"the CPU is {cpu.arch}"
        raise UnfitError(f"{isa.name} is not an instruction set of this CPU", cause=cause, hint=hint)
    missing = list_missing(isa.needs, cpu)
    if missing:
        cause = f"the CPU (or its hypervisor) does not report {', '.join(missing)}"
        raise UnfitError(f"this CPU cannot run {isa.name} code", cause=cause, hint=hint)


def _simd_option(feature: Feature, isa: Isa) -> CMakeOption:
    if feature.option in isa.options:
        # v1.7.4 has no switch for BMI2, but builds for AVX2 anyway.
        part = feature.option.lower() != isa.name and not feature.option.lower().startswith(f"{isa.name}_")
        chosen = _option(f"GGML_{feature.option}", "ON", f"part of {isa.name}", f"--isa {isa.name}")
        return chosen.replace(part=part)
    return _option(f"GGML_{feature.option}", "OFF", f"not part of {isa.name}; explicit, because the default varies")


def _explain(unused: list[Feature], cpu: Cpu) -> str:
    if cpu.arch.lower() in X86:
        return " ".join(["-D GGML_NATIVE=OFF", *(f"-D GGML_{feature.option}=ON" for feature in unused)])
    owned = [feature for feature in list_features(cpu) if not list_missing(feature.needs, cpu)]
    tags = "".join(f"+{feature.option}" for feature in owned if feature.option)
    return f"-D GGML_NATIVE=OFF -D GGML_CPU_ARM_ARCH=armv8.2-a{tags}"


def _option(name: str, value: str, reason: str, asked: str = "") -> CMakeOption:
    return CMakeOption(name=name, value=value, reason=reason, asked=asked)
