"""The reports of nights as files: found by words, read from anybody, and no obstacle to anything else."""

from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.store.bundle_import import find_bundles
from harness.store.layout import list_months
from harness.store.night_file import list_reported, load_night, load_nights, name_night, save_night
from tests.unit.render.test_render_night import full, report

FIRST = "20260529T000004Z"


def test_a_night_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = save_night(tmp_path, full())
    assert path == tmp_path / "desk" / "2026-05" / f"{FIRST}-night.json"
    assert load_night(path) == full()
    assert full().id == FIRST


def test_words_name_nights(tmp_path: Path) -> None:
    first, second = (save_night(tmp_path, report(began=f"2026-05-{day}T00:00:00+00:00")) for day in (29, 30))
    assert name_night(tmp_path, "night") == second
    assert name_night(tmp_path, "20260529") == first
    assert name_night(tmp_path, "desk/20260530T") == second
    assert name_night(tmp_path, "sweep") is None
    (tmp_path / "desk" / "2026-05" / "20260529T000100Z-aaaaaaaa-1a2b3c4d").mkdir()
    assert name_night(tmp_path, "20260529") is None, "the beginning of a run's id names the run"


def test_the_newest_nights_of_a_node_come_first(tmp_path: Path) -> None:
    for day in (29, 30, 31):
        save_night(tmp_path, report(began=f"2026-05-{day}T00:00:00+00:00"))
    save_night(tmp_path, report(node="other", began="2026-05-28T01:02:03+00:00"))
    broken = tmp_path / "desk" / "2026-06" / "20260601T000000Z-night.json"
    broken.parent.mkdir()
    broken.write_text("{")
    notes: list[str] = []
    assert [one.began[8:10] for one in load_nights(tmp_path, "desk", 3, notes.append)] == ["31", "30"]
    assert len(notes) == 1
    assert "20260601T000000Z-night.json" in notes[0]
    reported = list_reported(tmp_path)
    assert reported["other"] == ("2026-05-28T01:02:03+00:00",)
    assert [start[:10] for start in reported["desk"]] == ["2026-05-29", "2026-05-30", "2026-05-31", "2026-06-01"]


@pytest.mark.parametrize("name", ["junk-night.json", "20260529T00000xZ-night.json", "-night.json"])
def test_a_file_of_another_name_reports_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "desk" / "2026-05").mkdir(parents=True)
    (tmp_path / "desk" / "2026-05" / name).write_text("{}")
    assert list_reported(tmp_path) == {}


def test_a_file_that_names_another_night_or_place_is_refused(tmp_path: Path) -> None:
    path = save_night(tmp_path, report())
    path = path.rename(path.with_name("20260530T000000Z-night.json"))
    with pytest.raises(UnreadableError, match="cannot be used\n  cause: it names the night 20260529T000004Z"):
        load_night(path)
    path.write_bytes(path.read_bytes().replace(b'"node": "desk"', b'"node": "../x"'))
    with pytest.raises(UnreadableError, match="it names the node"):
        load_night(path)


def test_a_night_is_neither_a_run_nor_a_sweep(tmp_path: Path) -> None:
    path = save_night(tmp_path, report())
    (month,) = list_months(tmp_path)
    assert (month.names, month.partials, list(month.sweeps)) == ([], [], [])
    found = find_bundles(tmp_path)
    assert (found.bundles, found.files) == ([], [path])
