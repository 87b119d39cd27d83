"""The output of CMake: what became of its options, and what a failed configuration was missing."""

import re

from harness.records.build import CMakeVariable

_ENTRY = re.compile(r'^"?([^\s#/"][^:="]*)"?:([A-Z]+)=(.*)$')
# The documentation string of what nobody but the command line has declared, whatever type was given with it.
_ON_COMMAND_LINE = "No help, variable specified on the command line."
_UNDECLARED = "UNINITIALIZED"
_ADVANCED = "-ADVANCED"
# CMake's own words, since 2.8.8: a blank line, the names, each on a line of its own, and a blank line.
_UNREAD = re.compile(
    r"^[ \t]*Manually-specified variables were not used by the project:\n[ \t]*\n((?:[ \t]+\S+\n)+)", re.M
)
_EFFECTIVE = re.compile(r'^set\((GGML_\w+) "([^"]*)"\)$', re.M)
# whisper.cpp's whisper_option_depr (v1.6 to v1.9.3); CMake wraps what is longer than a line.
_RENAMED = re.compile(r"\b(\w+)\s+is\s+deprecated\s+and\s+will\s+be\s+removed\s+in\s+the\s+future\.\s+Use\s+(\w+)")

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


def parse_cache(text: str) -> tuple[CMakeVariable, ...]:
    """Return the variables of a CMakeCache.txt, without CMake's internal ones."""
    found: list[CMakeVariable] = []
    help_text: list[str] = []
    for line in text.splitlines():
        if line.startswith("//"):
            help_text.append(line[2:])
            continue
        entry = _ENTRY.match(line)
        if entry and entry[2] not in ("INTERNAL", "STATIC"):
            name, kind, value = entry.groups()
            if len(value) > 1 and value[0] == value[-1] == "'":  # what begins or ends with a space is quoted
                value = value[1:-1]
            declared = kind != _UNDECLARED and _ON_COMMAND_LINE not in help_text
            found.append(CMakeVariable(name=name, kind=kind, value=value, declared=declared))
        help_text = []
    return tuple(one for one in found if not one.name.endswith(_ADVANCED))


def parse_unread(log: str) -> frozenset[str]:
    """Return the names on the command line that nothing read while CMake configured.

    A variable that is only tested with `if(DEFINED NAME)` counts as not read; one that a project reads in a loop over
    its variables, as ggml does with every GGML_*, counts as read.
    """
    return frozenset(name for block in _UNREAD.findall(log) for name in block.split())


def parse_effective(package: str) -> dict[str, str]:
    """Return the values that ggml was built with, by name, from the package file that it writes (`ggml-config.cmake`).

    They are those of its variables, which override the cache: whisper.cpp sets some of ggml's options itself.
    """
    return dict(_EFFECTIVE.findall(package))


def parse_renamed(log: str) -> dict[str, str]:
    """Return the names that the project marks as old, each with its new name."""
    return dict(_RENAMED.findall(log))


def find_missing(log: str) -> tuple[str, ...]:
    """Return the Debian packages that a failed configuration is missing; empty if that is not known."""
    found = [package for pattern, package in _MISSING if pattern.search(log)]
    if "BLAS not found" in log:
        vendor = _VENDOR.search(log)
        name = vendor[1] if vendor else "Generic"
        found.append(_BLAS.get(name, f"the development files of {name}"))
    return tuple(dict.fromkeys(found))
