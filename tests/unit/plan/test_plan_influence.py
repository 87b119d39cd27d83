"""The caveat timing-environment: only what the build reads."""

import pytest

from harness.plan.influence import caveat_influences, list_influences
from harness.records.config import CMakeOption, Config


def config(backend: str = "cpu", compiler: str = "gcc", **options: str) -> Config:
    made = tuple(CMakeOption(name=name, value=value, reason="") for name, value in options.items())
    return Config(build_type="Release", isa="native", backend=backend, compiler=compiler, options=made)


PLAIN = config()
OPENBLAS = config("blas", GGML_BLAS="ON", GGML_BLAS_VENDOR="OpenBLAS")


@pytest.mark.parametrize(
    ("name", "build", "os", "read"),
    [
        ("OPENBLAS_NUM_THREADS", PLAIN, "Debian 12", False),
        ("OPENBLAS_NUM_THREADS", OPENBLAS, "Debian 12", True),
        ("OPENBLAS_NUM_THREADS", config(GGML_BLAS="1", GGML_BLAS_VENDOR="FlexiBLAS"), "Debian 12", True),
        ("OPENBLAS_NUM_THREADS", config(GGML_BLAS="ON"), "Debian 12", True),
        ("MKL_NUM_THREADS", OPENBLAS, "Debian 12", False),
        ("MKL_NUM_THREADS", config(GGML_BLAS="ON", GGML_BLAS_VENDOR="Intel10_64lp"), "Debian 12", True),
        ("BLIS_NUM_THREADS", PLAIN, "Debian 12", False),
        ("OMP_NUM_THREADS", PLAIN, "Debian 12", True),
        ("OMP_NUM_THREADS", config(GGML_OPENMP="OFF"), "Debian 12", False),
        ("OMP_NUM_THREADS", config(GGML_OPENMP="OFF", GGML_BLAS="ON"), "Debian 12", True),
        ("GOMP_SPINCOUNT", PLAIN, "Debian 12", True),
        ("GOMP_SPINCOUNT", config(compiler="clang"), "Debian 12", False),
        ("KMP_BLOCKTIME", PLAIN, "Debian 12", False),
        ("KMP_BLOCKTIME", config(compiler="clang"), "Debian 12", True),
        ("GGML_VK_DISABLE_F16", PLAIN, "Debian 12", False),
        ("GGML_VK_DISABLE_F16", config("vulkan", GGML_VULKAN="ON"), "Debian 12", True),
        ("GGML_CUDA_FORCE_MMQ", config("hip"), "Debian 12", True),
        ("GGML_CUDA_FORCE_MMQ", config(GGML_CUDA="ON"), "Debian 12", True),
        ("GGML_METAL_NO_RESIDENCY", PLAIN, "Debian 12", False),
        ("GGML_KLEIDIAI_SME", PLAIN, "Debian 12", False),
        ("GGML_KLEIDIAI_SME", config(GGML_CPU_KLEIDIAI="ON"), "Debian 12", True),
        ("GGML_CPU_DISABLE_FUSION", PLAIN, "Debian 12", True),
        ("MALLOC_ARENA_MAX", PLAIN, "Debian 12", True),
        ("MALLOC_ARENA_MAX", PLAIN, "macOS 15.1", False),
        ("HOME", PLAIN, "Debian 12", False),
    ],
)
def test_a_variable_counts_where_something_reads_it(name: str, build: Config, os: str, *, read: bool) -> None:
    assert list(list_influences([(name, "1")], build, os)) == ([(name, "1")] if read else [])
    codes = [caveat.code for caveat in caveat_influences([(name, "1")], build, os)]
    assert codes == (["timing-environment"] if read else [])


def test_the_caveat_names_them_with_their_values() -> None:
    environment = [("OPENBLAS_NUM_THREADS", "2"), ("OMP_NUM_THREADS", "1"), ("PATH", "/bin")]
    (caveat,) = caveat_influences(environment, OPENBLAS, "Debian 12")
    assert caveat.message == "passed on to the benchmarks: OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=2"
    (caveat,) = caveat_influences(environment, PLAIN, "Debian 12")
    assert "OPENBLAS" not in caveat.message
