"""What is linked, by the build.ninja of a real tree."""

from harness.parse.link import parse_links, parse_versions

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
