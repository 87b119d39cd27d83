import pytest

from harness.parse.tool.compiler import Compiler, CompilerPair, choose_pair, name_cxx, parse_compiler, parse_version

FSF = "\nCopyright (C) 2022 Free Software Foundation, Inc.\nThis is free software; see the source\n"


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0" + FSF, "gcc", "12.2.0"),
        ("cc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0" + FSF, "gcc", "11.4.0"),
        ("g++ (GCC) 14.1.1 20240507 (Red Hat 14.1.1-1)" + FSF, "gcc", "14.1.1"),
        ("aarch64-linux-gnu-gcc-13 (Homebrew GCC 13.2.0) 13.3.0" + FSF, "gcc", "13.3.0"),
        ("Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\n", "clang", "14.0.6"),
        ("clang version 22.1.8\nTarget: x86_64-unknown-linux-gnu\n", "clang", "22.1.8"),
        ("Apple clang version 15.0.0 (clang-1500.3.9.4)\nTarget: arm64-apple-darwin23.5.0\n", "Apple clang", "15.0.0"),
        ("Intel(R) oneAPI DPC++/C++ Compiler 2024.2.0 (2024.2.0.20240602)\n", "icx", "2024.2.0"),
    ],
)
def test_compiler_is_recognised(text: str, family: str, version: str) -> None:
    assert parse_compiler(text) == Compiler(family=family, version=version)


@pytest.mark.parametrize("text", ["", "xcode-select: note: no developer tools were found", "version 3"])
def test_text_without_a_version_is_no_compiler(text: str) -> None:
    assert parse_compiler(text) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("cmake version 4.4.4\n\nCMake suite maintained", "4.4.4"),
        ("1.13.2.git.kitware.jobserver-pipe-1\n", "1.13.2"),
        ("cmake version 4.0.0-rc2", "4.0.0-rc2"),
        ("ccache version 4.7.5", "4.7.5"),
        ("0.14.0-dev.1550+4fba7336a", "0.14.0-dev.1550"),
        ("none", ""),
    ],
)
def test_version_is_the_first_dotted_number(text: str, version: str) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("named", "cc", "cxx"),
    [
        ("gcc", "gcc", "g++"),
        ("g++", "gcc", "g++"),
        ("cc", "cc", "c++"),
        ("c++", "cc", "c++"),
        ("clang", "clang", "clang++"),
        ("clang++-18", "clang-18", "clang++-18"),
        ("gcc-13", "gcc-13", "g++-13"),
        ("/opt/llvm/bin/clang-16", "/opt/llvm/bin/clang-16", "/opt/llvm/bin/clang++-16"),
        ("x86_64-linux-gnu-gcc-12", "x86_64-linux-gnu-gcc-12", "x86_64-linux-gnu-g++-12"),
        ("icx", "icx", "icpx"),
    ],
)
def test_partner_is_derived(named: str, cc: str, cxx: str) -> None:
    assert choose_pair(named) == CompilerPair(cc=cc, cxx=cxx)


@pytest.mark.parametrize("named", ["tcc", "nvcc", "", "gccgo", "clang-tidy-x/"])
def test_unknown_names_have_no_partner(named: str) -> None:
    assert choose_pair(named) is None


def test_cxx_names() -> None:
    assert [name_cxx(family) for family in ("gcc", "Apple clang", "odd")] == ["g++", "Apple clang++", "odd c++"]
