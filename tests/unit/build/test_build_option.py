"""Options that change nothing are found, by what CMake made of them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.build.option import ConfiguredTree, OptionFlaw, find_flaws, refuse
from harness.parse.tool.cmake import parse_cache
from harness.records.build import CMakeOption, CMakeVariable, is_on, is_switch
from harness.settings.value import name_option, split_option

LOGS = Path(__file__).parents[2] / "data" / "logs"
CACHE = parse_cache((LOGS / "cmake-3.25-CMakeCache.txt").read_text())


def flaws(
    word: str,
    *,
    cached: str | None = None,
    effective: Mapping[str, str] | None = None,
    unread: frozenset[str] | None = frozenset(),
    renamed: Mapping[str, str] | None = None,
    named: tuple[str, ...] = (),
) -> list[OptionFlaw]:
    """Return the flaws of a `NAME=VALUE` in a tree like v1.8.5; `cached` is what CMake holds of it then."""
    name, value = split_option(word)
    known = next((one for one in CACHE if one.name == name), None)
    mine = known.replace(value=value if cached is None else cached) if known else None
    undeclared = CMakeVariable(name=name, kind="UNINITIALIZED", value=value, declared=False)
    option = CMakeOption(name=name, value=value, reason="", asked=f"-D {word}")
    cache = [mine or undeclared, *(one for one in CACHE if one.name != name)]
    tree = ConfiguredTree(
        cache=cache, effective=effective or {}, unread=unread, renamed=renamed or {}, is_named=named.__contains__
    )
    return list(find_flaws([option], tree))


@pytest.mark.parametrize(
    "word",
    [
        "GGML_LTO=ON",
        "GGML_LTO:BOOL=ON",
        "GGML_LTO=1",
        "GGML_LTO=no",
        "GGML_BLAS_VENDOR=OpenBLAS",
        "GGML_CPU_ARM_ARCH=armv8-a",
        "CMAKE_CXX_FLAGS=-O2 -g",
        "CMAKE_POLICY_DEFAULT_CMP0077=NEW",
        # Read by CMake or a module, declared by nobody.
        "CMAKE_INTERPROCEDURAL_OPTIMIZATION=ON",
        "OpenMP_ROOT=/opt/omp",
    ],
)
def test_options_that_count(word: str) -> None:
    unread = frozenset({"CMAKE_POLICY_DEFAULT_CMP0077"})
    assert flaws(word, unread=unread) == []


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("GGML_LTOO=ON", "GGML_LTO"),
        ("GGML_LTOO:BOOL=ON", "GGML_LTO"),
        ("GGML_CUBLAS=ON", "GGML_CUDA"),
        ("WHISPER_CUBLAS=ON", "GGML_CUDA"),
        ("LLAMA_CUBLAS=ON", ""),
        ("GGML_HIPBLAS=ON", "GGML_HIP"),
        ("WHISPER_OPENBLAS=ON", "GGML_BLAS"),
        ("WHISPER_AVX2=OFF", "GGML_AVX2"),
        ("GGML_SDL2=ON", "WHISPER_SDL2"),
        ("CMAKE_CXX_FLAG=-O1", "CMAKE_CXX_FLAGS"),
        ("QQQ=1", ""),
    ],
)
def test_options_that_nobody_knows_and_what_was_meant(word: str, near: str) -> None:
    name, _ = split_option(word)
    (flaw,) = flaws(word, unread=frozenset({name}))
    assert flaw.what == f"the tree has no option {name}"
    assert flaw.near[:1] == ((near,) if near else ())


def test_ggmls_own_loop_over_its_variables_reads_nothing() -> None:
    assert len(flaws("GGML_LTOO=ON", unread=frozenset())) == 1


def test_what_a_file_of_the_tree_names_may_count() -> None:
    assert flaws("GGML_SYCL_TARGET=INTEL", named=("GGML_SYCL_TARGET",)) == []
    assert flaws("WHISPER_X=1", unread=frozenset({"WHISPER_X"}), named=("WHISPER_X",)) == [], "if(DEFINED WHISPER_X)"


def test_where_it_is_not_known_what_was_read_the_files_decide() -> None:
    assert len(flaws("WHISPER_X=1", unread=None)) == 1
    assert flaws("WHISPER_X=1", unread=None, named=("WHISPER_X",)) == []
    assert flaws("CMAKE_UNITY_BUILD=ON", unread=None) == [], "no file of any tree names it"


def test_a_name_that_the_tree_calls_old() -> None:
    (flaw,) = flaws("WHISPER_CUDA=ON", renamed={"WHISPER_CUDA": "GGML_CUDA"}, named=("WHISPER_CUDA",))
    assert (flaw.what, flaw.near) == ("WHISPER_CUDA is an old name", ("GGML_CUDA",))


@pytest.mark.parametrize("word", ["WHISPER_OPENMP=OFF", "WHISPER_CUDA=0", "WHISPER_NATIVE=", "WHISPER_CUBLAS=OFF"])
def test_an_old_name_with_a_value_of_which_the_tree_says_nothing(word: str) -> None:
    name, _ = split_option(word)
    (flaw,) = flaws(word, named=(name,))
    assert flaw.what == f"{name} is an old name"
    assert flaw.near == (f"GGML_{name.removeprefix('WHISPER_').replace('CUBLAS', 'CUDA')}",)


def test_what_whisper_declares_beside_ggml_is_no_old_name() -> None:
    assert flaws("WHISPER_ALL_WARNINGS=OFF") == []
    assert flaws("WHISPER_EXTRA_FLAGS=-O1") == []


@pytest.mark.parametrize(
    "name", ["CUDAToolkit_ROOT", "CMAKE_CUDA_FLAGS", "CMAKE_CUDA_HOST_COMPILER", "PKG_CONFIG_EXECUTABLE"]
)
def test_what_only_builds_for_another_backend_read(name: str) -> None:
    assert flaws(f"{name}=x", unread=frozenset({name}), named=("CUDA", "CUDAToolkit", "PkgConfig")) == []
    assert len(flaws(f"{name}=x", unread=frozenset({name}))) == 1, "a tree without CUDA"


def test_what_a_language_in_use_has_not_read_changes_nothing() -> None:
    assert len(flaws("CMAKE_CXX_FLAG=x", unread=frozenset({"CMAKE_CXX_FLAG"}), named=("CXX",))) == 1
    option = CMakeOption(name="CMAKE_CUDA_FLAG", value="x", reason="", asked="-D CMAKE_CUDA_FLAG=x")
    compiler = CMakeVariable(name="CMAKE_CUDA_COMPILER", kind="FILEPATH", value="/nvcc", declared=True)
    tree = ConfiguredTree([compiler], {}, frozenset({option.name}), {}, "CUDA".__eq__)
    assert len(list(find_flaws([option], tree))) == 1


def test_a_value_that_the_tree_overwrites() -> None:
    (flaw,) = flaws("GGML_LTO=ON", cached="OFF")
    assert flaw.what == "the tree itself sets GGML_LTO to OFF"
    (flaw,) = flaws("GGML_BLAS_VENDOR=OpenBLAS", cached="Generic")
    assert "Generic" in flaw.what


@pytest.mark.parametrize("kind", ["FILEPATH", "STRING"])
@pytest.mark.parametrize("word", ["gcc", "/opt/bin/gcc", "gcc;-m64"])
def test_cmake_makes_paths_of_programs(word: str, kind: str) -> None:
    """Untyped on the command line, a compiler is a STRING in CMakeCache.txt."""
    option = CMakeOption(name="CMAKE_C_COMPILER", value=word, reason="", asked=f"-D CMAKE_C_COMPILER={word}")
    for value, count in (("/usr/bin/gcc", 0), ("/usr/bin/clang", kind == "STRING")):
        cache = [CMakeVariable(name=option.name, kind=kind, value=value, declared=True)]
        tree = ConfiguredTree(cache, {}, frozenset(), {}, lambda _: False)
        assert len(list(find_flaws([option], tree))) == count


def test_an_option_of_ggml_that_whisper_sets_itself() -> None:
    (flaw,) = flaws("GGML_ALL_WARNINGS=OFF", effective={"GGML_ALL_WARNINGS": "ON"}, named=("GGML_ALL_WARNINGS",))
    assert flaw.what == "the tree itself sets GGML_ALL_WARNINGS to ON"
    assert flaw.near == ("WHISPER_ALL_WARNINGS",)
    assert flaws("GGML_ALL_WARNINGS=1", effective={"GGML_ALL_WARNINGS": "ON"}, named=("GGML_ALL_WARNINGS",)) == []
    assert flaws("GGML_BLAS_VENDOR=OpenBLAS", effective={"GGML_BLAS_VENDOR": "OpenBLAS"}) == []


def test_a_switch_that_is_neither_on_nor_off() -> None:
    (flaw,) = flaws("GGML_LTO=yess")
    assert flaw.what == "GGML_LTO must be ON or OFF"


def test_what_the_harness_chose_itself_need_not_be_known() -> None:
    own = CMakeOption(name="GGML_NO_SUCH", value="OFF", reason="part of the harness")
    assert not list(find_flaws([own], ConfiguredTree(CACHE, {}, frozenset(), {}, lambda _: False)))


def test_the_refusal_names_all_and_the_way_out() -> None:
    error = refuse([*flaws("GGML_LTOO=ON"), *flaws("GGML_CUBLAS=ON")], "v1.8.5")
    assert error.cause.endswith("so it would change nothing (the tree: v1.8.5)")
    assert error.exit_code == 2
    assert error.what.startswith("-D GGML_LTOO=ON: the tree has no option GGML_LTOO; -D GGML_CUBLAS=ON: ")
    assert error.hint == "did you mean GGML_LTO or GGML_CUDA? --allow-unknown-options builds it anyway"


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("A=B", "A", "B"),
        ("A:BOOL=ON", "A", "ON"),
        ("OpenMP_ROOT:PATH=/x:y=z", "OpenMP_ROOT", "/x:y=z"),
        ("A=", "A", ""),
        ("CMAKE_CXX_FLAGS:STRING=-O2 -DX=1", "CMAKE_CXX_FLAGS", "-O2 -DX=1"),
    ],
)
def test_names_values_and_types(word: str, name: str, value: str) -> None:
    assert split_option(word) == (name, value)


@pytest.mark.parametrize("word", ["A", "=B", "A:=B", "A:BOOLEAN=ON", "A:bool=ON", "A B=1", "", ":BOOL=ON", "-DA=1"])
def test_words_that_are_no_options(word: str) -> None:
    with pytest.raises(ValueError):
        split_option(word)


def test_names_in_capitals() -> None:
    assert name_option("GGML_LTO:BOOL") == name_option("GGML_LTO") == "GGML_LTO"
    for name in ("OpenMP_ROOT", "CUDAToolkit_ROOT", "CMAKE_DISABLE_FIND_PACKAGE_OpenMP"):
        assert name_option(name) == name_option(f"{name}:STRING") == name
    for word in ("threads", "Threads", "build_type", "Build_type", "GGML_LTO:NO", ""):
        assert name_option(word) == ""


@pytest.mark.parametrize("word", ["ON", "on", "1", "TRUE", "yes", "Y", "2", "0.5"])
def test_what_is_on(word: str) -> None:
    assert is_on(word)
    assert is_switch(word)


@pytest.mark.parametrize("word", ["OFF", "0", "false", "no", "n", "IGNORE", "NOTFOUND", "x-NOTFOUND", ""])
def test_what_is_off(word: str) -> None:
    assert not is_on(word)
    assert is_switch(word)


@pytest.mark.parametrize("word", ["banana", "yess", "enable", "onn"])
def test_what_is_neither(word: str) -> None:
    assert not is_on(word)
    assert not is_switch(word)
