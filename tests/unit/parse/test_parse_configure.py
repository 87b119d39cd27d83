"""What a configuration lacks, by the word of CMake."""

import pytest

from harness.parse.configure import find_missing


@pytest.mark.parametrize(
    ("log", "packages"),
    [
        ("+ cmake -DGGML_BLAS_VENDOR=OpenBLAS\n  BLAS not found, please refer to\n", ("libopenblas-dev",)),
        ("+ cmake -DGGML_BLAS_VENDOR=FLAME\n  BLAS not found, please refer to\n", ("libblis-dev",)),
        ("+ cmake -DGGML_BLAS_VENDOR=NVHPC\n  BLAS not found\n", ("the development files of NVHPC",)),
        ("  BLAS not found\n", ("libblas-dev",)),
        (
            "  Could NOT find Vulkan (missing: Vulkan_LIBRARY Vulkan_INCLUDE_DIR glslc) (found\n",
            ("libvulkan-dev", "glslc"),
        ),
        ("  Could NOT find Vulkan (missing: glslc) (found version 1.3.239)\n", ("glslc",)),
        (
            '  Could not find a package configuration file provided by "SPIRV-Headers" with\n',
            ("spirv-headers",),
        ),
        ("  Could NOT find PkgConfig (missing: PKG_CONFIG_EXECUTABLE)\n", ("pkg-config",)),
        ("-- CUDA Toolkit not found\n", ("nvidia-cuda-toolkit (non-free)",)),
        ("  Could NOT find OpenCL (missing: OpenCL_LIBRARY OpenCL_INCLUDE_DIR)\n", ("ocl-icd-opencl-dev",)),
        ("  Failed to find HIP root directory.\n", ("hipcc",)),
        ('  find a package configuration file provided by "OpenVINO", but CMake did\n', ("openvino (from Intel)",)),
        ("-- Configuring done (0.3s)\n", ()),
    ],
)
def test_packages_by_debians_names(log: str, packages: tuple[str, ...]) -> None:
    assert find_missing(log) == packages
