"""How much work the benchmarks do: operations and bytes, counted from a model's shape.

A multiplication and an addition are two operations (FLOP). Counted are the convolutions, the matrices, and attention;
norms, activations and the softmax, together about 1 %, are not. The layers are those of whisper.cpp's
`whisper_build_graph_conv`, `_encoder`, `_cross` and `_decoder`.
"""

from harness.records.weights import Shape
from harness.whisper.tensor_layout import BLOCKS

# whisper-bench decodes 256 single tokens: `n_past` runs from 0 to 255.
MEAN_N_PAST = 127.5
_KERNEL = 3
_KV_BYTES = 2  # the key and value caches are F16


def count_mul_mat(n: int) -> int:
    """Return the FLOP of a product of two square matrices."""
    return 2 * n**3


def count_encode(shape: Shape) -> int:
    """Return the FLOP of one pass of the encoder over 30 s, including the keys and values of cross-attention."""
    state, positions = shape.n_audio_state, shape.n_audio_ctx
    convolutions = _KERNEL * state * (2 * positions * shape.n_mels + positions * state)
    # Four matrices of attention and a four times wider feed-forward net; scores, and sums weighted with them.
    layer = 12 * state * state * positions + 2 * positions * positions * state
    cross = 2 * shape.n_text_state * state * positions
    return 2 * (convolutions + shape.n_audio_layer * layer + shape.n_text_layer * cross)


def count_decode(shape: Shape, n_past: float = 0) -> float:
    """Return the FLOP of one token of the decoder after `n_past` others, including the logits."""
    state = shape.n_text_state
    attention = 2 * (shape.n_audio_ctx + n_past) * state
    return 2 * (shape.n_text_layer * attention + _decoder_values(shape))


def count_logits(shape: Shape) -> int:
    """Return the FLOP of the logits of one token."""
    return 2 * shape.n_text_state * shape.n_vocab


def count_weight_bytes(shape: Shape, kind: str = "f16") -> float:
    """Return the bytes of weights that one token reads; `kind` is the type of the matrices, as ggml names it.

    Raises KeyError for an unknown type.
    """
    size, values = BLOCKS[kind]
    return _decoder_values(shape) * size / values


def count_cross_bytes(shape: Shape) -> int:
    """Return the bytes of the cross-attention cache, which every token reads."""
    return 2 * shape.n_text_layer * shape.n_audio_ctx * shape.n_text_state * _KV_BYTES


def count_decode_bytes(shape: Shape, kind: str = "f16", n_past: float = 0) -> float:
    """Return the bytes that one token reads: weights, cross-attention cache, and the cache of `n_past` tokens.

    This is a lower bound: the cross-attention cache may be padded, and what a token writes is not counted.
    """
    own = 2 * shape.n_text_layer * n_past * shape.n_text_state * _KV_BYTES
    return count_weight_bytes(shape, kind) + count_cross_bytes(shape) + own


def count_encode_bytes(shape: Shape, kind: str = "f16") -> float:
    """Return the bytes that one pass of the encoder cannot avoid: its weights read, its cross-attention cache written.

    Those of the keys and values of cross-attention are among them. `kind` is the type of the matrices; the two
    convolutions stay F16. What goes from layer to layer is not counted: caches may hold it. Raises KeyError for an
    unknown type.
    """
    size, values = BLOCKS[kind]
    state = shape.n_audio_state
    convolutions = _KERNEL * state * (shape.n_mels + state)
    matrices = 12 * shape.n_audio_layer * state * state + 2 * shape.n_text_layer * shape.n_text_state * state
    f16_size, f16_values = BLOCKS["f16"]
    return convolutions * f16_size / f16_values + matrices * size / values + count_cross_bytes(shape)


def count_mul_mat_bytes(n: int, kind: str) -> float:
    """Return the bytes of a product of two square matrices: both read, the result written, each once.

    The first has the type `kind`, the second and the result are F32. Raises KeyError for an unknown type.
    """
    size, values = BLOCKS[kind]
    f32_size, _ = BLOCKS["f32"]
    return n * n * (size / values + 2 * f32_size)


def _decoder_values(shape: Shape) -> int:
    """Return the number of values in all matrices that a token is multiplied with.

    In each layer four of self-attention, two of cross-attention (its keys and values are made once, after the encoder),
    eight of the feed-forward net; and the token embedding.
    """
    state = shape.n_text_state
    return shape.n_text_layer * 14 * state * state + state * shape.n_vocab
