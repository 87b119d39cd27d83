"""`--source FOLDER`: what a tree is called, and when it is dirty."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from tests.flow.repository import DATE, Repository, Resolver, whisper


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
    assert resolve.notes == ["git is not installed: the tree is identified by its contents alone"]


def test_tree_excludes_ref_and_repo(upstream: Repository, resolve: Resolver) -> None:
    with pytest.raises(UsageError, match="--source") as told:
        resolve(tree=upstream.path, ref="v1.0.0")
    assert told.value.hint == f"--repo {upstream.path} --ref v1.0.0  # that commit of a clone"
    with pytest.raises(UsageError, match="--source"):
        resolve(tree=upstream.path, repo=str(upstream.path))
