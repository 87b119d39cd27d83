import os
from pathlib import Path

import pytest

from harness.system.view import NO_FILTER, RepositoryHome, filter_settings, find_home, find_served, open_view


def repository(folder: Path) -> Path:
    """Make what git takes for a repository."""
    for name in ("objects", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/master\n")
    return folder


def test_settings_that_only_state_facts_are_shown_and_no_others() -> None:
    listed = (
        'core.filemode\nfalse\0core.fsmonitor\n/evil\0core.symlinks\0remote.a "b\\.url\nhttps://x/"y\\\n'
        "z\0remote.origin.uploadpack\n/evil\0filter.x.process\n/evil\0branch.a.b.merge\nrefs/heads/c\0"
        "include.path\n/evil\0core.filemode.evil\nx\0alias.core.filemode\n!x\0"
    )
    assert filter_settings(listed) == (
        "[core]\nrepositoryFormatVersion = 1\nbare = false\n"
        '[core]\nfilemode = "false"\n'
        '[core]\nsymlinks = "true"\n'
        '[remote "a \\"b\\\\"]\nurl = "https://x/\\"y\\\\\\nz"\n'
        '[branch "a.b"]\nmerge = "refs/heads/c"\n'
    )


def test_a_repository_is_found_as_git_finds_it(tmp_path: Path) -> None:
    top = tmp_path / "top"
    git = repository(top / ".git")
    (top / "a" / "b").mkdir(parents=True)
    home = RepositoryHome(folder=str(git), shared=str(git), tree=str(top))
    assert find_home(top) == find_home(top / "a" / "b") == home
    assert find_home(git) is None, "it is no work tree"
    assert find_home(git / "refs") is None
    assert find_home(tmp_path) is None
    linked = repository(git / "worktrees" / "w")
    (linked / "commondir").write_text("../..\n")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / ".git").write_text(f"gitdir: {linked}\n")
    assert find_home(tmp_path / "w") == RepositoryHome(folder=str(linked), shared=str(git), tree=str(tmp_path / "w"))


@pytest.mark.parametrize("text", ["nonsense\n", "gitdir: nowhere\n", "gitdir: ../hollow\n", ""])
def test_a_file_that_leads_to_no_repository_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "hollow" / "objects").mkdir(parents=True)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text(text)
    assert find_home(tmp_path / "tree") is None


@pytest.mark.parametrize("name", [".git", "HEAD"])
def test_a_repository_that_may_not_be_looked_into_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repository(tmp_path / ".git")
    (tmp_path / "tree").mkdir()
    is_file = Path.is_file

    def refuse(path: Path) -> bool:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    assert find_home(tmp_path / "tree")
    monkeypatch.setattr(Path, "is_file", refuse)
    assert find_home(tmp_path / "tree") is None
    assert find_served(tmp_path) is None


def test_an_index_that_may_not_be_read_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = repository(tmp_path / ".git")
    (git / "index").write_text("index")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.copy2", refuse)
    with open_view(RepositoryHome(folder=str(git), shared=str(git)), "") as view:
        assert not (view / "index").exists()


def test_a_file_of_what_to_ignore_is_named_if_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "ignored").write_text("*.o\n")
    os.mkfifo(tmp_path / "fifo")
    for name, shown in (("ignored", True), (str(tmp_path / "ignored"), True), ("fifo", False), ("nowhere", False)):
        chosen = filter_settings(f"core.excludesfile\n{name}\0", tree=str(tmp_path))
        assert ("excludesfile" in chosen) == shown, name
    assert "excludesfile" not in filter_settings("core.excludesfile\n/dev/zero\0")


def test_a_repository_that_lies_open_in_a_tree_is_none(tmp_path: Path) -> None:
    repository(tmp_path / "tree")
    assert find_home(tmp_path / "tree") is None


def test_what_git_would_serve(tmp_path: Path) -> None:
    bare = repository(tmp_path / "bare.git")
    assert find_served(bare) == find_served(tmp_path / "bare") == RepositoryHome(folder=str(bare), shared=str(bare))
    git = repository(tmp_path / "tree" / ".git")
    assert find_served(tmp_path / "tree") == RepositoryHome(folder=str(git), shared=str(git))
    assert find_served(tmp_path / "nowhere") is None


def test_a_view_has_the_objects_and_a_copy_of_the_index_but_no_settings(tmp_path: Path) -> None:
    git = repository(tmp_path / ".git")
    (git / "index").write_text("index")
    (git / "config").write_text("[core]\nfsmonitor = /evil\n")
    (git / "info").mkdir()
    (git / "info" / "attributes").write_text("* filter=evil\n")
    (git / "info" / "exclude").write_text("*.o\n")
    with open_view(RepositoryHome(folder=str(git), shared=str(git)), "core.fsmonitor\n/evil\0") as view:
        assert (view / "objects").resolve() == git / "objects"
        assert "evil" not in (view / "config").read_text()
        assert (view / "info" / "attributes").read_text() == NO_FILTER
        assert (view / "info" / "exclude").read_text() == "*.o\n"
        assert not (view / "hooks").exists()
        (view / "index").write_text("changed")
        kept = sorted(path.name for path in view.iterdir())
    assert not view.exists()
    assert "hooks" not in kept
    assert (git / "index").read_text() == "index"
