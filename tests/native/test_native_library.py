"""The default release through the user's own pip configuration, and the library of a pruned one."""

import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest

from harness.parse.bench.quality import parse_divergence
from harness.plan.code_layout import LayoutLink, choose_link_argv
from harness.plan.run import LIBRARY_TARGET
from harness.records.run import Run
from harness.records.source import Source, SourceRequest
from harness.run.build_file import LAYOUT, RELINK, keep_code_layouts, keep_include
from harness.system.asset import library_project
from harness.system.source.resolve import resolve_source
from harness.trial.side import find_library
from tests.native.test_native_run import LIGHT, PATIENT, ROOT, measure_by_worker

pytestmark = pytest.mark.native

# Code layouts are not drawn on macOS.
DRAWN = sys.platform != "darwin"
TOOLS = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


NAMES = ("encode", "decode", "load", "free", "reset", "full", "lang_id", "tokenize", "n_vocab", "model_type")
ASK = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.whisper_print_system_info.restype = ctypes.c_char_p
assert b"=" in library.whisper_print_system_info()
found = [name for name in sys.argv[2:] if hasattr(library, name)]
print(*sorted(found, key=lambda name: ctypes.cast(getattr(library, name), ctypes.c_void_p).value))
"""
# A worker whose texts end after a few tokens: random weights never end one.
BRIEF = """
import sys
from harness.worker import __main__, quality, speech
speech.MOST_TOKENS = quality.MOST_TOKENS = 6
sys.exit(__main__.main(sys.argv[1:]))
"""


def relink(cmake: str, build: Path, cache: Path, seed: int) -> list[str]:
    """Link with a drawn layout, start the library in a process of its own, return its functions as they lie in it."""
    (layout,) = keep_code_layouts(cache, (seed,))
    kept = build / "layouts" / str(seed)
    script = keep_include(cache, RELINK)
    link = LayoutLink(str(build), layout, str(kept), (LIBRARY_TARGET,))
    subprocess.run(choose_link_argv(cmake, script, link), check=True)
    assert not [path for path in kept.rglob("*") if path.is_file() and ".so" not in path.name], "libraries alone"
    library = find_library(str(kept)) if (kept / "lib").is_dir() else str(kept / "libwhisper.so")
    functions = [f"whisper_{name}" for name in (*NAMES, "ctx_init_openvino_encoder", "print_timings", "init_state")]
    done = subprocess.run([sys.executable, "-c", ASK, library, *functions], check=True, capture_output=True, text=True)
    return done.stdout.split()


def links_with(linker: str, folder: Path) -> bool:
    """Return whether the linker is there and the compiler knows it: gcc knows mold since 12.1."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    words = [f"-fuse-ld={linker}", "-shared", "-x", "c++", os.devnull, "-o", str(folder / "probe.so")]
    done = subprocess.run([compiler, *words], check=False, capture_output=True) if compiler else None
    return bool(shutil.which(f"ld.{linker}")) and done is not None and done.returncode == 0


@pytest.fixture(scope="module")
def cache(folder: Path) -> Path:
    return folder / "cache"


@pytest.fixture(scope="module")
def pruned(folder: Path, cache: Path) -> Run:
    """Return a run of a release whose bench program is missing, built so that its layout can be drawn."""
    words = ["--ref", "v1.8.4", "--flash-attn", "1", "--no-tests", "--no-roofline"]
    if DRAWN:
        words += ["-D", f"CMAKE_PROJECT_INCLUDE_BEFORE={keep_include(cache, LAYOUT)}"]
    return measure_by_worker(folder, folder / "library", *words, *LIGHT)


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


def test_library_of_a_pruned_release_is_measured_and_links_in_drawn_orders(pruned: Run, cache: Path) -> None:
    assert pruned.source.pruned
    (configure,) = (result.completed for result in pruned.results if result.step == "configure_release")
    assert configure
    assert f"-S {library_project()}" in " ".join(configure.argv)
    build = Path(configure.argv[configure.argv.index("-B") + 1])
    library = ctypes.CDLL(find_library(str(build)))
    for name in ("whisper_encode", "whisper_decode", "whisper_bench_memcpy_str", "whisper_bench_ggml_mul_mat_str"):
        assert getattr(library, name), name
    library.whisper_print_system_info.restype = ctypes.c_char_p
    assert b"=" in library.whisper_print_system_info()
    if DRAWN:
        cmake = shutil.which("cmake", path=TOOLS)
        assert cmake, "no cmake"
        orders = [relink(cmake, build, cache, seed) for seed in (1, 2)]
        names = [set(order) for order in orders]
        assert names[0] == names[1]
        assert len(names[0]) > 5
        assert orders[0] != orders[1], "functions lie in another order"


def ask_briefly(library: str, *commands: str) -> list[dict[str, Any]]:
    words = [word for command in commands for word in ("--do", command)]
    environ = {**os.environ, **PATIENT, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-P", "-c", BRIEF, "--no-gpu", library, *words]
    done = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()][2:]
    assert all(answer["ok"] for answer in answers), answers
    return answers


def test_a_real_library_says_what_it_hears_and_how_surely(pruned: Run, tmp_path: Path) -> None:
    argv = next(one.completed.argv for one in pruned.results if one.case and one.completed)
    library, load = argv[argv.index("--do") - 1], next(word for word in argv if word.startswith("load "))
    weights = load.removeprefix("load ").rsplit(maxsplit=2)[0]
    sound, speech = str(tmp_path / "sound.wav"), str(tmp_path / "speech")
    noise = random.Random(5)
    with wave.open(sound, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(noise.randbytes(4 * 16_000))
    asked = f"diverge {json.dumps([speech, sound])}"
    made, itself = ask_briefly(
        library, f"load {weights} 1 1", f"reference {json.dumps([speech, sound, 'en', 'x'])}", asked
    )
    assert made["positions"] == 6
    assert itself["divergence"] == [0.0] * 6, "the same computation gives the same distribution"
    assert itself["own"] == itself["tokens"]
    assert all(-15 < value < 0 for value in itself["log_probability"])
    (other,) = ask_briefly(library, f"load {weights} 1 0", asked)
    assert other["tokens"] == itself["tokens"]
    found = parse_divergence(json.dumps(other))
    assert found.worst < 0.1
    assert found.reference_log_probability == pytest.approx(parse_divergence(json.dumps(itself)).log_probability)


@pytest.mark.skipif(not DRAWN, reason="code layouts are not drawn on macOS")
@pytest.mark.parametrize("linker", ["", "bfd", "gold", "lld", "mold"])
def test_every_linker_draws_layouts(linker: str, cache: Path, tmp_path: Path) -> None:
    """Templates and exceptions are what no-ops before every function did not link with."""
    if linker and not links_with(linker, tmp_path):
        pytest.skip(f"the compiler does not link with {linker}")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.5...3.28)\nproject(small CXX)\n"
        "add_library(whisper SHARED small.cpp)\nadd_library(idle STATIC small.cpp)\n"
    )
    functions = "".join(
        f'extern "C" int whisper_{one}() {{ return count({number}); }}\n' for number, one in enumerate(NAMES)
    )
    (tmp_path / "small.cpp").write_text(
        "#include <map>\n#include <string>\n#include <vector>\nstatic int count(int n) {\n"
        "  std::map<std::string, std::vector<int>> all;\n  all[std::to_string(n)].push_back(n);\n"
        '  try { return all.at("none").front(); } catch (const std::exception &) { return n; }\n}\n'
        f"static int early = count(1);\n{functions}"
        'extern "C" const char *whisper_print_system_info() { return early == 1 ? "WHISPER = 1" : ""; }\n'
    )
    cmake, ninja = (shutil.which(name, path=TOOLS) for name in ("cmake", "ninja"))
    assert cmake
    assert ninja
    # Such may be the name of a home folder: it is not ASCII, and CMake takes a part of it for a pattern.
    build = tmp_path / os.fsdecode("bücher [x]".encode())
    build.mkdir()
    mine = build / "ninja"
    mine.symlink_to(ninja)
    flags = [f"-DCMAKE_SHARED_LINKER_FLAGS=-fuse-ld={linker}"] if linker else []
    include = f"-DCMAKE_PROJECT_INCLUDE_BEFORE={keep_include(cache, LAYOUT)}"
    configure = [cmake, "-S", str(tmp_path), "-B", str(build), "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={mine}", include]
    subprocess.run([*configure, *flags], check=True)
    subprocess.run([cmake, "--build", str(build), "--target", LIBRARY_TARGET], check=True)
    (tmp_path / "small.cpp").write_text("this is edited while a trial goes on, and neither compiled nor linked")
    orders = {tuple(relink(cmake, build, cache, seed)) for seed in (1, 2, 1)}
    assert len(orders) == 2, "each seed has its own order, the same whenever it is linked"
