from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import UnfitError, UsageError
from harness.system import toolchain, zig
from harness.system.process.listener import CapturedOutput
from harness.system.toolchain import probe_toolchain

VERSIONS = {
    "cc": "cc (Debian 12.2.0-14) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.\n",
    "c++": "c++ (Debian 12.2.0-14) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.\n",
    "clang-16": "Debian clang version 16.0.6\n",
    "clang++-16": "Debian clang version 16.0.6\n",
    "cmake": "cmake version 3.31.1\n",
    "ctest": "ctest version 3.31.1\n",
    "ninja": "1.12.1\n",
    "ccache": "ccache version 4.7.5\n",
    "zig": "0.14.1\n",
}
ASK = ("cmake", "ctest", "ninja")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """Return a function that puts programs on a PATH of their own; none of them is ever started."""

    def answer(argv: Sequence[str], *, env: Mapping[str, str]) -> CapturedOutput:
        name = Path(argv[0]).name
        if name == "broken":
            return CapturedOutput(exit_code=1, stdout="", stderr="no developer tools were found\n")
        return CapturedOutput(exit_code=0, stdout=VERSIONS.get(name, VERSIONS["cc"]), stderr="")

    monkeypatch.setattr(toolchain, "capture", answer)
    monkeypatch.setattr(zig, "capture", answer)
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    monkeypatch.setattr(zig, "find_spec", lambda name: None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "no-scripts"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))

    def install(*names: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / name).touch(mode=0o755)
        return {"PATH": str(folder)}

    return install


def test_auto_takes_what_is_there(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    found = probe_toolchain("auto", machine("cc", "c++", "clang", *ASK), cache=tmp_path)
    assert (found.cc.name, found.cc.version, found.cc.path) == ("gcc", "12.2.0", str(tmp_path / "bin/cc"))
    assert (found.cxx.name, found.cxx.path) == ("g++", str(tmp_path / "bin/c++"))
    assert (found.cmake.version, found.ctest.version, found.ninja.version) == ("3.31.1", "3.31.1", "1.12.1")
    assert found.compiler_cache is None


def test_auto_passes_over_a_compiler_without_a_partner(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    found = probe_toolchain("auto", machine("cc", "gcc", "clang", "clang++", *ASK), cache=tmp_path)
    assert Path(found.cc.path).name == "clang"


def test_compiler_cache_is_seen(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    found = probe_toolchain("auto", machine("cc", "c++", "ccache", *ASK), cache=tmp_path)
    assert found.compiler_cache is not None
    assert (found.compiler_cache.name, found.compiler_cache.version) == ("ccache", "4.7.5")


def test_named_compiler_brings_its_partner(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    found = probe_toolchain("clang-16", machine("cc", "c++", "clang-16", "clang++-16", *ASK), cache=tmp_path)
    assert (found.cc.name, found.cxx.name, found.cxx.version) == ("clang", "clang++", "16.0.6")
    assert Path(found.cxx.path).name == "clang++-16"


@pytest.mark.parametrize(
    "variables", [{"CC": "clang-16"}, {"CXX": "clang++-16"}, {"CC": "ccache clang-16", "CXX": "clang++-16"}]
)
def test_auto_obeys_cc_and_cxx(
    variables: dict[str, str], machine: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    environ = machine("cc", "c++", "clang-16", "clang++-16", *ASK) | variables
    found = probe_toolchain("auto", environ, cache=tmp_path)
    assert [Path(tool.path).name for tool in (found.cc, found.cxx)] == ["clang-16", "clang++-16"]


def test_explicit_compiler_wins_over_cc(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    environ = machine("gcc", "g++", "clang-16", "clang++-16", *ASK) | {"CC": "clang-16"}
    assert Path(probe_toolchain("gcc", environ, cache=tmp_path).cc.path).name == "gcc"


def test_flags_in_cc_are_refused_with_where_to_put_them(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        probe_toolchain("auto", machine("cc", "c++", *ASK) | {"CC": "cc -m32"}, cache=tmp_path)
    assert "-D CMAKE_C_FLAGS=-m32" in caught.value.hint


def test_name_that_follows_no_custom_is_refused(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tcc"):
        probe_toolchain("tcc", machine("tcc", *ASK), cache=tmp_path)


def test_no_compiler_says_how_to_get_one(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="no C compiler") as caught:
        probe_toolchain("auto", machine(*ASK), cache=tmp_path)
    assert "pip install ziglang, then --compiler zig" in caught.value.hint


def test_missing_cxx_compiler_is_named(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match=r"no C\+\+ compiler: g\+\+ was not found"):
        probe_toolchain("gcc", machine("gcc", *ASK), cache=tmp_path)


def test_compiler_that_does_not_work_is_no_compiler(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    environ = machine("broken", "cc", *ASK) | {"CC": "broken", "CXX": "cc"}
    with pytest.raises(UnfitError, match="does not work") as caught:
        probe_toolchain("auto", environ, cache=tmp_path)
    assert "no developer tools" in caught.value.cause


def test_missing_ninja_is_unfit(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="ninja") as caught:
        probe_toolchain("auto", machine("cc", "c++", "cmake", "ctest"), cache=tmp_path)
    assert caught.value.hint.endswith("-m pip install ninja")


def test_zig_becomes_scripts_that_do_not_compile_for_this_cpu(
    machine: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    cache = tmp_path / "a cache"
    environ = machine("zig", *ASK)
    found = probe_toolchain("zig", environ, cache=cache)
    assert (found.cc.name, found.cxx.name, found.cc.version) == ("zig cc", "zig c++", "0.14.1")
    script = Path(found.cxx.path)
    assert script.is_relative_to(cache)
    assert script.stat().st_mode & 0o111
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[-1] == f'exec {tmp_path}/bin/zig c++ -mcpu=baseline -fno-sanitize=undefined "$@"'
    assert "unset CC" in lines, "CMake sets it, Ninja does not"
    assert {path.name for path in script.parent.iterdir()} == {"zig-cc", "zig-c++", "llvm-ar", "llvm-ranlib"}
    before = script.stat().st_mtime_ns
    assert probe_toolchain("zig", environ, cache=cache) == found
    assert script.stat().st_mtime_ns == before


def test_missing_zig_says_how_to_get_it(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="zig is not installed") as caught:
        probe_toolchain("zig", machine(*ASK), cache=tmp_path)
    assert caught.value.hint.endswith("pip install ziglang")


def test_cache_that_cannot_be_written_is_unfit(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnfitError, match="cannot write"):
        probe_toolchain("zig", machine("zig", *ASK), cache=tmp_path / "file")


def test_a_folder_without_any_of_the_tools_is_refused(machine: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no cmake or ctest or ninja in /nonexistent"):
        probe_toolchain("auto", machine("cc", "c++", *ASK), cache=tmp_path, tools="/nonexistent")
