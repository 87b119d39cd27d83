"""Repositories of whisper.cpp, as the tests make them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.records.source import Pins, Source, SourceRequest
from harness.system.source.checkout import Checkout, find_checkout
from harness.system.source.resolve import resolve_source

DATE = "2026-01-02T03:04:05+02:00"
# Nobody listens there.
NOWHERE = "http://127.0.0.1:1/whisper.cpp"


class Repository:
    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self.environ = environ
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=master")
        self.git("config", "uploadpack.allowFilter", "true")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], env=self.environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        for name, content in files.items():
            (self.path / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def whisper(folder: Path) -> Path:
    (folder / "include").mkdir(parents=True, exist_ok=True)
    (folder / "CMakeLists.txt").write_text("project(whisper.cpp)\n")
    (folder / "include" / "whisper.h").write_text("// whisper\n")
    (folder / ".gitignore").write_text("build*/\n*.bin\n")
    return folder


class Clone(Repository):
    """A clone whose origin cannot be reached any more."""

    def __init__(self, path: Path, upstream: Repository, *options: str) -> None:
        self.path = path
        self.environ = upstream.environ
        upstream.git("clone", "--quiet", *options, f"file://{upstream.path}", str(path))
        self.git("remote", "set-url", "origin", NOWHERE)

    def fetch(self, upstream: Repository) -> None:
        self.git("remote", "set-url", "origin", f"file://{upstream.path}")
        self.git("fetch", "--quiet")
        self.git("remote", "set-url", "origin", NOWHERE)

    @property
    def checkout(self) -> Checkout:
        found = find_checkout(self.path, self.environ)
        assert found
        return found


class Resolver:
    def __init__(self, cache: Path, environ: Mapping[str, str], pins: Pins | None = None) -> None:
        self.cache = cache
        self.environ = environ
        self.pins = pins
        self.notes: list[str] = []

    def __call__(self, *, ref: str = "", repo: str = "", tree: str | Path = "") -> Source:
        return resolve_source(
            SourceRequest(ref=ref, repo=repo, tree=str(tree)),
            cache=self.cache,
            environ=self.environ,
            note=self.notes.append,
            pins=self.pins,
        )
