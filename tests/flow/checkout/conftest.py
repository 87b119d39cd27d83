"""Shared by the tests of checkouts: a clone that somebody works in, and where it comes from."""

import os
from pathlib import Path

import pytest

from tests.flow.repository import Clone, Repository, whisper


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }


@pytest.fixture
def upstream(tmp_path: Path, environ: dict[str, str]) -> Repository:
    """Two commits on master, the first is v1.0.0, and one more on `feature`."""
    repository = Repository(tmp_path / "upstream", environ)
    whisper(repository.path)
    (repository.path / "src").mkdir()
    (repository.path / "src" / "whisper.cpp").write_text("// 1\n")
    repository.commit("first")
    repository.git("tag", "v1.0.0")
    repository.commit("second", a="a\n")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit("third", b="b\n")
    repository.git("checkout", "--quiet", "master")
    return repository


@pytest.fixture
def clone(tmp_path: Path, upstream: Repository) -> Clone:
    return Clone(tmp_path / "work" / "whisper.cpp", upstream)
