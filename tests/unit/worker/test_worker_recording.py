"""Windows of recordings: which are looked at, what is heard in them, and what is no recording."""

import struct
import tracemalloc
import wave
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker.command import WorkError
from harness.worker.recording import WINDOW_FRAMES, Recording

SECOND = 16_000
WINDOW = 30 * SECOND


def write(path: Path, data: bytes, *, rate: int = SECOND, width: int = 2, sides: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sides)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def silence(path: Path, samples: int) -> Path:
    """Write a recording that takes no room on the disk."""
    write(path, b"")
    with path.open("r+b") as file:
        head = bytearray(file.read(44))
        struct.pack_into("<I", head, 4, 36 + 2 * samples)
        struct.pack_into("<I", head, 40, 2 * samples)
        file.seek(0)
        file.write(head)
        file.truncate(44 + 2 * samples)
    return path


def refuse(path: Path) -> str:
    with pytest.raises(WorkError) as caught:
        Recording(str(path))
    return str(caught.value)


def test_samples_are_shares_of_the_loudest(tmp_path: Path) -> None:
    with closing(Recording(str(write(tmp_path / "a.wav", struct.pack("<4h", 0, 16384, -32768, 1))))) as recording:
        (window,) = recording.read_windows(recording.choose_starts())
    assert (list(window.samples), window.start_frame) == ([0, 0.5, -1, 2**-15], 0)


def test_stereo_is_averaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", struct.pack("<4h", 8192, 16384, -32768, 0), sides=2)
    with closing(Recording(str(path))) as recording:
        assert recording.samples == 2
        (window,) = recording.read_windows((0,))
    assert list(window.samples) == [0.375, -0.5]


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (1, [0]),
        (WINDOW, [0]),
        (WINDOW + SECOND, [0]),
        (WINDOW + SECOND + 1, [0, 1]),
        (10 * WINDOW, list(range(10))),
        (11 * WINDOW, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]),
        (120 * WINDOW, [0, 13, 26, 39, 52, 66, 79, 92, 105, 119]),
    ],
)
def test_at_most_ten_windows_spread_evenly(tmp_path: Path, samples: int, starts: list[int]) -> None:
    with closing(Recording(str(silence(tmp_path / "a.wav", samples)))) as recording:
        assert [start // WINDOW_FRAMES for start in recording.choose_starts()] == starts
        assert recording.of_windows == max(1, -(-(samples - SECOND) // WINDOW))


def test_an_hour_takes_the_memory_of_a_few_windows(tmp_path: Path) -> None:
    with closing(Recording(str(silence(tmp_path / "a.wav", 3600 * SECOND)))) as recording:
        tracemalloc.start()
        try:
            lengths = [len(window.samples) for window in recording.read_windows(recording.choose_starts()[-2:])]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert lengths == [WINDOW, WINDOW]
    assert peak < 6 * 4 * WINDOW


def test_another_sound_has_another_digest(tmp_path: Path) -> None:
    digests = set()
    for value in (1, 2):
        with closing(Recording(str(write(tmp_path / "a.wav", struct.pack("<h", value) * 99)))) as recording:
            digests |= {window.digest for window in recording.read_windows((0,))}
    assert len(digests) == 2


def test_a_file_that_was_cut_off_has_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", bytes(2 * 40 * SECOND))
    path.write_bytes(path.read_bytes()[: 44 + 2 * 35 * SECOND + 1])
    with closing(Recording(str(path))) as recording:
        windows = list(recording.read_windows(recording.choose_starts()))
    assert [len(window.samples) for window in windows] == [WINDOW, 5 * SECOND]


def test_a_window_that_is_not_there(tmp_path: Path) -> None:
    with (
        closing(Recording(str(write(tmp_path / "a.wav", bytes(200))))) as recording,
        pytest.raises(WorkError, match="holds no sound at 30 s"),
    ):
        list(recording.read_windows((0, 3000)))


def test_a_recording_without_samples(tmp_path: Path) -> None:
    with (
        closing(Recording(str(write(tmp_path / "a.wav", b"")))) as recording,
        pytest.raises(WorkError, match="holds no sound at 0 s"),
    ):
        list(recording.read_windows(recording.choose_starts()))


def test_what_cannot_be_heard(tmp_path: Path) -> None:
    assert "8 bits at 16000 Hz in 1 channels" in refuse(write(tmp_path / "a.wav", b"abcd", width=1))
    assert "16 bits at 8000 Hz in 1 channels" in refuse(write(tmp_path / "a.wav", b"abcd", rate=8000))
    assert "16 bits at 16000 Hz in 3 channels" in refuse(write(tmp_path / "a.wav", b"abcdef", sides=3))
    assert "is not a file" in refuse(tmp_path)
    assert "is not a file" in refuse(tmp_path / "no.wav")
    (tmp_path / "b.wav").write_bytes(b"ID3" + bytes(99))
    assert "is not a WAV file" in refuse(tmp_path / "b.wav")
    (tmp_path / "c.wav").write_bytes(b"")
    assert "is not a WAV file of plain samples: it is cut off" in refuse(tmp_path / "c.wav")


@given(data=st.binary(max_size=80), size=st.integers(0, 70))
def test_whatever_happens_to_a_recording(tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int) -> None:
    path = write(tmp_path_factory.getbasetemp() / "fuzz.wav", bytes(30))
    path.write_bytes(path.read_bytes()[:size] + data)
    try:
        with closing(Recording(str(path))) as recording:
            list(recording.read_windows(recording.choose_starts()))
    except WorkError as error:
        assert str(path) in str(error)
