"""Weights that speak: synthetic ones whose decoder says a given text, quickly and the same way everywhere.

The decoder's positional embedding is made so large that it alone decides: at each position it is a multiple of the
token embedding that is to come next. What is heard does not matter.
"""

from pathlib import Path

import numpy as np

from harness.whisper.tensor_layout import SHAPES

_END, _NO_TIMESTAMPS = 50257, 50363
_PROMPT = 3  # start of transcript, language, task
_LOUD = 1000.0


def write_spoken(synthetic: Path, target: Path, *, words: int = 5, seconds: float = 11.0) -> None:
    """Write tiny weights which transcribe anything to so many words, the last ending after `seconds`."""
    shape = SHAPES["tiny"]
    data = bytearray(synthetic.read_bytes())
    embedding = _values(data, b"decoder.token_embedding.weight", "<f2", shape.n_vocab * shape.n_text_state)
    position = _values(data, b"decoder.positional_embedding", "<f4", shape.n_text_ctx * shape.n_text_state)
    spoken = [_moment(0.0), *range(1000, 1000 + words), _moment(seconds), _END]
    rows = embedding.reshape(shape.n_vocab, -1).astype("<f4")
    places = position.reshape(shape.n_text_ctx, -1)
    places[:] = _LOUD * rows[_END]
    for number, token in enumerate(spoken):
        places[_PROMPT - 1 + number] = _LOUD * rows[token]
    target.write_bytes(data)


def _moment(seconds: float) -> int:
    """Return the token of a moment, in steps of 20 ms."""
    return _NO_TIMESTAMPS + 1 + round(seconds / 0.02)


def _values(data: bytearray, name: bytes, kind: str, count: int) -> "np.ndarray[tuple[int], np.dtype[np.floating]]":
    at = data.index(name) + len(name)
    return np.frombuffer(data, kind, count, at)
