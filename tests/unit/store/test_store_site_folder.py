"""A site on disk: what is new takes effect at once, what is the same stays, what others put there is theirs."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from harness.errors import UnfitError, UsageError
from harness.records.site import SITE_SCHEMA
from harness.store import site_folder
from harness.store.site_folder import SiteCount, open_site
from harness.store.site_manifest import MANIFEST, is_inside

OLD = {"index.html": b"old", "nodes/a/index.html": b"node", "nodes/a/runs/1.html": b"run"}
NEW = {"index.html": b"new", "nodes/b/index.html": b"node", "nodes/a/runs/1.html": b"run"}


def write(path: Path, pages: dict[str, bytes], made_by: str = "x", *, force: bool = False) -> SiteCount:
    with open_site(path, made_by, force=force, note=lambda _: None) as folder:
        for name, content in pages.items():
            if not folder.keep(name, content.decode()):
                folder.put(name, content, content.decode())
        return folder.commit()


def read(path: Path) -> dict[str, bytes]:
    """Return the files of a folder, but for what begins with a dot and the manifest."""
    found = (one for one in path.rglob("*") if one.is_file())
    names = {str(one.relative_to(path)): one.read_bytes() for one in found}
    return {name: content for name, content in names.items() if not name.startswith(".") and name != MANIFEST}


def hidden(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir() if one.name.startswith("."))


def test_a_site_is_what_was_put_there_last(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    assert write(site, OLD)[:3] == (3, 0, 0)
    assert read(site) == OLD
    assert write(site, NEW)[:3] == (2, 1, 1)
    assert read(site) == NEW
    assert not (site / "nodes" / "a" / "index.html").exists()
    assert hidden(site) == [".lock"]


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in OLD}
    manifest = (tmp_path / MANIFEST).stat().st_ino
    assert write(tmp_path, OLD) == SiteCount(0, 3, 0, sum(map(len, OLD.values())))
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in OLD} == times
    assert (tmp_path / MANIFEST).stat().st_ino == manifest


def test_a_page_whose_values_are_known_is_not_made(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    with open_site(tmp_path, "x", force=False, note=lambda _: None) as folder:
        assert folder.keep("index.html", "old")
        assert not folder.keep("index.html", "other")
        assert not folder.keep("nodes/a/index.html", ""), "pages without values are made every time"
        assert not folder.keep("never.html", "old")


def test_a_site_about_the_same_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    with open_site(tmp_path, "x", force=False, note=lambda _: None) as folder:
        assert not folder.keep_rest("a")
        for name, content in OLD.items():
            assert folder.keep(name, content.decode())
        folder.commit()
    with open_site(tmp_path, "x", force=False, note=lambda _: None) as folder:
        assert folder.keep_rest("a")
        folder.commit()
    assert read(tmp_path) == OLD
    (tmp_path / "index.html").write_bytes(b"spoiled")
    with open_site(tmp_path, "x", force=False, note=lambda _: None) as folder:
        assert not folder.keep_rest("a")
    with open_site(tmp_path, "y", force=False, note=lambda _: None) as folder:
        assert not folder.keep_rest("a")


def test_other_code_makes_all_pages_again_and_writes_those_that_differ(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    with open_site(tmp_path, "y", force=False, note=lambda _: None) as folder:
        assert not folder.keep("index.html", "old")
        assert folder.load_node("state/a.json") is None
    assert write(tmp_path, OLD, "y")[:3] == (0, 3, 0)
    assert write(tmp_path, OLD, "y")[:3] == (0, 3, 0)


@pytest.mark.parametrize("damage", ["gone", "edited", "same size", "cut", "link", "folder"])
def test_a_damaged_page_is_written_again(tmp_path: Path, damage: str) -> None:
    write(tmp_path, OLD)
    page = tmp_path / "nodes" / "a" / "runs" / "1.html"
    if damage == "edited":
        page.write_bytes(b"something else")
    elif damage == "same size":
        page.write_bytes(b"nur")
        os.utime(page, ns=(1, 1))
    else:
        page.unlink()
        if damage == "cut":
            page.touch()
        elif damage == "link":
            page.symlink_to(tmp_path / "index.html")
        elif damage == "folder":
            page.mkdir()
            with pytest.raises(UnfitError, match="cannot write"):
                write(tmp_path, OLD)
            page.rmdir()
    assert write(tmp_path, OLD).written == 1
    assert read(tmp_path) == OLD
    assert not page.is_symlink()
    assert (tmp_path / "index.html").read_bytes() == b"old"


def test_a_page_that_was_only_touched_is_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    os.utime(tmp_path / "index.html", ns=(1, 1))
    assert write(tmp_path, OLD).written == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema": 1}', "\x00", '{"schema": "a"}', "[" * 100_000, "../", '{"schema": 9}']
)
def test_a_damaged_manifest_is_written_again_if_that_is_wanted(tmp_path: Path, text: str) -> None:
    write(tmp_path, OLD)
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(UsageError, match="holds other files"):  # it may be that of another program
        write(tmp_path, NEW)
    assert read(tmp_path) == OLD
    assert write(tmp_path, NEW, force=True).written == 3
    assert {name: content for name, content in read(tmp_path).items() if name in NEW} == NEW
    assert json.loads((tmp_path / MANIFEST).read_text())["schema"] == SITE_SCHEMA


def test_a_site_of_another_version_is_written_again(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    manifest = json.loads((tmp_path / MANIFEST).read_text()) | {"schema": 99, "more": [1]}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert write(tmp_path, NEW).written == 3


def test_a_manifest_cannot_have_files_of_others_removed(tmp_path: Path) -> None:
    site, other = tmp_path / "site", tmp_path / "other"
    write(site, OLD)
    other.write_text("mine")
    for name in ("../other", "/etc/hosts", ".git/config", "a//b", "a/../../other", "nodes/a/./x"):
        manifest = json.loads((site / MANIFEST).read_text())
        manifest["files"] = {name: next(iter(manifest["files"].values()))}
        (site / MANIFEST).write_text(json.dumps(manifest))
        write(site, NEW)
        assert other.read_text() == "mine", name


def test_nothing_behind_a_link_is_removed_or_written(tmp_path: Path) -> None:
    site, others = tmp_path / "site", tmp_path / "others"
    write(site, OLD)
    shutil.move(site / "nodes" / "a", others)
    (site / "nodes" / "a").symlink_to(others)
    before = read(others)
    with pytest.raises(UnfitError, match="cannot write the site"):
        write(site, {**OLD, "nodes/a/index.html": b"other"})
    write(site, {"index.html": b"alone"})
    assert read(others) == before
    assert (site / "nodes" / "a").is_symlink()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files") as caught:
        write(tmp_path, OLD)
    assert "thesis.txt" in caught.value.cause
    assert sorted(one.name for one in tmp_path.iterdir()) == [".lock", "thesis.txt"]
    write(tmp_path, OLD, force=True)
    assert read(tmp_path) == {**OLD, "thesis.txt": b"mine"}
    write(tmp_path, {})
    assert read(tmp_path) == {"thesis.txt": b"mine"}


def test_empty_folders_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "nodes" / "a" / "runs").mkdir(parents=True)
    write(tmp_path, OLD)
    assert read(tmp_path) == OLD


def test_what_begins_with_a_dot_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".nojekyll").touch()
    write(tmp_path, OLD)
    assert hidden(tmp_path) == [".git", ".lock", ".nojekyll"]


def test_the_folder_may_be_a_link_but_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to("real")
    write(tmp_path / "site", OLD)
    assert read(tmp_path / "real") == OLD
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "real" / ".lock").unlink()
    (tmp_path / "real" / ".lock").symlink_to(victim)
    with pytest.raises(UnfitError, match="cannot write the site"):
        write(tmp_path / "site", NEW)
    assert victim.read_text() == "mine"
    (tmp_path / "real" / ".lock").unlink()
    shutil.rmtree(tmp_path / "real" / ".staging", ignore_errors=True)
    (tmp_path / "real" / ".staging").symlink_to(tmp_path)
    write(tmp_path / "site", NEW)
    assert victim.read_text() == "mine"
    assert read(tmp_path / "real") == NEW


@pytest.mark.parametrize("name", ["a/../b", "/a", "", "a/", ".hidden", "a/.b/c", "a\\b", "a\0b", ".."])
def test_a_page_has_a_place_inside_the_site(tmp_path: Path, name: str) -> None:
    assert not is_inside(name)
    with open_site(tmp_path, "x", force=False, note=lambda _: None) as folder, pytest.raises(ValueError):
        folder.put(name, b"")


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str, nth: int, error: BaseException) -> None:
    """Let the `nth` call of a function of the module raise an error; after half of a file, as a full disk does."""
    real, calls = getattr(site_folder, name), iter(range(1, 1000))

    def act(*words: object, **more: object) -> object:
        if next(calls) == nth:
            if name == "create_file":
                real(*words, **more).close()
            raise error
        return real(*words, **more)

    monkeypatch.setattr(site_folder, name, act)


@pytest.mark.parametrize(
    ("name", "nth"), [("create_file", 1), ("create_file", 2), ("write_atomic", 1), ("sync_file", 1), ("sync_file", 2)]
)
def test_a_full_disk_leaves_the_old_site_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, nth: int
) -> None:
    write(tmp_path, OLD)
    before = read(tmp_path)
    with monkeypatch.context() as patch:
        fail_at(patch, name, nth, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x"))
        try:
            write(tmp_path, NEW)
        except UnfitError as error:
            assert "No space left" in error.cause
            assert error.exit_code == 3
    if (name, nth) != ("sync_file", 2):
        assert read(tmp_path) == before
        assert hidden(tmp_path) in ([".lock"], [".lock", ".staging"])
    write(tmp_path, NEW)
    assert read(tmp_path) == NEW
    assert hidden(tmp_path) == [".lock"]
