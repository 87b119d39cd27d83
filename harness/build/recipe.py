"""The recipe of a binary, apart from instruction set and compiler: build type, backend, BLAS, llamafile, OpenMP.

Each setting becomes CMake options with a reason; what is not set is left to ggml's default.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.errors import UsageError
from harness.records.build import BLAS_VENDORS, CMakeOption, Recipe, is_on
from harness.records.node import is_macos
from harness.records.record import Record
from harness.settings.layer import nearest
from harness.settings.value import read_defines

BUILD_TYPES = ("Release", "RelWithDebInfo", "MinSizeRel", "Debug")
AUTO = "auto"
CPU, BLAS, CUDA, METAL, COREML = "cpu", "blas", "cuda", "metal", "coreml"
# The option that builds each; the first one that a -D turns on names the backend.
ACCELERATORS: Mapping[str, str] = {
    CUDA: "GGML_CUDA",
    "vulkan": "GGML_VULKAN",
    "hip": "GGML_HIP",
    "sycl": "GGML_SYCL",
    # ggml's own backend (v1.8.5); the encoder of WHISPER_OPENVINO is never asked for by whisper-bench.
    "openvino": "GGML_OPENVINO",
    COREML: "WHISPER_COREML",
    METAL: "GGML_METAL",
    "musa": "GGML_MUSA",
    "opencl": "GGML_OPENCL",
    "webgpu": "GGML_WEBGPU",
    "cann": "GGML_CANN",
    "kompute": "GGML_KOMPUTE",
}
BACKENDS = (AUTO, CPU, BLAS, *ACCELERATORS)
# Neither needs a GPU; the programs get an option not to use one.
ON_CPU = (CPU, BLAS)
NO_BLAS = "none"
_SWITCHES = {"on": "ON", "off": "OFF", "": ""}


# A setting as it is written on the command line, and an option of CMake that follows from it.
Consequence = tuple[str, CMakeOption]


class BinaryWords(Record):
    """The settings of a binary, as written; empty for what is left to ggml."""

    build_type: str = "Release"
    backend: str = AUTO
    blas: str = ""
    llamafile: str = ""
    openmp: str = ""
    defines: tuple[str, ...] = ()


def choose_recipe(asked: BinaryWords, os: str) -> Recipe:
    """Return the recipe of a build on an operating system, with `auto` resolved.

    Raises UsageError for an unknown name, and for settings that contradict each other or a -D.
    """
    build_type = _choose("build-type", asked.build_type, BUILD_TYPES)
    backend = _choose("backend", asked.backend, BACKENDS)
    blas = _choose("blas", asked.blas, (NO_BLAS, *BLAS_VENDORS, ""))
    if backend == BLAS and blas == NO_BLAS:
        raise UsageError(
            "--backend blas contradicts --blas none", hint="--backend cpu  # or --blas with the name of a BLAS library"
        )
    named = read_defines(asked.defines)
    asked_for = [
        *_ask_backend(backend, os),
        *_ask_blas(backend, blas, named, os),
        *_ask_switch("llamafile", asked.llamafile, "ggml's tinyBLAS kernels for matrices"),
        *_ask_switch("openmp", asked.openmp, "threads of OpenMP, else ggml's own"),
    ]
    _refuse_contradiction([*asked_for, *_forbid(backend)], named)
    options = [option for _, option in asked_for]
    values = {option.name: option.value for option in options} | named
    return Recipe(build_type=build_type, backend=_resolve(backend, values, os), options=tuple(options))


def _choose(name: str, written: str, known: Sequence[str]) -> str:
    """Return a word in its canonical spelling, whatever its case; raises UsageError for an unknown word."""
    found = next((word for word in known if word.lower() == written.lower()), None)
    if found is None:
        words = [word for word in known if word]
        raise UsageError(f"--{name}: unknown value {written!r}", hint=nearest(written, words))
    return found


def _ask_backend(backend: str, os: str) -> Iterator[Consequence]:
    asked = f"--backend {backend}"
    if backend in ACCELERATORS:
        yield asked, CMakeOption(name=ACCELERATORS[backend], value="ON", reason=asked, asked=asked)
    if is_macos(os) and backend not in (AUTO, METAL, COREML):
        yield asked, CMakeOption(name="GGML_METAL", value="OFF", reason=f"{asked}; the default on macOS is ON")


def _ask_blas(backend: str, blas: str, named: Mapping[str, str], os: str) -> Iterator[Consequence]:
    apple = is_macos(os)
    asked = f"--blas {blas}" if blas else f"--backend {backend}"
    if blas == NO_BLAS or (backend == CPU and not blas and apple and "GGML_BLAS" not in named):
        yield asked, CMakeOption(name="GGML_BLAS", value="OFF", reason=asked)
    elif blas or backend == BLAS:
        yield asked, CMakeOption(name="GGML_BLAS", value="ON", reason=asked, asked=asked)
        vendor = BLAS_VENDORS[blas or ("accelerate" if apple else "openblas")]
        if blas or "GGML_BLAS_VENDOR" not in named:
            yield asked, CMakeOption(name="GGML_BLAS_VENDOR", value=vendor, reason=asked, asked=asked)


def _ask_switch(name: str, written: str, what: str) -> Iterator[Consequence]:
    word = _choose(name, written, tuple(_SWITCHES))
    if word:
        # Where llamafile's kernels are unknown they are off, as was asked for; OpenMP is on by default.
        moot, asked = (name, word) == ("llamafile", "off"), f"--{name} {word}"
        yield (
            asked,
            CMakeOption(
                name=f"GGML_{name.upper()}",
                value=_SWITCHES[word],
                reason=f"{asked}: {what}",
                asked="" if moot else asked,
            ),
        )


def _forbid(backend: str) -> Iterator[Consequence]:
    """Yield the options that a named backend excludes: with two accelerators, it is not known which one works."""
    for name, option in ACCELERATORS.items():
        # Core ML only runs the encoder; Metal may run the rest.
        if backend not in (AUTO, name) and (backend, name) != (COREML, METAL):
            asked = f"--backend {backend}"
            yield asked, CMakeOption(name=option, value="OFF", reason=asked)


def _refuse_contradiction(asked_for: Sequence[Consequence], named: Mapping[str, str]) -> None:
    for asked, option in asked_for:
        value = named.get(option.name, option.value)
        same = value == option.value if option.name.endswith("_VENDOR") else is_on(value) == is_on(option.value)
        if not same:
            raise UsageError(f"{asked} contradicts -D {option.name}={value}", hint="leave out one of the two")


def _resolve(backend: str, values: Mapping[str, str], os: str) -> str:
    """Return the canonical name of the backend that is built; with BLAS, the CPU counts as another backend."""
    if backend in ACCELERATORS:
        return backend
    default = "ON" if is_macos(os) and backend == AUTO else "OFF"
    defaults = {"GGML_METAL": default}
    for name, option in ACCELERATORS.items():
        if is_on(values.get(option, defaults.get(option, "OFF"))):
            return name
    return BLAS if is_on(values.get("GGML_BLAS", default)) else CPU
