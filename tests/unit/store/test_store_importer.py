"""Imported runs beside those that are there: nothing that was there is ever not there, or other than it was."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from harness.errors import UnfitError
from harness.store import importer as importing
from harness.store.bundle import load_run
from harness.store.importer import ImportedReport, ImportOutcome, import_entries
from harness.store.result_tree import ReportEntry, ReportReading, find_entries
from harness.store.result_tree import read_entry as really_read

DATA = Path(__file__).parents[2] / "data"
REPORT = DATA / "reports" / "05ce7476__ggml-2-x86-cpu.md"
LOG = DATA / "logs" / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log"
SHA = "7fe4979f25ea1b2e0696a11007c9d46e168d18b3"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def folder(tree: Path, **files: str) -> Path:
    """Write a result folder with these files beside the report, and return the tree."""
    there = tree / "whisper.cpp" / SHA[:2] / SHA[2:] / "node"
    there.mkdir(parents=True)
    shutil.copyfile(REPORT, there / "README.md")
    for name, content in files.items():
        (there / name).write_text(content)
    return tree


def take(results: Path, tree: Path) -> list[ImportedReport]:
    return list(import_entries(results, find_entries(tree).entries, "", note=print))


def bundle(results: Path) -> Path:
    (found,) = (path.parent for path in results.glob("*/*/*/run.json"))
    return found


def logs(results: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (bundle(results) / "logs").iterdir()}


def test_a_file_with_other_content_is_kept_beside_the_one_that_is_there(results: Path, tmp_path: Path) -> None:
    one = folder(tmp_path / "one", stdall="first", same="same")
    other = folder(tmp_path / "other", stdall="second", same="same")
    assert [taken.placed for taken in take(results, one)] == [ImportOutcome.NEW]
    (taken,) = take(results, other)
    assert taken.placed is ImportOutcome.RICHER
    assert [remark.text for remark in taken.remarks if "other content" in remark.what] == [
        "stdall is stored as stdall~2"
    ]
    assert logs(results) == {"stdall": "first", "stdall~2": "second", "same": "same"}
    record = (bundle(results) / "run.json").read_bytes()
    for tree in (one, other):
        assert [(taken.placed, len(taken.remarks)) for taken in take(results, tree)] == [(ImportOutcome.KNOWN, 0)]
    assert (bundle(results) / "run.json").read_bytes() == record


def test_the_record_is_of_the_files_that_are_stored(results: Path, tmp_path: Path) -> None:
    text = LOG.read_text(encoding="utf-8")
    name = "bench-bench-medium.log"
    take(results, folder(tmp_path / "one", **{name: text}))
    before = load_run(bundle(results)).measurements
    take(results, folder(tmp_path / "other", **{name: text.replace("10904", "99904"), "stdall": "x"}))
    assert load_run(bundle(results)).measurements == before
    assert sorted(logs(results)) == [name, f"{name}~2", "stdall"]


def test_another_import_that_adds_at_the_same_time_loses_nothing(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in between the look at what is there and the writing of it."""
    text = LOG.read_text(encoding="utf-8")
    take(results, folder(tmp_path / "bare"))
    mine, other = folder(tmp_path / "mine", stdall="x"), folder(tmp_path / "other", **{"bench-bench-medium.log": text})
    met: list[str] = []

    def read(entry: ReportEntry, node: str = "", beside: str = "") -> ReportReading:
        reading = really_read(entry, node, beside)
        if met == [] and entry.path.startswith(str(mine)):
            met.append(entry.path)
            assert [taken.placed for taken in take(results, other)] == [ImportOutcome.RICHER]
        return reading

    monkeypatch.setattr(importing, "read_entry", read)
    assert [taken.placed for taken in take(results, mine)] == [ImportOutcome.RICHER]
    assert met
    assert sorted(logs(results)) == ["bench-bench-medium.log", "stdall"]
    assert [one for one in load_run(bundle(results)).measurements if one.origin == "log"], "the record is of both"


def test_the_place_that_another_import_has_just_taken_is_added_to(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = folder(tmp_path / "mine", stdall="x", runtime="1"), folder(tmp_path / "other", runtime="1")
    really_put = importing._put

    def put(*words: object) -> bool:
        monkeypatch.setattr(importing, "_put", really_put)
        take(results, other)
        return really_put(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "_put", put)
    take(results, mine)
    assert sorted(logs(results)) == ["runtime", "stdall"]
    assert not list(results.glob(".import-*"))


def test_a_run_in_two_places_becomes_one_with_all_files(results: Path, tmp_path: Path) -> None:
    """So an import that was killed between the two leaves them, or one of an early harness."""
    tree = folder(tmp_path / "tree", stdall="x")
    take(results, tree)
    final = bundle(results)
    earlier = final.parents[1] / "undated" / "-".join(["0-undated", *final.name.split("-")[1:]])
    shutil.copytree(final, earlier)
    (earlier / "logs" / "more.log").write_text("more")
    (earlier / "logs" / "stdall").write_text("y")
    (earlier / "notes.txt").write_text("mine")
    assert [taken.placed for taken in take(results, tree)] == [ImportOutcome.RICHER]
    assert logs(results) == {"stdall": "x", "stdall~2": "y", "more.log": "more"}
    assert (bundle(results) / "notes.txt").read_text() == "mine"
    assert [taken.placed for taken in take(results, tree)] == [ImportOutcome.KNOWN]


@pytest.mark.parametrize("linked", ["bundle", "month"])
def test_a_link_in_the_place_of_an_earlier_run_is_left_alone(results: Path, tmp_path: Path, linked: str) -> None:
    tree = folder(tmp_path / "tree", stdall="x")
    take(results, tree)
    final = bundle(results)
    elsewhere = tmp_path / "elsewhere"
    place = final.parents[1] / "undated" / "-".join(["0-undated", *final.name.split("-")[1:]])
    mine = elsewhere / place.name if linked == "month" else elsewhere
    (mine / "logs").mkdir(parents=True)
    (mine / "logs" / "secret").write_text("mine")
    (mine / "precious").write_text("mine")
    place.parent.parent.mkdir(exist_ok=True)
    if linked == "bundle":
        place.parent.mkdir()
        place.symlink_to(elsewhere)
    else:
        place.parent.symlink_to(elsewhere)
    for _ in range(2):
        assert [taken.placed for taken in take(results, tree)] == [ImportOutcome.KNOWN]
        assert sorted(path.name for path in final.rglob("*")) == ["README.md", "logs", "run.json", "stdall"]
        assert (mine / "precious").read_text() == (mine / "logs" / "secret").read_text() == "mine"
        (final / "run.json").unlink()
        shutil.rmtree(final)
        take(results, tree)


@pytest.mark.parametrize("damage", ["empty", "gone"])
def test_a_record_that_is_empty_or_gone_is_written_again(results: Path, tmp_path: Path, damage: str) -> None:
    tree = folder(tmp_path / "tree", stdall="x")
    take(results, tree)
    record = bundle(results) / "run.json"
    kept = record.read_bytes()
    record.write_bytes(b"") if damage == "empty" else record.unlink()
    assert [taken.placed for taken in take(results, tree)] == [ImportOutcome.RICHER]
    assert record.read_bytes() == kept


def test_one_that_cannot_be_written_does_not_stop_the_others(results: Path, tmp_path: Path) -> None:
    tree = folder(tmp_path / "tree")
    second = tree / "whisper.cpp" / SHA[:2] / SHA[2:] / "other"
    shutil.copytree(second.with_name("node"), second)
    results.mkdir()
    (results / "node").write_text("a file is in the way")
    failed, placed = take(results, tree)
    assert (failed.placed, failed.unfit, placed.placed) == (ImportOutcome.FAILED, True, ImportOutcome.NEW)
    assert "was not imported" in failed.what
    (results / "node").unlink()
    (results / "node").symlink_to(tmp_path)
    failed, placed = take(results, tree)
    assert (failed.placed, failed.cause, placed.placed) == (ImportOutcome.FAILED, "it is a link", ImportOutcome.KNOWN)


def test_a_node_on_a_disk_of_its_own_gets_its_runs(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_put = importing._put

    def put(reading: ReportReading, earlier: Path | None, final: Path, aside: Path) -> bool:
        if aside.parent == results:
            final.parent.mkdir(parents=True, exist_ok=True)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(final))
        return really_put(reading, earlier, final, aside)

    monkeypatch.setattr(importing, "_put", put)
    assert [taken.placed for taken in take(results, folder(tmp_path / "tree", stdall="x"))] == [ImportOutcome.NEW]
    assert logs(results) == {"stdall": "x"}
    assert not list(results.rglob(".import-*"))


def test_a_full_disk_stops_it(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> bool:
        raise OSError(28, os.strerror(28), "x")

    monkeypatch.setattr(importing, "_put", fill)
    with pytest.raises(OSError, match="No space"):
        take(results, folder(tmp_path / "tree"))
    assert list(results.iterdir()) == []


def test_a_report_whose_process_was_killed_twice_is_named() -> None:
    failed = importing._give_up(ReportEntry(path="/tree/README.md", folder="/tree"))
    assert (failed.placed, failed.unfit) == (ImportOutcome.FAILED, True)
    assert "memory ran out" in failed.cause


def test_results_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UnfitError, match="cannot write to"):
        take(tmp_path / "file", folder(tmp_path / "tree"))
