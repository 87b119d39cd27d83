"""Shared by the tests of sources: a repository, and the way to ask for a source."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.repository import DATE, Repository, Resolver, whisper
from tests.flow.source.server import Server


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("PIP_", "GIT_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "Ünal Author",
        "GIT_AUTHOR_EMAIL": "author@example.org",
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_NAME": "Committer",
        "GIT_COMMITTER_EMAIL": "committer@example.org",
    }


@pytest.fixture
def upstream(tmp_path: Path, environ: dict[str, str]) -> Repository:
    """Three commits: v1.0.0 (annotated), v1.0.1, and the branch `feature` on top; the head is on master."""
    repository = Repository(tmp_path / "upstream", environ)
    whisper(repository.path)
    repository.commit("first")
    repository.git("tag", "-a", "v1.0.0", "-m", "release")
    repository.commit("second : thing (#2)\n\nWith a body.\n\nCo-authored-by: Some One", a="a\n")
    repository.git("tag", "v1.0.1")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit("third", b="b\n")
    repository.git("checkout", "--quiet", "master")
    return repository


@pytest.fixture
def resolve(tmp_path: Path, environ: dict[str, str]) -> Resolver:
    return Resolver(tmp_path / "cache", environ)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "www")
    yield server
    server.close()
