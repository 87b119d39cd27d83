from pathlib import Path

import pytest

from harness.parse.outcome import read_outcome
from harness.parse.tool.ninja import (
    BuildProgress,
    find_complaint,
    parse_links,
    parse_progress,
    parse_targets,
    parse_versions,
)
from harness.records.plan import Phase
from tests import factory

LOGS = Path(__file__).parents[3] / "data" / "logs"


def test_last_progress_of_a_build() -> None:
    text = (LOGS / "ninja-failed.log").read_text(encoding="utf-8")
    assert parse_progress(text) == BuildProgress(
        finished=3, total=3, elapsed_s=0.036, what="Building CXX object src/c.o"
    )


@pytest.mark.parametrize(
    "text", ["", "/3 0.1] Building", "[1/3", "[1/3] Building", "say [1/3 0.1] no", "[x/3 0.1] x", "[" * 100_000]
)
def test_no_progress_in_other_output(text: str) -> None:
    assert parse_progress(text) is None


def test_chunk_that_begins_and_ends_in_the_middle_of_a_line() -> None:
    text = "uilding x.o\r\n[7/90 12.5] Linking bin/whisper-bench\r\nwarning: x\r\n[8/9"
    assert parse_progress(text) == BuildProgress(finished=7, total=90, elapsed_s=12.5, what="Linking bin/whisper-bench")


def test_progress_that_overwrites_its_line() -> None:
    assert parse_progress("[1/3 0.1] a\r[2/3 0.2] b\r") == BuildProgress(finished=2, total=3, elapsed_s=0.2, what="b")


def test_targets_of_a_real_tree() -> None:
    targets = parse_targets((LOGS / "ninja-targets.txt").read_text(encoding="utf-8"))
    assert {"whisper-bench", "bench", "whisper-cli", "bin/whisper-bench", "test-vad"} <= targets
    assert "phony" not in targets


def test_targets_behind_an_echo_and_of_a_broken_tree() -> None:
    assert parse_targets("+ ninja -t targets all\r\nall: phony\r\n") == {"all"}
    assert parse_targets("ninja: error: loading 'build.ninja': No such file or directory\n") == frozenset()


def test_the_first_error_of_a_compiler() -> None:
    log = (
        "[3/9 1.0] Building CXX object a.o\nFAILED: [code=1] a.o\n/usr/bin/c++ -c /tree/src/a.cpp\n"
        "/tree/src/a.cpp: In function 'void f()':\n"
        "/tree/src/a.cpp:6322:21: error: 'LayerSettingEXT' is not a member of 'vk'\n"
        "/tree/src/a.cpp:6331:9: error: another\n"
    )
    assert find_complaint(log) == "a.cpp:6322:21: error: 'LayerSettingEXT' is not a member of 'vk'"
    assert find_complaint("/tree/b.c:1:10: fatal error: omp.h: No such file or directory") == (
        "b.c:1:10: fatal error: omp.h: No such file or directory"
    )
    assert find_complaint("ninja: build stopped: subcommand failed.\n" + "a" * 100_000) == ""


def test_a_build_that_failed_says_why() -> None:
    result = read_outcome(
        factory.step("build_release", Phase.BUILD), factory.completed(1), "a.c:1:2: error: no such thing\n", ""
    )
    assert result.reason == "exit code 1: a.c:1:2: error: no such thing"


NINJA = """\
build ggml/src/CMakeFiles/ggml-base.dir/ggml.c.o: C_COMPILER__ggml-base_unscanned_Release /src/ggml/src/ggml.c || x
  DEFINES = -DGGML_BUILD -DGGML_COMMIT=\\"51de5e8\\" -DGGML_VERSION=\\"0.21.0\\" -DGGML_SCHED_MAX_COPIES=4

build bin/libggml-base.so.0.21.0: CXX_SHARED_LIBRARY_LINKER__ggml-base_Release a/ggml.c.o b/my$ file.o | /libm.so || c
  CONFIG = Release
  LANGUAGE_COMPILE_FLAGS = -O3 -DNDEBUG
  LINK_FLAGS = -shared
  LINK_LIBRARIES = -Wl,-rpath,/b/bin:  -lm  bin/libggml-cpu.so.0.21.0
  SONAME = libggml-base.so.0
  TARGET_FILE = bin/libggml-base.so.0.21.0

build bin/libggml-base.so.0 bin/libggml-base.so: CMAKE_SYMLINK_LIBRARY bin/libggml-base.so.0.21.0
  POST_BUILD = :

build bin/whisper-bench: CXX_EXECUTABLE_LINKER__whisper-bench_Release examples/bench.cpp.o | bin/libwhisper.so.1.9.3
  LINK_LIBRARIES = bin/libwhisper.so.1.9.3

build bin/whisper-cli: CXX_EXECUTABLE_LINKER__whisper-cli_Release examples/cli.cpp.o
  LINK_LIBRARIES = bin/libwhisper.so.1.9.3

build src/libwhisper.a: CXX_STATIC_LIBRARY_LINKER__whisper_Release src/whisper.cpp.o
  LANGUAGE_COMPILE_FLAGS = -O3
"""


def test_libraries_and_the_bench_program_with_their_objects() -> None:
    base, bench, whisper = parse_links(NINJA)
    assert base.output == "bin/libggml-base.so.0.21.0"
    assert base.objects == ("a/ggml.c.o", "b/my file.o")
    assert "LINK_FLAGS=-shared" in base.how
    assert (bench.output, bench.objects) == ("bin/whisper-bench", ("examples/bench.cpp.o",))
    assert (whisper.output, whisper.objects) == ("src/libwhisper.a", ("src/whisper.cpp.o",))


def test_version_numbers_of_files_do_not_count_and_flags_do() -> None:
    hows = [link.how for link in parse_links(NINJA)]
    newer = NINJA.replace(".so.0.21.0", ".so.0.22.1").replace(".so.1.9.3", ".so.1.10.0")
    assert [link.how for link in parse_links(newer)] == hows
    assert [link.how for link in parse_links(NINJA.replace("-lm", "-lm -lblas"))] != hows
    assert [link.how for link in parse_links(NINJA.replace("-shared", "-shared -Wl,-z,now"))] != hows


def test_versions_that_are_compiled_in() -> None:
    assert parse_versions(NINJA) == ("51de5e8", "0.21.0")


def test_nothing_to_read() -> None:
    assert parse_links("") == ()
    assert parse_versions("") == ()
