"""SIMD features: how operating systems spell them, which option of ggml compiles them in, how ggml reports them.

Spellings: Linux's `/proc/cpuinfo` first (`asm/cpufeatures.h`, `asm/hwcap.h`), then macOS's sysctl. Options and keys:
ggml's CMakeLists.txt and `system_info`, v1.7.4 to v1.9.3.
"""

from collections.abc import Iterable

from harness.records.node import Cpu
from harness.records.record import Record

X86 = frozenset({"x86_64", "amd64", "i386", "i686"})
ARM = frozenset({"aarch64", "arm64"})

_SPELLINGS = {
    "sse3": ("pni", "sse3"),
    "ssse3": ("ssse3",),
    "sse4.2": ("sse4_2", "sse4.2"),
    "avx": ("avx", "avx1.0"),
    "avx512_vnni": ("avx512_vnni", "avx512vnni"),
    "avx512_bf16": ("avx512_bf16", "avx512bf16"),
    "avx512vbmi": ("avx512vbmi", "avx512_vbmi"),
    "asimd": ("asimd", "advsimd"),
    "atomics": ("atomics", "feat_lse"),
    "asimdrdm": ("asimdrdm", "feat_rdm"),
    "crc32": ("crc32", "feat_crc32"),
    "asimdhp": ("asimdhp", "feat_fp16"),
    "asimddp": ("asimddp", "feat_dotprod"),
    "i8mm": ("i8mm", "feat_i8mm"),
    "sve": ("sve", "feat_sve"),
}
AVX512 = ("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw")


class Feature(Record):
    """A SIMD feature that ggml can use: its option, its key in `system_info`, the CPU features it needs."""

    option: str
    key: str
    needs: tuple[str, ...]


# In the order of the options in ggml's CMakeLists.txt; all of them, because each has its own default.
X86_FEATURES = (
    Feature(option="SSE42", key="SSSE3", needs=("sse3", "ssse3", "sse4.2")),
    Feature(option="AVX", key="AVX", needs=("avx",)),
    Feature(option="AVX_VNNI", key="AVX_VNNI", needs=("avx_vnni",)),
    Feature(option="AVX2", key="AVX2", needs=("avx2",)),
    Feature(option="BMI2", key="BMI2", needs=("bmi2",)),
    Feature(option="AVX512", key="AVX512", needs=AVX512),
    Feature(option="AVX512_VBMI", key="AVX512_VBMI", needs=("avx512vbmi",)),
    Feature(option="AVX512_VNNI", key="AVX512_VNNI", needs=("avx512_vnni",)),
    Feature(option="AVX512_BF16", key="AVX512_BF16", needs=("avx512_bf16",)),
    Feature(option="FMA", key="FMA", needs=("fma",)),
    Feature(option="F16C", key="F16C", needs=("f16c",)),
    Feature(option="AMX_TILE", key="", needs=("amx_tile",)),
    Feature(option="AMX_INT8", key="AMX_INT8", needs=("amx_int8",)),
    Feature(option="AMX_BF16", key="", needs=("amx_bf16",)),
)
# ggml uses SME only through KleidiAI, which is off by default: its absence says nothing.
ARM_FEATURES = (
    Feature(option="", key="NEON", needs=("asimd",)),
    Feature(option="fp16", key="FP16_VA", needs=("asimdhp",)),
    Feature(option="dotprod", key="DOTPROD", needs=("asimddp",)),
    Feature(option="i8mm", key="MATMUL_INT8", needs=("i8mm",)),
    Feature(option="sve", key="SVE", needs=("sve",)),
)


def list_missing(needs: Iterable[str], cpu: Cpu) -> tuple[str, ...]:
    """Return the features in `needs` that the CPU lacks, in any spelling."""
    owned = frozenset(cpu.features)
    return tuple(need for need in needs if owned.isdisjoint(_SPELLINGS.get(need, (need,))))


def list_features(cpu: Cpu) -> tuple[Feature, ...]:
    """Return the features that ggml knows for this architecture, whether the CPU has them or not; () for others."""
    if cpu.arch.lower() in X86:
        return X86_FEATURES
    return ARM_FEATURES if cpu.arch.lower() in ARM else ()
