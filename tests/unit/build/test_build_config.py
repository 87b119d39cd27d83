"""Configs: every option with a reason, and an identity of what matters."""

import pytest

from harness.build.config import choose_config, choose_wiring
from harness.errors import UsageError
from harness.records.build import CMakeOption, Config, Recipe, Tool
from harness.settings.request import BuildRequest
from tests import factory

NATIVE = (CMakeOption(name="GGML_NATIVE", value="ON", reason="all that this CPU has"),)


def config(
    *defines: str,
    build_type: str = "Release",
    compiler: str = "auto",
    werror: bool = False,
    options: tuple[CMakeOption, ...] = (),
) -> Config:
    recipe = Recipe(build_type="Release", backend="cpu", options=options)
    request = BuildRequest(recipe=recipe, isa="native", isa_options=NATIVE, defines=defines, werror=werror)
    return choose_config(request, build_type, compiler)


def values(chosen: Config) -> dict[str, str]:
    return {option.name: option.value for option in chosen.options}


def test_every_option_has_a_reason() -> None:
    assert all(option.reason for option in config("GGML_LLAMAFILE=ON").options)


def test_werror_is_off_unless_asked() -> None:
    assert values(config())["WHISPER_FATAL_WARNINGS"] == "OFF"
    assert values(config(werror=True))["WHISPER_FATAL_WARNINGS"] == "ON"


def test_a_define_wins_and_changes_the_identity() -> None:
    chosen = config("GGML_NATIVE=OFF", "GGML_LLAMAFILE=ON")
    assert values(chosen)["GGML_NATIVE"] == "OFF"
    assert values(chosen)["GGML_LLAMAFILE"] == "ON"
    assert chosen.id != config().id


def test_the_reason_is_no_part_of_the_identity() -> None:
    other = config().replace(options=tuple(option.replace(reason="") for option in config().options))
    assert other.id == config().id
    assert config(build_type="Debug").id != config().id


def test_ggmls_own_compiler_cache_is_off_and_ours_is_wired() -> None:
    assert values(config())["GGML_CCACHE"] == "OFF"
    tools = factory.toolchain().replace(compiler_cache=Tool(name="ccache", version="4.7.5", path="/bin/ccache"))
    expected = {
        "-DCMAKE_C_COMPILER_LAUNCHER=/bin/ccache",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=/bin/ccache",
        "-DCMAKE_PROJECT_INCLUDE=/x.cmake",
    }
    wired = set(map(str, choose_wiring(tools, config(), defines=(), project_include="/x.cmake")))
    assert wired >= expected
    cuda = config().replace(backend="cuda")
    more = set(map(str, choose_wiring(tools, cuda, defines=(), project_include="/x.cmake")))
    assert more - wired == {"-DCMAKE_CUDA_COMPILER_LAUNCHER=/bin/ccache"}


def test_zig_builds_without_openmp() -> None:
    assert values(config(compiler="zig cc"))["GGML_OPENMP"] == "OFF"
    asked = CMakeOption(name="GGML_OPENMP", value="ON", reason="--openmp on")
    with pytest.raises(UsageError, match="zig ships no OpenMP"):
        config(compiler="zig cc", options=(asked,))


@pytest.mark.parametrize("build_type", ["Release", "RelWithDebInfo", "MinSizeRel"])
def test_all_but_debug_builds_leave_untimed_programs_unoptimised(build_type: str) -> None:
    wired = choose_wiring(factory.toolchain(), config(build_type=build_type), defines=(), project_include="/x.cmake")
    assert "-DCMAKE_PROJECT_INCLUDE=/x.cmake" in map(str, wired)


def test_what_the_user_defines_is_not_wired_a_second_time() -> None:
    wired = choose_wiring(
        factory.toolchain(),
        config(build_type="Debug"),
        defines=("CMAKE_C_COMPILER=/my/cc",),
        project_include="/x.cmake",
    )
    names = {option.name for option in wired}
    assert "CMAKE_C_COMPILER" not in names
    assert "CMAKE_PROJECT_INCLUDE" not in names, "debug builds are not timed"


@pytest.mark.parametrize("define", ["CMAKE_BUILD_TYPE=Debug", "GGML_AVX512=ON"])
def test_what_would_mislead_is_refused(define: str) -> None:
    with pytest.raises(UsageError):
        config(define)


def test_a_choice_of_the_users_own_is_not_called_native() -> None:
    assert config("GGML_NATIVE=OFF", "GGML_AVX2=ON").isa == "custom"
