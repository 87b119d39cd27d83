"""The files of bisections: found by the words that name them, and taken from nobody else."""

from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.store.bisection_file import (
    clear_halves,
    find_same,
    find_unfinished,
    list_files,
    load_bisection,
    name_bisection,
    save_bisection,
)
from tests import factory
from tests.unit.bisect.test_bisect_loop import begin

NODE = factory.node().name
FIRST, SECOND = "20260101T000000Z-bisect-01234567", "20260102T000000Z-bisect-89abcdef"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return a folder with two searches, of which the second has an answer."""
    save_bisection(tmp_path, begin())
    save_bisection(tmp_path, begin().replace(id=SECOND, question="another", end="2026-01-02T01:00:00+00:00"))
    return tmp_path


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("bisect", SECOND),
        (FIRST, FIRST),
        ("20260101", FIRST),
        (f"{NODE}/2026010", None),
        (f"{NODE}/20260102", SECOND),
        ("node-9/20260102", ""),
        ("2027", ""),
        ("../20260101", ""),
        ("*", ""),
    ],
)
def test_a_word_names_one(results: Path, word: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(UsageError, match="the ids of 2 bisections begin with"):
            name_bisection(results, word)
        return
    path = name_bisection(results, word)
    assert (path.name if path else "") == (f"{name}.bisect.json" if name else "")


def test_the_beginning_of_a_run_names_no_search(results: Path) -> None:
    (results / NODE / "2026-01" / "20260101T000000Z-f24588a2-abcdef01").mkdir()
    assert name_bisection(results, "20260101") is None
    assert name_bisection(results, FIRST) is not None


def test_the_latest_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no bisections in"):
        name_bisection(tmp_path, "bisect")


def test_a_search_goes_on_by_its_question_or_by_its_id(results: Path) -> None:
    said: list[str] = []
    assert find_same(results, NODE, "q", said.append) == find_unfinished(results, NODE, "", said.append) == begin()
    with pytest.raises(UsageError, match="has its answer already"):
        find_unfinished(results, NODE, "20260102", said.append)
    assert find_same(results, NODE, "a third", said.append) is None
    list_files(results, NODE)[0].chmod(0o666)
    assert find_same(results, NODE, "another", said.append) is None
    assert len(said) == 1, "what others may have changed is named"


def test_what_cannot_be_used_says_how_to_begin_again(results: Path) -> None:
    stored = begin()
    moved = (
        stored.replace(node="node-9"),
        stored.replace(id=SECOND),
        stored.replace(line=stored.line.replace(commits=())),
    )
    (path,) = list_files(results, NODE, FIRST)
    for one in moved:
        other = save_bisection(results / "aside", one)
        path.write_bytes(other.read_bytes())
        with pytest.raises(UnreadableError) as caught:
            load_bisection(path)
        assert caught.value.hint == f"rm {path}  # then: harness bisect GOOD BAD"


def test_halves_of_killed_searches_are_removed(results: Path) -> None:
    (path,) = list_files(results, NODE, FIRST)
    half = path.with_name(f"{path.name}.0123abcd.tmp")
    half.touch()
    clear_halves(results, NODE)
    assert not half.exists()
    assert len(list_files(results)) == 2
