"""The index saves reading, and never says anything else than the bundles do."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.records.card import RunFilter
from harness.store import layout
from harness.store.index import index
from harness.store.index.index import Note, RunIndex
from harness.store.layout import find_places, list_month_folders, list_months
from tests import sheet
from tests.stand import DAYS, Stand

HOUR_NS = 3600 * 10**9


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Offer four runs in three months; the clock of the index is an hour ahead, so that everything has settled."""
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    stand = Stand(tmp_path)
    for day in DAYS:
        stand.add(day)
    stand.add(DAYS[0], node="two")
    yield stand
    assert stand.seen() == stand.truth(), "whatever happened, this is what a list says"


def first(stand: Stand) -> Path:
    return stand.results / "one" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111"


def test_what_is_known_is_not_read_again(stand: Stand) -> None:
    assert stand.seen() == stand.truth()
    assert (stand.effort.read, stand.effort.trouble) == (4, "")
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 0


def test_a_month_that_did_not_change_is_not_even_listed(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.seen()
    listed: list[str] = []

    def list_month(path: str, note: object) -> object:
        listed.append(path)
        return real(path, note)  # type: ignore[arg-type]

    real = layout.list_month
    monkeypatch.setattr("harness.store.index.index.list_month", list_month)
    assert stand.seen() == stand.truth()
    assert listed == []
    stand.add("20260210")
    assert stand.seen() == stand.truth()
    assert [path.rpartition(os.sep)[2] for path in listed] == ["2026-02"]


def test_new_and_deleted_and_renamed_runs(stand: Stand) -> None:
    stand.seen()
    stand.add("20260104")
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 1
    shutil.rmtree(first(stand))
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 0
    second = next((stand.results / "one" / "2026-01").iterdir())
    second.rename(second.with_name("20260131T000000Z-aaaaaaaa-11111111"))
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 1


def test_months_and_nodes_that_come_and_go(stand: Stand, tmp_path: Path) -> None:
    stand.seen()
    (stand.results / "one" / "2026-02").rename(tmp_path / "aside")
    assert len(stand.seen()) == 3
    assert stand.seen() == stand.truth()
    (tmp_path / "aside").rename(stand.results / "one" / "2026-02")
    shutil.rmtree(stand.results / "two")
    assert stand.seen() == stand.truth()
    assert len(stand.seen()) == 3


def test_a_bundle_that_was_replaced_is_read_again(stand: Stand) -> None:
    old = stand.seen()
    bundle = first(stand)
    times = bundle.parent.stat()
    shutil.rmtree(bundle)
    stand.add(DAYS[0], release="v1.9.9")
    os.utime(bundle.parent, ns=(times.st_atime_ns, times.st_mtime_ns))  # as copying with times does
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 1
    assert stand.seen() != old


def test_a_run_edited_in_place_is_read_again_where_it_is_shown(stand: Stand) -> None:
    stand.seen()
    file = first(stand) / "run.json"
    times = file.stat()
    file.write_text(file.read_text().replace("v1.8.5", "v1.8.6"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.stat().st_size == times.st_size
    assert stand.seen()[0].release == "v1.8.6"
    assert stand.seen(RunFilter(release="v1.8.6")), "and kept"
    assert stand.effort.read == 0


def test_a_run_that_became_unreadable_is_complained_about(stand: Stand) -> None:
    stand.seen()
    file = first(stand) / "run.json"
    content = file.read_text()
    file.write_text("{")
    for _ in range(2):
        assert len(stand.seen()) == 3
        assert len(stand.errors) == 1
    file.unlink()
    assert len(stand.seen()) == 3
    assert "run.json" in stand.errors[0].line
    file.write_text(content)


def test_what_has_not_settled_is_read_again(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()))
    for _ in range(2):
        assert stand.seen() == stand.truth()
        assert stand.effort.read == 4


def test_the_newest_are_known_without_the_others(stand: Stand) -> None:
    assert stand.seen(newest=2) == stand.truth()[-2:]
    assert stand.effort.read == 2
    assert stand.seen(newest=2) == stand.truth()[-2:]
    assert stand.effort.read == 0
    stand.add("20260203", node="two")
    assert stand.seen(newest=2) == stand.truth()[-2:]
    assert stand.effort.read == 1
    shutil.rmtree(stand.results / "two" / "2026-02")
    assert stand.seen(newest=3) == stand.truth()[-3:]
    stand.seen()
    assert stand.seen(newest=1) == stand.truth()[-1:]
    assert stand.seen(newest=99) == stand.truth()


def test_so_many_runs_are_there(stand: Stand) -> None:
    def count(index: RunIndex) -> int:
        index.refresh(1)
        return index.there

    assert stand.ask(count) == 4
    stand.seen()
    assert stand.ask(count) == 4


def test_a_link_in_a_month_is_named_every_time(stand: Stand) -> None:
    (stand.results / "one" / "2026-01" / "link").symlink_to("..")
    for _ in range(3):
        stand.notes.clear()
        assert stand.seen() == stand.truth()
        assert [note.rpartition("/")[2] for note in stand.notes] == ["link is a link: it is ignored"]


@pytest.mark.parametrize(
    "wanted",
    [
        RunFilter(node="one"),
        RunFilter(node="ONE"),
        RunFilter(node="o%"),
        RunFilter(model="base"),
        RunFilter(model="bas"),
        RunFilter(model='a"'),
        RunFilter(model='a",'),
        RunFilter(model="x/y z"),
        RunFilter(commit="F24588A"),
        RunFilter(commit="f24588b"),
        RunFilter(commit="v1.8.5"),
        RunFilter(commit="v1.8"),
        RunFilter(release="v1.9.0"),
        RunFilter(since="2026-01-02"),
        RunFilter(since="2026-02"),
        RunFilter(until="2026-01"),
        RunFilter(until="2026-01-01T00:00:00+00:00"),
        RunFilter(since="2026-01-02", until="2026-02-02", node="one"),
        RunFilter(since="2027"),
    ],
    ids=lambda wanted: " ".join(
        f"{name}={value}" for name in wanted.__struct_fields__ if (value := getattr(wanted, name))
    ),
)
def test_a_database_chooses_what_the_filters_mean(stand: Stand, wanted: RunFilter) -> None:
    suite = sheet.run().suite
    stand.add("20260301", node="o%", release="v1.9.0", suite=suite.replace(models=('a"', "x/y z", "basis")))
    stand.add("20260302", start="", suite=suite.replace(models=('a",', 'b,"base",')))
    stand.add("20260303", earliest="2026-01-15T00:00:00+00:00")
    assert stand.seen(wanted) == [card for card in stand.truth() if wanted.matches(card)]


def test_paths_that_are_not_text(tmp_path: Path) -> None:
    stand = Stand(tmp_path / os.fsdecode(b"\xff"))
    try:
        stand.add(DAYS[0])
        (stand.results / os.fsdecode(b"\xfe")).mkdir()
    except OSError:
        pytest.skip("the file system takes text alone")
    month = find_places(list_months(stand.results))[0].month
    shutil.copytree(month, stand.results / os.fsdecode(b"\xfe") / "2026-01")
    assert stand.seen() == stand.truth()
    assert len(stand.seen()) == 2


def test_a_zero_byte_in_a_text(stand: Stand) -> None:
    stand.add("20260301", release="v1\0")
    assert [card.release for card in stand.seen(RunFilter(since="2026-03"))] == ["v1\ufffd"]


def test_a_month_that_another_process_adds_meanwhile_is_kept(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Stand(stand.results.parent)
    stand.seen()

    def list_late(results: Path, note: Note) -> list[str]:
        folders = list_month_folders(results, note)
        if not list(stand.results.glob("*/2026-05")):
            stand.add("20260501")
            other.seen()
        return folders

    monkeypatch.setattr(index, "list_month_folders", list_late)
    stand.seen()
    assert other.seen() == stand.truth()
    assert other.effort.read == 0


def test_a_month_that_another_process_sees_go(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = str(first(stand).parent)
    load = RunIndex._load_months
    with monkeypatch.context() as patch:
        patch.setattr(RunIndex, "_load_months", lambda index: {k: v for k, v in load(index).items() if k != gone})
        assert stand.seen() == [card for card in stand.truth() if not card.path.startswith(gone)]
