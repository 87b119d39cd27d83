"""What a configuration that failed was missing, as a package to install."""

import re

_VENDOR = re.compile(r"-DGGML_BLAS_VENDOR=(\w+)")
_BLAS = {
    "OpenBLAS": "libopenblas-dev",
    "FLAME": "libblis-dev",
    "ATLAS": "libatlas-base-dev",
    "Generic": "libblas-dev",
    "Intel10_64lp": "intel-mkl (non-free)",
}
_MISSING = (
    (re.compile(r"Could NOT find PkgConfig"), "pkg-config"),
    (re.compile(r"Could NOT find Vulkan.*\bVulkan_(?:LIBRARY|INCLUDE_DIR)\b"), "libvulkan-dev"),
    (re.compile(r"Could NOT find Vulkan.*\bglslc\b"), "glslc"),
    (re.compile(r'"SPIRV-Headers"'), "spirv-headers"),
    (
        re.compile(r"CUDA Toolkit not found|Failed to find nvcc|Could NOT find CUDAToolkit"),
        "nvidia-cuda-toolkit (non-free)",
    ),
    (re.compile(r'Failed to find HIP|provided by "hip"'), "hipcc"),
    (re.compile(r'provided by "OpenVINO"'), "openvino (from Intel)"),
    (re.compile(r"Could NOT find OpenCL"), "ocl-icd-opencl-dev"),
)


def find_missing(log: str) -> tuple[str, ...]:
    """Return the Debian packages that a failed configuration asks for, nothing where it does not tell."""
    found = [package for pattern, package in _MISSING if pattern.search(log)]
    if "BLAS not found" in log:
        vendor = _VENDOR.search(log)
        name = vendor[1] if vendor else "Generic"
        found.append(_BLAS.get(name, f"the development files of {name}"))
    return tuple(dict.fromkeys(found))
