"""What the judge knew is kept beside the index, and believed only if it is whole and of the same code."""

from pathlib import Path

import pytest

from harness.settings.request import Places
from harness.stats import monitor_state
from harness.stats.suspicion import judge_node
from harness.store import judge_memory
from harness.store.index.access import index_folder
from harness.store.judge_memory import remember_judge
from tests.unit.stats.test_stats_monitor_state import node


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(monitor_state, "_WORTH", 0)
    made = Places(cache=tmp_path / "cache", results=tmp_path / "results")
    index_folder(made).mkdir(parents=True)
    return made


def find(places: Places) -> Path:
    (path,) = index_folder(places).glob("*.judged")
    return path


def test_it_is_kept_and_goes_on(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remember_judge(places)(node(60)) == judge_node(node(60))
    first = find(places).read_bytes()
    monkeypatch.setattr(monitor_state, "begin_node", None)
    assert remember_judge(places)(node(70)) == judge_node(node(70))
    assert find(places).read_bytes() != first
    stamp = find(places).stat().st_mtime_ns
    remember_judge(places)(node(70))
    assert find(places).stat().st_mtime_ns == stamp, "nothing new, nothing written"


@pytest.mark.parametrize("damage", ["gone", "empty", "half", "edited", "folder", "link", "other code"])
def test_damage_costs_time_alone(places: Places, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remember_judge(places)(node(60))
    path = find(places)
    content = path.read_bytes()
    if damage == "other code":
        monkeypatch.setattr(judge_memory, "_name_code", lambda: b"other")
    elif damage == "edited":
        path.write_bytes(content[:-5] + b"\x00" + content[-4:])
    elif damage in ("empty", "half"):
        path.write_bytes(content[: len(content) // 2] if damage == "half" else b"")
    else:
        path.unlink()
        if damage == "folder":
            path.mkdir()
        elif damage == "link":
            path.symlink_to("/etc/hosts")
    assert remember_judge(places)(node(70)) == judge_node(node(70))


def test_a_folder_that_is_not_there_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_state, "_WORTH", 0)
    places = Places(cache=tmp_path / "cache", results=tmp_path / "results")
    assert remember_judge(places)(node(60)) == judge_node(node(60))
    assert not (tmp_path / "cache").exists()
