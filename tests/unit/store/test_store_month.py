"""Bundles are found by the names of their folders alone."""

from pathlib import Path

import pytest

from harness.store.month import Place, find_places, keep_newest, list_months

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
    assert sorted(noted) == [f"{results / name} is a link: it is left out" for name in "abc"]


def test_places_are_in_the_order_of_time_whatever_the_node(results: Path) -> None:
    months = list_months(results)
    places = find_places(months)
    assert [place.name for place in places] == list(NAMES)
    assert [place.node for place in places] == ["one", "two", "one"]
    assert places[0] == Place(NAMES[0], str(results / "one" / "2026-01"))
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
