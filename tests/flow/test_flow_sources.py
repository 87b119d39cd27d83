import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.errors import HarnessError, UnavailableError, UsageError
from harness.parse.tool.pip import parse_pip_environment
from harness.records.source import Pins, Release, Sdist, Source, SourceRequest
from harness.system import git
from harness.system.cache.entry import locked
from harness.system.source import sdist
from harness.system.source.resolve import resolve_source

ROOT = Path(__file__).parents[2]
DATE = "2026-01-02T03:04:05+02:00"


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


@pytest.fixture
def resolve(tmp_path: Path, environ: dict[str, str]) -> Resolver:
    return Resolver(tmp_path / "cache", environ)


# --source DIR


def test_clean_checkout_is_its_commit(upstream: Repository, resolve: Resolver) -> None:
    upstream.git("remote", "add", "origin", "https://me:token@example.org/whisper.cpp")
    source = resolve(tree=upstream.path)
    assert source.kind == "tree"
    assert source.mutable
    assert source.path == str(upstream.path.resolve())
    commit = source.commit
    assert commit.sha == upstream.git("rev-parse", "HEAD")
    assert commit.author == "Ünal Author"
    assert commit.date == DATE
    assert commit.release == "v1.0.1"
    assert commit.message == "second : thing (#2)\n\nWith a body.\n\nCo-authored-by: Some One"
    assert commit.repo == "https://example.org/whisper.cpp"
    assert not commit.dirty


def test_detached_checkout_is_its_commit(upstream: Repository, resolve: Resolver) -> None:
    upstream.git("checkout", "--quiet", "--detach", "v1.0.0")
    assert resolve(tree=upstream.path).commit.release == "v1.0.0"


def rely_on_a_second_file(one: Repository) -> None:
    one.git("config", "core.fileMode", "true")
    one.git("config", "extensions.worktreeConfig", "true")
    one.git("config", "--worktree", "core.fileMode", "false")
    (one.path / "a").chmod(0o755)


def leave_files_out(one: Repository) -> None:
    one.git("sparse-checkout", "set", "--cone", "include")


def put_a_file_back(one: Repository) -> None:
    leave_files_out(one)
    (one.path / "docs").mkdir()
    (one.path / "docs" / "d").write_text("other\n")


def ignore_by_a_file(one: Repository) -> None:
    (one.path / ".git" / "mine").write_text("*.c\n")
    one.git("config", "core.excludesFile", ".git/mine")
    (one.path / "x.c").write_text("")


def lose_a_submodule(one: Repository) -> None:
    one.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(one.path), "sub")
    one.git("commit", "--quiet", "-m", "with a submodule")
    shutil.rmtree(one.path / "sub")


STATES: dict[Callable[[Repository], None], bool] = {
    rely_on_a_second_file: False,
    leave_files_out: False,
    put_a_file_back: True,
    ignore_by_a_file: False,
    lose_a_submodule: True,
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_tree_is_clean_where_git_says_so(
    upstream: Repository, resolve: Resolver, state: Callable[[Repository], None]
) -> None:
    (upstream.path / "docs").mkdir()
    (upstream.path / "docs" / "d").write_text("d\n")
    upstream.commit("docs")
    state(upstream)
    assert bool(upstream.git("status", "--porcelain")) == STATES[state]
    assert resolve(tree=upstream.path).commit.dirty == STATES[state]


def test_a_file_that_lfs_keeps_is_unchanged_while_its_sum_is_the_same(upstream: Repository, resolve: Resolver) -> None:
    content = b"a recording\n" * 100
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"
    )
    clean = upstream.commit("kept elsewhere", **{"x y.wav": pointer, ".gitattributes": "*.wav filter=lfs -text\n"})
    path = upstream.path / "x y.wav"
    path.write_bytes(content)
    source = resolve(tree=upstream.path)
    assert (source.commit.sha, source.commit.dirty) == (clean, False)
    for change in (content[:-1] + b"?", content[:-1], pointer.replace("1", "2").encode()):
        path.write_bytes(change)
        assert resolve(tree=upstream.path).commit.dirty
    path.write_bytes(content)
    path.chmod(0o755)
    assert resolve(tree=upstream.path).commit.dirty


def test_every_uncommitted_change_counts_and_goes_away_again(upstream: Repository, resolve: Resolver) -> None:
    clean = resolve(tree=upstream.path)
    seen = {clean.id}
    (upstream.path / "a").write_bytes(b"\xff\xfe")
    seen.add(resolve(tree=upstream.path).id)
    (upstream.path / "a").write_bytes(b"\xff\xfd")
    seen.add(resolve(tree=upstream.path).id)
    upstream.git("add", "a")
    staged = resolve(tree=upstream.path)
    assert staged.id in seen
    (upstream.path / "new \xe4.c").write_text("int x;")
    untracked = resolve(tree=upstream.path)
    assert untracked.id not in seen
    assert untracked.commit.dirty
    assert untracked.commit.sha == clean.commit.sha
    (upstream.path / "new \xe4.c").write_text("int y;")
    assert resolve(tree=upstream.path).id not in {*seen, untracked.id}
    (upstream.path / "new \xe4.c").unlink()
    upstream.git("checkout", "HEAD", "--", "a")
    (upstream.path / "build").mkdir()
    (upstream.path / "build" / "ignored.o").write_text("")
    assert resolve(tree=upstream.path) == clean


def test_file_that_configure_writes_makes_no_tree_dirty(upstream: Repository, resolve: Resolver) -> None:
    (upstream.path / "bindings/javascript").mkdir(parents=True)
    package = upstream.path / "bindings/javascript/package.json"
    package.write_text("1")
    upstream.commit("package")
    package.write_text("2")
    assert not resolve(tree=upstream.path).commit.dirty


def test_tree_of_another_user_is_read(upstream: Repository, resolve: Resolver, environ: dict[str, str]) -> None:
    environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"  # git's own switch for its tests
    refused = subprocess.run(["git", "-C", str(upstream.path), "status"], env=environ, capture_output=True, check=False)
    assert b"dubious ownership" in refused.stderr
    assert resolve(tree=upstream.path).commit.sha
    assert resolve(repo=str(upstream.path), ref="v1.0.0").commit.release == "v1.0.0"


def test_enclosing_repository_says_nothing_about_a_tree(upstream: Repository, resolve: Resolver) -> None:
    inner = whisper(upstream.path / "build" / "unpacked")
    source = resolve(tree=inner)
    assert source.commit.sha == ""
    assert len(source.commit.changes) == 40
    upstream.commit("moves the enclosing head")
    assert resolve(tree=inner) == source
    (inner / "include/whisper.h").write_text("// other\n")
    assert resolve(tree=inner).id != source.id


def test_repository_that_tracks_the_tree_as_a_part_names_it(upstream: Repository, resolve: Resolver) -> None:
    part = whisper(upstream.path / "vendor" / "whisper.cpp")
    sha = upstream.commit("vendored")
    (upstream.path / "a").write_text("outside of the part\n")
    source = resolve(tree=part)
    assert source.commit.sha == sha
    assert not source.commit.dirty
    (part / "CMakeLists.txt").write_text("changed\n")
    assert resolve(tree=part).commit.dirty


def test_tree_without_git_is_its_contents(tmp_path: Path, resolve: Resolver) -> None:
    one, two = (whisper(tmp_path / name / "whisper.cpp") for name in ("one", "two"))
    assert resolve(tree=one).id == resolve(tree=two).id
    for ignored in ("build/x.o", "build-arm/x.o", ".git-like/x", "models/ggml-base.bin"):
        (one / ignored).parent.mkdir(exist_ok=True)
        (one / ignored).write_text("x")
    assert resolve(tree=one).id == resolve(tree=two).id
    (one / "src").mkdir()
    (one / "src/build.c").write_text("x")
    assert resolve(tree=one).id != resolve(tree=two).id


def test_tree_is_named_without_git_installed(tmp_path: Path, upstream: Repository, resolve: Resolver) -> None:
    resolve.environ = {"PATH": str(tmp_path / "nothing")}
    source = resolve(tree=upstream.path)
    assert source.commit.sha == ""
    assert resolve.notes == ["git is not installed: the tree is named by its contents alone"]


def test_tree_excludes_ref_and_repo(upstream: Repository, resolve: Resolver) -> None:
    with pytest.raises(UsageError, match="--source") as told:
        resolve(tree=upstream.path, ref="v1.0.0")
    assert told.value.hint == f"--repo {upstream.path} --ref v1.0.0 takes that commit of a clone"
    with pytest.raises(UsageError, match="--source"):
        resolve(tree=upstream.path, repo=str(upstream.path))


# --ref and --repo through git


def test_tag_branch_sha_and_head(upstream: Repository, resolve: Resolver) -> None:
    url = f"file://{upstream.path}"
    tag = resolve(repo=url, ref="v1.0.0")
    assert tag.kind == "git"
    assert not tag.mutable
    assert tag.commit.release == "v1.0.0"
    assert tag.commit.repo == url
    assert not (Path(tag.path) / "a").exists()
    assert not (Path(tag.path) / ".git").exists()
    branch = resolve(repo=url, ref="feature")
    assert (Path(branch.path) / "b").read_text() == "b\n"
    assert branch.commit.sha == upstream.git("rev-parse", "feature")
    head = resolve(repo=url)
    assert head.commit.sha == upstream.git("rev-parse", "master")
    assert resolve(repo=url, ref=head.commit.sha) == resolve(repo=url, ref=head.commit.sha[:9]) == head
    assert len({tag.id, branch.id, head.id}) == 3


def test_branch_follows_its_repository(upstream: Repository, resolve: Resolver) -> None:
    url = f"file://{upstream.path}"
    before = resolve(repo=url, ref="master")
    sha = upstream.commit("fourth", c="c\n")
    assert before.commit.sha != sha
    assert resolve(repo=url, ref="master").commit.sha == sha


def test_rewritten_branch_is_followed(upstream: Repository, resolve: Resolver) -> None:
    url = f"file://{upstream.path}"
    resolve(repo=url, ref="master")
    upstream.git("reset", "--quiet", "--hard", "v1.0.0")
    sha = upstream.commit("instead", d="d\n")
    assert resolve(repo=url, ref="master").commit.sha == sha


def test_commit_off_every_branch_is_found_by_sha_and_by_full_name(upstream: Repository, resolve: Resolver) -> None:
    upstream.git("checkout", "--quiet", "--detach")
    sha = upstream.commit("pull request", p="p\n")
    upstream.git("update-ref", "refs/pull/7/head", sha)
    upstream.git("checkout", "--quiet", "master")
    url = f"file://{upstream.path}"
    assert resolve(repo=url, ref="refs/pull/7/head").commit.sha == sha
    shutil.rmtree(resolve.cache)
    assert resolve(repo=url, ref=sha).commit.sha == sha


def test_plain_path_is_a_repository_too(upstream: Repository, resolve: Resolver) -> None:
    assert resolve(repo=str(upstream.path), ref="v1.0.1").commit.release == "v1.0.1"


def test_only_the_asked_contents_are_fetched(upstream: Repository, resolve: Resolver) -> None:
    resolve(repo=f"file://{upstream.path}", ref="v1.0.0")
    (clone,) = (resolve.cache / "repositories").glob("*.git")
    listed = subprocess.run(
        ["git", "-C", str(clone), "rev-list", "--objects", "--all", "--missing=print"],
        env=resolve.environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert len([line for line in listed if line.startswith("?")]) == 2  # the files `a` and `b`


def test_second_use_needs_no_network(upstream: Repository, resolve: Resolver) -> None:
    url = f"file://{upstream.path}"
    first = resolve(repo=url, ref="v1.0.1")
    feature = upstream.git("rev-parse", "feature")
    upstream.path.rename(upstream.path.with_name("gone"))
    assert resolve(repo=url, ref="v1.0.1") == first
    assert resolve(repo=url, ref=first.commit.sha[:8]) == first
    with pytest.raises(UnavailableError) as branch:
        resolve(repo=url, ref="feature")
    assert feature in branch.value.hint
    with pytest.raises(UnavailableError) as contents:
        resolve(repo=url, ref=feature)
    assert "cannot be fetched" in contents.value.what
    with pytest.raises(UnavailableError):
        resolve(repo=url, ref="v9")


def test_shallow_repository_is_fetched_once_and_what_it_lacks_is_told(
    tmp_path: Path, upstream: Repository, resolve: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "NETWORK_TIMEOUT_S", 20.0)  # git would ask for what is missing without end
    shallow = tmp_path / "shallow"
    upstream.git("clone", "--quiet", "--depth=1", f"file://{upstream.path}", str(shallow))
    head, older = upstream.git("rev-parse", "master"), upstream.git("rev-parse", "v1.0.0^{commit}")
    for repo in (str(shallow), f"file://{shallow}"):
        assert resolve(repo=repo).commit.sha == head
        assert resolve(repo=repo, ref="master").commit.sha == head
        for ref in (older, "v1.0.0"):
            with pytest.raises(UsageError, match="has no tag, branch or commit") as told:
                resolve(repo=repo, ref=ref)
            assert "it is a shallow clone" in told.value.cause
            assert told.value.hint == f"git -C {shallow} fetch --unshallow --tags, then run again"
    upstream.git("-C", str(shallow), "fetch", "--quiet", "--unshallow", "--tags")
    assert resolve(repo=str(shallow), ref=older).commit.sha == older


def test_server_of_mere_files_is_refused_at_once(
    upstream: Repository, resolve: Resolver, server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "NETWORK_TIMEOUT_S", 20.0)  # it lacks a filter, and git would ask it without end
    bare = server.root / "upstream"
    upstream.git("clone", "--quiet", "--bare", str(upstream.path), str(bare))
    upstream.git("-C", str(bare), "update-server-info")
    with pytest.raises(UnavailableError, match="cannot be reached") as told:
        resolve(repo=server.url.replace("/simple", "/upstream"))
    assert "dumb http" in told.value.cause


def test_unknown_ref_names_the_nearest(upstream: Repository, resolve: Resolver) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(repo=f"file://{upstream.path}", ref="v1.0.1x")
    assert caught.value.exit_code == 2
    assert "v1.0.1" in caught.value.cause
    assert caught.value.hint == "--ref v1.0.1"
    with pytest.raises(UsageError, match="no tag, branch or commit"):
        resolve(repo=f"file://{upstream.path}", ref="0" * 40)


@pytest.mark.parametrize("ref", ["-x", "a..b", "master:x", "a b", "HEAD~1", "HEAD^", "@{-1}"])
def test_ref_that_is_no_name_is_refused(upstream: Repository, resolve: Resolver, ref: str) -> None:
    with pytest.raises(UsageError, match="not the name of a commit"):
        resolve(repo=str(upstream.path), ref=ref)


def test_folder_that_is_no_repository(tmp_path: Path, resolve: Resolver) -> None:
    with pytest.raises(HarnessError) as caught:
        resolve(repo=str(whisper(tmp_path / "plain")), ref="v1")
    assert caught.value.exit_code in {2, 4}
    assert "repository" in str(caught.value)


@pytest.mark.parametrize("name", ["HEAD", "HEAD^{tree}", "HEAD:CMakeLists.txt", "HEAD~1"])
def test_damaged_repository_on_this_node_is_told_by_the_object(
    upstream: Repository, resolve: Resolver, name: str
) -> None:
    sha = upstream.git("rev-parse", name).strip()
    (upstream.path / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(UnavailableError) as told:
        resolve(repo=str(upstream.path))
    assert sha in told.value.cause
    assert f"git -C {upstream.path} fsck" in told.value.hint
    assert "network" not in told.value.hint


def test_repository_without_a_commit_says_so(tmp_path: Path, upstream: Repository, resolve: Resolver) -> None:
    empty = tmp_path / "empty.git"
    upstream.git("init", "--quiet", "--bare", str(empty))
    with pytest.raises(UnavailableError, match="cannot be read") as told:
        resolve(repo=str(empty))
    assert "without a commit" in told.value.hint


def test_repository_of_something_else_is_refused(tmp_path: Path, environ: dict[str, str], resolve: Resolver) -> None:
    other = Repository(tmp_path / "other", environ)
    other.commit("x", file="x")
    with pytest.raises(UsageError, match=r"CMakeLists\.txt"):
        resolve(repo=str(other.path))
    assert not list((resolve.cache / "sources").glob("git-*/"))


def test_a_percent_sign_in_a_path_stands_for_itself(upstream: Repository, resolve: Resolver) -> None:
    """Workspaces of Jenkins are named so."""
    folder = upstream.path.rename(upstream.path.with_name("job%2Fx"))
    assert resolve(repo=str(folder)).id == resolve(repo=f"file://{folder}".replace("%", "%25")).id


def test_nothing_of_the_repository_is_run(tmp_path: Path, upstream: Repository, resolve: Resolver) -> None:
    trap = tmp_path / "trap"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[core]\nhooksPath = {hooks}\n[filter "lfs"]\nsmudge = touch {trap}\nrequired = true\n', encoding="utf-8"
    )
    (upstream.path / ".gitattributes").write_text("a filter=lfs\n")
    (upstream.path / ".gitmodules").write_text('[submodule "x"]\npath = x\nurl = /nowhere\n')
    upstream.commit("traps")
    resolve.environ = {**resolve.environ, "GIT_CONFIG_GLOBAL": str(config)}
    source = resolve(repo=str(upstream.path))
    assert (Path(source.path) / "a").read_text() == "a\n"
    assert "the commit has submodules: they are not fetched" in resolve.notes
    assert not trap.exists()


def test_environment_of_a_git_hook_does_not_lead_astray(
    tmp_path: Path, upstream: Repository, environ: dict[str, str], resolve: Resolver
) -> None:
    other = Repository(tmp_path / "other", environ)
    other.commit("x")
    resolve.environ = {
        **environ,
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_QUARANTINE_PATH": str(tmp_path),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_CONFIG": os.devnull,
        "GIT_SHALLOW_FILE": str(tmp_path / "nowhere"),
        "GIT_DEFAULT_HASH": "sha256",
    }
    head = upstream.git("rev-parse", "HEAD")
    assert resolve(tree=upstream.path).commit.sha == resolve(repo=str(upstream.path)).commit.sha == head


# Two processes, and killed ones

CHILD = """
import os, sys
from pathlib import Path
from harness.records.source import SourceRequest
from harness.system.source.resolve import resolve_source
source = resolve_source(
    SourceRequest(repo=sys.argv[2], ref="v1.0.1"), cache=Path(sys.argv[1]), environ=dict(os.environ),
    note=lambda text: print(text, flush=True),
)
print(source.path)
"""


def child(resolve: Resolver, upstream: Repository, program: str = CHILD) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(resolve.cache), f"file://{upstream.path}"],
        env={**resolve.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_make_one_entry(upstream: Repository, resolve: Resolver) -> None:
    both = [child(resolve, upstream) for _ in range(2)]
    said = [process.communicate(timeout=60)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0][-1] == said[1][-1]
    assert sum(line.startswith("checking out") for lines in said for line in lines) == 1


def test_second_process_waits_and_says_so(upstream: Repository, resolve: Resolver) -> None:
    resolve(repo=f"file://{upstream.path}", ref="v1.0.1")
    (clone,) = (resolve.cache / "repositories").glob("*.git")
    with locked(clone, note=resolve.notes.append):
        process = child(resolve, upstream)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("waiting for another process")
        assert process.poll() is None
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert "git-" in rest


def test_killed_process_leaves_nothing_in_the_way(upstream: Repository, resolve: Resolver) -> None:
    killer = (
        "import harness.system.source.repository as r, os\nr.check_tree = lambda *a, **k: os.kill(os.getpid(), 9)\n"
    )
    process = child(resolve, upstream, killer + CHILD)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert list((resolve.cache / "sources").glob(".git-*.partial-*"))
    source = resolve(repo=f"file://{upstream.path}", ref="v1.0.1")
    assert (Path(source.path) / "a").read_text() == "a\n"
    assert not list((resolve.cache / "sources").glob(".git-*.partial-*"))


# Pinned releases from an index


def sdist_bytes(*extra: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("setup.py", "whisper.cpp/CMakeLists.txt", "whisper.cpp/include/whisper.h", *extra):
            info = tarfile.TarInfo(f"thing-1.0/{name}")
            content = b"raise SystemExit('run')\n" if name == "setup.py" else b"// whisper\n"
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = sdist_bytes()


class Server:
    """A simple index on the loopback with `thing-1.0.tar.gz`; `requests` are the paths asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.requests: list[str] = []
        (root / "simple" / "thing").mkdir(parents=True)
        (root / "files").mkdir()
        (root / "simple/thing/index.html").write_text(
            '<a href="/files/thing-1.0-py3-none-any.whl">w</a><a href="/files/thing-0.9.tar.gz">o</a>'
            '<a href="/files/thing-1.0.tar.gz" data-requires-python="&lt;3">s</a>'
        )
        (root / "files/thing-1.0.tar.gz").write_bytes(ARCHIVE)
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name upstream
                requests.append(self.path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "www")
    yield server
    server.close()


@pytest.fixture
def pinned(
    tmp_path: Path, server: Server, environ: dict[str, str], upstream: Repository, monkeypatch: pytest.MonkeyPatch
) -> Resolver:
    """One release, in the index alone; pip, which is slow to start, is not asked where that is."""
    monkeypatch.setattr(sdist, "probe_index", parse_pip_environment)
    environ.pop("PIP_NO_INDEX")
    environ["PIP_INDEX_URL"] = server.url.replace("//", "//me:secret@")
    archive = Sdist(
        name="thing",
        version="1.0",
        filename="thing-1.0.tar.gz",
        bytes=len(ARCHIVE),
        sha256=hashlib.sha256(ARCHIVE).hexdigest(),
        subdirectory="whisper.cpp",
    )
    release = Release(tag="v8.0", sdist=archive, pruned=True, sha="ab" * 20, author="A", date=DATE, message="m")
    pins = Pins(default="v8.0", repo=f"file://{upstream.path}", releases=(release,))
    return Resolver(tmp_path / "cache", environ, pins)


def test_default_release_comes_from_the_index(pinned: Resolver, server: Server) -> None:
    source = pinned()
    assert source.kind == "sdist"
    assert source.pruned
    assert not source.mutable
    assert source.commit.sha == "ab" * 20
    assert source.commit.release == "v8.0"
    assert sorted(path.name for path in Path(source.path).iterdir()) == ["CMakeLists.txt", "include"]
    assert "/files/thing-1.0.tar.gz" in server.requests
    assert "/files/thing-1.0-py3-none-any.whl" not in server.requests
    assert not any("secret" in note for note in pinned.notes)
    asked = len(server.requests)
    assert pinned(ref="v8.0") == pinned(ref="abababa") == source
    assert len(server.requests) == asked


def test_pip_is_asked_for_the_index(
    pinned: Resolver, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {server.url}\ntimeout = 7\n")
    environ = {name: value for name, value in pinned.environ.items() if not name.startswith("PIP_")}
    pinned.environ = {**environ, "PIP_CONFIG_FILE": str(config)}
    index = sdist.probe_index(pinned.environ)
    assert (index.index_url, index.timeout_s) == (server.url, 7.0)
    assert pinned().kind == "sdist"


def test_variables_stand_in_where_there_is_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    environ = {"PATH": str(tmp_path), "PIP_INDEX_URL": "https://mirror.example/simple"}
    assert sdist.probe_index(environ).index_url == "https://mirror.example/simple"
    (tmp_path / "pip").write_text("#!/bin/sh\necho \"global.index-url='https://other.example'\"\n")
    (tmp_path / "pip").chmod(0o755)
    assert sdist.probe_index(environ).index_url == "https://other.example"


def test_archive_is_kept_for_a_damaged_tree(pinned: Resolver, server: Server) -> None:
    source = pinned()
    (Path(source.path) / "CMakeLists.txt").unlink()
    server.close()
    assert pinned() == source
    assert (Path(source.path) / "CMakeLists.txt").is_file()


def test_damaged_archive_is_fetched_again(pinned: Resolver, server: Server) -> None:
    source = pinned()
    shutil.rmtree(Path(source.path).parent)
    (archive,) = (pinned.cache / "archives").glob("*/*.tar.gz")
    archive.write_bytes(b"damaged")
    assert pinned() == source


def test_other_contents_than_pinned_are_refused_with_both_sums(pinned: Resolver, server: Server) -> None:
    other = sdist_bytes("whisper.cpp/extra")
    (server.root / "files/thing-1.0.tar.gz").write_bytes(other)
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert caught.value.exit_code == 4
    assert hashlib.sha256(other).hexdigest() in caught.value.cause
    assert hashlib.sha256(ARCHIVE).hexdigest() in caught.value.cause
    assert not list(pinned.cache.glob("archives/*/*.tar.gz"))
    assert not list(pinned.cache.glob("sources/sdist-*/"))


def test_endless_answer_is_cut_off(pinned: Resolver, server: Server) -> None:
    (server.root / "files/thing-1.0.tar.gz").write_bytes(bytes(4 << 20))
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert "goes on after" in caught.value.cause


def test_next_place_is_asked_where_one_has_another_file(pinned: Resolver, server: Server, tmp_path: Path) -> None:
    wheels = tmp_path / "my wheels"
    wheels.mkdir()
    (wheels / "thing-1.0.tar.gz").write_bytes(b"repacked")
    pinned.environ = {**pinned.environ, "PIP_FIND_LINKS": wheels.as_uri()}
    assert pinned().kind == "sdist"


@pytest.mark.parametrize("missing", ["simple/thing/index.html", "files/thing-1.0.tar.gz"])
def test_missing_page_or_file_is_told_with_the_way_out(pinned: Resolver, server: Server, missing: str) -> None:
    (server.root / missing).unlink()
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert caught.value.exit_code == 4
    assert "--source DIR" in caught.value.hint
    assert "secret" not in str(caught.value)


def test_unreachable_index_is_told_with_the_way_out(pinned: Resolver, server: Server) -> None:
    server.close()
    with pytest.raises(UnavailableError) as caught:
        pinned()
    assert "refused" in caught.value.cause
    assert "pip config set" in caught.value.hint
    assert "secret" not in str(caught.value)
    assert "secret" not in " ".join(pinned.notes)


def test_git_helps_out_where_no_index_has_the_release(pinned: Resolver, upstream: Repository, server: Server) -> None:
    assert pinned.pins is not None
    (release,) = pinned.pins.releases
    known = Release(tag="v1.0.1", sdist=release.sdist, pruned=True)
    pinned.pins = Pins(default="v1.0.1", repo=pinned.pins.repo, releases=(known,))
    server.close()
    source = pinned()
    assert source.kind == "git"
    assert not source.pruned
    assert source.commit.sha == upstream.git("rev-parse", "v1.0.1")


def test_unknown_ref_without_network_names_the_pinned_ones(pinned: Resolver, upstream: Repository) -> None:
    upstream.path.rename(upstream.path.with_name("gone"))
    with pytest.raises(UnavailableError) as caught:
        pinned(ref="v8.0x")
    assert caught.value.exit_code == 4
    assert "v8.0" in caught.value.hint


def test_user_certificates_that_are_not_there_are_told(pinned: Resolver, tmp_path: Path) -> None:
    pinned.environ = {**pinned.environ, "PIP_CERT": str(tmp_path / "none.pem")}
    with pytest.raises(HarnessError, match=r"none\.pem") as caught:
        pinned()
    assert caught.value.exit_code == 3
