"""The default release through the user's own pip configuration, and the library of a pruned one."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.plan.run import LIBRARY_TARGET, SOURCE_OPTION
from harness.records.source import Source, SourceRequest
from harness.system.source.library import library_project
from harness.system.source.resolve import resolve_source

pytestmark = pytest.mark.native

TOOLS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def resolve(cache: Path, ref: str = "") -> Source:
    return resolve_source(SourceRequest(ref=ref), cache=cache, environ=dict(os.environ), note=print)


def test_default_release_is_the_whole_tree_of_its_commit(cache: Path) -> None:
    source = resolve(cache)
    assert source.commit.sha == "f24588a272ae8e23280d9c220536437164e6ed28"
    assert source.commit.release == "v1.8.5"
    assert source.commit.author == "Georgi Gerganov"
    assert source.commit.message == "sync : ggml"
    assert not source.pruned
    assert not source.commit.dirty
    tree = Path(source.path)
    for name in ("tests/CMakeLists.txt", "examples/bench/bench.cpp", "models/for-tests-ggml-tiny.en.bin", "ggml/src"):
        assert (tree / name).exists(), name
    assert resolve(cache, "f24588a2") == source


def test_library_of_a_pruned_release_builds(cache: Path, tmp_path: Path) -> None:
    source = resolve(cache, "v1.8.4")
    assert source.pruned
    cmake, ninja = (shutil.which(name, path=TOOLS) for name in ("cmake", "ninja"))
    assert cmake, "no cmake"
    assert ninja, "no ninja"
    configure = [cmake, "-S", str(library_project()), "-B", str(tmp_path), "-G", "Ninja"]
    options = [f"-D{SOURCE_OPTION}={source.path}", f"-DCMAKE_MAKE_PROGRAM={ninja}", "-DCMAKE_BUILD_TYPE=Debug"]
    subprocess.run([*configure, *options], check=True)
    subprocess.run([cmake, "--build", str(tmp_path), "--target", LIBRARY_TARGET], check=True)
    suffix = "dylib" if sys.platform == "darwin" else "so"
    library = ctypes.CDLL(str(tmp_path / "lib" / f"libwhisper.{suffix}"))
    for name in ("whisper_encode", "whisper_decode", "whisper_bench_memcpy_str", "whisper_bench_ggml_mul_mat_str"):
        assert getattr(library, name), name
    library.whisper_print_system_info.restype = ctypes.c_char_p
    assert b"=" in library.whisper_print_system_info()
