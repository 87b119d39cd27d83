"""Which variables of the environment can change the timings of a build: those that something in it reads.

Sources: `getenv` in ggml (v1.8.5), the variables of libgomp and of LLVM, the manuals of OpenBLAS, MKL, BLIS and glibc.
"""

from collections.abc import Iterable, Iterator

from harness.plan.environment import TIMING_PREFIXES
from harness.plan.recipe import ACCELERATORS, CUDA, METAL
from harness.records.caveat import Caveat
from harness.records.config import Config, is_on

_GCC, _APPLE, _OFF, _NO_BLAS = "gcc", "macOS", "off", "none"
# Whose code reads variables that begin like this; ggml's code for CUDA is that for HIP and MUSA, too.
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
# Backends that have no name here, and parts of the CPU's, by the option that builds them.
_OF_OPTIONS = {
    "GGML_HEXAGON_": "GGML_HEXAGON",
    "GGML_RPC_": "GGML_RPC",
    "GGML_RDMA_": "GGML_RPC",
    "GGML_KLEIDIAI_": "GGML_CPU_KLEIDIAI",
}
# Which BLAS libraries read them; a vendor that is not here, such as Generic, may stand for any library.
_OF_BLAS = {"OPENBLAS_": "openblas", "MKL_": "mkl", "BLIS_": "blis"}
_OTHER_BLAS = frozenset({"openblas", "mkl", "blis", "accelerate", "atlas", "nvhpc", "arm"})


def list_influences(environment: Iterable[tuple[str, str]], config: Config, os: str) -> Iterator[tuple[str, str]]:
    """Yield the variables, of those that change timings at all, that something in this build reads."""
    for name, value in environment:
        if name.startswith(TIMING_PREFIXES) and _is_read(name, config, os):
            yield name, value


def caveat_influences(environment: Iterable[tuple[str, str]], config: Config, os: str) -> tuple[Caveat, ...]:
    """Return a caveat that names them, nothing where there is none."""
    passed = ", ".join(f"{name}={value}" for name, value in sorted(list_influences(environment, config, os)))
    if not passed:
        return ()
    return (Caveat(code="timing-environment", message=f"passed on to the benchmarks: {passed}"),)


def _is_read(name: str, config: Config, os: str) -> bool:
    blas = config.blas not in ("", _NO_BLAS)
    for prefix, library in _OF_BLAS.items():
        if name.startswith(prefix):
            return blas and (config.blas == library or config.blas not in _OTHER_BLAS)
    if name.startswith(("OMP_", "GOMP_", "KMP_")):
        foreign = "KMP_" if config.compiler.startswith(_GCC) else "GOMP_"
        # A BLAS library may have the threads of any OpenMP.
        return blas or (config.openmp != _OFF and not name.startswith(foreign))
    if name.startswith("MALLOC_"):
        return not os.startswith(_APPLE)
    for prefix, backends in _OF_BACKENDS.items():
        if name.startswith(prefix):
            options = [ACCELERATORS[backend] for backend in backends]
            return config.backend in backends or any(is_on(config.value(option)) for option in options)
    for prefix, option in _OF_OPTIONS.items():
        if name.startswith(prefix):
            return is_on(config.value(option))
    return True
