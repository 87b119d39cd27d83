"""What CMake made of its options, as its cache and its warnings say."""

from pathlib import Path

import pytest

from harness.parse.tool.cmake import find_missing, parse_cache, parse_effective, parse_renamed, parse_unread

LOGS = Path(__file__).parents[3] / "data" / "logs"


def test_a_real_cache() -> None:
    found = {one.name: one for one in parse_cache((LOGS / "cmake-3.25-CMakeCache.txt").read_text())}
    assert (found["GGML_LTO"].kind, found["GGML_LTO"].value, found["GGML_LTO"].declared) == ("BOOL", "ON", True)
    assert found["CMAKE_BUILD_TYPE"].value == "Release"
    assert found["CMAKE_CXX_FLAGS"].declared, "CMake's own"
    assert not found["GGML_LTOO"].declared, "only the command line knows it"
    assert found["GGML_AVXX"].kind == "BOOL"
    assert not found["GGML_AVXX"].declared, "a type on the command line declares nothing"
    assert "CMAKE_CACHE_MAJOR_VERSION" not in found, "internal"
    assert not [name for name in found if name.endswith("-ADVANCED")]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("A:STRING=", "A", ""),
        ("A:STRING=x=y:z", "A", "x=y:z"),
        ("A:STRING=' x '", "A", " x "),
        ('"A B":STRING=1', "A B", "1"),
        ("A.b-C+d:PATH=/x", "A.b-C+d", "/x"),
    ],
)
def test_entries_as_cmake_spells_them(line: str, name: str, value: str) -> None:
    (found,) = parse_cache(f"//Text\n{line}\n")
    assert (found.name, found.value, found.declared) == (name, value, True)


@pytest.mark.parametrize("text", ["", "nonsense", "//only text\n", "# A:BOOL=ON\n", "A:INTERNAL=1\n", "=\n:=\n"])
def test_what_is_no_entry(text: str) -> None:
    assert parse_cache(text) == ()


@pytest.mark.parametrize("version", ["3.25", "4.4"])
def test_what_nothing_has_read(version: str) -> None:
    log = (LOGS / f"cmake-{version}-configure-unread.log").read_text()
    assert parse_unread(log) == {"CMAKE_C_FLAG", "WHISPER_FOO"}, "of GGML_* ggml reads all"
    assert parse_unread("-- Configuring done\n") == frozenset()


def test_what_ggml_built_with() -> None:
    text = (
        '\n####### Expanded\nset(GGML_LTO "OFF")\nset(GGML_X "a;b")\nset_and_check(GGML_INC "x")\n  set(GGML_Y "1")\n'
    )
    assert parse_effective(text) == {"GGML_LTO": "OFF", "GGML_X": "a;b"}


def test_old_names_with_their_new_ones() -> None:
    assert parse_renamed((LOGS / "cmake-4.4-configure-unread.log").read_text()) == {"WHISPER_CUDA": "GGML_CUDA"}
    assert parse_renamed((LOGS / "cmake-3.25-configure-unread.log").read_text()) == {}


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
