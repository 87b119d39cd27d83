"""What children are given: a small explicit environment, and what was kept out of it."""

from collections.abc import Mapping, Sequence

from harness.records.caveat import Caveat
from harness.records.record import is_text
from harness.records.secret import without_secrets

# Needed to find programs, folders, certificates and licences.
_PASSED = frozenset(
    "PATH HOME USER LOGNAME TMPDIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH SDKROOT DEVELOPER_DIR "
    "CUDA_HOME CUDA_PATH CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES ROCM_PATH ONEAPI_ROOT VK_DRIVER_FILES VULKAN_SDK "
    "CCACHE_DIR CCACHE_CONFIGPATH CCACHE_MAXSIZE SCCACHE_DIR XDG_CACHE_HOME XDG_CONFIG_HOME CMAKE_PREFIX_PATH".split()
)
# Upstream's own variables of a node; nothing reads them, but the report shows them.
_NODE_PREFIX = "GG_BUILD_"
# They may change timings, and the user set them on purpose: passed on, and said where the build reads them.
TIMING_PREFIXES = ("OMP_", "GOMP_", "KMP_", "GGML_", "OPENBLAS_", "MKL_", "BLIS_", "MALLOC_")
# They change the binary behind the build's back: kept out, and said. SOURCE_DATE_EPOCH alone turns every SIMD
# option of ggml off (since v1.7.5).
_POISONOUS = frozenset(
    "SOURCE_DATE_EPOCH CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ASFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH "
    "CMAKE_GENERATOR CMAKE_BUILD_TYPE CMAKE_BUILD_PARALLEL_LEVEL CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER "
    "CMAKE_TOOLCHAIN_FILE MAKEFLAGS LD_PRELOAD DESTDIR".split()
)

Pairs = tuple[tuple[str, str], ...]


def choose_environment(environ: Mapping[str, str], *, path: Sequence[str]) -> tuple[Pairs, tuple[Caveat, ...]]:
    """Return the children's environment, sorted by name, and caveats for what matters in the user's.

    `path` lists folders that go before the user's PATH. What is not text in UTF-8 could not be recorded, and what
    sounds like a secret must not be: both are left out, as everything that children are given is recorded.
    """
    broken = sorted(name for name in environ if not (is_text(name) and is_text(environ[name])))
    folders = [folder for folder in environ.get("PATH", "").split(":") if is_text(folder)]
    environ = {name: value for name, value in environ.items() if name not in broken} | {"PATH": ":".join(folders)}
    timing = {name: value for name, value in environ.items() if name.startswith(TIMING_PREFIXES)}
    chosen = {
        name: value for name, value in environ.items() if name in _PASSED or name.startswith(_NODE_PREFIX)
    } | timing
    secret = sorted(chosen.keys() - without_secrets(chosen).keys() - {"PATH"})
    chosen = {name: value for name, value in chosen.items() if name not in secret}
    chosen["LC_ALL"] = "C"
    chosen["PATH"] = ":".join([*path, *([chosen["PATH"]] if chosen.get("PATH") else [])])
    caveats = []
    kept_out = sorted(_POISONOUS & environ.keys())
    if kept_out:
        message = f"kept out of the build: {', '.join(kept_out)} (use -D NAME=VALUE for CMake options)"
        caveats.append(Caveat(code="environment-ignored", message=message))
    if secret:
        message = f"kept from all children, as it sounds like a secret or holds a login: {', '.join(secret)}"
        caveats.append(Caveat(code="environment-secret", message=message))
    told = [name for name in broken if name in _PASSED or name.startswith((_NODE_PREFIX, *TIMING_PREFIXES))]
    if told:
        message = f"kept from all children, in whole or (PATH) in part, as it is not UTF-8: {', '.join(told)}"
        caveats.append(Caveat(code="environment-unreadable", message=message))
    return tuple(sorted(chosen.items())), tuple(caveats)
