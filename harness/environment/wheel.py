"""Kinds of machine for which locked packages have no wheel: pip compiles them there, which needs a compiler."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

# What was found in the package index for the locked versions (docs/reference/platforms.md). MarkupSafe is left out: it
# does without a compiler.
WITHOUT = {
    "riscv64": ("psutil",),
    "ppc64le": ("msgspec", "psutil"),
    "s390x": ("msgspec", "psutil"),
    "armv7l": ("msgspec", "psutil"),
    "armv6l": ("msgspec", "psutil"),
    "i686": ("msgspec", "psutil"),
    "loongarch64": ("cmake", "ninja", "msgspec", "psutil"),
}
INSTALL = (
    "sudo apt install gcc python3-dev (Debian, Ubuntu); sudo dnf install gcc python3-devel (Fedora); "
    "apk add gcc musl-dev linux-headers python3-dev (Alpine)"
)


class BuildTools(NamedTuple):
    """Whether there is what pip needs to compile a package: a C compiler, and Python's headers."""

    compiler: bool
    headers: bool


def find_build_tools() -> BuildTools:
    """Return what this Python would find."""
    named = os.environ.get("CC", "").split()[:1]
    headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    return BuildTools(any(map(shutil.which, (*named, "cc", "gcc", "clang"))), headers)


def describe_builds(system: str, machine: str, tools: BuildTools) -> str:
    """Return what a user must know before pip begins; empty where every package has a wheel."""
    packages = WITHOUT.get(machine, ()) if system == "Linux" else ()
    if not packages:
        return ""
    one = len(packages) == 1
    names = packages[-1] if one else f"{', '.join(packages[:-1])} and {packages[-1]}"
    what = f"{names} {'has' if one else 'have'} no wheel for {machine}, so pip compiles {'it' if one else 'them'}"
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    missing = [
        *([] if tools.compiler else ["a C compiler"]),
        *([] if tools.headers else [f"the headers of {version}"]),
    ]
    if not missing:
        return f"{what}; this takes minutes"
    return f"{what}, which needs {' and '.join(missing)}. If that fails, first: {INSTALL}"
