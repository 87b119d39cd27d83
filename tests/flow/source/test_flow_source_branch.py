"""A watched branch of a real repository: its head, its commits, its anchor, and what is known without a network."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnavailableError, UsageError
from harness.system.source.branch import BranchState, BranchWords, follow_branch
from tests.flow.repository import Repository

Follow = Callable[..., BranchState]


@pytest.fixture
def follow(tmp_path: Path, upstream: Repository, environ: dict[str, str]) -> Follow:
    def look(name: str = "", anchor: str = "", since: tuple[str, ...] = ()) -> BranchState:
        words = BranchWords(repo=f"file://{upstream.path}", name=name, anchor=anchor)
        return follow_branch(words, since, cache=tmp_path / "cache", environ=environ, note=lambda _: None)

    return look


def subjects(state: BranchState) -> list[str]:
    return [one.commit.message for one in state.commits]


def test_the_default_branch_with_its_files_and_its_newest_release(upstream: Repository, follow: Follow) -> None:
    upstream.commit("later", c="c\n")
    state = follow()
    assert subjects(state) == ["first", "second : thing (#2)", "later"]
    assert state.commits[-1].files == ("c",)
    assert state.head.sha == upstream.git("rev-parse", "master")
    assert state.commits[1].commit.release == "v1.0.1"
    assert state.anchor
    assert (state.anchor.sha, state.fetched, state.former) == (upstream.git("rev-parse", "v1.0.1"), True, "")
    assert (state.first, follow().first) == (True, False)


def test_a_branch_by_its_name_from_the_oldest_commit_that_was_measured(upstream: Repository, follow: Follow) -> None:
    measured = upstream.git("rev-parse", "v1.0.1")
    assert subjects(follow("feature", since=("f" * 40, measured))) == ["second : thing (#2)", "third"]
    assert subjects(follow("feature", since=("f" * 40,))) == ["first", "second : thing (#2)", "third"]


def test_the_anchor_is_what_is_asked_for_else_a_release(upstream: Repository, follow: Follow) -> None:
    first = upstream.git("rev-parse", "v1.0.0^{commit}")
    state = follow(anchor="v1.0.0")
    assert state.anchor
    assert state.anchor.sha == first
    upstream.git("checkout", "--quiet", "--orphan", "alone")
    upstream.commit("alone", z="z\n")
    upstream.git("tag", "v9.0-rc1")
    state = follow("alone")
    assert state.anchor
    assert state.anchor.release == "v1.0.1", "no release is on that branch: the newest of all"
    upstream.git("tag", "-d", "v1.0.0", "v1.0.1")
    for tag in ("v1.9.0", "v1.10.0"):
        upstream.git("tag", tag, "feature")
    state = follow("feature")
    assert state.anchor
    assert state.anchor.release == "v1.10.0", "releases are ordered by their numbers"


def test_without_a_release_there_is_no_anchor(upstream: Repository, follow: Follow) -> None:
    upstream.git("tag", "-d", "v1.0.0", "v1.0.1")
    assert follow().anchor is None


def test_without_its_repository_the_last_head_is_known(upstream: Repository, follow: Follow, tmp_path: Path) -> None:
    before = follow("master")
    upstream.commit("later")
    upstream.path.rename(tmp_path / "away")
    state = follow("master")
    assert (state.head, state.fetched, state.anchor) == (before.head, False, before.anchor)
    assert state.trouble
    with pytest.raises(UnavailableError):
        follow("feature")


def test_a_branch_that_was_force_pushed_is_recognised_once(upstream: Repository, follow: Follow) -> None:
    upstream.commit("lost")
    lost = follow("master").head.sha
    upstream.git("reset", "--quiet", "--hard", "v1.0.1")
    upstream.commit("other")
    state = follow("master")
    assert (state.former, subjects(state)[-1]) == (lost, "other")
    assert follow("master").former == ""


@pytest.mark.parametrize("name", ["mastre", "a b", "-x"])
def test_a_branch_that_is_not_there_is_refused(name: str, follow: Follow) -> None:
    with pytest.raises(UsageError) as refused:
        follow(name)
    assert refused.value.hint


def test_an_anchor_that_is_not_there_is_refused(follow: Follow) -> None:
    with pytest.raises(UsageError, match=r"v1\.0\.7"):
        follow(anchor="v1.0.7")


@pytest.mark.parametrize("name", ["v1.0.0", "refs/heads/master", "no-such"])
def test_what_is_no_branch_is_refused_as_one(name: str, follow: Follow) -> None:
    with pytest.raises(UsageError, match="has no branch") as refused:
        follow(name)
    assert refused.value.hint.startswith("git ls-remote --heads file://")


def test_a_repository_without_a_commit_says_so(upstream: Repository, tmp_path: Path, environ: dict[str, str]) -> None:
    upstream.git("init", "--quiet", str(tmp_path / "empty"))
    words = BranchWords(repo=f"file://{tmp_path / 'empty'}")
    with pytest.raises(UsageError, match="has no default branch") as refused:
        follow_branch(words, (), cache=tmp_path / "cache", environ=environ, note=lambda _: None)
    assert (refused.value.hint, "it is empty" in refused.value.cause) == ("--branch NAME", True)
