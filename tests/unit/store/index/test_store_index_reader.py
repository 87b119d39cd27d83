"""A row has what identifies a run, without its numbers."""

import os
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.records.outcome import Status
from harness.store.bundle import create_bundle
from tests import sheet
from tests.stand import read_card


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(UnreadableError, match=r"run\.json is a FIFO, not a regular file"):
        read_card(str(tmp_path))
    (tmp_path / "run.json").unlink()
    (tmp_path / "run.json").symlink_to("/dev/zero")
    with pytest.raises(UnreadableError, match=r"run\.json is a link, not a regular file"):
        read_card(str(tmp_path))


def test_a_card_has_what_identifies_a_run(tmp_path: Path) -> None:
    run = sheet.run()
    folder = create_bundle(tmp_path, run)[1].seal(run, "the report\n")
    card = read_card(str(folder))
    assert (card.path, card.id, card.start, card.node) == (str(folder), run.id, run.start, "node-1")
    assert (card.sha, card.commit, card.release) == (run.source.commit.sha, "f24588a", "v1.8.5")
    assert (card.config, card.models) == (("AVX2",), ("tiny", "base"))
    assert (card.status, card.origin) == (Status.FAILED, "harness")
