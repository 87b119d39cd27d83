from pathlib import Path

import pytest

from harness.parse.ninja import Progress, parse_progress, parse_targets

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
