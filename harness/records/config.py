"""The identity of a binary as asked for."""

import re

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

    `asked` is what the user wrote to have it (`-D GGML_LTO=ON`, `--backend cuda`), empty where it is the harness's own
    choice: only what was asked for must mean something to the tree. A `part` is one of several options that come with
    what was asked for: an older tree may not know it, which is said and not refused.
    """

    name: str
    value: str
    reason: str
    asked: str = ""
    part: bool = False

    def __str__(self) -> str:
        return f"-D{self.name}={self.value}"


class Config(Record):
    """Build type, ISA choice, backend, compiler and CMake options; `id` names the build tree.

    `backend` is `cpu`, `blas` (the CPU with a BLAS library), `cuda` and so on; in runs of others what they say.
    """

    build_type: str
    isa: str
    backend: str
    compiler: str
    options: tuple[CMakeOption, ...]

    @property
    def id(self) -> str:
        """Eight hex digits over everything but the reasons."""
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
        """Return the value of a CMake option, empty where it was left to the tree."""
        return next((option.value for option in self.options if option.name == name), "")

    def _switch(self, name: str) -> str:
        value = self.value(name)
        return ("on" if is_on(value) else "off") if value else ""


def is_on(value: str) -> bool:
    """Return whether CMake takes a value for true."""
    number = _number(value)
    return value.upper() in _ON if number is None else number != 0


def is_switch(value: str) -> bool:
    """Return whether CMake takes a value for true or for false, and not for the name of a variable."""
    word = value.upper()
    return word in _ON or word in _OFF or word.endswith(_NOT_FOUND) or _number(value) is not None


def _number(value: str) -> float | None:
    return float(value) if _NUMBER.fullmatch(value) else None
