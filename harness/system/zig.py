"""Zig as C and C++ compiler, from its Python package: no root, no package manager.

CMake needs one path per tool, `zig` needs a subcommand: small scripts connect the two.
"""

import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from harness.errors import UnfitError
from harness.parse.tool.compiler import CompilerPair, parse_version
from harness.records.record import short_hash
from harness.system.foreign import is_regular, read_text
from harness.system.fresh import write_atomic
from harness.system.limit import refuse_program
from harness.system.process.child import capture

# Without a target CPU zig compiles for the machine it runs on, whatever is left out of the flags: that would make every
# --isa a native one. A later -march=native or -mavx2 still adds to the baseline. Undefined behaviour traps in
# unoptimised zig code but not in that of other compilers, which the tests are written for.
_COMPILE = "-mcpu=baseline -fno-sanitize=undefined"
# CMake asks for an archiver next to the compiler before it looks elsewhere, by Clang's names for it.
_TOOLS = {"zig-cc": f"cc {_COMPILE}", "zig-c++": f"c++ {_COMPILE}", "llvm-ar": "ar", "llvm-ranlib": "ranlib"}


def make_zig(environ: Mapping[str, str], cache: Path) -> tuple[CompilerPair, str]:
    """Return zig's C and C++ compiler below `cache`, and zig's version; raises UnfitError if zig is not installed."""
    zig = find_zig(environ)
    if zig is None:
        raise UnfitError("zig is not installed", hint=f"{shlex.quote(sys.executable)} -m pip install ziglang")
    answer = capture([str(zig), "version"], env=environ)
    version = parse_version(answer.stdout)
    if complaint := answer.shortage:
        raise refuse_program(str(zig), complaint)
    if not answer.ok or not version:
        raise UnfitError(f"{zig} does not run", cause=(answer.stderr or answer.stdout).strip())
    scripts = {name: _script(zig, command, cache) for name, command in _TOOLS.items()}
    folder = cache / "tools" / f"zig-{version}-{short_hash(scripts, length=8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, script in scripts.items():
            _write(folder / name, script)
    except OSError as error:
        raise UnfitError(f"cannot write zig's scripts to {folder}", cause=str(error.strerror)) from None
    return CompilerPair(cc=str(folder / "zig-cc"), cxx=str(folder / "zig-c++")), version


def find_zig(environ: Mapping[str, str]) -> Path | None:
    """Return the program of the `ziglang` package of this Python, else the one on PATH, else None."""
    spec = find_spec("ziglang")
    folders = spec.submodule_search_locations if spec else None
    packaged = [Path(folder) / "zig" for folder in folders or ()]
    found = next((path for path in packaged if path.is_file()), None)
    on_path = shutil.which("zig", path=environ.get("PATH", ""))
    return found or (Path(on_path) if on_path else None)


def _script(zig: Path, command: str, cache: Path) -> str:
    # Zig keeps its own compiled C and C++ libraries, and fails where there is no home to keep them in.
    # It asks the program that CC names where the C library lies. CMake sets CC and Ninja does not: two answers would
    # be two C++ libraries, which take minutes to compile.
    store = shlex.quote(str(cache / "zig"))
    return (
        "#!/bin/sh\n"
        "unset CC\n"
        f': "${{ZIG_GLOBAL_CACHE_DIR:={store}}}"\n'
        "export ZIG_GLOBAL_CACHE_DIR\n"
        f'exec {shlex.quote(str(zig))} {command} "$@"\n'
    )


def _write(path: Path, text: str) -> None:
    if not (is_regular(path) and read_text(path) == text):  # a new time stamp would look like a new compiler
        write_atomic(path, text.encode(), mode=0o777)
