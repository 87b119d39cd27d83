"""Where an index is kept: whatever is wrong with that place, the answer is right."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.store.index import access as module
from harness.store.index import database, index
from harness.store.index.access import index_folder
from harness.store.index.index import RunIndex
from harness.store.index.reader import BundleAddress, TableRow, read_batch
from tests.stand import DAYS, Stand

HOUR_NS = 3600 * 10**9


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    stand = Stand(tmp_path)
    for day in DAYS:
        stand.add(day)
    stand.seen()
    yield stand
    assert stand.seen() == stand.truth(), "whatever happened, this is what a list says"


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "text", "folder"])
def test_a_damaged_file_is_made_again(stand: Stand, damage: str) -> None:
    file = stand.file()
    content = file.read_bytes()
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    if damage == "folder":
        file.mkdir()
    else:
        changed = {
            "empty": b"",
            "cut": content[: len(content) // 2],
            "noise": content[:200] + bytes(range(256)) * (len(content) // 256),
            "text": b"this is not a database" * 50,
        }
        file.write_bytes(changed[damage])
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 3
    assert bool(stand.effort.trouble) == (damage == "folder")
    stand.seen()
    assert stand.effort.read == (3 if damage == "folder" else 0)
    if damage == "folder":
        file.rmdir()


def test_every_byte_may_be_wrong(stand: Stand) -> None:
    file = stand.file()
    content = file.read_bytes()
    truth = stand.truth()
    for place in range(0, len(content), 997):
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        file.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
        assert stand.seen() == truth, place


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE harness_run",
        "DROP TABLE harness_meta",
        "ALTER TABLE harness_run DROP COLUMN release",
        "UPDATE harness_meta SET value = '99' WHERE name = 'schema'",
        "UPDATE harness_meta SET value = 'other code' WHERE name = 'form'",
        "DELETE FROM harness_meta",
        "UPDATE harness_run SET release = 'v9'",
        "UPDATE harness_run SET models = 'tiny'",
        "UPDATE harness_run SET models = x'ff'",
        "UPDATE harness_run SET name = x'00' WHERE id = 1",
        "UPDATE harness_run SET month = 99 WHERE id = 1",
        "DELETE FROM harness_run WHERE id = 2",
        "DELETE FROM harness_folder",
    ],
)
def test_an_index_that_somebody_changed_is_made_again(stand: Stand, statement: str) -> None:
    stand.alter(statement)
    assert stand.seen() == stand.truth()
    assert stand.effort.trouble == ""


def test_other_code_has_an_index_of_its_own(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    file = stand.file()
    monkeypatch.setattr(module, "name_code", lambda: "0" * 12)
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 3
    assert file.exists(), "whoever goes from one version to the other finds both"
    long_ago = time.time() - 30 * 86_400
    os.utime(file, (long_ago, long_ago))
    (file.parent / f"{'0' * 12}.sqlite3").unlink()
    stand.seen()
    assert not file.exists()


def test_a_cache_that_cannot_be_written_costs_time_alone(stand: Stand) -> None:
    shutil.rmtree(stand.cache)
    stand.cache.write_text("a file is in the way\n")
    for _ in range(2):
        assert stand.seen() == stand.truth()
        assert stand.effort.read == 3
        assert str(stand.cache) in stand.effort.trouble
    assert stand.cache.read_text() == "a file is in the way\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_index_costs_time_alone(stand: Stand) -> None:
    file = stand.file()
    file.chmod(0o400)
    file.parent.chmod(0o500)
    try:
        stand.add("20260301")
        assert stand.seen() == stand.truth()
        assert stand.effort.trouble
    finally:
        file.parent.chmod(0o700)
        file.chmod(0o600)


def test_a_full_disk_costs_time_alone(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up = database._set_up

    def fill(raw: sqlite3.Connection, record: object) -> None:
        set_up(raw, record)
        ((pages,),) = raw.execute("PRAGMA page_count")
        if pages:  # not the one in memory
            raw.execute(f"PRAGMA max_page_count = {pages}")

    stand.add("20260301", release=9000 * "v")
    monkeypatch.setattr(database, "_set_up", fill)
    assert stand.seen() == stand.truth()
    assert "full" in stand.effort.trouble


def test_a_file_that_somebody_else_holds_costs_time_alone(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.store.index.database._PATIENCE_S", 0.05)
    stand.add("20260301")
    other = sqlite3.connect(stand.file(), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert stand.seen() == stand.truth()
        assert "locked" in stand.effort.trouble
    finally:
        other.close()
    assert stand.seen() == stand.truth()
    assert stand.effort.trouble == ""


def test_a_reader_does_not_wait_for_a_writer(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.store.index.database._PATIENCE_S", 0.05)
    other = sqlite3.connect(stand.file(), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert stand.seen() == stand.truth()
        assert (stand.effort.read, stand.effort.trouble) == (0, "")
    finally:
        other.close()


def test_a_cache_that_is_removed_meanwhile(stand: Stand) -> None:
    stand.add("20260301")

    def look(index: RunIndex) -> int:
        shutil.rmtree(stand.cache, ignore_errors=True)
        index.refresh()
        return len(index.choose())

    assert stand.ask(look) == 4


def test_an_index_is_its_owners(stand: Stand) -> None:
    assert stand.file().stat().st_mode & 0o077 == 0


def test_a_link_in_the_place_of_an_index_is_not_followed(stand: Stand, tmp_path: Path) -> None:
    file = stand.file()
    shutil.copyfile(file, tmp_path / "elsewhere")
    content = (tmp_path / "elsewhere").read_bytes()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    stand.add("20260301")
    assert stand.seen() == stand.truth()
    assert (tmp_path / "elsewhere").read_bytes() == content
    assert "not a regular file" in stand.effort.trouble
    file.unlink()


def test_the_index_of_results_that_are_gone_is_removed(stand: Stand, tmp_path: Path) -> None:
    gone = Stand(tmp_path / "gone")
    gone.add(DAYS[0])
    gone.places = gone.places.replace(cache=stand.cache)
    gone.seen()
    assert len(list(stand.cache.glob("index/*/*.sqlite3"))) == 2
    shutil.rmtree(gone.results)
    for path in index_folder(stand.places).glob("*.sqlite3*"):
        path.unlink()
    stand.seen()
    assert stand.file().parent == index_folder(stand.places)
    assert [path.name for path in (stand.cache / "index").iterdir()] == [index_folder(stand.places).name]


def test_what_somebody_put_beside_an_index_stays(stand: Stand, tmp_path: Path) -> None:
    folder = index_folder(stand.places)
    outside = tmp_path / "outside"
    outside.mkdir()
    mine = {
        folder.parent / "0123456789ab" / "results": f"{tmp_path}/gone",
        folder.parent / "0123456789ab" / "precious": "x",
        folder / "notes.txt": "x",
        outside / "results": f"{tmp_path}/gone",
    }
    for path, text in mine.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (folder.parent / "link").symlink_to(outside)
    stand.file().unlink()
    stand.seen()
    assert {path: path.read_text() for path in mine} == mine


def test_a_rebuild_forgets_everything(stand: Stand) -> None:
    stand.ask(lambda index: index.refresh(), rebuild=True)
    assert stand.effort.read == 3


def test_a_run_is_there_while_it_is_read_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def look(places: tuple[BundleAddress, ...]) -> list[TableRow | UnreadableError]:
        other = sqlite3.connect(stand.file())
        counts.append(other.execute("SELECT count(*) FROM harness_run").fetchone()[0])
        other.close()
        return read_batch(places)

    monkeypatch.setattr(index, "read_batch", look)
    for place in stand.results.glob("*/*/*/run.json"):
        place.write_text(place.read_text().replace("v1.8.5", "v1.8.60"))
    assert {card.release for card in stand.seen()} == {"v1.8.60"}
    assert set(counts) == {len(DAYS)}


def test_a_run_whose_row_was_replaced_meanwhile_is_shown(stand: Stand) -> None:
    def look(index: RunIndex) -> int:
        index.refresh()
        chosen = index.choose()
        stand.alter("UPDATE harness_run SET id = id + 1000")
        return len(index.load_cards(chosen))

    assert stand.ask(look) == len(DAYS)
