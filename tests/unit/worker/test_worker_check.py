"""Whatever a library attends to beside the audio with flash attention is allowed, and nothing else is."""

import json
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.worker.command import WorkError
from harness.worker.distribution import Floats
from harness.worker.quality import QualityCommands

PLAIN = [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 0.0]]
WITH_BLANKS = [[1.5, 2.0, 3.0, 3.9], [4.0, 3.5, 2.0, 0.0]]


class Listener:
    """A context whose logits are known."""

    vocabulary, mels = 4, 2

    def __init__(self, logits: Sequence[Sequence[float]]) -> None:
        self.logits = logits

    def hear_mel(self, mel: Floats, frames: int) -> None:
        assert len(mel) == self.mels * frames

    def read_all(self, tokens: Sequence[int]) -> Floats:
        assert tokens == (3, 2)
        return array("f", self.logits[0])

    def read(self, token: int, place: int) -> Floats:
        assert (token, place) == (1, 2)
        return array("f", self.logits[1])

    def forget(self) -> None:
        pass


def write(path: Path, *variants: Sequence[Sequence[float]], blank_keys: object) -> str:
    window = {"start_frame": 0, "prompt": [3, 2], "tokens": [1, 0]}
    head = {"format": 1, "kind": "check", "vocabulary": 4, "mels": 2, "frames": 6, "made_by": "me", "windows": [window]}
    line = json.dumps(head | ({"blank_keys": blank_keys} if blank_keys else {})).encode()
    rows = [value for position in zip(*variants, strict=True) for row in position for value in row]
    padded = line.ljust(-(-(len(line) + 1) // 64) * 64 - 1) + b"\n"
    path.write_bytes(padded + array("f", [0.5] * 12 + rows).tobytes())
    return str(path)


def check(logits: Sequence[Sequence[float]], path: str, *, flash_attn: bool) -> dict[str, Any]:
    listener: Any = Listener(logits)
    return QualityCommands(listener).check(path, flash_attn=flash_attn)


@pytest.mark.parametrize(
    ("logits", "fa", "right", "blank_keys"),
    [
        (PLAIN, 0, 1, 0),
        (PLAIN, 1, 1, 0),
        (WITH_BLANKS, 1, 1, 36),
        (WITH_BLANKS, 0, 0, 0),
        ([PLAIN[0], WITH_BLANKS[1]], 1, 0, 0),
    ],
)
def test_a_result_is_right_as_a_whole(
    tmp_path: Path, logits: Sequence[Sequence[float]], fa: int, right: int, blank_keys: int
) -> None:
    path = write(tmp_path / "r", PLAIN, WITH_BLANKS, blank_keys=[0, 36])
    answer = check(logits, path, flash_attn=bool(fa))
    assert (max(answer["errors"]) == 0) is bool(right)
    assert answer["agreeing"] == "11"
    if right:
        assert answer["blank_keys"] == blank_keys


def test_a_file_without_such_keys_has_one_row_for_each_position(tmp_path: Path) -> None:
    path = write(tmp_path / "r", PLAIN, blank_keys=None)
    assert check(PLAIN, path, flash_attn=True)["errors"] == [0, 0]
    assert check([PLAIN[0], [0.0, 3.0, 2.0, 4.0]], path, flash_attn=True)["agreeing"] == "10"


@pytest.mark.parametrize("blank_keys", [[36, 0], [0] * 9, [0, -1], [0, True], [0, "36"], {"0": 1}, 7])
def test_numbers_of_keys_that_make_no_sense_are_refused(tmp_path: Path, blank_keys: object) -> None:
    path = write(tmp_path / "r", PLAIN, WITH_BLANKS, blank_keys=blank_keys)
    with pytest.raises(WorkError, match="is not a reference"):
        check(PLAIN, path, flash_attn=True)
