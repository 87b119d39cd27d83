"""The environment variables that children get, those that are withheld, and those that can change timings.

Sources: `getenv` in ggml (v1.8.5), the variables of libgomp and of LLVM, the manuals of OpenBLAS, MKL, BLIS and glibc.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.build.recipe import ACCELERATORS, CUDA, METAL
from harness.records.build import Config, is_on
from harness.records.caveat import Caveat, CaveatCode
from harness.records.node import is_macos
from harness.records.record import is_text
from harness.records.secret import without_secrets

# Needed to find programs, folders, certificates and licences.
_PASSED = frozenset(
    "PATH HOME USER LOGNAME TMPDIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH SDKROOT DEVELOPER_DIR "
    "CUDA_HOME CUDA_PATH CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES ROCM_PATH ONEAPI_ROOT VK_DRIVER_FILES VULKAN_SDK "
    "CCACHE_DIR CCACHE_CONFIGPATH CCACHE_MAXSIZE SCCACHE_DIR XDG_CACHE_HOME XDG_CONFIG_HOME CMAKE_PREFIX_PATH".split()
)
# Upstream's variables for a node; nothing reads them, but the report shows them.
_NODE_PREFIX = "GG_BUILD_"
# They may change timings, and the user set them on purpose: passed on, with a caveat if the build reads them.
TIMING_PREFIXES = ("OMP_", "GOMP_", "KMP_", "GGML_", "OPENBLAS_", "MKL_", "BLIS_", "MALLOC_")
# They would silently change the binary: withheld, with a caveat. SOURCE_DATE_EPOCH alone turns off every SIMD option of
# ggml (since v1.7.5).
_POISONOUS = frozenset(
    "SOURCE_DATE_EPOCH CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ASFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH "
    "CMAKE_GENERATOR CMAKE_BUILD_TYPE CMAKE_BUILD_PARALLEL_LEVEL CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER "
    "CMAKE_TOOLCHAIN_FILE MAKEFLAGS LD_PRELOAD DESTDIR".split()
)

Pairs = tuple[tuple[str, str], ...]

_GCC, _OFF, _NO_BLAS = "gcc", "off", "none"
# The backends whose code reads variables with this prefix; ggml's code for CUDA also serves HIP and MUSA.
_OF_BACKENDS = {
    "GGML_CUDA_": (CUDA, "hip", "musa"),
    "GGML_VK_": ("vulkan",),
    "GGML_DISABLE_VULKAN": ("vulkan",),
    "GGML_METAL_": (METAL,),
    "GGML_SYCL_": ("sycl",),
    "GGML_OPENCL_": ("opencl",),
    "GGML_OPENVINO_": ("openvino",),
    "GGML_WEBGPU_": ("webgpu",),
    "GGML_CANN_": ("cann",),
}
# Backends without a name here, and parts of the CPU backend, with the options that build them.
_OF_OPTIONS = {
    "GGML_HEXAGON_": "GGML_HEXAGON",
    "GGML_RPC_": "GGML_RPC",
    "GGML_RDMA_": "GGML_RPC",
    "GGML_KLEIDIAI_": "GGML_CPU_KLEIDIAI",
}
# The BLAS libraries that read them; a vendor that is not listed, such as Generic, may be any library.
_OF_BLAS = {"OPENBLAS_": "openblas", "MKL_": "mkl", "BLIS_": "blis"}
_OTHER_BLAS = frozenset({"openblas", "mkl", "blis", "accelerate", "atlas", "nvhpc", "arm"})


def choose_child_variables(environ: Mapping[str, str], *, path: Sequence[str]) -> tuple[Pairs, tuple[Caveat, ...]]:
    """Return the environment of children, sorted by name, and caveats about the user's environment.

    The folders in `path` come before the user's PATH. Everything that children get is recorded, so variables that are
    not UTF-8, which cannot be recorded, and secrets, which must not be, are left out.
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
        message = f"not passed to the build: {', '.join(kept_out)} (use -D NAME=VALUE for CMake options)"
        caveats.append(Caveat(code=CaveatCode.ENVIRONMENT_IGNORED, message=message))
    if secret:
        message = f"not passed to any process, because it looks like a secret or contains a login: {', '.join(secret)}"
        caveats.append(Caveat(code=CaveatCode.ENVIRONMENT_SECRET, message=message))
    lost = [name for name in broken if name in _PASSED or name.startswith((_NODE_PREFIX, *TIMING_PREFIXES))]
    if lost:
        message = f"not passed to any process, or only in part (PATH), because it is not UTF-8: {', '.join(lost)}"
        caveats.append(Caveat(code=CaveatCode.ENVIRONMENT_UNREADABLE, message=message))
    return tuple(sorted(chosen.items())), tuple(caveats)


def list_influences(environment: Iterable[tuple[str, str]], config: Config, os: str) -> Iterator[tuple[str, str]]:
    """Yield the variables that can change timings and that something in this build reads."""
    for name, value in environment:
        if name.startswith(TIMING_PREFIXES) and _is_read(name, config, os):
            yield name, value


def caveat_influences(environment: Iterable[tuple[str, str]], config: Config, os: str) -> tuple[Caveat, ...]:
    """Return a caveat that names the variables from `list_influences`, if there are any."""
    passed = ", ".join(f"{name}={value}" for name, value in sorted(list_influences(environment, config, os)))
    if not passed:
        return ()
    return (
        Caveat(
            code=CaveatCode.TIMING_ENVIRONMENT,
            message=f"the benchmarks ran with these variables, which can change timings: {passed}",
        ),
    )


def _is_read(name: str, config: Config, os: str) -> bool:
    blas = config.blas not in ("", _NO_BLAS)
    for prefix, library in _OF_BLAS.items():
        if name.startswith(prefix):
            return blas and (config.blas == library or config.blas not in _OTHER_BLAS)
    if name.startswith(("OMP_", "GOMP_", "KMP_")):
        foreign = "KMP_" if config.compiler.startswith(_GCC) else "GOMP_"
        # A BLAS library may use any OpenMP runtime.
        return blas or (config.openmp != _OFF and not name.startswith(foreign))
    if name.startswith("MALLOC_"):
        return not is_macos(os)
    for prefix, backends in _OF_BACKENDS.items():
        if name.startswith(prefix):
            options = [ACCELERATORS[backend] for backend in backends]
            return config.backend in backends or any(is_on(config.value(option)) for option in options)
    for prefix, option in _OF_OPTIONS.items():
        if name.startswith(prefix):
            return is_on(config.value(option))
    return True
