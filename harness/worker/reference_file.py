"""The file of a reference: a line of JSON, then rows of 32-bit floats, read and written one at a time.

The line is padded with blanks to a multiple of 64 bytes. A file of kind `check` has a mel spectrogram, then for each
position a row of logits for each of the numbers of blank keys that it names; one of kind `speech` has log-probabilities
only. A position predicts a token of a window from its prompt and the tokens before.
"""

import contextlib
import json
import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from harness.worker.command import WorkError, open_bytes
from harness.worker.distribution import Floats

CHECK, SPEECH = "check", "speech"
_FORMAT = 1
_ALIGNMENT = 64
_AGAIN = "remove it, and it is made again"
_MOST_HEADER_BYTES = 1 << 20
_MOST = {"vocabulary": 1 << 20, "mels": 1 << 10, "frames": 1 << 20}
_MOST_FRAMES = 1 << 31
_MOST_VARIANTS = 4
_FLOAT_BYTES = 4
# The room that a line needs is not known before the last row is written.
_ROOM_FOR_WINDOW, _ROOM_FOR_REST = 4096, 8192


class ReferenceWindow(NamedTuple):
    """What is read after hearing one window: `sound` is the digest of the samples, empty where none were heard."""

    start_frame: int
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    sound: str = ""


class ReferenceHeader(NamedTuple):
    """The first line of a file; `of_windows` is what the recording has, `language` that of the prompts.

    `blank_keys` are numbers of zero positions that are attended to beside those of the audio: none, and so many as some
    libraries add with flash attention. What is right with each of them stands in the file.
    """

    kind: str
    vocabulary: int
    mels: int
    frames: int
    made_by: str
    windows: tuple[ReferenceWindow, ...]
    of_windows: int = 1
    language: str = ""
    detected: bool = False
    blank_keys: tuple[int, ...] = (0,)

    @property
    def positions(self) -> int:
        """The positions of all windows."""
        return sum(len(window.tokens) for window in self.windows)

    @property
    def rows(self) -> int:
        """The rows of the file."""
        return self.positions * len(self.blank_keys)


class ReferenceReader:
    """A reference that lies on the disk; raises WorkError for a file that is none."""

    def __init__(self, path: str, kind: str) -> None:
        self._path = path
        self._file = open_bytes(path, f"there is no reference {path}")
        try:
            self.header = self._read_header(kind)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read_mel(self) -> Floats:
        """Return the spectrogram, all frames of one mel after the other."""
        return self._read(self.header.mels * self.header.frames)

    def read_rows(self) -> Iterator[Floats]:
        """Yield the rows that are left, beginning after what was read so far."""
        for _ in range(self.header.rows):
            yield self._read(self.header.vocabulary)

    def _read_header(self, kind: str) -> ReferenceHeader:
        line = self._file.readline(_MOST_HEADER_BYTES)
        if not line.endswith(b"\n") or len(line) % _ALIGNMENT:
            raise WorkError(f"{self._path} is not a reference: it does not begin with a line of JSON; {_AGAIN}")
        try:
            header = _parse(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise WorkError(f"{self._path} is not a reference that this program reads: {error!r:.200}") from None
        if header.kind != kind:
            raise WorkError(f"{self._path} is a reference for {header.kind!r}, not for {kind!r}")
        spectrogram = header.mels * header.frames if kind == CHECK else 0
        wanted = len(line) + _FLOAT_BYTES * (spectrogram + header.rows * header.vocabulary)
        found = os.fstat(self._file.fileno()).st_size
        if found != wanted:
            raise WorkError(
                f"the reference {self._path} is damaged: it has {found} bytes instead of {wanted}; {_AGAIN}"
            )
        return header

    def _read(self, count: int) -> Floats:
        data = self._file.read(_FLOAT_BYTES * count)
        if len(data) != _FLOAT_BYTES * count:
            raise WorkError(f"the reference {self._path} is damaged: it ends too early; {_AGAIN}")
        values = array("f", data)
        if sys.byteorder == "big":
            values.byteswap()
        return values


class ReferenceWriter:
    """A speech reference in the making, under a temporary name beside its own, which it gets in the end."""

    def __init__(self, path: str, windows: int) -> None:
        self._path = path
        self._room = _align(_ROOM_FOR_WINDOW * windows + _ROOM_FOR_REST)
        folder, name = os.path.split(path)
        self._fresh = os.path.join(folder, f".{name}.partial-{os.getpid()}")  # noqa: PTH118 - the worker is small
        try:
            self._file: IO[bytes] = open(self._fresh, "wb")  # noqa: PTH123, SIM115 - closed by finish() or close()
            self._file.write(b" " * (self._room - 1) + b"\n")
        except OSError as error:
            raise WorkError(f"cannot write {self._fresh}: {error.strerror}") from None

    def write_row(self, row: Floats) -> None:
        """Append one row; raises WorkError for a disk that is full."""
        little = row
        if sys.byteorder == "big":
            little = array("f", row)
            little.byteswap()
        try:
            self._file.write(little.tobytes())
        except OSError as error:
            raise WorkError(f"cannot write {self._fresh}: {error.strerror}") from None

    def finish(self, header: ReferenceHeader) -> None:
        """Write the first line, and give the file its name."""
        line = json.dumps(_describe(header)).encode()
        if len(line) >= self._room:
            raise WorkError(f"the first line of {self._path} takes {len(line)} bytes: its words are too long")
        try:
            self._file.seek(0)
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._fresh, self._path)  # noqa: PTH105 - the worker is small
        except OSError as error:
            raise WorkError(f"cannot write {self._path}: {error.strerror}") from None

    def close(self) -> None:
        """Remove what was written, unless it is finished."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            os.unlink(self._fresh)  # noqa: PTH108 - the worker is small


def _align(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _describe(header: ReferenceHeader) -> dict[str, object]:
    described = header._asdict() | {"windows": [window._asdict() for window in header.windows]}
    return {"format": _FORMAT, **described}


def _parse(found: Any) -> ReferenceHeader:
    if _number(found["format"], 1 << 30) != _FORMAT:
        raise ValueError(f"format {found['format']}, not {_FORMAT}")
    sizes = {name: _number(found[name], most, least=1) for name, most in _MOST.items()}
    windows = tuple(_parse_window(window, sizes["vocabulary"]) for window in found["windows"])
    header = ReferenceHeader(
        kind=_text(found["kind"]),
        **sizes,
        made_by=_text(found["made_by"]),
        windows=windows,
        of_windows=_number(found.get("of_windows", len(windows)), _MOST_FRAMES),
        language=_text(found.get("language", "")),
        detected=found.get("detected") is True,
        blank_keys=_blank_keys(found.get("blank_keys", [0])),
    )
    if not header.positions:
        raise ValueError("no positions")
    return header


def _parse_window(found: Any, vocabulary: int) -> ReferenceWindow:
    prompt, tokens = (_tokens(found[name], vocabulary) for name in ("prompt", "tokens"))
    if not prompt or not tokens:
        raise ValueError("a window without tokens")
    start_frame = _number(found["start_frame"], _MOST_FRAMES)
    return ReferenceWindow(start_frame, prompt, tokens, _text(found.get("sound", "")))


def _tokens(found: Sequence[object], vocabulary: int) -> tuple[int, ...]:
    return tuple(_number(token, vocabulary - 1) for token in found)


def _blank_keys(found: Sequence[object]) -> tuple[int, ...]:
    numbers = tuple(_number(number, _MOST["frames"]) for number in found)
    if not 1 <= len(numbers) <= _MOST_VARIANTS or numbers[0] != 0:
        raise ValueError(f"{len(numbers)} numbers of blank keys")
    return numbers


def _number(found: object, most: int, *, least: int = 0) -> int:
    if type(found) is not int or not least <= found <= most:
        raise ValueError(f"{found!r:.40} is not a number from {least} to {most}")
    return found


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r:.40} is not a text")
    return found
