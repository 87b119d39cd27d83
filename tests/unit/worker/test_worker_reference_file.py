"""Files of references: what is written is read again; what is damaged or something else is refused with a reason."""

import json
import math
from array import array
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.worker.command import WorkError
from harness.worker.distribution import Floats, normalize
from harness.worker.reference_file import (
    CHECK,
    SPEECH,
    ReferenceHeader,
    ReferenceReader,
    ReferenceWindow,
    ReferenceWriter,
)
from tests.stub import write_check

IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
TOKENS = st.lists(st.integers(0, 4), min_size=1, max_size=5).map(tuple)
WINDOWS = st.lists(
    st.builds(ReferenceWindow, st.integers(0, 2**31), TOKENS, TOKENS, st.text("0123456789abcdef", max_size=16)),
    min_size=1,
    max_size=4,
).map(tuple)


def write(path: Path, header: ReferenceHeader, rows: list[Floats]) -> None:
    with closing(ReferenceWriter(str(path), len(header.windows))) as writer:
        for row in rows:
            writer.write_row(row)
        writer.finish(header)


def read(path: Path, kind: str = SPEECH) -> tuple[ReferenceHeader, list[Floats]]:
    with closing(ReferenceReader(str(path), kind)) as reader:
        if kind == CHECK:
            reader.read_mel()
        return reader.header, list(reader.read_rows())


def refuse(path: Path, kind: str = SPEECH) -> str:
    with pytest.raises(WorkError) as caught:
        read(path, kind)
    return str(caught.value)


@IN_A_FOLDER
@given(windows=WINDOWS, made_by=st.text(max_size=30), detected=st.booleans(), of_windows=st.integers(0, 99))
def test_what_is_written_is_read_again(
    tmp_path: Path, windows: tuple[ReferenceWindow, ...], made_by: str, *, detected: bool, of_windows: int
) -> None:
    header = ReferenceHeader(SPEECH, 5, 80, 3000, made_by, windows, of_windows, "en", detected)
    rows = [normalize(array("f", [place, 2, 3, -4, 0.5])) for place in range(header.positions)]
    write(tmp_path / "speech", header, rows)
    assert read(tmp_path / "speech") == (header, rows)
    assert [path.name for path in tmp_path.iterdir()] == ["speech"], "nothing is left beside it"
    assert (tmp_path / "speech").read_bytes().index(b"\n") % 64 == 63


def test_a_reference_of_another_program(tmp_path: Path) -> None:
    """The shortest padding, and none of the words that only this program writes."""
    write_check(tmp_path / "check")
    with closing(ReferenceReader(str(tmp_path / "check"), CHECK)) as reader:
        assert (reader.header.vocabulary, reader.header.positions, reader.header.of_windows) == (64, 3, 1)
        assert list(reader.read_mel())[:3] == [0, 0.125, 0.25]
        rows = list(reader.read_rows())
    assert [len(row) for row in rows] == [64] * 3
    assert all(math.isfinite(value) for row in rows for value in row)


def test_an_unfinished_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), closing(ReferenceWriter(str(tmp_path / "speech"), 1)) as writer:
        writer.write_row(array("f", [0.0]))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_too_long_is_not_written_over_the_rows(tmp_path: Path) -> None:
    header = ReferenceHeader(SPEECH, 5, 80, 3000, "x" * 20_000, (ReferenceWindow(0, (1,), (1,)),))
    with pytest.raises(WorkError, match="its words are too long"):
        write(tmp_path / "speech", header, [array("f", [0.0] * 5)])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="cannot write"):
        ReferenceWriter(str(tmp_path / "no" / "speech"), 1)


def header_of(**changes: Any) -> bytes:
    window = {"start_frame": 0, "prompt": [1], "tokens": [2]}
    fields = {"format": 1, "kind": "speech", "vocabulary": 5, "mels": 80, "frames": 3000, "made_by": "", **changes}
    line = json.dumps({"windows": [window | fields.pop("window", {})], **fields}).encode()
    return line.ljust(len(line) // 64 * 64 + 63) + b"\n"


def test_a_header_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / "speech").write_bytes(header_of() + bytes(20))
    assert read(tmp_path / "speech")[0].positions == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin with a line of JSON"),
        (b"RIFF" * 99, "does not begin with a line of JSON"),
        (header_of()[1:] + bytes(20), "does not begin with a line of JSON"),
        (b"[]".ljust(63) + b"\n", "not a reference that this program reads"),
        (b"{".ljust(63) + b"\n", "not a reference that this program reads"),
        (b"[" * (64 * 9999 - 1) + b"\n", "not a reference that this program reads"),
        (header_of(format=2), "format 2, not 1"),
        (header_of(kind="check"), "is a reference for 'check', not for 'speech'"),
        (header_of(vocabulary=10**9), "is not a number from 1 to"),
        (header_of(vocabulary=True), "is not a number"),
        (header_of(vocabulary=0), "is not a number"),
        (header_of(mels=-1), "is not a number"),
        (header_of(frames=1e3), "is not a number"),
        (header_of(made_by=None), "is not a text"),
        (header_of(windows=7), "not a reference that this program reads"),
        (header_of(windows=[]), "no positions"),
        (header_of(windows=["prompt"]), "not a reference that this program reads"),
        (header_of(window={"tokens": []}), "a window without tokens"),
        (header_of(window={"tokens": [5]}), "5 is not a number from 0 to 4"),
        (header_of(window={"prompt": "1"}), "is not a number"),
        (header_of(window={"start_frame": -1}), "is not a number"),
        (header_of(), "is damaged: it has"),
        (header_of() + bytes(19), "is damaged: it has"),
        (header_of() + bytes(24), "is damaged: it has"),
    ],
)
def test_what_is_no_reference(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "speech").write_bytes(data)
    assert why in refuse(tmp_path / "speech")


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "there is no reference" in refuse(tmp_path / "speech")
    assert "there is no reference" in refuse(tmp_path)


@IN_A_FOLDER
@given(data=st.binary(max_size=200), at=st.integers(0, 400), cut=st.integers(0, 2000))
def test_whatever_happens_to_a_file_is_a_refusal_or_a_reference(tmp_path: Path, data: bytes, at: int, cut: int) -> None:
    write_check(tmp_path / "check")
    whole = (tmp_path / "check").read_bytes()
    (tmp_path / "check").write_bytes((whole[:at] + data + whole[at + len(data) :])[: len(whole) - cut])
    try:
        read(tmp_path / "check", CHECK)
    except WorkError as error:
        assert str(tmp_path) in str(error)
