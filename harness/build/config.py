"""The CMake options of a build, each with its reason."""

import re
from collections.abc import Mapping, Sequence

from harness.build.recipe import CUDA
from harness.errors import UsageError
from harness.records.build import CMakeOption, Config, Toolchain, is_on
from harness.settings.request import BuildRequest
from harness.settings.value import read_defines

_SIMD = re.compile(r"GGML_(SSE42|AVX\w*|BMI2|FMA|F16C|AMX_\w+|CPU_ARM_ARCH)")


def choose_config(request: BuildRequest, build_type: str, compiler: str) -> Config:
    """Return the config of the build of one type with a compiler; what -D says overrides everything chosen here.

    Raises UsageError for a define that would make the config misleading, or that ggml would ignore.
    """
    named, isa, werror = read_defines(request.defines), request.isa, request.werror
    _refuse_misleading(named, isa)
    warnings = "asked for by --werror" if werror else "a warning of a new compiler should not stop a measurement"
    optimised = "code with assertions, for the tests" if build_type == "Debug" else "optimised code, to be measured"
    chosen = {
        option.name: option
        for option in (
            _option("CMAKE_BUILD_TYPE", build_type, optimised),
            *request.isa_options,
            _option("GGML_CCACHE", "OFF", "ggml's own use of ccache would mix up objects for different CPUs"),
            _option("WHISPER_FATAL_WARNINGS", "ON" if werror else "OFF", warnings, "--werror" if werror else ""),
            _option("WHISPER_BUILD_EXAMPLES", "ON", "whisper-bench and the test programs are examples"),
            _option("WHISPER_BUILD_TESTS", "ON", "registers the tests with CTest"),
            _option("WHISPER_BUILD_SERVER", "OFF", "--bench server builds the server by its own name"),
            *request.recipe.options,
        )
    }
    if compiler.startswith("zig"):
        if "GGML_OPENMP" in chosen and is_on(chosen["GGML_OPENMP"].value):
            raise UsageError("--openmp on: zig ships no OpenMP runtime", hint="--compiler gcc  # or clang")
        chosen["GGML_OPENMP"] = _option("GGML_OPENMP", "OFF", "zig ships no OpenMP runtime")
    for name, value in named.items():
        chosen[name] = _option(name, value, "asked for by -D", f"-D {name}={value}")
    if "GGML_NATIVE" in named:
        isa = "custom"
    return Config(
        build_type=build_type,
        isa=isa,
        backend=request.recipe.backend,
        compiler=compiler,
        options=tuple(chosen.values()),
    )


def choose_wiring(
    toolchain: Toolchain, config: Config, *, defines: Sequence[str], project_include: str
) -> tuple[CMakeOption, ...]:
    """Return the options that name files on this machine; they are not part of a config's identity.

    Without `project_include`, everything is compiled with optimisation.
    """
    wiring = [
        _option("CMAKE_C_COMPILER", toolchain.cc.path, f"{toolchain.cc.name} {toolchain.cc.version}"),
        _option("CMAKE_CXX_COMPILER", toolchain.cxx.path, f"{toolchain.cxx.name} {toolchain.cxx.version}"),
        _option("CMAKE_MAKE_PROGRAM", toolchain.ninja.path, "the Ninja of the harness"),
    ]
    if toolchain.compiler_cache:
        launcher = toolchain.compiler_cache
        reason = f"{launcher.name} {launcher.version}, with a namespace for this CPU's features"
        languages = ["C", "CXX", *(["CUDA"] if config.backend == CUDA else [])]
        wiring += [_option(f"CMAKE_{language}_COMPILER_LAUNCHER", launcher.path, reason) for language in languages]
    if config.build_type != "Debug" and project_include:
        reason = "compiles test programs without optimisation, which halves the build time"
        wiring.append(_option("CMAKE_PROJECT_INCLUDE", project_include, reason))
    named = read_defines(defines)
    return tuple(option for option in wiring if option.name not in named)


def _refuse_misleading(named: Mapping[str, str], isa: str) -> None:
    if "CMAKE_BUILD_TYPE" in named:
        raise UsageError(
            "-D CMAKE_BUILD_TYPE is reserved for the harness", hint=f"--build-type {named['CMAKE_BUILD_TYPE']}"
        )
    simd = sorted(name for name in named if _SIMD.fullmatch(name))
    if simd and isa == "native" and is_on(named.get("GGML_NATIVE", "ON")):
        raise UsageError(
            f"-D {simd[0]} has no effect while GGML_NATIVE is ON",
            cause="with GGML_NATIVE, ggml passes only -march=native",
            hint="--isa NAME  # or -D GGML_NATIVE=OFF with all the options that you want",
        )


def _option(name: str, value: str, reason: str, asked: str = "") -> CMakeOption:
    return CMakeOption(name=name, value=value, reason=reason, asked=asked)
