"""The result of a search for the best settings as a file: found by words, read from anybody, and no run."""

from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.records.tune import Candidate, Goal, Stage, Tuning
from harness.store.bundle_import import find_bundles
from harness.store.layout import list_months
from harness.store.tuning_file import load_tuning, name_tuning, save_tuning

_VALUES = (("quant", "f16"), ("threads", "4"), ("fa", "0"))


def search(name: str = "20260529T000004Z-tune-1a2b3c4d") -> Tuning:
    tried = Candidate(values=_VALUES, score=812.5, n=3, encode_ms=500.0, decode_ms=3.1)
    return Tuning(
        id=name,
        node="desk",
        model="base",
        goal=Goal.LATENCY,
        unit="ms/window",
        start="2026-05-29T00:00:04+00:00",
        budget_s=900.0,
        spent_s=240.0,
        stages=(Stage(axis="threads", tried=(tried,), winner=0), Stage(axis="fa", reason="one value only")),
        found=_VALUES,
        winner=_VALUES,
        why="nothing was better than the start",
        score=812.5,
        rounds=0,
        duels=(),
        runs=("20260529T000004Z-1a2b3c4d-aaaaaaaa",),
        cmake="cmake -B build",
        cli="build/bin/whisper-cli -m models/ggml-base.bin",
    )


def test_a_search_is_read_as_it_was_written_and_named_by_words(tmp_path: Path) -> None:
    first, second = save_tuning(tmp_path, search()), save_tuning(tmp_path, search("20260530T000004Z-tune-1a2b3c4d"))
    assert first == tmp_path / "desk" / "2026-05" / "20260529T000004Z-tune-1a2b3c4d.tune.json"
    assert load_tuning(first) == search()
    assert name_tuning(tmp_path, "tune") == second
    assert name_tuning(tmp_path, "20260529T000004Z-tune") == first
    assert name_tuning(tmp_path, "desk/20260529T000004Z-tune-1a2b3c4d") == first
    with pytest.raises(UsageError, match="the ids of 2 searches for settings begin with"):
        name_tuning(tmp_path, "202605")
    with pytest.raises(UsageError, match="there are no searches for settings in"):
        name_tuning(tmp_path / "nowhere", "tune")


@pytest.mark.parametrize(
    ("found", "put", "flaw"),
    [
        (b'"node": "desk"', b'"node": "../x"', "it names the node"),
        (b'"id": "20260529', b'"id": "20260528', "it names the search 20260528"),
        (b'"axis": "threads"', b'"axis": "blas"', "a candidate has no value of blas"),
        (b'"winner": 0', b'"winner": 7', "the winner of threads is not among those that were tried"),
        (b'"quant"', b'"quint"', "its winner has no value of quant"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, found: bytes, put: bytes, flaw: str) -> None:
    path = save_tuning(tmp_path, search())
    text = path.read_bytes()
    assert found in text
    path.write_bytes(text.replace(found, put))
    with pytest.raises(UnreadableError, match=f"cannot be used\n  cause: {flaw}"):
        load_tuning(path)


def test_a_search_is_neither_a_run_nor_a_sweep_and_can_be_imported(tmp_path: Path) -> None:
    path = save_tuning(tmp_path, search())
    (month,) = list_months(tmp_path)
    assert (month.names, month.partials, list(month.sweeps)) == ([], [], [])
    found = find_bundles(tmp_path)
    assert (found.bundles, found.files) == ([], [path])
