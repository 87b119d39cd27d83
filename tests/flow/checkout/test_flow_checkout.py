"""A checkout of whisper.cpp that somebody works in: which folders are one, what its refs name, where it began."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnavailableError, UsageError
from harness.system.source.checkout import find_checkout
from tests.flow.kit import ROOT
from tests.flow.repository import NOWHERE, Clone, Repository, whisper

# Which folders are one


def test_a_checkout_is_found_from_anywhere_in_it(clone: Clone, tmp_path: Path) -> None:
    clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    (tmp_path / "link").symlink_to(clone.path)
    for folder, top in (
        (clone.path, clone.path),
        (clone.path / "src", clone.path),
        (tmp_path / "link" / "src", clone.path),
        (tmp_path / "linked", tmp_path / "linked"),
        (tmp_path / "linked" / "src", tmp_path / "linked"),
    ):
        found = find_checkout(folder, clone.environ)
        assert found, folder
        assert found.top == top


def test_what_is_no_checkout_of_whisper(clone: Clone, tmp_path: Path, environ: dict[str, str]) -> None:
    other = Repository(tmp_path / "other", environ)
    whisper(other.path / "vendor")
    other.commit("a project that holds whisper.cpp as a part", file="x")
    unpacked = whisper(clone.path / "build" / "unpacked")
    (unpacked / "src").mkdir()
    untracked = Repository(tmp_path / "untracked", environ)
    whisper(untracked.path)
    bare = tmp_path / "bare"
    clone.git("clone", "--quiet", "--bare", str(clone.path), str(bare))
    for folder in (
        ROOT,
        ROOT / "harness",
        other.path,
        other.path / "vendor",
        unpacked,
        unpacked / "src",
        untracked.path,
        bare,
        clone.path / ".git",
        whisper(tmp_path / "plain"),
        clone.path / "a",
        tmp_path / "nowhere",
    ):
        assert find_checkout(folder, environ) is None, folder
    assert find_checkout(clone.path, {"PATH": str(tmp_path)}) is None, "without git there is none"


def test_variables_of_an_enclosing_git_do_not_lead_astray(clone: Clone, upstream: Repository) -> None:
    environ = {**clone.environ, "GIT_DIR": str(upstream.path / ".git"), "GIT_WORK_TREE": str(upstream.path)}
    found = find_checkout(clone.path, environ)
    assert found
    assert found.top == clone.path


# What its refs name


def test_refs_are_those_that_git_knows(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "mine")
    head = clone.commit("mine", c="c\n")
    checkout = clone.checkout
    for ref, revision in (
        ("HEAD", head),
        ("mine", head),
        (head[:9], head),
        ("HEAD~1", "master"),
        ("mine^", "master"),
        ("HEAD@{1}", "master"),
        ("v1.0.0", "v1.0.0"),
        ("origin/feature", "origin/feature"),
        ("feature", "origin/feature"),
    ):
        found = checkout.find_commit(ref)
        assert found, ref
        assert found.sha == clone.git("rev-parse", f"{revision}^{{commit}}")
    assert checkout.find_commit("feature").name == "origin/feature"  # type: ignore[union-attr]
    for ref in ("v9", "HEAD~99", "", "-x", "a..b", "master:a", "a b", "--all", "*"):
        assert checkout.find_commit(ref) is None, ref
    assert checkout.find_like("v1.0.1") == ("v1.0.0",)


def test_a_damaged_repository_is_not_one_without_the_commit(clone: Clone) -> None:
    sha = clone.git("rev-parse", "HEAD").strip()
    objects = clone.path / ".git" / "objects"
    objects.rename(objects.with_name("lost"))
    for folder in ("info", "pack"):
        (objects / folder).mkdir(parents=True)
    with pytest.raises(UnavailableError, match="cannot be read"):
        clone.checkout.find_base()
    with pytest.raises(UnavailableError, match="cannot be read") as caught:
        clone.checkout.find_commit("HEAD")
    assert sha in caught.value.cause
    assert "fsck" in caught.value.hint
    # Upstream may have this one.
    assert clone.checkout.find_commit(sha) is None


def test_a_branch_that_remotes_have_at_different_commits_is_not_guessed(clone: Clone) -> None:
    clone.git("update-ref", "refs/remotes/fork/feature", "origin/feature")
    assert clone.checkout.find_commit("feature")
    clone.git("update-ref", "refs/remotes/fork/feature", "master")
    with pytest.raises(UsageError) as told:
        clone.checkout.find_commit("feature")
    assert told.value.hint == "name one of them: fork/feature or origin/feature"


# Where its branch began


def fork(clone: Clone) -> None:
    clone.git("remote", "add", "upstream", NOWHERE)
    clone.git("update-ref", "refs/remotes/upstream/master", "master")
    clone.git("update-ref", "refs/remotes/origin/master", "HEAD")


def no_head(clone: Clone) -> None:
    clone.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")


def called_main(clone: Clone) -> None:
    no_head(clone)
    clone.git("update-ref", "refs/remotes/origin/main", "origin/master")
    clone.git("update-ref", "-d", "refs/remotes/origin/master")


def elsewhere(clone: Clone) -> None:
    clone.git("remote", "rename", "origin", "ggml")


def alone(clone: Clone) -> None:
    clone.git("remote", "remove", "origin")


def alone_on_trunk(clone: Clone) -> None:
    alone(clone)
    clone.git("branch", "--move", "master", "trunk")
    clone.git("config", "init.defaultBranch", "trunk")


def dangling_head(clone: Clone) -> None:
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")


def detached(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "--detach")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda _: None, "origin/master"),
        (fork, "upstream/master"),
        (no_head, "origin/master"),
        (called_main, "origin/main"),
        (elsewhere, "ggml/master"),
        (alone, "master"),
        (alone_on_trunk, "trunk"),
        (dangling_head, "origin/master"),
        (detached, "origin/master"),
    ],
)
def test_the_default_branch_is_found(clone: Clone, change: Callable[[Clone], object], name: str) -> None:
    base = clone.git("rev-parse", "HEAD")
    clone.git("checkout", "--quiet", "-b", "mine")
    clone.commit("one", c="c\n")
    clone.commit("two", d="d\n")
    change(clone)
    found = clone.checkout.find_base()
    assert (found.sha, found.name, found.beyond) == (base, name, 2)


def test_no_base_is_made_up(clone: Clone, upstream: Repository, tmp_path: Path, environ: dict[str, str]) -> None:
    clone.git("checkout", "--quiet", "--orphan", "other")
    clone.commit("unrelated")
    with pytest.raises(UsageError, match="have no commit in common"):
        clone.checkout.find_base()
    alone(clone)
    clone.git("branch", "-D", "master")
    with pytest.raises(UsageError, match="is not known"):
        clone.checkout.find_base()
    unborn = Repository(tmp_path / "unborn", environ)
    whisper(unborn.path)
    unborn.git("add", "--all")
    found = find_checkout(unborn.path, environ)
    assert found
    with pytest.raises(UsageError, match="has no commit yet"):
        found.find_base()
    shallow = Clone(tmp_path / "shallow", upstream, "--depth=1")
    shallow.git("checkout", "--quiet", "-b", "mine")
    shallow.commit("mine", c="c\n")
    assert shallow.checkout.find_base().name == "origin/master", "what is there suffices"
    upstream.commit("fourth", d="d\n")
    shallow.git("fetch", "--quiet", "--depth=1", f"file://{upstream.path}", "+master:refs/remotes/origin/master")
    with pytest.raises(UsageError, match="at which HEAD left origin/master is not known") as told:
        shallow.checkout.find_base()
    assert "shallow clone" in told.value.cause
    assert f"git -C {shallow.path} fetch --unshallow" in told.value.hint
    with pytest.raises(UsageError, match="has no commit 'HEAD~9'") as told:
        shallow.checkout.require_elsewhere("HEAD~9")
    assert (told.value.cause, "fetch --unshallow" in told.value.hint) == (
        "it is a shallow clone, so its history is cut off",
        True,
    )
    shallow.checkout.require_elsewhere("v9.9.9")


def test_files_that_a_partial_clone_lacks_come_from_where_it_was_cloned(tmp_path: Path, upstream: Repository) -> None:
    partial = Clone(tmp_path / "partial", upstream, "--filter=blob:none")
    first, head = upstream.git("rev-parse", "v1.0.0"), upstream.git("rev-parse", "master")
    assert partial.checkout.locate(head) == str(partial.path)
    upstream.commit("fourth", a="changed\n")
    partial.fetch(upstream)
    assert partial.checkout.locate(partial.git("rev-parse", "origin/master")) == NOWHERE
    assert partial.checkout.locate(first) == str(partial.path), "all of its files are in the newer commit"
    partial.git("remote", "set-url", "origin", f"../{upstream.path.name}")
    assert upstream.path.samefile(partial.checkout.locate(partial.git("rev-parse", "origin/master")))
