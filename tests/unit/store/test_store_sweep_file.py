"""Which sweep is gone on with, where several lie in one folder."""

from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.judge.sweep_check import sum_up
from harness.plan.grid import lay_grid
from harness.records.run import SCHEMA
from harness.records.sweep import Axis, Sweep
from harness.store.sweep_file import find_sweep, name_sweep, save_sweep
from tests import field

AXES = tuple(
    Axis(name=name, values=(value,))
    for name, value in (("model", "tiny"), ("quant", "f16"), ("threads", "1"), ("fa", "0"))
)
ENTRIES, CELLS = lay_grid(AXES, ())


def sweep(second: int, end: str = "") -> Sweep:
    return field.sweep(AXES).replace(
        id=f"20260101T00000{second}Z-{sum_up(AXES, CELLS)}", repetitions=1, entries=ENTRIES, end=end
    )


def test_the_latest_that_is_the_callers_own_is_gone_on_with(tmp_path: Path) -> None:
    save_sweep(tmp_path, sweep(1))
    save_sweep(tmp_path, sweep(2)).chmod(0o664)
    save_sweep(tmp_path, sweep(3, end="2026-01-01T01:00:00+00:00")).chmod(0o664)
    notes: list[str] = []
    assert find_sweep(tmp_path, "node-1", "", unfinished=True, note=notes.append) == sweep(1)
    (note,) = notes
    assert f"ignored: {sweep(2).id}" in note, "a finished one is none of them"


def test_who_can_go_on_with_nothing_is_told_what_to_do_about_the_latest(tmp_path: Path) -> None:
    path = save_sweep(tmp_path, sweep(1))
    path.chmod(0o664)
    for wanted in ("", sweep(1).id):
        with pytest.raises(UsageError) as refused:
            find_sweep(tmp_path, "node-1", wanted, unfinished=True)
        assert f"chmod -R go-w {path}" in refused.value.hint
        assert "else: harness sweep" in refused.value.hint


def test_a_sweep_of_a_newer_harness_is_refused_and_an_older_one_is_read(tmp_path: Path) -> None:
    save_sweep(tmp_path, sweep(1).replace(schema=SCHEMA - 1))
    assert find_sweep(tmp_path, "node-1", "", unfinished=True).schema == SCHEMA - 1
    path = save_sweep(tmp_path, sweep(1).replace(schema=SCHEMA + 1))
    with pytest.raises(UnreadableError) as refused:
        find_sweep(tmp_path, "node-1", "", unfinished=True)
    assert f"{path} has schema {SCHEMA + 1}" in refused.value.what


def test_a_sweep_is_named_by_its_id_a_beginning_or_the_word_for_the_latest(tmp_path: Path) -> None:
    for number in (1, 2):
        save_sweep(tmp_path, sweep(number))
    first, second = sweep(1), sweep(2)
    assert name_sweep(tmp_path, "sweep") == ("node-1", max(first.id, second.id))
    assert name_sweep(tmp_path, first.id) == ("node-1", first.id)
    assert name_sweep(tmp_path, f"node-1/{first.id}") == ("node-1", first.id)
    assert name_sweep(tmp_path, f"node-2/{first.id}") is None
    for other in ("latest", "all", "zzz", "../../etc", "a/b/c", "*", ""):
        assert name_sweep(tmp_path, other) is None, other
    begun = first.id[:13]
    with pytest.raises(UsageError, match="the ids of 2 sweeps begin with") as several:
        name_sweep(tmp_path, begun)
    assert several.value.hint == f"harness show {second.id}"
    with pytest.raises(UsageError, match="the ids of 2 sweeps begin with") as several:
        find_sweep(tmp_path, "node-1", begun, unfinished=True)
    assert several.value.hint == f"harness sweep --resume {second.id}"
    run = tmp_path / "node-1" / "2026-01" / f"{begun}-a-run"
    run.mkdir(parents=True, exist_ok=True)
    assert name_sweep(tmp_path, begun) is None, "it sweeps begin with a run, too"
    assert name_sweep(tmp_path, first.id) == ("node-1", first.id), "but that is all of it"


def test_without_a_sweep_there_is_no_latest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no sweeps in"):
        name_sweep(tmp_path, "sweep")
