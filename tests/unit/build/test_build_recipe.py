"""Recipes: what each setting of the build becomes, under which name, and what contradicts what."""

import pytest

from harness.build.recipe import ACCELERATORS, BinaryWords, choose_recipe
from harness.errors import UsageError
from harness.records.build import Recipe

LINUX, MACOS = "Debian GNU/Linux 12 (bookworm)", "macOS 15.5"


def recipe(*defines: str, os: str = LINUX, **flags: str) -> Recipe:
    return choose_recipe(BinaryWords(**flags, defines=defines), os)


def words(chosen: Recipe) -> list[str]:
    return [str(option).removeprefix("-D") for option in chosen.options]


def test_nothing_asked_for_passes_nothing() -> None:
    assert recipe() == Recipe(build_type="Release", backend="cpu")
    assert recipe(backend="cpu") == recipe(), "on Linux the default is the CPU"


@pytest.mark.parametrize(
    ("flags", "backend", "options"),
    [
        ({"backend": "cuda"}, "cuda", ["GGML_CUDA=ON"]),
        ({"backend": "Vulkan"}, "vulkan", ["GGML_VULKAN=ON"]),
        ({"backend": "coreml"}, "coreml", ["WHISPER_COREML=ON"]),
        ({"backend": "blas"}, "blas", ["GGML_BLAS=ON", "GGML_BLAS_VENDOR=OpenBLAS"]),
        ({"blas": "mkl"}, "blas", ["GGML_BLAS=ON", "GGML_BLAS_VENDOR=Intel10_64lp"]),
        ({"backend": "cpu", "blas": "openblas"}, "blas", ["GGML_BLAS=ON", "GGML_BLAS_VENDOR=OpenBLAS"]),
        ({"backend": "hip", "blas": "blis"}, "hip", ["GGML_HIP=ON", "GGML_BLAS=ON", "GGML_BLAS_VENDOR=FLAME"]),
        ({"blas": "none"}, "cpu", ["GGML_BLAS=OFF"]),
        ({"llamafile": "on", "openmp": "OFF"}, "cpu", ["GGML_LLAMAFILE=ON", "GGML_OPENMP=OFF"]),
    ],
)
def test_what_the_settings_become(flags: dict[str, str], backend: str, options: list[str]) -> None:
    chosen = recipe(**flags)
    assert chosen.backend == backend
    assert words(chosen) == options
    assert all(option.reason.startswith("--") for option in chosen.options)


@pytest.mark.parametrize("backend", ACCELERATORS)
def test_every_accelerator_has_its_option(backend: str) -> None:
    chosen = recipe(backend=backend)
    assert chosen.backend == backend
    assert words(chosen) == [f"{ACCELERATORS[backend]}=ON"]


@pytest.mark.parametrize(
    ("flags", "backend", "options"),
    [
        ({}, "metal", []),
        ({"backend": "cpu"}, "cpu", ["GGML_METAL=OFF", "GGML_BLAS=OFF"]),
        ({"backend": "blas"}, "blas", ["GGML_METAL=OFF", "GGML_BLAS=ON", "GGML_BLAS_VENDOR=Apple"]),
        ({"backend": "coreml"}, "coreml", ["WHISPER_COREML=ON"]),
        ({"backend": "metal"}, "metal", ["GGML_METAL=ON"]),
    ],
)
def test_macos_has_other_defaults(flags: dict[str, str], backend: str, options: list[str]) -> None:
    chosen = recipe(os=MACOS, **flags)
    assert chosen.backend == backend
    assert words(chosen) == options


@pytest.mark.parametrize(
    ("define", "backend", "os"),
    [
        ("GGML_CUDA=on", "cuda", LINUX),
        ("GGML_BLAS=1", "blas", LINUX),
        ("GGML_OPENCL=ON", "opencl", LINUX),
        ("GGML_CUDA=OFF", "cpu", LINUX),
        ("GGML_METAL=OFF", "blas", MACOS),
    ],
)
def test_a_define_names_the_backend(define: str, backend: str, os: str) -> None:
    assert recipe(define, os=os).backend == backend


def test_a_vendor_of_the_users_own_stays() -> None:
    assert words(recipe("GGML_BLAS_VENDOR=SGI", backend="blas")) == ["GGML_BLAS=ON"]


@pytest.mark.parametrize("written", ["release", "RELWITHDEBINFO", "MinSizeRel", "debug"])
def test_build_types_are_spelled_as_cmake_does(written: str) -> None:
    assert recipe(build_type=written).build_type in ("Release", "RelWithDebInfo", "MinSizeRel", "Debug")


@pytest.mark.parametrize(
    ("flags", "what", "hint"),
    [
        ({"backend": "cdua"}, "--backend: unknown value 'cdua'", "did you mean cuda"),
        ({"backend": ""}, "--backend: unknown value ''", "one of: auto, cpu, blas"),
        ({"build_type": "Relase"}, "--build-type: unknown value 'Relase'", "did you mean Release"),
        ({"blas": "openblass"}, "--blas: unknown value 'openblass'", "did you mean openblas"),
        ({"llamafile": "yes"}, "--llamafile: unknown value 'yes'", "on, off"),
        ({"openmp": "of"}, "--openmp: unknown value 'of'", "did you mean off"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(flags: dict[str, str], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe(**flags)
    assert what in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("define", "flags", "what"),
    [
        ("GGML_CUDA=OFF", {"backend": "cuda"}, "--backend cuda contradicts -D GGML_CUDA=OFF"),
        ("GGML_VULKAN=ON", {"backend": "cpu"}, "--backend cpu contradicts -D GGML_VULKAN=ON"),
        ("GGML_HIP=ON", {"backend": "cuda"}, "--backend cuda contradicts -D GGML_HIP=ON"),
        ("GGML_LLAMAFILE=OFF", {"llamafile": "on"}, "--llamafile on contradicts -D GGML_LLAMAFILE=OFF"),
        ("GGML_OPENMP=ON", {"openmp": "off"}, "--openmp off contradicts -D GGML_OPENMP=ON"),
        ("GGML_BLAS=ON", {"blas": "none"}, "--blas none contradicts -D GGML_BLAS=ON"),
        ("GGML_BLAS_VENDOR=Generic", {"blas": "openblas"}, "--blas openblas contradicts -D GGML_BLAS_VENDOR=Generic"),
    ],
)
def test_a_contradiction_is_refused(define: str, flags: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        recipe(define, **flags)


def test_settings_that_contradict_each_other() -> None:
    with pytest.raises(UsageError, match="--backend blas contradicts --blas none"):
        recipe(backend="blas", blas="none")


def test_the_same_said_twice_is_no_contradiction() -> None:
    assert recipe("GGML_CUDA=1", "GGML_LLAMAFILE=on", backend="cuda", llamafile="on").backend == "cuda"
