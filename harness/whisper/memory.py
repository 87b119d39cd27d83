"""The peak memory of a process, computed from the shape of its model before it is started.

The buffers are those that whisper.cpp v1.8.5 allocates and logs (`whisper_init_state`), as far as the benchmark uses
them. docs/explanation/memory.md has the derivation and measurements.
"""

from harness.records.suite import Engine
from harness.records.weights import Shape, Weights
from harness.whisper.tensor_layout import shape_of

# The longest batch that is decoded: a prompt of 256 tokens.
_TOKENS = 256
# Caches are as long as their context, rounded up to this many tokens.
_PADDING = 256
_F16, _F32 = 2, 4
# Bookkeeping of each of the four graphs: conv, encode, cross, decode.
_GRAPHS_BYTES = 4 * 1_600_000
# The program itself, its libraries and the vocabulary; the worker has Python besides.
_PROCESS_BYTES = {Engine.BENCH: 17_000_000, Engine.LIBRARY: 27_000_000}


def estimate_memory(weights: Weights, *, flash_attn: int, engine: Engine) -> int:
    """Return the peak memory in bytes of one process with these weights, 0 for a model of unknown shape."""
    shape = shape_of(weights.model)
    if shape is None:
        return 0
    return weights.size_bytes + _caches(shape) + _graphs(shape, flash_attn) + _PROCESS_BYTES[engine]


def _caches(shape: Shape) -> int:
    """Return the bytes of keys and values: of the tokens, of the audio, and room for one padded layer."""
    own = shape.n_text_layer * shape.n_text_state * _pad(shape.n_text_ctx)
    cross = shape.n_text_layer * shape.n_text_state * _pad(shape.n_audio_ctx)
    room = shape.n_audio_state * _pad(shape.n_audio_ctx)
    return 2 * _F16 * (own + cross + room)


def _graphs(shape: Shape, flash_attn: int) -> int:
    """Return the bytes of the compute buffers, of the logits, and of the operands that a product converts to F16.

    Without flash attention the scores of all heads are in memory, 1500 x 1500 for each.
    """
    context, state = shape.n_audio_ctx, shape.n_audio_state
    conv = context * _F32 * (4 * state + 5 * shape.n_mels)
    scores = context * context * shape.n_audio_head
    wide = context * 4 * state  # inside the feed-forward net
    if flash_attn:
        encode, converted = context * _F32 * 7 * state, _F16 * wide
    else:
        encode, converted = _F32 * (scores + wide), _F16 * max(scores, wide)
    cross = context * _F32 * state
    logits = _F32 * _TOKENS * shape.n_vocab
    decode = logits + _TOKENS * _F32 * 2 * shape.n_text_state
    return conv + encode + converted + cross + decode + logits + _GRAPHS_BYTES


def _pad(tokens: int) -> int:
    return -(-tokens // _PADDING) * _PADDING
