"""`--ref` and `--repo` through git, with several processes at once, and with killed ones."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import HarnessError, UnavailableError, UsageError
from harness.system import git
from harness.system.cache.entry import locked
from tests.flow.repository import Repository, Resolver, whisper
from tests.flow.source.server import Server

ROOT = Path(__file__).parents[3]


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
            assert told.value.hint == f"git -C {shallow} fetch --unshallow --tags  # then run the same command again"
    upstream.git("-C", str(shallow), "fetch", "--quiet", "--unshallow", "--tags")
    assert resolve(repo=str(shallow), ref=older).commit.sha == older


def test_server_of_mere_files_is_refused_at_once(
    upstream: Repository, resolve: Resolver, server: Server, monkeypatch: pytest.MonkeyPatch
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
    assert caught.value.hint.startswith("v1.0.1")
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
    assert "the commit has submodules, which are not fetched" in resolve.notes
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
