"""A recording in windows of half a minute: 16-bit WAV at 16 kHz, read piece by piece."""

import hashlib
import os
import sys
import wave
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from harness.worker.command import WorkError, open_bytes
from harness.worker.distribution import Floats

SAMPLE_RATE_HZ = 16_000
# Of a mel spectrogram; a window is what the encoder hears at once.
SAMPLES_PER_FRAME = 160
WINDOW_FRAMES = 3000
_WINDOW_SAMPLES = WINDOW_FRAMES * SAMPLES_PER_FRAME
_MOST_WINDOWS = 10
_SAMPLE_BYTES = 2
_LOUDEST = 32768.0


class SoundWindow(NamedTuple):
    """At most half a minute of a recording, from this frame on, with a digest of what is heard there."""

    start_frame: int
    samples: Floats
    digest: str


class Recording:
    """A WAV file; both sides of stereo are averaged."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open_bytes(path, f"{path} is not a file")
        try:
            self._sound = self._open()
        except BaseException:
            self._file.close()
            raise
        self._sides = self._sound.getnchannels()
        # The header of a file that was cut off promises more than there is.
        present = os.fstat(self._file.fileno()).st_size // (_SAMPLE_BYTES * self._sides)
        self.samples = min(self._sound.getnframes(), present)

    def close(self) -> None:
        """Close the file."""
        self._sound.close()
        self._file.close()

    @property
    def of_windows(self) -> int:
        """The windows that the recording has; less than a second at its end is no window, as in whisper.cpp."""
        return max(1, -(-(self.samples - SAMPLE_RATE_HZ) // _WINDOW_SAMPLES))

    def choose_starts(self) -> tuple[int, ...]:
        """Return the first frames of the windows to look at, the first and the last of the recording among them."""
        of_windows = self.of_windows
        count = min(of_windows, _MOST_WINDOWS)
        last = max(1, count - 1)
        return tuple((of_windows - 1) * place // last * WINDOW_FRAMES for place in range(count))

    def read_windows(self, starts: tuple[int, ...]) -> Iterator[SoundWindow]:
        """Yield the windows that begin at these frames; raises WorkError for one that is not there."""
        for start_frame in starts:
            samples = self._read(start_frame * SAMPLES_PER_FRAME)
            if not samples:
                raise WorkError(f"{self._path} holds no sound at {start_frame // 100} s")
            yield SoundWindow(start_frame, samples, hashlib.sha256(samples.tobytes()).hexdigest()[:16])

    def _open(self) -> wave.Wave_read:
        try:
            sound = wave.open(self._file, "rb")  # noqa: SIM115 - closed by close()
        except (wave.Error, EOFError, ValueError, OSError, RuntimeError) as error:
            raise WorkError(
                f"{self._path} is not a WAV file of plain samples: {str(error) or 'it is cut off'}"
            ) from None
        if (sound.getsampwidth(), sound.getframerate()) != (_SAMPLE_BYTES, SAMPLE_RATE_HZ) or sound.getnchannels() > 2:
            bits, rate, sides = 8 * sound.getsampwidth(), sound.getframerate(), sound.getnchannels()
            raise WorkError(
                f"{self._path} has samples of {bits} bits at {rate} Hz in {sides} channels: "
                "whisper hears 16 bits at 16000 Hz, in one channel or two"
            )
        return sound

    def _read(self, first: int) -> Floats:
        if first >= self.samples:
            return array("f")
        try:
            self._sound.setpos(first)
            data = self._sound.readframes(min(_WINDOW_SAMPLES, self.samples - first))
        except (wave.Error, EOFError, OSError, RuntimeError) as error:
            raise WorkError(f"cannot read {self._path}: {error}") from None
        whole = array("h", data[: len(data) - len(data) % (_SAMPLE_BYTES * self._sides)])
        if sys.byteorder == "big":
            whole.byteswap()
        if self._sides == 1:
            return array("f", (value / _LOUDEST for value in whole))
        return array("f", ((left + right) / 2 / _LOUDEST for left, right in zip(whole[::2], whole[1::2], strict=True)))
