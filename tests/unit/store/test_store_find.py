"""Runs found by id, prefix, path, `latest` and `all`; and what cannot be read, with its file and line."""

import json
import shutil
from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.records.run import SCHEMA, Run
from harness.store import find
from harness.store.bundle import create_bundle, load_run
from harness.store.find import find_runs, find_twins, read_logs
from harness.store.index.question import ChosenRun
from harness.store.layout import find_places, list_months
from harness.system.foreign import FolderListing, list_folder
from tests import sheet
from tests.stand import read_card

DATA = Path(__file__).parents[2] / "data"
REPORT = DATA / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md"
IDS = ("20260101T000000Z-aaaaaaaa-11111111", "20260102T000000Z-bbbbbbbb-11111111", "20260202T000000Z-cccccccc-11111111")


def store(results: Path, run: Run) -> Path:
    _, bundle = create_bundle(results, run)
    for name, text in sheet.LOGS.items():
        (bundle.logs / name).write_text(text)
    return bundle.seal(run, "the report\n")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return a folder of three runs on two nodes, one unfinished, and things that are no runs."""
    folder = tmp_path / "results"
    for number, run_id in enumerate(IDS):
        node = sheet.run().node.replace(name=f"node-{number % 2}")
        store(folder, sheet.run().replace(id=run_id, node=node))
    create_bundle(folder, sheet.run().replace(id="20260303T000000Z-dddddddd-11111111"))[1].save_run(sheet.run())
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden" / "a" / "b").mkdir(parents=True)
    return folder


def list_folders(results: Path) -> list[Path]:
    return [Path(place.path) for place in find_places(list_months(results))]


def ids(results: Path, *words: str) -> list[str]:
    return [stored.run.id for stored in find_runs(results, words).stored]


def test_all_and_latest(results: Path) -> None:
    assert [folder.name for folder in list_folders(results)] == list(IDS)
    assert ids(results, "all") == list(IDS)
    assert ids(results, "latest") == [IDS[2]]


def test_an_id_its_beginning_and_its_paths_are_one_run(results: Path) -> None:
    folder = list_folders(results)[1]
    assert ids(results, IDS[1], "20260102", str(folder), f"{folder}/run.json") == [IDS[1]]
    assert ids(results, "202602", IDS[0]) == [IDS[2], IDS[0]], "in the order of the words"


def test_an_unfinished_run_has_a_path_and_a_hint(results: Path) -> None:
    with pytest.raises(UsageError, match="is not finished") as raised:
        find_runs(results, ["20260303"])
    assert "harness run --resume 20260303T000000Z-dddddddd-11111111" in str(raised.value)
    (partial,) = results.glob("*/*/*.partial")
    assert ids(results, str(partial)) == [sheet.run().id]


@pytest.mark.parametrize("word", ["2026", "20260", "202601"])
def test_an_ambiguous_beginning_names_the_candidates(results: Path, word: str) -> None:
    with pytest.raises(UsageError, match="runs begin with") as raised:
        find_runs(results, [word])
    assert IDS[0] in str(raised.value)


@pytest.mark.parametrize(("number", "end"), [(8, "-7"), (9, "and 1 more"), (12, "and 4 more")])
def test_at_most_eight_candidates_are_named(tmp_path: Path, number: int, end: str) -> None:
    for one in range(number):
        (tmp_path / "node" / "2026-01" / f"20260101T000000Z-{one}").mkdir(parents=True)
    with pytest.raises(UsageError, match=f"the ids of {number} runs begin with '2026'") as raised:
        find_runs(tmp_path, ["2026"])
    shown = raised.value.hint.split("\n")[1:]
    assert len(shown) == min(number, 9)
    assert shown[-1].endswith(end)


@pytest.mark.parametrize("word", ["1999", "*", "", "[", "results/none", "a/b/c", "none.md", "\x00", "x" * 5000])
def test_a_word_that_names_nothing(results: Path, word: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_runs(results, [word])
    assert raised.value.hint


def test_no_results_at_all(tmp_path: Path) -> None:
    for word in ("all", "latest"):
        with pytest.raises(UsageError, match="there are no runs in"):
            find_runs(tmp_path / "none", [word])
    assert list_months(tmp_path / "none") == []


def test_a_bare_report_is_a_run(tmp_path: Path) -> None:
    (stored,) = find_runs(tmp_path, [str(REPORT)]).stored
    assert stored.run.origin == "ggml-ci"
    assert stored.report == REPORT.read_text(encoding="utf-8")
    assert len(stored.run.measurements) > 10
    assert read_logs(stored) == {}


def test_the_logs_are_those_that_the_results_name(results: Path) -> None:
    (stored,) = find_runs(results, ["latest"]).stored
    assert read_logs(stored) == sheet.LOGS
    outside = stored.run.results[1].replace(log="../run.json")
    assert read_logs(stored.replace(run=stored.run.replace(results=(outside,)))) == {}


@pytest.mark.parametrize(
    ("content", "what", "cause"),
    [
        (b"", ":1 cannot be understood", "the file is empty"),
        (b"\x7fELF\x00\x01", ":1 cannot be understood", "JSON is malformed"),
        (b'{\n "schema": 1,\n "id": oh\n}', ":3 cannot be understood", "JSON is malformed"),
        (b'{\n "schema": 1,\n "id": "x"', ":3 cannot be understood", "truncated"),
        (b'{"schema": 1}', " cannot be understood", "missing required field"),
        (b'{"schema": 99, "shape": "new"}', " has schema 99", "reads schemas 1 to"),
        (b'{"schema": 1,\n "id": "\xff"}', ":2 cannot be understood", "invalid start byte"),
        (b"[1, 2]", " cannot be understood", "Expected `object`"),
    ],
)
def test_a_run_that_cannot_be_read(results: Path, content: bytes, what: str, cause: str) -> None:
    file = list_folders(results)[1] / "run.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableError) as raised:
        find_runs(results, [IDS[1]])
    assert f"{file}{what}" in raised.value.what
    assert cause in raised.value.cause
    with pytest.raises(UnreadableError):
        read_card(str(file.parent))


def test_a_folder_without_a_run(results: Path) -> None:
    (results / "node-0" / "2026-01" / "20260105T000000Z-empty").mkdir()
    with pytest.raises(UnreadableError):
        find_runs(results, ["20260105"])


def test_a_newer_schema_with_all_fields(results: Path) -> None:
    file = list_folders(results)[0] / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": 99}))
    (unread,) = find_runs(results, ["all"]).unread
    assert "has schema 99" in unread.what
    with pytest.raises(UnreadableError, match="has schema 99"):
        read_card(str(file.parent))


@pytest.mark.parametrize("schema", [1, 4, 5])
def test_a_record_of_an_older_harness_is_read(results: Path, schema: int) -> None:
    file = list_folders(results)[0] / "run.json"
    file.write_bytes((DATA / "records" / f"schema-{schema}.json").read_bytes())
    run = load_run(file.parent)
    assert run.schema == schema < SCHEMA
    assert run.measurements
    assert run.results
    assert read_card(str(file.parent)).id == run.id


def test_the_first_schema_that_is_not_known_is_refused(results: Path) -> None:
    file = list_folders(results)[0] / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": SCHEMA + 1}))
    with pytest.raises(UnreadableError, match=f"has schema {SCHEMA + 1}") as raised:
        load_run(file.parent)
    assert f"reads schemas 1 to {SCHEMA}" in raised.value.cause


def test_a_metric_of_another_harness(results: Path) -> None:
    file = list_folders(results)[0] / "run.json"
    file.write_text(file.read_text().replace('"copy_rate"', '"joules"'))
    (unread,) = find_runs(results, ["all"]).unread
    assert "'joules' is not a metric" in unread.line


def test_two_runs_with_one_id(results: Path) -> None:
    first = list_folders(results)[0]
    shutil.copytree(first, results / "node-1" / "2026-01" / first.name)
    for word in (IDS[0], IDS[0][:12], "all"):
        with pytest.raises(UnreadableError, match="2 runs have the id") as raised:
            find_runs(results, [word])
        assert raised.value.cause.count("/run.json") == 2
    assert ids(results, str(first)) == [IDS[0]], "a path is never ambiguous"
    cards = [read_card(str(folder)) for folder in list_folders(results)]
    twins = find_twins(ChosenRun(0, card.path, card.node, card.id, card.start, "") for card in cards)
    assert twins
    assert twins.exit_code == 5


def test_one_second_on_two_nodes_is_no_twin(results: Path) -> None:
    store(results, sheet.run().replace(id=IDS[0], node=sheet.run().node.replace(name="node-9")))
    assert ids(results, "all") == sorted([*IDS, IDS[0]])
    both = find_runs(results, [f"node-9/{IDS[0]}", "node-0/20260101"]).stored
    assert [stored.run.node.name for stored in both] == ["node-9", "node-0"]
    with pytest.raises(UnreadableError, match="2 runs have the id"):
        find_runs(results, [IDS[0]])


def test_one_of_all_that_cannot_be_read_does_not_keep_the_others_back(results: Path) -> None:
    first, second, third = list_folders(results)
    (second / "run.json").write_text("{")
    found = find_runs(results, ["all"])
    assert [stored.run.id for stored in found.stored] == [IDS[0], IDS[2]]
    assert [error.what.partition(":")[0] for error in found.unread] == [f"{second}/run.json"]
    for words in ([IDS[1]], ["all", IDS[1]], [str(second)]):  # asked for by name
        with pytest.raises(UnreadableError):
            find_runs(results, words)
    for folder in (first, third):
        (folder / "run.json").unlink()
    with pytest.raises(UnreadableError):
        find_runs(results, ["all"])


def test_logs_that_cannot_be_opened_are_named_and_the_run_is_shown(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, *, within: Path | None = None) -> FolderListing:
        if folder.name == "logs":
            raise UnreadableError(f"cannot read {folder}", cause="Permission denied")
        return list_folder(folder, within=within)

    monkeypatch.setattr(find, "list_folder", refuse)
    told: list[str] = []
    assert [stored.run.id for stored in find_runs(results, ["latest"], told.append).stored] == [IDS[2]]
    assert told == [f"cannot read {list_folders(results)[2]}/logs: Permission denied: it is ignored"]
