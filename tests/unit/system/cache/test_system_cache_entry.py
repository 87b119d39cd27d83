from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnavailableError, UnfitError
from harness.records.record import Record
from harness.system.cache.entry import FolderExtent, load_entry, locked, measure_extent, obtain_entry

GENERATED = frozenset({"sub/generated.json"})


class Facts(Record):
    name: str


class Maker:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, target: Path) -> Facts:
        self.calls += 1
        (target / "sub").mkdir(parents=True)
        (target / "a.txt").write_text("abc")
        (target / "sub" / "run.sh").write_text("12345")
        (target / "sub" / "run.sh").chmod(0o755)
        (target / "sub" / "generated.json").write_text("{}")
        (target / "link").symlink_to("a.txt")
        return Facts(name="x")


def obtain(folder: Path, make: Callable[[Path], Facts], notes: list[str] | None = None) -> Facts:
    return obtain_entry(folder, Facts, make, note=(notes if notes is not None else []).append, generated=GENERATED)


def test_entry_is_made_once_and_write_protected(tmp_path: Path) -> None:
    make = Maker()
    folder = tmp_path / "cache" / "thing-1"
    assert obtain(folder, make) == obtain(folder, make) == Facts(name="x")
    assert make.calls == 1
    assert (folder / "tree" / "a.txt").stat().st_mode & 0o777 == 0o444
    assert (folder / "tree" / "sub" / "run.sh").stat().st_mode & 0o777 == 0o555
    assert sorted(path.name for path in folder.parent.iterdir()) == ["thing-1", "thing-1.lock"]


def remove_stamp(folder: Path) -> None:
    (folder / "complete.json").unlink()


def garble_stamp(folder: Path) -> None:
    (folder / "complete.json").write_text("{")


def remove_file(folder: Path) -> None:
    (folder / "tree" / "a.txt").unlink()


def add_file(folder: Path) -> None:
    (folder / "tree" / "b.txt").write_text("")


def grow_file(folder: Path) -> None:
    (folder / "tree" / "a.txt").chmod(0o644)
    (folder / "tree" / "a.txt").write_text("abcd")


@pytest.mark.parametrize("damage", [remove_stamp, garble_stamp, remove_file, add_file, grow_file])
def test_damaged_entry_is_made_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    make = Maker()
    notes: list[str] = []
    folder = tmp_path / "thing-1"
    obtain(folder, make)
    damage(folder)
    assert obtain(folder, make, notes) == Facts(name="x")
    assert make.calls == 2
    assert notes == ["thing-1 in the cache is damaged, and is made again"]
    assert measure_extent(folder / "tree", without=GENERATED) == FolderExtent(files=3, bytes=3 + 5 + len("a.txt"))


def test_generated_file_may_change(tmp_path: Path) -> None:
    make = Maker()
    folder = tmp_path / "thing-1"
    obtain(folder, make)
    (folder / "tree" / "sub" / "generated.json").unlink()
    (folder / "tree" / "sub" / "generated.json").write_text("longer than before")
    obtain(folder, make)
    assert make.calls == 1


def test_failure_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    folder = tmp_path / "thing-1"

    def fail(target: Path) -> Facts:
        Maker()(target)
        raise UnavailableError("gone")

    with pytest.raises(UnavailableError, match="gone"):
        obtain(folder, fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing-1.lock"]
    assert load_entry(folder, Facts, generated=GENERATED) is None


def test_leftovers_of_this_entry_alone_are_removed(tmp_path: Path) -> None:
    mine = tmp_path / ".thing-1.partial-abc"
    other = tmp_path / ".thing-12.partial-abc"
    for leftover in (mine, other):
        (leftover / "tree").mkdir(parents=True)
    obtain(tmp_path / "thing-1", Maker())
    assert not mine.exists()
    assert other.exists()


def test_place_that_cannot_be_written_is_unfit(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnfitError, match="cannot write to the cache") as caught:
        obtain(tmp_path / "file" / "thing-1", Maker())
    assert "--cache" in caught.value.hint


def test_full_disk_is_unfit(tmp_path: Path) -> None:
    def fail(target: Path) -> Facts:
        raise OSError(28, "No space left on device")

    with pytest.raises(UnfitError) as caught:
        obtain(tmp_path / "thing-1", fail)
    assert caught.value.cause == "No space left on device"


def test_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    notes: list[str] = []
    with pytest.raises(KeyError), locked(tmp_path / "x", note=notes.append):
        raise KeyError
    with locked(tmp_path / "x", note=notes.append):
        assert notes == []
