"""The identity of a compiler, from the output of `--version`."""

import re
from pathlib import PurePosixPath

from harness.records.record import Record

_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,9}(?:-(?:rc|dev|alpha|beta|git)[\w.]*)?")
_CXX_NAMES = {"gcc": "g++", "clang": "clang++", "Apple clang": "Apple clang++", "icx": "icpx"}
# Longest first: `clang` ends in what `cc` would match of `gcc`, and C++ names contain the C ones.
_PARTNERS = (("clang", "clang++"), ("gcc", "g++"), ("icx", "icpx"), ("cc", "c++"))


class Compiler(Record):
    """A compiler's family (`gcc`, `clang`, `Apple clang`, `icx`) and version."""

    family: str
    version: str


class CompilerPair(Record):
    """The C and the C++ compiler of one toolchain, as names or paths."""

    cc: str
    cxx: str


def parse_compiler(text: str) -> Compiler | None:
    """Return the compiler that printed `text`, or None if there is no version in it."""
    version = parse_version(text)
    if not version:
        return None
    if "Free Software Foundation" in text:  # Debian's `cc` and cross compilers give their own name first
        # Before the brackets stands the name, in them the packager's version, behind them the compiler's.
        after = text.partition("\n")[0].partition(") ")[2]
        return Compiler(family="gcc", version=parse_version(after) or version)
    found = re.search(r"\b(Apple clang|clang|Intel\(R\) oneAPI)\b", text)
    family = found[1] if found else text.split(maxsplit=1)[0]
    return Compiler(family="icx" if family.startswith("Intel") else family, version=version)


def parse_version(text: str) -> str:
    """Return the first dotted version number in `text`, or an empty string."""
    found = _VERSION.search(text)
    return found[0] if found else ""


def name_cxx(family: str) -> str:
    """Return the name of the C++ compiler of a family."""
    return _CXX_NAMES.get(family, f"{family} c++")


def choose_pair(compiler: str) -> CompilerPair | None:
    """Return C and C++ compiler if one of the two is named, or None if the name follows no known convention.

    `gcc-13` -> `g++-13`, `/opt/llvm/bin/clang-16` -> `clang++-16` in the same folder, `aarch64-linux-gnu-gcc`.
    """
    path = PurePosixPath(compiler)
    for c_name, cxx_name in _PARTNERS:
        for given, other, is_cxx in ((cxx_name, c_name, True), (c_name, cxx_name, False)):
            match = re.fullmatch(rf"(.*-)?{re.escape(given)}(-[\w.]+)?", path.name)
            if match:
                partner = str(path.with_name(f"{match[1] or ''}{other}{match[2] or ''}"))
                return CompilerPair(cc=partner, cxx=compiler) if is_cxx else CompilerPair(cc=compiler, cxx=partner)
    return None
