"""Finds the programs that build and test, and asks each for its version."""

import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from harness.build.install import choose_install_command
from harness.errors import UnfitError, UsageError
from harness.parse.host.node import OS_RELEASE, parse_os_release
from harness.parse.outcome import describe_exit
from harness.parse.tool.compiler import CompilerPair, choose_pair, name_cxx, parse_compiler, parse_version
from harness.records.build import Tool, Toolchain
from harness.system.limit import refuse_program
from harness.system.process.child import capture
from harness.system.process.listener import CapturedOutput
from harness.system.zig import make_zig

AUTO = "auto"
ZIG = "zig"
ZIG_CC = "zig cc"
_AUTO_PAIRS = (
    CompilerPair(cc="cc", cxx="c++"),
    CompilerPair(cc="gcc", cxx="g++"),
    CompilerPair(cc="clang", cxx="clang++"),
)
_PACKAGED = ("cmake", "ctest", "ninja")
_CACHES = ("ccache",)  # sccache has no namespaces: it would mix the objects of different CPUs


def probe_toolchain(compiler: str, environ: Mapping[str, str], *, cache: Path, tools: str = "") -> Toolchain:
    """Return the compilers that `compiler` names, with CMake, CTest, Ninja and a compiler cache if there is one.

    `compiler` is `auto` (CC and CXX in `environ`, else what is found), `zig`, or the name or path of a C or C++
    compiler, from which the other one is derived. In `tools`, a folder, CMake, CTest and Ninja are looked for first.
    Scripts for zig are written below `cache`. Raises UnfitError with the command that installs what is missing, and
    UsageError for a CC or CXX that holds more than a program, and for a folder without any of the tools.
    """
    environ = {**environ, "LC_ALL": "C"}
    if tools and not any((Path(tools) / name).is_file() for name in _PACKAGED):
        raise UsageError(f"--tools: there is no {' or '.join(_PACKAGED)} in {tools}", hint="leave out --tools")
    if compiler == ZIG:
        pair, version = make_zig(environ, cache)
        cc = Tool(name=ZIG_CC, version=version, path=pair.cc)
        cxx = Tool(name="zig c++", version=version, path=pair.cxx)
    else:
        cc, cxx = _probe_compilers(_choose_compilers(compiler, environ), environ)
    return Toolchain(
        cc=cc,
        cxx=cxx,
        cmake=_probe_packaged("cmake", "cmake", environ, tools),
        ctest=_probe_packaged("ctest", "cmake", environ, tools),
        ninja=_probe_packaged("ninja", "ninja", environ, tools),
        compiler_cache=_probe_cache(environ),
    )


def probe_again(known: Toolchain, environ: Mapping[str, str], *, cache: Path) -> Toolchain:
    """Return the programs of an earlier probe as they are now, at their old paths.

    The version of a program that no longer exists, or does not answer, is empty. A compiler cache does not change the
    code: only its existence counts, and one that was installed since is not used. Raises LimitError if a limit of the
    system kept a program from answering.
    """
    environ = {**environ, "LC_ALL": "C"}
    if known.cc.name == ZIG_CC:  # scripts of ours, which go with the cache
        pair, version = make_zig(environ, cache)
        cc = known.cc.replace(version=version, path=pair.cc)
        cxx = known.cxx.replace(version=version, path=pair.cxx)
    else:
        cc, cxx = (_ask_compiler(one, environ, cxx=one.path == known.cxx.path) for one in (known.cc, known.cxx))
    packaged = {name: _ask_version(getattr(known, name), environ) for name in ("cmake", "ctest", "ninja")}
    launcher = known.compiler_cache
    if launcher and not Path(launcher.path).is_file():
        launcher = launcher.replace(version="")
    return Toolchain(cc=cc, cxx=cxx, compiler_cache=launcher, **packaged)


def _ask_compiler(known: Tool, environ: Mapping[str, str], *, cxx: bool) -> Tool:
    answer = _ask_again(known, environ)
    found = parse_compiler(answer.stdout) if answer.ok else None
    if found is None:
        return known.replace(version="")
    return known.replace(name=name_cxx(found.family) if cxx else found.family, version=found.version)


def _ask_version(known: Tool, environ: Mapping[str, str]) -> Tool:
    answer = _ask_again(known, environ)
    return known.replace(version=parse_version(answer.stdout) if answer.ok else "")


def _ask_again(known: Tool, environ: Mapping[str, str]) -> CapturedOutput:
    answer = capture([known.path, "--version"], env=environ)
    if complaint := answer.shortage:  # it may well be what it was
        raise refuse_program(known.path, complaint)
    return answer


def _choose_compilers(compiler: str, environ: Mapping[str, str]) -> CompilerPair:
    """Return C and C++ compiler as full paths."""
    if compiler == AUTO:
        named = {key: program for key in ("CC", "CXX") if (program := _program(key, environ))}
        if not named:
            found = [pair for pair in _AUTO_PAIRS if _which(pair.cc, environ) and _which(pair.cxx, environ)]
            return _locate(found[0] if found else _AUTO_PAIRS[0], environ)
        pair = choose_pair(next(iter(named.values())))
        cc = named.get("CC") or (pair.cc if pair else "")
        cxx = named.get("CXX") or (pair.cxx if pair else "")
    else:
        pair = choose_pair(compiler)
        cc, cxx = (pair.cc, pair.cxx) if pair else ("", "")
    if not (cc and cxx):
        name = compiler if compiler != AUTO else " ".join(f"{key}={value}" for key, value in named.items())
        hint = "CC=gcc CXX=g++ harness run --compiler auto"
        raise UsageError(f"it is not known which compilers {name!r} stands for", hint=hint)
    return _locate(CompilerPair(cc=cc, cxx=cxx), environ)


def _program(key: str, environ: Mapping[str, str]) -> str:
    """Return the program in CC or CXX, or an empty string; a compiler cache in front of it is dropped."""
    try:
        words = shlex.split(environ.get(key, ""))
    except ValueError as error:
        raise UsageError(f"{key} cannot be read", cause=str(error)) from None
    if len(words) > 1 and Path(words[0]).name in _CACHES:
        words = words[1:]
    if len(words) > 1:
        flags = f"-D CMAKE_{'C' if key == 'CC' else 'CXX'}_FLAGS={shlex.quote(shlex.join(words[1:]))}"
        raise UsageError(f"{key} holds flags besides the compiler: {environ[key]}", hint=f"{flags}")
    return words[0] if words else ""


def _locate(pair: CompilerPair, environ: Mapping[str, str]) -> CompilerPair:
    paths = []
    for language, name in (("C", pair.cc), ("C++", pair.cxx)):
        path = _which(name, environ)
        if path is None:
            raise _no_compiler(name, f"no {language} compiler: {name} was not found")
        paths.append(path)
    return CompilerPair(cc=paths[0], cxx=paths[1])


def _probe_compilers(pair: CompilerPair, environ: Mapping[str, str]) -> tuple[Tool, Tool]:
    tools = []
    for path in (pair.cc, pair.cxx):
        answer = capture([path, "--version"], env=environ)
        found = parse_compiler(answer.stdout) if answer.ok else None
        if found is None:  # macOS has a `cc` that only says how to install one
            cause = (answer.stderr or answer.stdout).strip()
            raise _find_stop(path, answer) or _no_compiler(path, f"{path} does not work", cause=cause)
        name = name_cxx(found.family) if path == pair.cxx else found.family
        tools.append(Tool(name=name, version=found.version, path=path))
    return tools[0], tools[1]


def _find_stop(path: str, answer: CapturedOutput) -> UnfitError | None:
    """Return the error for an existing program that was stopped before it answered, where installing would not help.

    Raises LimitError if a limit of the system kept it from answering: whether it works is not known.
    """
    if complaint := answer.shortage:
        raise refuse_program(path, complaint)
    if answer.exit_code < 0 or answer.late:
        cause = answer.stderr if answer.late else describe_exit(answer.exit_code)
        hint = f"{shlex.quote(path)} --version  # ulimit -a shows the limits that are set"
        return UnfitError(f"{path} did not print its version", cause=cause, hint=hint)
    return None


def _no_compiler(compiler: str, what: str, cause: str = "") -> UnfitError:
    texts = (Path(path).read_text(encoding="utf-8") for path in OS_RELEASE if Path(path).is_file())
    release = parse_os_release(next(texts, ""))
    ids = f"{release.get('ID', '')} {release.get('ID_LIKE', '')}"
    install = choose_install_command(sys.platform, ids, compiler)
    zig = f"without root: {shlex.quote(sys.executable)} -m pip install ziglang, then --compiler zig"
    return UnfitError(what, cause=cause, hint="; ".join(part for part in (install, zig) if part))


def _probe_packaged(program: str, package: str, environ: Mapping[str, str], tools: str) -> Tool:
    stopped = None
    for path in _candidates(program, package, environ, tools):
        answer = capture([path, "--version"], env=environ)
        version = parse_version(answer.stdout)
        if answer.ok and version:
            return Tool(name=program, version=version, path=path)
        stopped = _find_stop(path, answer) or stopped
    if stopped:
        raise stopped
    hint = f"{shlex.quote(sys.executable)} -m pip install {package}"
    raise UnfitError(
        f"{program} was not found, or does not run", hint=f"{hint}  # or leave out --tools" if tools else hint
    )


def _candidates(program: str, package: str, environ: Mapping[str, str], tools: str) -> Iterator[str]:
    """Yield possible paths of `program`: the one in `tools`, else in its package, beside this Python, on PATH."""
    if tools and (Path(tools) / program).is_file():
        yield str((Path(tools) / program).absolute())
        return
    spec = find_spec(package)
    folders = [Path(folder) / "data" / "bin" for folder in (spec.submodule_search_locations if spec else None) or ()]
    # cmake's scripts start Python before CMake, so the program itself comes first; ninja has none but the script's.
    folders += [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    yield from (str(folder / program) for folder in folders if (folder / program).is_file())
    path = _which(program, environ)
    if path:
        yield path


def _probe_cache(environ: Mapping[str, str]) -> Tool | None:
    for name in _CACHES:
        path = _which(name, environ)
        if not path:
            continue
        answer = capture([path, "--version"], env=environ)
        if version := parse_version(answer.stdout):
            return Tool(name=name, version=version, path=path)
        _find_stop(path, answer)
    return None


def _which(name: str, environ: Mapping[str, str]) -> str | None:
    found = shutil.which(name, path=environ.get("PATH", ""))
    return str(Path(found).absolute()) if found else None
