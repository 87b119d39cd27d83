"""A build: what was asked for, the tools that were found, what CMake stored, and digests of the machine code."""

import re
from typing import Self

from harness.records.record import Record, short_hash

# What CMake takes for true and for false (`cmake --help-command if`); a number is true unless it is zero.
_ON = frozenset({"ON", "TRUE", "YES", "Y"})
_OFF = frozenset({"OFF", "FALSE", "NO", "N", "IGNORE", "NOTFOUND", ""})
_NOT_FOUND = "-NOTFOUND"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")
# Our names of BLAS libraries, and those of CMake's FindBLAS, which ggml takes.
BLAS_VENDORS = {
    "openblas": "OpenBLAS",
    "mkl": "Intel10_64lp",
    "blis": "FLAME",
    "accelerate": "Apple",
    "atlas": "ATLAS",
    "flexiblas": "FlexiBLAS",
    "nvhpc": "NVHPC",
    "arm": "Arm_mp",
    "generic": "Generic",
}


class CMakeOption(Record):
    """One `-DNAME=VALUE` with the reason for it, so that a plan can explain itself.

    `asked` is what the user wrote (`-D GGML_LTO=ON`, `--backend cuda`), empty for a choice of the harness: only what
    was asked for must be known to the tree. A `part` is one of several options that belong to what was asked for: an
    older tree may not know it, which is a caveat and not an error.
    """

    name: str
    value: str
    reason: str
    asked: str = ""
    part: bool = False

    def __str__(self) -> str:
        return f"-D{self.name}={self.value}"


class Recipe(Record):
    """What the settings ask for: the build type, the backend by its own name, and the CMake options of both."""

    build_type: str
    backend: str
    options: tuple[CMakeOption, ...] = ()


class Config(Record):
    """Build type, ISA choice, backend, compiler and CMake options; `id` names the build tree.

    `backend` is `cpu`, `blas` (the CPU with a BLAS library), `cuda` and so on; in imported runs what they name.
    """

    build_type: str
    isa: str
    backend: str
    compiler: str
    options: tuple[CMakeOption, ...]

    @property
    def id(self) -> str:
        """Eight hex digits of a hash over everything but the reasons."""
        options = sorted((option.name, option.value) for option in self.options)
        return short_hash(self.build_type, self.isa, self.backend, self.compiler, options, length=8)

    @property
    def llamafile(self) -> str:
        """`on` or `off` as asked for, empty for ggml's own default."""
        return self._switch("GGML_LLAMAFILE")

    @property
    def openmp(self) -> str:
        """`on` or `off` as asked for, empty for ggml's own default."""
        return self._switch("GGML_OPENMP")

    @property
    def blas(self) -> str:
        """The name of the BLAS library as asked for, `none`, or empty for ggml's own default."""
        if self._switch("GGML_BLAS") != "on":
            return "none" if self._switch("GGML_BLAS") else ""
        vendor = self.value("GGML_BLAS_VENDOR") or "Generic"
        return next((name for name, known in BLAS_VENDORS.items() if known == vendor), vendor)

    def value(self, name: str) -> str:
        """Return the value of a CMake option, empty if it was left to the tree."""
        return next((option.value for option in self.options if option.name == name), "")

    def _switch(self, name: str) -> str:
        value = self.value(name)
        return ("on" if is_on(value) else "off") if value else ""


def is_on(value: str) -> bool:
    """Return whether a value is true for CMake."""
    number = _number(value)
    return value.upper() in _ON if number is None else number != 0


def is_switch(value: str) -> bool:
    """Return whether a value is true or false for CMake, and not the name of a variable."""
    word = value.upper()
    return word in _ON or word in _OFF or word.endswith(_NOT_FOUND) or _number(value) is not None


class CMakeVariable(Record):
    """One entry of a CMakeCache.txt.

    `kind` is CMake's type (BOOL, STRING, PATH, ...; UNINITIALIZED where none is known). `declared` says whether
    anything but the command line declares the variable: a project's `option()` or `set(... CACHE ...)`, or CMake
    itself.
    """

    name: str
    kind: str
    value: str
    declared: bool


class Tool(Record):
    """A program: its name, version and path."""

    name: str
    version: str
    path: str


class Toolchain(Record):
    """Compilers, CMake, Ninja, CTest and, where present, a compiler cache and git."""

    cc: Tool
    cxx: Tool
    cmake: Tool
    ctest: Tool
    ninja: Tool
    compiler_cache: Tool | None = None

    @property
    def id(self) -> str:
        """Eight hex digits of a hash over the tools that decide the machine code: the two compilers."""
        return short_hash(self.cc, self.cxx, length=8)


class CodeDigests(Record):
    """Digests of the library and the bench program of a build, by which builds with equal code are found.

    `objects` names each object file that was linked, relative to the build folder, with 16 hex digits of a hash over
    its instructions, constants, data, and what they refer to. The text of version, commit, source and build folder is
    left out, and so is what is never loaded, such as debug information. `link` is a digest of how the objects were
    linked: order, flags, other libraries. `reason` says why nothing is known; there are no digests then.
    """

    objects: tuple[tuple[str, str], ...] = ()
    link: str = ""
    reason: str = ""

    @classmethod
    def unknown(cls, reason: str) -> Self:
        """Return digests of code about which nothing is known."""
        return cls(reason=reason)

    @property
    def known(self) -> bool:
        """Whether the code can be compared."""
        return not self.reason and bool(self.objects)

    @property
    def id(self) -> str:
        """A short hash that identifies this code beside its numbers; empty if nothing is known."""
        return short_hash(self.objects, self.link) if self.known else ""


def are_equal(one: CodeDigests | None, other: CodeDigests | None) -> bool:
    """Return whether both are known and equal; unknown code is equal to nothing, itself included."""
    return one is not None and other is not None and one.known and one == other


def _number(value: str) -> float | None:
    return float(value) if _NUMBER.fullmatch(value) else None
