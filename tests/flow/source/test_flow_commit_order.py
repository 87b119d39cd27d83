"""The order of commits as a clone in the cache has it: whatever their dates say, and without the network."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.system.source.repository import order_commits


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository in the place of a clone, whose later commits are the older ones by date; the third is a merge."""
    clone = tmp_path / "repositories" / "0a1b2c3d4e5f.git"
    clone.mkdir(parents=True)
    git(clone, "init", "-q", "--bare", "-b", "main")
    tree = git(clone, "hash-object", "-t", "tree", "-w", "--stdin")
    first = commit(clone, tree, 5)
    second = commit(clone, tree, 4, first)
    side = commit(clone, tree, 9, first)
    merge = commit(clone, tree, 3, second, side)
    for name, sha in zip("abcd", (first, second, merge, side), strict=True):
        (tmp_path / name).write_text(sha)
    return tmp_path


def git(folder: Path, *words: str, day: int = 1) -> str:
    date = f"2026-01-{day:02}T00:00:00Z"
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a"}
    environ = {**os.environ, **identity, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env=environ, input="", capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, tree: str, day: int, *parents: str) -> str:
    words = [word for parent in parents for word in ("-p", parent)]
    return git(folder, "commit-tree", tree, *words, "-m", f"day {day}", day=day)


def read(clone: Path, name: str) -> str:
    return (clone / name).read_text()


def test_parents_come_first(clone: Path) -> None:
    shas = [read(clone, name) for name in "cab"]
    places = order_commits([*shas, "f" * 40, "v1.0", ""], cache=clone, environ=os.environ)
    assert sorted(shas, key=lambda sha: places[sha]) == [read(clone, name) for name in "abc"]
    assert read(clone, "d") not in places, "what was merged is none of the first parents"


def test_without_a_clone_nothing_is_known(clone: Path) -> None:
    assert order_commits([read(clone, "a")], cache=clone / "other", environ=os.environ) == {}
    assert order_commits(["f" * 40], cache=clone, environ=os.environ) == {}
    assert order_commits([], cache=clone, environ=os.environ) == {}


def test_a_damaged_clone_says_nothing(clone: Path) -> None:
    (repository,) = (clone / "repositories").iterdir()
    (repository / "HEAD").write_text("nonsense")
    assert order_commits([read(clone, "a")], cache=clone, environ=os.environ) == {}
