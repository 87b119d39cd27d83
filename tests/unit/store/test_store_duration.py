"""How long steps took last time: kept in the cache, and nothing to rely on."""

from pathlib import Path

import pytest

from harness.store.duration import load_durations, save_durations


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    assert load_durations(tmp_path) == {}
    save_durations(tmp_path, {"build": 12.5})
    assert load_durations(tmp_path) == {"build": 12.5}


@pytest.mark.parametrize("text", ["", "[]", '{"build": "x"}', "nonsense"])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "durations.json").write_text(text)
    assert load_durations(tmp_path) == {}


@pytest.mark.parametrize("number", ["-1", "1e9", "1.7e308"])
def test_a_number_that_no_step_takes_is_left_out(tmp_path: Path, number: str) -> None:
    (tmp_path / "durations.json").write_text(f'{{"build": 2.0, "ctest": {number}}}')
    assert load_durations(tmp_path) == {"build": 2.0}
