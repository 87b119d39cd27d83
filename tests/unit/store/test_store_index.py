"""The index saves reading, and never says anything else than the bundles do."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.records.card import Card
from harness.store import index as index_module
from harness.store.bundle import create_bundle
from harness.store.card import read_card
from harness.store.index import RunIndex
from harness.store.layout import MonthFolder, find_places, list_months
from tests import sheet

DAYS = ("20260101", "20260102", "20260203")
HOUR_NS = 3600 * 10**9


class ResultsFolder:
    """A results folder and its cache; the clock of the index is an hour ahead, so that everything has settled."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "results"
        self.cache = folder / "cache"
        self.index = RunIndex(self.results, self.cache)

    def add(self, day: str, node: str = "one", release: str = "v1.8.5") -> Path:
        run = sheet.run()
        commit = run.source.commit.replace(release=release)
        run = run.replace(
            id=f"{day}T000000Z-aaaaaaaa-11111111",
            node=run.node.replace(name=node),
            source=run.source.replace(commit=commit),
        )
        return create_bundle(self.results, run)[1].seal(run, "the report\n")

    def look(self, *, confirm: bool = False) -> list[Card | UnreadableError]:
        """Answer as a new process does."""
        self.index = RunIndex(self.results, self.cache)
        found = list(self.index.cards(list_months(self.results)))
        if confirm and not self.index.confirm(card for card in found if isinstance(card, Card)):
            found = list(self.index.cards(list_months(self.results)))
        return found

    def truth(self) -> list[Card]:
        return [read_card(place.path) for place in find_places(list_months(self.results))]

    def seen(self, *, confirm: bool = False) -> list[Card]:
        cards = [card for card in self.look(confirm=confirm) if isinstance(card, Card)]
        return sorted(cards, key=lambda card: (card.id, card.path))

    def pages(self) -> list[Path]:
        return sorted(self.cache.glob("index/*/*/*"))


@pytest.fixture
def results_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ResultsFolder]:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    results_folder = ResultsFolder(tmp_path)
    for day in DAYS:
        results_folder.add(day)
    results_folder.add(DAYS[0], node="two")
    yield results_folder
    assert results_folder.seen(confirm=True) == results_folder.truth(), "whatever happened, this is what a list says"


def test_what_is_known_is_not_read_again(results_folder: ResultsFolder) -> None:
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 4
    assert [page.name for page in results_folder.pages()] == ["2026-01", "2026-02", "2026-01"]
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 0


def test_new_and_deleted_and_renamed_runs(results_folder: ResultsFolder) -> None:
    results_folder.look()
    results_folder.add("20260104")
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 1
    first = results_folder.results / "one" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111"
    shutil.rmtree(first)
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 0
    second = next((results_folder.results / "one" / "2026-01").iterdir())
    second.rename(second.with_name("20260131T000000Z-aaaaaaaa-11111111"))
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 1


def test_a_bundle_that_was_replaced_is_read_again(results_folder: ResultsFolder) -> None:
    old = results_folder.look()
    bundle = results_folder.results / "one" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111"
    times = bundle.parent.stat()
    shutil.rmtree(bundle)
    results_folder.add(DAYS[0], release="v1.9.9")
    os.utime(bundle.parent, ns=(times.st_atime_ns, times.st_mtime_ns))  # as copying with times does
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 1
    assert results_folder.look() != old


def test_a_run_edited_in_place_is_read_again_where_it_is_shown(results_folder: ResultsFolder) -> None:
    results_folder.look()
    file = Path(results_folder.truth()[0].path) / "run.json"
    times = file.stat()
    file.write_text(file.read_text().replace("v1.8.5", "v1.8.6"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.stat().st_size == times.st_size
    assert results_folder.seen(confirm=True)[0].release == "v1.8.6"
    assert results_folder.seen()[0].release == "v1.8.6", "and kept"
    assert results_folder.index.read == 0


def test_a_run_that_became_unreadable_is_complained_about(results_folder: ResultsFolder) -> None:
    results_folder.look()
    file = Path(results_folder.truth()[0].path) / "run.json"
    content = file.read_text()
    file.write_text("{")
    for _ in range(2):
        found = results_folder.look(confirm=True)
        assert [type(one) for one in found].count(UnreadableError) == 1
        assert len(found) == 4
    file.unlink()
    assert sum(isinstance(one, UnreadableError) for one in results_folder.look(confirm=True)) == 1
    file.write_text(content)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text", "folder"])
def test_a_damaged_page_is_made_again(results_folder: ResultsFolder, damage: str) -> None:
    results_folder.look()
    page = results_folder.pages()[0]
    content = page.read_bytes()
    half = len(content) // 2
    page.unlink()
    if damage == "folder":
        page.mkdir()
    else:
        flipped = bytes([content[half] ^ 1])
        changed = {
            "empty": b"",
            "cut": content[:half],
            "flipped": content[:half] + flipped + content[half + 1 :],
            "text": b"no page",
        }
        page.write_bytes(changed[damage])
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 2
    results_folder.look()
    assert results_folder.index.read == (2 if damage == "folder" else 0)


def test_a_page_of_other_code_or_of_another_folder_is_no_page(
    results_folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    results_folder.look()
    one, _, two = results_folder.pages()
    shutil.copyfile(one, two)
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 1
    monkeypatch.setattr(index_module, "_form", lambda: "other")
    assert results_folder.seen() == results_folder.truth()
    assert results_folder.index.read == 4


def test_a_card_of_what_has_not_settled_is_not_kept(
    results_folder: ResultsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()))
    for _ in range(2):
        assert results_folder.seen() == results_folder.truth()
        assert results_folder.index.read == 4


def test_a_part_of_a_month_leaves_the_others_alone(results_folder: ResultsFolder) -> None:
    month = next(month for month in list_months(results_folder.results) if len(month.names) == 2)
    for name in month.names:
        index = RunIndex(results_folder.results, results_folder.cache)
        assert len(list(index.cards([MonthFolder(month.path, [name], [])]))) == 1
        assert index.read == 1
    results_folder.look()
    assert results_folder.index.read == 2, "those of the other months"


def test_a_cache_that_cannot_be_written_costs_time_alone(results_folder: ResultsFolder) -> None:
    results_folder.cache.write_text("a file is in the way\n")
    for _ in range(2):
        assert results_folder.seen() == results_folder.truth()
        assert results_folder.index.read == 4
        assert str(results_folder.cache) in results_folder.index.trouble


def test_pages_of_what_is_gone_and_leftovers_are_removed(results_folder: ResultsFolder, tmp_path: Path) -> None:
    gone = ResultsFolder(tmp_path / "gone")
    gone.add(DAYS[0])
    other = RunIndex(gone.results, results_folder.cache)
    assert len(list(other.cards(list_months(gone.results)))) == 1
    shutil.rmtree(gone.results)
    results_folder.look()
    pages = results_folder.pages()
    assert len(pages) == 3, "those of the other results are gone"
    (pages[0].parent / "2026-01.0123abcd.tmp").write_bytes(b"by a killed process")
    shutil.rmtree(results_folder.results / "one" / "2026-02")
    results_folder.add("20260105")
    results_folder.look()
    assert [(page.parent.name, page.name) for page in results_folder.pages()] == [
        ("one", "2026-01"),
        ("two", "2026-01"),
    ]


def test_what_somebody_put_beside_the_pages_stays(results_folder: ResultsFolder, tmp_path: Path) -> None:
    results_folder.look()
    (page, *_) = results_folder.pages()
    index = page.parents[2]
    outside = tmp_path / "outside"
    outside.mkdir()
    mine = {
        index / "0123456789ab" / "results": f"{tmp_path}/gone",
        index / "0123456789ab" / "precious": "x",
        page.parent / "notes.txt": "x",
        page.parents[1] / "no-such-node" / "notes.txt": "x",
        outside / "results": f"{tmp_path}/gone",
    }
    for path, text in mine.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (index / "link").symlink_to(outside)
    (page.parents[1] / "other-node").symlink_to(outside)
    shutil.rmtree(results_folder.results / "two")
    results_folder.add("20260105")
    shutil.rmtree(page.parents[1] / "one")
    results_folder.look()
    del mine[page.parent / "notes.txt"]
    assert {path: path.read_text() for path in mine} == mine
    assert not (page.parents[1] / "two").exists()


def test_a_process_that_was_overtaken_loses_nothing(results_folder: ResultsFolder) -> None:
    slow = RunIndex(results_folder.results, results_folder.cache)
    cards = slow.cards(list_months(results_folder.results))
    next(cards)
    results_folder.look()
    shutil.rmtree(results_folder.cache)
    assert len(list(cards)) == 3
    assert slow.trouble == ""


def test_a_path_that_is_no_text_is_read_every_time(tmp_path: Path) -> None:
    results_folder = ResultsFolder(tmp_path / os.fsdecode(b"\xff"))
    try:
        results_folder.add(DAYS[0])
    except OSError:
        pytest.skip("the file system takes text alone")
    for _ in range(2):
        assert results_folder.seen() == results_folder.truth()
        assert results_folder.index.read == 1
        assert "surrogates" in results_folder.index.trouble
