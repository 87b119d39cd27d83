"""RunNumbers are read once, and are those of the bundles as they are."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from harness.records.card import RunFilter
from harness.records.raw_history import RawHistory
from harness.store.index.database import DatabaseLink
from harness.store.index.history import count_rows, drop_orphans, load_history, measure
from harness.store.index.index import RunIndex
from tests.stand import DAYS, Stand

HOUR_NS = 3600 * 10**9
METRIC, CASE = "copy_rate", "memcpy/threads=2"


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    stand = Stand(tmp_path)
    for day in DAYS:
        stand.add(day)
    stand.add(DAYS[0], node="two")
    yield stand
    assert stand.seen() == stand.truth()


def look(stand: Stand, wanted: RunFilter = RunFilter(), **words: str) -> RawHistory:  # noqa: B008 - it is frozen
    def ask(index: RunIndex) -> RawHistory:
        index.refresh()
        stand.errors = measure(index, wanted)
        return load_history(index, wanted, **words)

    return stand.ask(ask)


def days(history: RawHistory) -> dict[str, list[str]]:
    """Return the days of the points of one series of each node."""
    (words,) = {key[1:] for key in history.series if key[2:4] == (CASE, METRIC)}
    return {
        key[0]: sorted(history.details[point.run].start[:10] for point in points)
        for key, points in history.series.items()
        if key[1:] == words
    }


def test_series_have_a_point_for_each_run(stand: Stand) -> None:
    history = look(stand)
    assert days(history) == {"one": ["2026-01-01", "2026-01-02", "2026-02-03"], "two": ["2026-01-01"]}
    (detail,) = [one for one in history.details.values() if one.node == "two"]
    assert Path(detail.path).is_dir()
    assert (detail.release, detail.purpose, detail.subject) == ("v1.8.5", "manual", "sync : ggml")
    (config,) = {key.config for key in history.series}
    assert (detail.config, detail.blocks, detail.failure) == (config, 0, "")
    assert dict(history.machines[detail.machine])["CPU"] == "A CPU"
    encode = next(points for key, points in history.series.items() if key[3] == "encode" and "base" in key[2])
    assert all(point.n == 7 and point.low is not None and point.low < point.median for point in encode)


def test_numbers_are_read_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(stand)
    monkeypatch.setattr("harness.store.index.history.read_numbers", lambda _: pytest.fail("it was read again"))
    assert look(stand) == first


def test_only_what_is_wanted_is_read(stand: Stand) -> None:
    assert days(look(stand, RunFilter(node="two"))) == {"two": ["2026-01-01"]}
    assert stand.ask(count_rows)["points"] == len(look(stand, RunFilter(node="two")).series)
    assert days(look(stand, RunFilter(since="2026-01-02"))) == {"one": ["2026-01-02", "2026-02-03"]}
    assert set(look(stand, metric=METRIC, case=CASE).series) == {
        key for key in look(stand).series if key[2:4] == (CASE, METRIC)
    }


def test_what_is_gone_or_replaced_has_no_points(stand: Stand) -> None:
    before = look(stand)
    shutil.rmtree(stand.results / "two")
    bundle = stand.results / "one" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111"
    shutil.rmtree(bundle)
    stand.add(DAYS[0], release="v1.9.0")
    history = look(stand)
    assert days(history) == {"one": ["2026-01-01", "2026-01-02", "2026-02-03"]}
    assert {one.release for one in history.details.values()} == {"v1.8.5", "v1.9.0"}

    def count(index: RunIndex) -> tuple[int, int]:
        index.refresh()
        full = count_rows(index)["points"]
        drop_orphans(index)
        return full, count_rows(index)["points"]

    full, left = stand.ask(count)
    assert left < full
    assert left == sum(map(len, history.series.values()))
    assert sum(map(len, before.series.values())) == left + left // 3
    assert look(stand) == history


def test_a_run_whose_numbers_cannot_be_read_is_said_and_left_out(stand: Stand) -> None:
    file = stand.results / "two" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111" / "run.json"
    file.write_text(file.read_text().replace("2216.24", "-1"))
    for _ in range(2):
        assert list(days(look(stand))) == ["one"]
        assert [str(file) in error.line for error in stand.errors] == [True]


@pytest.mark.parametrize("table", ["point", "detail", "machine", "series"])
def test_a_table_of_numbers_that_is_damaged_is_made_again(stand: Stand, table: str) -> None:
    whole = look(stand)
    file = stand.file()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = DELETE")
    ((page,),) = connection.execute(f"SELECT rootpage FROM sqlite_master WHERE name = 'harness_{table}'")
    ((size,),) = connection.execute("PRAGMA page_size")
    connection.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * size : page * size] = b"?" * size
    file.write_bytes(content)
    assert days(look(stand)) == days(whole)
    assert (stand.effort.read, stand.effort.trouble) == (4, "")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("point", "median", "median + 0.001"),
        ("point", "median", "'fast'"),
        ("point", "low", "NULL"),
        ("point", "high", "1e300"),
        ("point", "n", "n + 1"),
        ("point", "run", "run + 1000"),
        ("detail", "commit_date", "'2031-01-01'"),
        ("detail", "machine", "''"),
        ("machine", "facts", "'[]'"),
        ("series", "metric", "'decode'"),
        ("run", "start", "'2031-01-01T00:00:00+00:00'"),
    ],
)
def test_a_value_that_was_altered_in_the_file_is_not_shown(stand: Stand, table: str, column: str, value: str) -> None:
    whole = look(stand)
    row = "run" if table == "point" else "rowid"
    first = f"(SELECT min({row}) FROM harness_{table})"
    with sqlite3.connect(stand.file()) as connection:
        changed = connection.execute(f"UPDATE harness_{table} SET {column} = {value} WHERE {row} = {first}").rowcount
    connection.close()
    assert changed > 0
    again = look(stand)
    assert {key: sorted(point[1:] for point in points) for key, points in again.series.items()} == {
        key: sorted(point[1:] for point in points) for key, points in whole.series.items()
    }
    assert sorted(map(str, again.details.values())) == sorted(map(str, whole.details.values()))
    assert again.machines == whole.machines
    assert stand.effort.read == 4, "the file was made again"


def test_a_run_that_changes_before_its_numbers_are_read(stand: Stand) -> None:
    def ask(index: RunIndex) -> RawHistory:
        index.refresh()
        stand.add("20260105", node="two")
        (stand.results / "two" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111" / "run.json").unlink()
        measure(index)
        return load_history(index)

    assert list(days(stand.ask(ask))) == ["one"]
    shutil.rmtree(stand.results / "two" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111")
    assert days(look(stand))["two"] == ["2026-01-05"]


def test_a_run_that_was_replaced_since_its_numbers_were_read_is_missing_by_number(stand: Stand) -> None:
    def ask(index: RunIndex) -> tuple[int, RawHistory, RawHistory]:
        index.refresh()
        assert measure(index) == []
        before = load_history(index)
        shutil.rmtree(stand.results / "one" / "2026-01" / f"{DAYS[0]}T000000Z-aaaaaaaa-11111111")
        stand.add(DAYS[0], release="v1.9.0")
        stand.ask(RunIndex.refresh)  # as another process does it
        during = load_history(index)
        index.refresh()
        measure(index)
        return before.missing, during, load_history(index)

    before, during, after = stand.ask(ask)
    assert (before, during.missing, len(during.details)) == (0, 1, 3)
    assert (after.missing, days(after)["one"]) == (0, ["2026-01-01", "2026-01-02", "2026-02-03"])


def test_a_series_in_a_damaged_file_is_read_anew(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    look(stand)
    real = DatabaseLink.fetch
    broken: list[int] = []

    def fail(link: DatabaseLink, connection: Any, statement: Any) -> list[Any]:
        if not broken:
            broken.append(1)
            return real(link, connection, sa.text("SELECT * FROM nowhere"))
        return real(link, connection, statement)

    monkeypatch.setattr(DatabaseLink, "fetch", fail)
    assert days(look(stand))["one"] == ["2026-01-01", "2026-01-02", "2026-02-03"]
