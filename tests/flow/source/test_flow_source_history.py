"""The line of commits between two refs of a real repository."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.records.commit_line import CommitLine
from harness.system.source.history import list_line
from tests.flow.repository import DATE, Repository

ListLine = Callable[..., CommitLine]


@pytest.fixture
def line_of(tmp_path: Path, upstream: Repository, environ: dict[str, str]) -> ListLine:
    notes: list[str] = []

    def find(good: str, bad: str, repo: str = "") -> CommitLine:
        made = list_line(
            repo or str(upstream.path), (good, bad), cache=tmp_path / "cache", environ=environ, note=notes.append
        )
        find.notes = notes  # type: ignore[attr-defined]
        return made

    return find


def test_commits_come_oldest_first_with_their_files(upstream: Repository, line_of: ListLine) -> None:
    third = upstream.git("rev-parse", "feature")
    upstream.git("checkout", "--quiet", "feature")
    upstream.commit("names", **{"é ü.c": "x", "a": "changed\n"})
    line = line_of("v1.0.0", "feature")
    assert line.good.message == "first"
    assert [(one.commit.message, one.files) for one in line.commits] == [
        ("second : thing (#2)", ("a",)),
        ("third", ("b",)),
        ("names", ("a", "é ü.c")),
    ]
    assert (line.commits[1].commit.sha, line.commits[1].commit.author) == (third, "Ünal Author")
    assert line.commits[1].commit.date == DATE
    assert line.repo == str(upstream.path)
    assert line_of.notes == [f"fetching {upstream.path}"]  # type: ignore[attr-defined]


def test_subjects_may_hold_any_character(upstream: Repository, line_of: ListLine) -> None:
    upstream.commit("a\x1fb\x1ec\ttab", c="c\n")
    upstream.commit("nothing changes")
    first, second = line_of("v1.0.1", "master").commits[-2:]
    assert (first.commit.message, first.files) == ("a\x1fb\x1ec\ttab", ("c",))
    assert (second.commit.message, second.files) == ("nothing changes", ())


def test_the_first_parents_count_and_a_merge_has_its_branch(upstream: Repository, line_of: ListLine) -> None:
    base = upstream.git("rev-parse", "master")
    upstream.commit("fourth", c="c\n")
    upstream.git("merge", "--quiet", "--no-ff", "-m", "merge", "feature")
    line = line_of(base, "master")
    assert [(one.commit.message, one.files) for one in line.commits] == [("fourth", ("c",)), ("merge", ("b",))]
    inside = line_of("feature", "master")
    assert inside.good.message == "third"
    assert [(one.commit.message, one.files) for one in inside.commits] == [("merge", ("c",))], (
        "the way from a branch begins with its merge, which brings what the branch did not have"
    )


def test_the_merge_base_takes_the_place_of_a_stranger(upstream: Repository, line_of: ListLine) -> None:
    upstream.commit("fourth", c="c\n")
    line = line_of("feature", "master")
    assert line.good.message.startswith("second : thing (#2)")
    assert [one.commit.message for one in line.commits] == ["fourth"]
    assert "the search begins at their merge base" in line_of.notes[-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("v1.0.1", "v1.0.0", "wrong order"),
        ("v1.0.0", "nowhere", "no tag, branch or commit 'nowhere'"),
        ("v1.0.0", "--all", "is not the name of a commit"),
    ],
)
def test_ends_without_a_line_are_refused(line_of: ListLine, good: str, bad: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        line_of(good, bad)
    assert said in caught.value.what


def test_one_commit_has_nothing_behind_it(line_of: ListLine) -> None:
    assert line_of("v1.0.0", "v1.0.0").commits == ()


def test_histories_without_a_common_commit(upstream: Repository, line_of: ListLine) -> None:
    upstream.git("checkout", "--quiet", "--orphan", "other")
    upstream.commit("alone", d="d\n")
    with pytest.raises(UsageError, match="no commit in common"):
        line_of("v1.0.0", "other")


def test_a_shallow_clone_says_how_to_deepen_it(tmp_path: Path, upstream: Repository, line_of: ListLine) -> None:
    shallow = tmp_path / "shallow"
    upstream.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{upstream.path}", str(shallow))
    with pytest.raises(UsageError, match="no commit in common") as caught:
        line_of(upstream.git("rev-parse", "feature"), "master", repo=str(shallow))
    assert "fetch --unshallow" in caught.value.hint
