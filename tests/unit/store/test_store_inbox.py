"""What lies in the folder of a node, looked at before it is collected."""

from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.store import bundle_import, inbox
from harness.store.bundle_import import import_bundles
from harness.store.importer import ImportOutcome, open_scratch
from harness.store.inbox import find_newest, list_nodes, look_into, read_item
from harness.store.sweep_file import save_sweep
from tests.unit.store.test_store_job_trace import job, store
from tests.unit.store.test_store_sweep_file import sweep

NOW = "20270101T000000Z"


def test_names_are_enough_to_know_what_is_there(tmp_path: Path) -> None:
    there, here = tmp_path / "in", tmp_path / "all"
    first, second = store(there, job()), store(there, job(start="20260530T100000Z"))
    store(there, job(start="20260601T100000Z"), sealed=False)
    save_sweep(there, sweep(1))
    save_sweep(there, sweep(2, end="2026-01-01T01:00:00+00:00"))
    (there / ".fleet-logs").mkdir()
    assert list_nodes(there) == ("node-1",)
    found = look_into(there, "node-1", here)
    assert [path.name for path in found.bundles] == [first.id, second.id]
    assert [path.name for path in found.files] == [f"{sweep(2).id}.sweep.json"], "the other one goes on"
    with open_scratch(here) as aside:
        assert [one.placed for one in import_bundles(list(found.bundles), here, aside)] == [ImportOutcome.NEW] * 2
    again = look_into(there, "node-1", here)
    assert (again.bundles, again.known) == ((), 2)
    newest = find_newest(here, "node-1", NOW)
    assert newest is not None and newest.name == second.id
    assert read_item(newest).start == second.start
    assert find_newest(here, "node-2", NOW) is None
    record = there / "node-1" / "2026-05" / first.id / "run.json"
    record.write_bytes(record.read_bytes() + b"\n")
    assert [path.name for path in look_into(there, "node-1", here).bundles] == [first.id], "it is another one now"


def test_a_folder_with_too_many_entries_is_refused_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path / "in", job())
    for number in range(12):
        (tmp_path / "in" / "node-1" / "2026-06" / f"20260601T0000{number:02}Z-x").mkdir(parents=True)
    monkeypatch.setattr(inbox, "MOST_ENTRIES", 10)
    found = look_into(tmp_path / "in", "node-1", tmp_path / "all")
    assert len(found.bundles) == 1
    assert [error.what for error in found.errors] == [f"{tmp_path}/in/node-1/2026-06 holds too many files and folders"]


@pytest.mark.parametrize(("name", "limit"), [("MOST_FILES", 20), ("MOST_BYTES", 1 << 20)])
def test_a_bundle_that_is_larger_than_any_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    run = store(tmp_path / "in", job())
    path = tmp_path / "in" / "node-1" / "2026-05" / run.id
    for number in range(30):
        (path / "logs" / f"{number}.log").write_bytes(b"x" * 50_000)
    monkeypatch.setattr(bundle_import, name, limit)
    with open_scratch(tmp_path / "all") as aside:
        (one,) = import_bundles([path], tmp_path / "all", aside)
    assert isinstance(one.error, UnreadableError)
    assert "it has more than" in one.error.cause
    assert find_newest(tmp_path / "all", "node-1", NOW) is None


@pytest.mark.parametrize("text", [b"", b"[]", b'{"schema": 99, "node": 5}', b'{"schema": 8, "node": {"name": 5}}'])
def test_a_record_that_cannot_be_understood_is_an_error(tmp_path: Path, text: bytes) -> None:
    run = store(tmp_path, job())
    (tmp_path / "node-1" / "2026-05" / run.id / "run.json").write_bytes(text)
    with pytest.raises(UnreadableError):
        read_item(tmp_path / "node-1" / "2026-05" / run.id)
