"""The Config column: what the binary really uses, in a few words."""

from harness.records.run import SystemInfo

_X86 = ("AVX512", "AVX2", "AVX", "SSE3")
# Shown together: each adds kernels to the others.
_OTHERS = (
    ("AMX", ("AMX_INT8",)),
    ("NEON", ("NEON",)),
    ("SVE", ("SVE",)),
    ("SME", ("SME", "SME2")),
    ("RVV", ("RISCV_V", "RVV")),
    ("VSX", ("VSX",)),
    ("VXE", ("VXE",)),
    ("LLAMAFILE", ("LLAMAFILE",)),
    ("KLEIDIAI", ("KLEIDIAI",)),
)
_ENCODERS = ("COREML", "OPENVINO")
_LEGACY_BACKENDS = ("BLAS", "CUDA", "METAL", "CANN")
_BACKEND_NAMES = {"MTL": "METAL"}
_NO_BACKEND = {"CPU", "WHISPER", ""}


def config_words(info: SystemInfo | None) -> tuple[str, ...]:
    """Return the strongest x86 SIMD level, the other kernels, the encoders and the backends: `AVX512`, `AMX`, `CUDA`.

    Encoders and backends are those that were used according to the log; if it does not say, those of the build.
    """
    if info is None:
        return ()
    on = set(info.list_on())
    x86 = [word for word in _X86 if word in on][:1]
    others = [word for word, keys in _OTHERS if on & set(keys)]
    encoders = [word for word in _ENCODERS if word in on and not info.backends]
    built = [name.partition("/")[0] for name, _ in info.features] + [word for word in _LEGACY_BACKENDS if word in on]
    backends = (_backend(name) for name in info.backends or built)
    words = [*x86, *others, *encoders, *(name for name in backends if name not in _NO_BACKEND)]
    return tuple(dict.fromkeys(words))


def _backend(name: str) -> str:
    """Return `CUDA` for `CUDA0`: the device number is not part of the kind."""
    word = name.rstrip("0123456789").upper()
    return _BACKEND_NAMES.get(word, word)
