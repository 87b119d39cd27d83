"""Equal code by the real compiler, linker and CMake, on a library of a few lines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.records.build import CodeDigests, are_equal
from harness.system.code import read_code

pytestmark = pytest.mark.native
PROJECT = """\
cmake_minimum_required(VERSION 3.14)
project(whisper C)
add_library(whisper SHARED whisper.c)
target_compile_definitions(whisper PRIVATE WHISPER_VERSION="${WHISPER_VERSION}")
set_target_properties(whisper PROPERTIES VERSION ${NUMBER} SOVERSION 1)
"""
CODE = """\
#include <stdio.h>
#include <stdlib.h>
const char * whisper_version(void) { return WHISPER_VERSION; }
static const char * names[] = {"one", "two", __FILE__, "unknown token"};
float whisper_sum(const float * x, int n) {
    float sum = 0.0f;
    if (n < 0) { fprintf(stderr, "%s:%d: %s\\n", __FILE__, __LINE__, names[-n % 4]); abort(); }
    for (int i = 0; i < n; i++) sum += x[i] * 2.0f;
    return sum;
}
"""


def build(folder: Path, name: str, code: str = CODE, *options: str, version: str = "1.8.5-dev") -> CodeDigests:
    """Return the code of the library, built from a folder of that name."""
    tree, made = folder / name, folder / f"build-{name}"
    tree.mkdir()
    (tree / "CMakeLists.txt").write_text(PROJECT)
    (tree / "whisper.c").write_text(code)
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    number = version.partition("-")[0] if version[0].isdecimal() else "1.8.5"
    words = ["-DCMAKE_BUILD_TYPE=Release", f"-DWHISPER_VERSION={version}", f"-DNUMBER={number}", *options]
    for argv in (["cmake", "-G", "Ninja", "-S", str(tree), "-B", str(made), *words], ["cmake", "--build", str(made)]):
        subprocess.run(argv, env=environ, check=True, capture_output=True, timeout=300)
    return read_code(made, str(tree))


def test_what_is_equal_and_what_is_not(tmp_path: Path) -> None:
    mine = build(tmp_path, "a")
    if sys.platform != "linux":
        assert not mine.known
        return
    assert mine.known, mine.reason
    assert [name.rpartition("/")[2] for name, _ in mine.objects] == ["whisper.c.o"]
    moved = build(tmp_path, "a-folder-with-a-much-longer-name", CODE + "/* a comment */\n", version="1.10.0-rc1")
    assert are_equal(mine, moved), "folder, version and comments are all that differs"
    without_git = build(tmp_path, "cached", version="unknown")
    assert are_equal(mine, without_git), "it says unknown in other texts, too"
    others = [
        build(tmp_path, "kernel", CODE.replace("2.0f", "3.0f")),
        build(tmp_path, "text", CODE.replace("two", "too")),
        build(tmp_path, "visible", CODE, "-DCMAKE_C_VISIBILITY_PRESET=hidden"),
        build(tmp_path, "flags", CODE, "-DCMAKE_C_FLAGS=-O1 -fno-tree-vectorize"),
        build(tmp_path, "linked", CODE, "-DCMAKE_SHARED_LINKER_FLAGS=-Wl,-z,now"),
    ]
    assert all(other.known for other in others)
    assert not any(are_equal(mine, other) for other in others)


def test_link_time_optimisation_leaves_it_unknown(tmp_path: Path) -> None:
    code = build(tmp_path, "lto", CODE, "-DCMAKE_C_FLAGS=-flto")
    assert not code.known
    assert code.reason
    assert not are_equal(code, code)
