import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.records.source import Commit, Source
from harness.system.source.tree import check_tree, find_written, hash_files, look_at_tree, probe_tree

NAMES = [Path("a.c"), Path("sub/b.bin")]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.c").write_bytes(b"caf\xe9")
    (tmp_path / "sub/b.bin").write_bytes(bytes(range(256)))
    return tmp_path


def other_byte_that_is_no_utf8(tree: Path) -> None:
    (tree / "a.c").write_bytes(b"caf\xea")


def line_ending(tree: Path) -> None:
    (tree / "a.c").write_bytes(b"caf\xe9\n")


def executable(tree: Path) -> None:
    (tree / "a.c").chmod(0o755)


def deleted(tree: Path) -> None:
    (tree / "a.c").unlink()


def link_to_the_same(tree: Path) -> None:
    (tree / "a.c").rename(tree / "c.c")
    (tree / "a.c").symlink_to("c.c")


def swapped(tree: Path) -> None:
    content = (tree / "a.c").read_bytes()
    (tree / "a.c").write_bytes((tree / "sub/b.bin").read_bytes())
    (tree / "sub/b.bin").write_bytes(content)


@pytest.mark.parametrize(
    "change", [other_byte_that_is_no_utf8, line_ending, executable, deleted, link_to_the_same, swapped]
)
def test_every_change_changes_the_hash(tree: Path, change: Callable[[Path], None]) -> None:
    before = hash_files(tree, NAMES)
    assert len(before) == 40
    assert hash_files(tree, reversed(NAMES)) == before
    change(tree)
    assert hash_files(tree, NAMES) != before


def test_hash_is_of_the_listed_files_and_not_of_the_place(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "sub").mkdir()
    for name in NAMES:
        (elsewhere / name).write_bytes((tree / name).read_bytes())
    (elsewhere / "other").write_text("not listed")
    assert hash_files(tree, NAMES) == hash_files(elsewhere, NAMES)


def test_what_is_not_whisper_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        check_tree(tmp_path / "none", what="none")
    with pytest.raises(UsageError, match=r"no CMakeLists\.txt"):
        check_tree(tmp_path, what="it")
    (tmp_path / "CMakeLists.txt").write_text("")
    with pytest.raises(UsageError, match="is not whisper"):
        check_tree(tmp_path, what="it")
    (tmp_path / "whisper.h").write_text("")  # where it was until v1.6
    check_tree(tmp_path, what="it")
    (tmp_path / "whisper.h").unlink()
    (tmp_path / "include").mkdir()
    (tmp_path / "include/whisper.h").write_text("")
    check_tree(tmp_path, what="it")


def test_a_tree_whose_path_cannot_be_recorded_is_refused(tmp_path: Path) -> None:
    tree = Path(os.fsdecode(os.fsencode(tmp_path) + b"/tr\xe9e"))
    with pytest.raises(UsageError, match="not valid UTF-8"):
        probe_tree(tree, environ={}, note=print)


@pytest.mark.parametrize("change", [other_byte_that_is_no_utf8, deleted, swapped])
def test_a_file_that_was_written_to_is_named_also_when_it_was_put_back(
    tree: Path, change: Callable[[Path], None]
) -> None:
    source = Source(
        id="x", kind="tree", path=str(tree), commit=Commit(sha=""), mutable=True, ours=(str(tree / "cache"),)
    )
    (tree / "cache").mkdir()
    (tree / "cache" / "used.h").write_text("the harness's own")
    looks, before = look_at_tree(source, environ={}), {name: (tree / name).read_bytes() for name in NAMES}
    (tree / "cache" / "used.h").write_text("written to while the tree is built")
    assert find_written(tree, looks) == ""
    change(tree)
    for name, content in before.items():
        fresh = tree / "fresh"
        fresh.write_bytes(content)
        fresh.replace(tree / name)
    assert find_written(tree, looks) in map(str, NAMES)


def test_a_backup_or_another_mode_is_no_writing(tree: Path) -> None:
    source = Source(id="x", kind="tree", path=str(tree), commit=Commit(sha=""), mutable=True)
    looks = look_at_tree(source, environ={})
    os.link(tree / "a.c", tree / "backup.c")
    (tree / "sub" / "b.bin").chmod(0o640)
    assert find_written(tree, looks) == ""
