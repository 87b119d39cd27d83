from pathlib import Path

import pytest

from harness.parse.ninja import Progress, find_complaint, parse_progress, parse_targets
from harness.parse.outcome import read_outcome
from harness.records.step import Phase
from tests import factory

LOGS = Path(__file__).parents[2] / "data" / "logs"


def test_last_progress_of_a_build() -> None:
    text = (LOGS / "ninja-failed.log").read_text(encoding="utf-8")
    assert parse_progress(text) == Progress(finished=3, total=3, elapsed_s=0.036, what="Building CXX object src/c.o")


@pytest.mark.parametrize(
    "text", ["", "/3 0.1] Building", "[1/3", "[1/3] Building", "say [1/3 0.1] no", "[x/3 0.1] x", "[" * 100_000]
)
def test_no_progress_in_other_output(text: str) -> None:
    assert parse_progress(text) is None


def test_chunk_that_begins_and_ends_in_the_middle_of_a_line() -> None:
    text = "uilding x.o\r\n[7/90 12.5] Linking bin/whisper-bench\r\nwarning: x\r\n[8/9"
    assert parse_progress(text) == Progress(finished=7, total=90, elapsed_s=12.5, what="Linking bin/whisper-bench")


def test_progress_that_overwrites_its_line() -> None:
    assert parse_progress("[1/3 0.1] a\r[2/3 0.2] b\r") == Progress(finished=2, total=3, elapsed_s=0.2, what="b")


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
