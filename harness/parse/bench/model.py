"""Model files as whisper.cpp reads them: the header and the list of tensors, without the values."""

import math
import struct

from harness.errors import UnreadableError
from harness.records.record import Record
from harness.records.weights import Shape

MAGIC = 0x67676D6C
# ggml_type -> (values per block, bytes per block).
TYPES: dict[int, tuple[int, int]] = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
}
_MAX_DIMS = 4
_MAX_NAME_BYTES = 256
_MAX_TOKEN_BYTES = 1 << 16
_LENGTH = struct.Struct("<i")


class ModelTensor(Record):
    """A tensor as stored: dimensions fastest first, the number of its ggml type, bytes of its values."""

    name: str
    dims: tuple[int, ...]
    type: int
    data_bytes: int


class ModelFile(Record):
    """What a model file holds: `ftype` is 0 for F32, 1 for F16, otherwise a quantised kind."""

    shape: Shape
    ftype: int
    tokens: int
    tensors: tuple[ModelTensor, ...]

    @property
    def tensor_bytes(self) -> int:
        """Bytes of all tensor values."""
        return sum(tensor.data_bytes for tensor in self.tensors)


def parse_model(data: memoryview) -> ModelFile:
    """Return what the whole file `data` holds; raises UnreadableError if it is cut off or invalid.

    Format: the ggml container that precedes GGUF, as whisper_model_load() reads it: magic, eleven int32, mel filters,
    vocabulary, tensors up to the end of the file; little-endian, without padding.
    """
    reader = _Reader(data)
    magic = reader.integers(1)[0]
    if magic != MAGIC:
        raise _unreadable("not a whisper.cpp model file", f"it starts with {bytes(data[:4])!r} instead of b'lmgg'")
    *parameters, ftype = reader.integers(11)
    shape = Shape(**dict(zip(Shape.__struct_fields__, parameters, strict=True)))
    if min(parameters) <= 0:
        raise _unreadable("not a whisper.cpp model file", "one of its hyper-parameters is not positive")
    n_mels, n_fft = reader.integers(2)
    reader.skip(4 * n_mels * n_fft)
    tokens = reader.integers(1)[0]
    reader.skip_tokens(tokens)
    tensors = []
    while not reader.done:
        tensors.append(_tensor(reader))
    return ModelFile(shape=shape, ftype=ftype, tokens=tokens, tensors=tuple(tensors))


def _tensor(reader: "_Reader") -> ModelTensor:
    start = reader.position
    n_dims, name_bytes, kind = reader.integers(3)
    if not 0 < n_dims <= _MAX_DIMS or not 0 < name_bytes <= _MAX_NAME_BYTES or kind not in TYPES:
        raise _unreadable("a tensor's header is damaged", f"at byte {start}")
    dims = reader.integers(n_dims)
    name = reader.take(name_bytes).decode("utf-8", errors="replace")
    block, block_bytes = TYPES[kind]
    if min(dims) <= 0 or dims[0] % block:
        raise _unreadable("a tensor's header is damaged", f"{name} has the dimensions {dims}")
    data_bytes = math.prod(dims) // block * block_bytes
    reader.skip(data_bytes)
    return ModelTensor(name=name, dims=dims, type=kind, data_bytes=data_bytes)


class _Reader:
    """A position in bytes that never moves past the end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self.position = 0

    @property
    def done(self) -> bool:
        return self.position == len(self._data)

    def integers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.take(4 * count))

    def skip_tokens(self, count: int) -> None:
        """Move past so many tokens, each of which begins with its length."""
        position = self.position
        try:
            for _ in range(count):  # fifty thousand and more
                (length,) = _LENGTH.unpack_from(self._data, position)
                if not 0 <= length <= _MAX_TOKEN_BYTES:
                    raise _unreadable("the vocabulary is damaged", f"it holds a token of {length} bytes")
                position += _LENGTH.size + length
        except struct.error:  # no length is left
            position += _LENGTH.size
        self.skip(position - self.position)

    def take(self, count: int) -> bytes:
        start = self.position
        self.skip(count)
        return bytes(self._data[start : self.position])

    def skip(self, count: int) -> None:
        if count < 0:
            raise _unreadable("the model file is damaged", f"there is a negative length at byte {self.position}")
        if self.position + count > len(self._data):
            missing = self.position + count - len(self._data)
            raise _unreadable("the model file is cut off", f"{missing} bytes are missing at its end")
        self.position += count


def _unreadable(what: str, cause: str) -> UnreadableError:
    return UnreadableError(what, cause=cause, hint="fetch or write the file again")
