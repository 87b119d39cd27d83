"""The tensors of a whisper model of a given shape, and their size in bytes."""

import math
import re
from collections.abc import Iterator

from harness.records.record import Record
from harness.records.weights import Shape

F32 = 0
F16 = 1
MAGIC = 0x67676D6C
N_FFT = 201
N_TOKENS = 50257
_ELEMENT_BYTES = {F32: 4, F16: 2}
# Bytes and values of a block of each type, and its number: https://github.com/ggml-org/ggml, ggml-common.h, ggml.h.
BLOCKS: dict[str, tuple[int, int]] = {
    "f32": (4, 1),
    "f16": (2, 1),
    "q4_0": (18, 32),
    "q4_1": (20, 32),
    "q5_0": (22, 32),
    "q5_1": (24, 32),
    "q8_0": (34, 32),
    "q2_k": (84, 256),
    "q3_k": (110, 256),
    "q4_k": (144, 256),
    "q5_k": (176, 256),
    "q6_k": (210, 256),
}
TYPE_NUMBERS: dict[str, int] = {
    "f32": F32,
    "f16": F16,
    "q4_0": 2,
    "q4_1": 3,
    "q5_0": 6,
    "q5_1": 7,
    "q8_0": 8,
    "q2_k": 10,
    "q3_k": 11,
    "q4_k": 12,
    "q5_k": 13,
    "q6_k": 14,
}
# Characters of the official vocabularies (GPT-2's and its multilingual sister); without the length prefixes.
_MULTILINGUAL_TEXT_BYTES = 307_057
_ENGLISH_TEXT_BYTES = 320_827
_FIRST_MULTILINGUAL = 51_865


def _shape(n_vocab: int, state: int, head: int, audio_layer: int, text_layer: int, n_mels: int = 80) -> Shape:
    return Shape(
        n_vocab=n_vocab,
        n_audio_ctx=1500,
        n_audio_state=state,
        n_audio_head=head,
        n_audio_layer=audio_layer,
        n_text_ctx=448,
        n_text_state=state,
        n_text_head=head,
        n_text_layer=text_layer,
        n_mels=n_mels,
    )


SHAPES: dict[str, Shape] = {
    "tiny.en": _shape(51864, 384, 6, 4, 4),
    "tiny": _shape(51865, 384, 6, 4, 4),
    "base.en": _shape(51864, 512, 8, 6, 6),
    "base": _shape(51865, 512, 8, 6, 6),
    "small.en": _shape(51864, 768, 12, 12, 12),
    "small": _shape(51865, 768, 12, 12, 12),
    "medium.en": _shape(51864, 1024, 16, 24, 24),
    "medium": _shape(51865, 1024, 16, 24, 24),
    "large-v1": _shape(51865, 1280, 20, 32, 32),
    "large-v2": _shape(51865, 1280, 20, 32, 32),
    "large-v3": _shape(51866, 1280, 20, 32, 32, 128),
    "large-v3-turbo": _shape(51866, 1280, 20, 32, 4, 128),
}
_VARIANT = re.compile(r"-(q\d_[0-9k]+|tdrz)$")


class Tensor(Record):
    """One tensor: `dims` fastest first, as ggml counts them, and the number of its ggml type in an F16 model."""

    name: str
    dims: tuple[int, ...]
    type: int

    @property
    def data_bytes(self) -> int:
        """Bytes of the values."""
        return math.prod(self.dims) * _ELEMENT_BYTES[self.type]

    @property
    def header_bytes(self) -> int:
        """Bytes before the values: three counts, the dimensions, the name."""
        return 12 + 4 * len(self.dims) + len(self.name)


def shape_of(model: str) -> Shape | None:
    """Return the shape of a named model, for a variant (`base-q5_1`) that of its size, or None."""
    return SHAPES.get(_VARIANT.sub("", model))


def tensors(shape: Shape) -> Iterator[Tensor]:
    """Yield the 11 + 15 x audio layers + 24 x text layers tensors of an F16 model.

    Names, dimensions and types as whisper.cpp's model loader expects them: matrices and convolutions are F16, the
    rest F32.
    """
    audio, text = shape.n_audio_state, shape.n_text_state
    yield Tensor(name="encoder.positional_embedding", dims=(audio, shape.n_audio_ctx), type=F32)
    for number, channels in ((1, shape.n_mels), (2, audio)):
        yield Tensor(name=f"encoder.conv{number}.weight", dims=(3, channels, audio), type=F16)
        yield Tensor(name=f"encoder.conv{number}.bias", dims=(1, audio), type=F32)
    for layer in range(shape.n_audio_layer):
        yield from _block(f"encoder.blocks.{layer}", audio, ("attn",))
    yield from _pair("encoder.ln_post", audio)
    yield Tensor(name="decoder.positional_embedding", dims=(text, shape.n_text_ctx), type=F32)
    yield Tensor(name="decoder.token_embedding.weight", dims=(text, shape.n_vocab), type=F16)
    for layer in range(shape.n_text_layer):
        yield from _block(f"decoder.blocks.{layer}", text, ("attn", "cross_attn"))
    yield from _pair("decoder.ln", text)


def tensor_bytes(shape: Shape) -> int:
    """Return the bytes of all tensor values of an F16 model."""
    return sum(tensor.data_bytes for tensor in tensors(shape))


def vocabulary_text_bytes(shape: Shape) -> int:
    """Return the bytes of the token texts of an official file, without their length prefixes."""
    return _MULTILINGUAL_TEXT_BYTES if shape.n_vocab >= _FIRST_MULTILINGUAL else _ENGLISH_TEXT_BYTES


def file_bytes(shape: Shape) -> int:
    """Return the length of an F16 model file with a vocabulary as long as the official one.

    Magic, eleven header fields, the mel filters with their two counts, the vocabulary with its count, the tensors.
    """
    filters = 8 + 4 * shape.n_mels * N_FFT
    vocabulary = 4 + 4 * N_TOKENS + vocabulary_text_bytes(shape)
    body = sum(tensor.header_bytes + tensor.data_bytes for tensor in tensors(shape))
    return 4 + 4 * 11 + filters + vocabulary + body


def _pair(name: str, size: int) -> Iterator[Tensor]:
    for part in ("weight", "bias"):
        yield Tensor(name=f"{name}.{part}", dims=(size,), type=F32)


def _linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> Iterator[Tensor]:
    yield Tensor(name=f"{name}.weight", dims=(inputs, outputs), type=F16)
    if bias:
        yield Tensor(name=f"{name}.bias", dims=(outputs,), type=F32)


def _block(name: str, state: int, attentions: tuple[str, ...]) -> Iterator[Tensor]:
    for attention in attentions:
        for part in ("query", "key", "value", "out"):
            yield from _linear(f"{name}.{attention}.{part}", state, state, bias=part != "key")
        yield from _pair(f"{name}.{attention}_ln", state)
    yield from _linear(f"{name}.mlp.0", state, 4 * state)
    yield from _linear(f"{name}.mlp.2", 4 * state, state)
    yield from _pair(f"{name}.mlp_ln", state)
