"""Bundles are found by the names of their folders alone."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UnfitError
from harness.store.layout import BundlePlace, find_places, keep_newest, list_months

NAMES = ("20260101T000000Z-a", "20260102T000000Z-b", "20260201T000000Z-c")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return three bundles of two nodes, one unfinished, and what is none of them; nothing has a file inside."""
    for node, month, name in (
        ("one", "2026-01", NAMES[0]),
        ("two", "2026-01", NAMES[1]),
        ("one", "2026-02", NAMES[2]),
        ("two", "2026-03", "20260301T000000Z-d.partial"),
        ("one", "2026-01", ".hidden"),
        ("one", "2026-01", "@eaDir"),
        ("#recycle", "2026-01", NAMES[0]),
        (".import-x", "2026-01", NAMES[0]),
    ):
        (tmp_path / node / month / name).mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "one" / "2026-01" / "notes.txt").write_text("x")
    return tmp_path


def test_links_are_named_and_not_followed(results: Path) -> None:
    before = list_months(results)
    (results / "a").symlink_to("b")
    (results / "b").symlink_to("a")
    (results / "c").symlink_to("two")
    noted: list[str] = []
    assert sorted(list_months(results, noted.append)) == sorted(before)
    assert sorted(noted) == [f"{results / name} is a link: it is ignored" for name in "abc"]


def test_places_are_in_the_order_of_time_whatever_the_node(results: Path) -> None:
    months = list_months(results)
    places = find_places(months)
    assert [place.name for place in places] == list(NAMES)
    assert [place.node for place in places] == ["one", "two", "one"]
    assert places[0] == BundlePlace(NAMES[0], str(results / "one" / "2026-01"))
    assert Path(places[0].path) == results / "one" / "2026-01" / NAMES[0]
    assert [name for month in months for name in month.partials] == ["20260301T000000Z-d.partial"]
    assert [place.name for place in find_places(months, "202601")] == list(NAMES[:2])


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_the_newest_are_kept(results: Path, count: int) -> None:
    kept = keep_newest(list_months(results), count)
    assert [place.name for place in find_places(kept)] == list(NAMES[-count:])


def test_nothing_is_no_trouble(tmp_path: Path) -> None:
    assert list_months(tmp_path / "none") == []
    (tmp_path / "file").write_text("x")
    assert list_months(tmp_path / "file") == []
    assert keep_newest([], 3) == []


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ELOOP])
@pytest.mark.parametrize("name", ["lost+found", "one", "one/2026-01"])
def test_a_folder_that_cannot_be_opened_is_named_and_the_rest_is_shown(
    results: Path, monkeypatch: pytest.MonkeyPatch, error: int, name: str
) -> None:
    (results / "lost+found").mkdir()
    expected = [place for place in find_places(list_months(results)) if f"/{name}/" not in place.path]
    forbid(monkeypatch, results / name, error)
    told: list[str] = []
    assert find_places(list_months(results, told.append)) == expected
    assert told == [f"{results / name} cannot be opened ({os.strerror(error)}): it is ignored"]


def test_an_entry_that_cannot_be_looked_at_is_named(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name, path = "stale", str(results / "stale")

        def is_dir(self, *, follow_symlinks: bool) -> bool:
            assert not follow_symlinks
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    really = os.scandir

    @contextlib.contextmanager
    def scan(path: str) -> Iterator[list[object]]:
        with really(path) as entries:
            yield [*entries, *([Entry()] if path == str(results) else [])]

    monkeypatch.setattr(os, "scandir", scan)
    told: list[str] = []
    assert len(find_places(list_months(results, told.append))) == len(NAMES)
    assert [line.partition(" cannot")[0] for line in told] == [str(results / "stale")]


def test_results_that_cannot_be_opened_are_unfit(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, results, errno.EACCES)
    with pytest.raises(UnfitError, match="cannot open the results folder"):
        list_months(results)


def forbid(monkeypatch: pytest.MonkeyPatch, path: Path, error: int) -> None:
    really = os.scandir

    def scan(wanted: str) -> object:
        if wanted == str(path):
            raise OSError(error, os.strerror(error), wanted)
        return really(wanted)

    monkeypatch.setattr(os, "scandir", scan)
