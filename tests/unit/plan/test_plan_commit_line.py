"""Which commits of a line may have changed the speed: by the files that they change, and by the code of builds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.commit_line import can_change, lay_line
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.source import Commit
from harness.records.suite import Engine


@pytest.mark.parametrize(
    ("path", "backend", "changes"),
    [
        ("ggml/src/ggml-cpu/ops.cpp", "cpu", True),
        ("ggml/src/ggml.c", "cpu", True),
        ("ggml/src/ggml-backend-reg.cpp", "cpu", True),
        ("ggml/CMakeLists.txt", "cpu", True),
        ("ggml/cmake/common.cmake", "cpu", True),
        ("src/whisper.cpp", "cpu", True),
        ("include/whisper.h", "cpu", True),
        ("CMakeLists.txt", "cpu", True),
        ("whisper.cpp", "cpu", True),  # as it lay in 2023
        ("ggml.c", "cpu", True),
        ("ggml/src/ggml-cuda/fattn.cu", "cpu", False),
        ("ggml/src/ggml-cuda/fattn.cu", "cuda", True),
        ("ggml/src/ggml-cuda/fattn.cu", "hip", True),
        ("ggml/src/ggml-metal/ggml-metal.m", "cpu", False),
        ("ggml/src/ggml-metal.m", "cpu", False),
        ("ggml/include/ggml-vulkan.h", "cpu", False),
        ("ggml/src/ggml-openvino/ggml-decoder.cpp", "cpu", False),
        ("ggml/src/ggml-cpu/ggml-cpu.c", "cuda", True),
        ("ggml-cuda.cu", "cpu", False),
        ("ggml/src/ggml-blas/ggml-blas.cpp", "cpu", False),
        ("ggml/src/ggml-blas/ggml-blas.cpp", "blas", True),
        ("src/openvino/whisper-openvino-encoder.cpp", "cpu", False),
        ("src/coreml/whisper-encoder.mm", "coreml", True),
        ("README.md", "cpu", False),
        ("ggml/README.md", "cpu", False),
        ("ggml/.gitignore", "cpu", False),
        ("bindings/go/whisper.go", "cpu", False),
        ("bindings/ruby/ext/ruby_whisper.c", "cpu", False),
        ("tests/test-vad.cpp", "cpu", False),
        ("examples/cli/cli.cpp", "cpu", False),
        ("examples/bench/bench.cpp", "cpu", False),
        ("models/convert.py", "cpu", False),
    ],
)
def test_a_file_that_is_compiled_can_change_a_build(path: str, backend: str, *, changes: bool) -> None:
    assert can_change(path, backend, Engine.LIBRARY) is changes


def test_the_bench_program_is_measured_with_its_own_engine() -> None:
    assert can_change("examples/bench/bench.cpp", "cpu", Engine.BENCH)
    assert can_change("examples/common.h", "cpu", Engine.BENCH)
    assert not can_change("examples/server/server.cpp", "cpu", Engine.BENCH)


def make_line(*words: str) -> CommitLine:
    """Return a line of commits; a word that begins with `doc` changes nothing, one in capitals what most include."""

    def change(word: str) -> str:
        return f"{word}.md" if word.startswith("doc") else "include/whisper.h" if word.isupper() else "src/whisper.cpp"

    commits = tuple(LineCommit(commit=Commit(sha=word), files=(change(word),)) for word in words)
    return CommitLine(good=Commit(sha="good"), commits=commits, repo="/repo")


def lay(line: CommitLine, **codes: str) -> tuple[list[tuple[str, ...]], tuple[str, ...], dict[str, int]]:
    laid = lay_line(line, codes, "cpu", Engine.LIBRARY)
    return [(one.commit, *one.merged) for one in laid.candidates], laid.measured, laid.places


def test_commits_that_change_nothing_belong_to_the_one_before() -> None:
    line = make_line("doc0", "a", "doc1", "doc2", "b", "c", "doc3")
    candidates, measured, places = lay(line)
    assert candidates == [("a", "doc1", "doc2"), ("b",), ("c", "doc3")]
    assert measured == ("good", "a", "b", "doc3"), "BAD itself stands for the last place"
    assert places == {"good": 0, "a": 1, "b": 2, "doc3": 3}
    assert lay_line(line, {}, "cpu", Engine.LIBRARY).passed == 4


def test_equal_code_merges_all_between() -> None:
    line = make_line("a", "b", "c", "d", "e")
    candidates, measured, places = lay(line, a="1", c="1", d="2")
    assert candidates == [("a", "b", "c"), ("d",), ("e",)]
    assert measured == ("good", "a", "d", "e")
    assert places == {"good": 0, "a": 1, "c": 1, "d": 2, "e": 3}


def test_what_a_change_that_was_taken_back_made_of_the_code_says_nothing_of_its_neighbours() -> None:
    candidates, measured, places = lay(make_line("a", "b", "c", "d"), a="1", b="slow", c="1", d="2")
    assert candidates == [("a", "b", "c"), ("d",)]
    assert measured == ("good", "a", "d")
    assert "b" not in places
    assert "a" not in lay(make_line("a", "b"), good="1", a="slow", b="1")[2]


def test_what_has_the_code_of_an_end_is_that_end() -> None:
    line = make_line("a", "b", "c", "d")
    candidates, measured, places = lay(line, good="1", b="1", c="2", d="2")
    assert candidates == [("c", "d")]
    assert measured == ("good", "d")
    assert places == {"good": 0, "b": 0, "c": 1, "d": 1}


def test_both_ends_may_have_the_same_code() -> None:
    line = make_line("a", "b")
    assert lay_line(line, {"good": "1", "b": "1"}, "cpu", Engine.LIBRARY).same_ends
    assert not lay_line(line, {"good": "", "b": ""}, "cpu", Engine.LIBRARY).same_ends, "unknown code is equal to none"


def test_a_line_without_a_candidate_still_has_its_end() -> None:
    candidates, measured, _ = lay(make_line("doc1", "doc2"))
    assert candidates == [("doc2", "doc1")]
    assert measured == ("good", "doc2")


def test_uncommitted_changes_are_a_step_of_their_own() -> None:
    line = make_line("a")
    changes = LineCommit(commit=Commit(sha="a", changes="0123456789"))
    candidates, measured, _ = lay(line.replace(commits=(*line.commits, changes), tree="/tree"))
    assert candidates == [("a",), ("a+01234567",)]
    assert measured == ("good", "a", "a+01234567")


def test_what_most_files_include_is_wide() -> None:
    laid = lay_line(make_line("a", "B", "c"), {}, "cpu", Engine.LIBRARY)
    assert [one.wide for one in laid.candidates] == [False, True, False]
    assert [one.files for one in laid.candidates] == [
        ("src/whisper.cpp",),
        ("include/whisper.h",),
        ("src/whisper.cpp",),
    ]


@pytest.mark.parametrize("path", ["ggml/CMakeLists.txt", "CMakeLists.txt", "bindings/x.h", "ggml/include/ggml-cuda.h"])
def test_what_no_other_file_includes_is_not_wide(path: str) -> None:
    line = make_line("a")
    changed = line.commits[0].replace(files=("src/whisper.cpp", path))
    (candidate,) = lay_line(line.replace(commits=(changed,)), {}, "cpu", Engine.LIBRARY).candidates
    assert not candidate.wide


@given(st.lists(st.sampled_from(["doc", "", "1", "2", "3"]), min_size=2, max_size=12), st.integers(0, 2**12))
def test_every_place_has_a_commit_of_its_own_and_all_with_its_code(words: list[str], known: int) -> None:
    """Each commit is a page or has a code, which is known of some."""
    keys = ["good", *(f"{word if word == 'doc' else 'c'}{at}" for at, word in enumerate(words[1:], 1))]
    codes = {key: word for at, (key, word) in enumerate(zip(keys, words, strict=True)) if known >> at & 1}
    codes = {key: word for key, word in codes.items() if word != "doc"}
    line = make_line(*keys[1:])
    laid = lay_line(line, codes, "cpu", Engine.LIBRARY)
    named = [key for one in laid.candidates for key in (one.commit, *one.merged)]
    assert len(set(named)) == len(named) <= len(line.commits)
    assert len(laid.measured) == len(laid.candidates) + 1
    assert laid.same_ends or (laid.measured[0], laid.measured[-1]) == line.ends
    assert [laid.places[key] for key in laid.measured] == list(range(len(laid.measured)))
    assert all(key == laid.measured[at] or codes[key] == codes[laid.measured[at]] for key, at in laid.places.items())
