import re
from pathlib import Path

import pytest

from harness.parse.outcome import read_outcome
from harness.parse.tool.breakage import BuildFailure, find_breakage
from harness.records.outcome import Cause
from harness.records.plan import Phase
from tests import factory

BLOCKS = [
    block.split(" <==\n", 1)
    for block in re.split(
        "^==> ",
        (Path(__file__).parents[3] / "data" / "logs" / "breakage.txt").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )[1:]
]
NINJA = (
    "[7/36] Building CXX object a.o\nFAILED: [code=1] a.o\n/usr/bin/c++ -O3 -c /src/a.cpp\n"
    "{}\n[8/36] Building C object b.o\nninja: build stopped: subcommand failed.\n"
)


@pytest.mark.parametrize(("cause", "text"), BLOCKS, ids=[text.split("\n", 1)[0] for _, text in BLOCKS])
def test_what_real_tools_complain_of(cause: str, text: str) -> None:
    found = find_breakage(text)
    assert found
    assert (found.cause or "-") == cause
    assert found.sentence


@pytest.mark.parametrize(
    ("line", "cause", "option"),
    [
        ("cc1plus: error: unknown value 'native+nodotprod+noi8mm' for '-mcpu'", Cause.UNKNOWN_CPU, "--isa"),
        ("cc1: error: invalid feature modifier 'nosve' in '-mcpu=native+nosve'", Cause.UNKNOWN_CPU, "--isa"),
        ("cc1: error: unrecognized argument in option '-mcpu=power10'", Cause.UNKNOWN_CPU, "GGML_NATIVE=OFF"),
        ("cc1: error: '-march=rv64gcv_zfh_zvfh': extension 'zvfh' is unknown", Cause.UNKNOWN_CPU, "--isa"),
        ("clang: error: unsupported argument 'apple-m9' to option '-mcpu='", Cause.UNKNOWN_CPU, "--compiler"),
        ("g++: error: unrecognized command line option '-mavxvnni'", Cause.UNKNOWN_OPTION, "--compiler"),
        ("/tmp/ccX.s:1234: Error: no such instruction: `vpdpbusd %ymm1,%ymm2,%ymm3'", Cause.ASSEMBLER, "binutils"),
        ("/tmp/ccX.s:9: Error: selected processor does not support `sdot v0.4s'", Cause.ASSEMBLER, "--compiler zig"),
        ("/tmp/ccX.s:9: Error: unrecognized opcode `vsetvli zero,a5,e8'", Cause.ASSEMBLER, "binutils"),
        ("/usr/lib/arm_neon.h:1: error: inlining failed: target specific option mismatch", Cause.INTRINSIC, "--isa"),
        ("/tmp/ccX.s:9: Error: bad register name `%zmm16'", Cause.ASSEMBLER, "binutils"),
        ("/tmp/ccX.s:9: Error: operand type mismatch for `vpdpbusd'", Cause.ASSEMBLER, "binutils"),
        ("as: unrecognized option '--gdwarf-5'", Cause.ASSEMBLER, "binutils"),
        ("Fatal error: invalid -march= option: `armv9-a'", Cause.ASSEMBLER, "binutils"),
        ("q.c:407:27: error: implicit declaration of function 'vld1q_s8_x4'", Cause.INTRINSIC, "--compiler"),
        ("q.cpp:4:9: error: '__m512bh' was not declared in this scope", Cause.INTRINSIC, "--isa"),
        ("q.cpp:4:9: error: use of undeclared identifier '_mm256_dpbusd_avx_epi32'", Cause.INTRINSIC, "--isa"),
        ("/usr/bin/ld: unrecognized option '--shuffle-sections'", Cause.UNKNOWN_OPTION, "leave the option out"),
        ("c++: fatal error: Killed signal terminated program cc1plus", Cause.KILLED, "--jobs"),
        ("c++: internal compiler error: Killed (program cc1plus)", Cause.KILLED, "--jobs"),  # gcc 8 and older
        ("nvcc error   : 'cicc' died due to signal 9 (Kill signal)", Cause.KILLED, "--jobs"),
        ("cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes", Cause.OUT_OF_MEMORY, "--jobs"),
        ("/usr/bin/ld: final link failed: No space left on device", Cause.DISK_FULL, "--cache"),
        ("cc1: error: error writing to /tmp/cc.s: Disk quota exceeded", Cause.DISK_FULL, "TMPDIR"),
        ("c++: fatal error: cannot execute 'cc1plus': execvp: No such file", Cause.COMPILER_INCOMPLETE, "g++"),
        ("a.cpp:4:1: internal compiler error: in foo, at bar.c:12", Cause.COMPILER_CRASHED, "--compiler"),
        ("nvcc fatal   : Unsupported gpu architecture 'compute_120'", Cause.GPU_ARCHITECTURE, "CUDA_ARCHITECTURES"),
        ("ptxas fatal   : Value 'sm_120a' is not defined for option 'gpu-name'", Cause.GPU_ARCHITECTURE, "CUDA_ARCH"),
        ("host_config.h:1:2: error: #error -- unsupported GNU version! gcc versions later", Cause.HOST_COMPILER, "gcc"),
    ],
)
def test_the_line_and_the_option_to_change_stand_in_the_reason(line: str, cause: Cause, option: str) -> None:
    result = read_outcome(factory.step("build", Phase.BUILD), factory.completed(1), NINJA.format(line), "")
    assert result.cause is cause
    assert result.reason.startswith("exit code 1: ")
    assert line.rpartition("/")[2][:40] in result.reason
    assert option in result.reason.rpartition("); ")[2]


def test_what_is_not_declared_is_no_intrinsic_by_a_likeness() -> None:
    for name in ("whisper_vad", "vector_size", "mm_pool", "int8"):
        found = find_breakage(NINJA.format(f"/src/a.cpp:1:2: error: '{name}' was not declared in this scope"))
        assert found == BuildFailure(None, f"a.cpp:1:2: error: '{name}' was not declared in this scope")


def test_what_stands_before_the_first_failure_or_warns_is_no_cause() -> None:
    before = "/tmp/x.s:1: Error: no such instruction: `a'\n" + NINJA.format("/src/a.c:1:2: error: no such thing")
    assert find_breakage(before) == BuildFailure(None, "a.c:1:2: error: no such thing")
    beside = NINJA.format("/src/a.c:1:2: warning: out of memory\na.c:3:1: note: -march unknown\nb.c:1: error: this")
    assert find_breakage(beside) == BuildFailure(None, "b.c:1: error: this")


def test_a_cause_counts_before_a_complaint_that_has_none() -> None:
    found = find_breakage(
        NINJA.format("/src/a.c:1:2: error: this\nc++: fatal error: Killed signal terminated program x")
    )
    assert found
    assert found.cause is Cause.KILLED


def test_a_configuration_that_failed_says_what_cmake_says() -> None:
    log = (
        "-- The C compiler identification is GNU 12.2.0\nCMake Error at ggml/CMakeLists.txt:12 (message):\n"
        "  no such\n  backend\n\n-- Configuring incomplete, errors occurred!\n"
    )
    result = read_outcome(factory.step("configure", Phase.CONFIGURE), factory.completed(1), log, "")
    assert result.reason == "exit code 1: ggml/CMakeLists.txt:12: no such backend"
    inner = log.replace(
        "no such\n", "The C compiler is not able\n\n    cc1: error: bad value 'x' for '-march=' switch\n"
    )
    assert (found := find_breakage(inner))
    assert found.cause is Cause.UNKNOWN_CPU


def test_a_tree_without_git_is_no_cause() -> None:
    log = (
        "-- Found Git: /usr/bin/git\nCMake Error: File /src/bindings/package-tmpl.json does not exist.\n"
        "CMake Error at CMakeLists.txt:29 (configure_file):\n  configure_file Problem configuring file\n\n\n"
        "fatal: not a git repository (or any of the parent directories): .git\n"
    )
    assert find_breakage(log) == BuildFailure(None, "File /src/bindings/package-tmpl.json does not exist.")


def test_missing_packages_are_named_before_anything_else() -> None:
    log = "CMake Error at a:1 (message):\n  Could NOT find PkgConfig\n"
    result = read_outcome(factory.step("configure", Phase.CONFIGURE), factory.completed(1), log, "")
    assert result.cause is Cause.PACKAGE_MISSING


@pytest.mark.parametrize("text", ["", "ninja: build stopped: subcommand failed.\n", "a" * 100_000, "CMake Error"])
def test_nothing_is_made_up(text: str) -> None:
    assert find_breakage(text) is None


def test_the_page_lists_every_cause_of_a_failed_build() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([a-z-]+) \|", page.partition("## Builds that fail")[2], flags=re.MULTILINE)
    others = (Cause.ILLEGAL_INSTRUCTION, Cause.FLOODED, Cause.OTHER_BUILD, Cause.WRONG_RESULT)
    assert listed[1:] == [cause.value for cause in Cause if cause not in others]
