"""Files of settings: read, and changed without losing what a person wrote."""

import os
import tomllib
from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.system.toml_file import change_toml, read_toml


def test_a_changed_file_keeps_comments_and_other_keys(tmp_path: Path) -> None:
    path = tmp_path / "harness.toml"
    path.write_text('# mine\nmodel = ["tiny"]  # small\nseed = 3\n')
    change_toml(path, {"model": ["base"], "threads": ["2"]}, "by tune")
    text = path.read_text()
    assert text.startswith("# mine\n")
    assert "# small" in text
    assert tomllib.loads(text) == {"model": ["base"], "seed": 3, "threads": ["2"]}
    assert "by tune" not in text, "the comment is for a new file"
    assert not list(tmp_path.glob("*.tmp"))


def test_another_spelling_of_a_key_does_not_stay_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "harness.toml"
    path.write_text('fa = ["0"]\nwait-quiet = "5m"\n')
    change_toml(path, {"flash_attn": ["1"], "wait_quiet": "1m"}, "by tune")
    assert tomllib.loads(path.read_text()) == {"flash_attn": ["1"], "wait_quiet": "1m"}


def test_a_new_file_says_who_wrote_it(tmp_path: Path) -> None:
    change_toml(tmp_path / "harness.toml", {"fa": "1"}, "by tune")
    assert (tmp_path / "harness.toml").read_text().startswith("# by tune\n")


def test_what_is_no_toml_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "harness.toml"
    path.write_text("threads = [")
    with pytest.raises(UnreadableError, match="not valid TOML"):
        change_toml(path, {"fa": "1"}, "")
    assert path.read_text() == "threads = ["


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert read_toml(tmp_path / "none", required=False) == {}
    with pytest.raises(UsageError, match="no such file"):
        read_toml(tmp_path / "none")
    with pytest.raises(UsageError, match="is a folder, not a regular file"):
        read_toml(tmp_path)


@pytest.mark.parametrize("required", [True, False])
def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path, *, required: bool) -> None:
    path = tmp_path / "harness.toml"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="is a FIFO, not a regular file"):
        read_toml(path, required=required)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="is a character device, not a regular file"):
        read_toml(path, required=required)
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(UsageError, match="cannot read") as raised:
        read_toml(path, required=required)
    assert "leads back to itself" in raised.value.cause


def test_a_link_stays_one_when_its_file_is_changed(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "mine.toml").write_text("seed = 3\n")
    path = tmp_path / "harness.toml"
    path.symlink_to("dotfiles/mine.toml")
    change_toml(path, {"fa": "1"}, "by tune")
    assert path.is_symlink()
    assert tomllib.loads((tmp_path / "dotfiles" / "mine.toml").read_text()) == {"seed": 3, "fa": "1"}
