"""The bytes of model files with synthetic weights: seeded, and the same on every machine.

Timings do not depend on the values of weights, only on their layout in memory. Random bytes come from SHAKE-128 (FIPS
202), so that they do not depend on the Python version or the platform; one byte selects a quantile of the wanted normal
distribution (sign, exponent and first bits of the mantissa), the others are the rest of the mantissa. Everything else
is integer, decimal or correctly rounded IEEE arithmetic.
"""

import functools
import hashlib
import math
import statistics
import struct
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext

from harness.records.weights import Shape
from harness.whisper.tensor_layout import F16, MAGIC, N_FFT, N_TOKENS, SHAPES, Tensor, tensors, vocabulary_text_bytes

VERSION = 1
SEED = 1
CHUNK_BYTES = 1 << 20
_BIAS_SIGMA = 0.01
_POSITION_SIGMA = 0.02
_QUANTILE_STEPS = 1 << 16
_SAMPLE_RATE = 16_000
# whisper-cli looks these three up when it decides which tokens not to speak.
_REQUIRED_TOKENS = (b" ", b" -", b" '")
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
# Odd and no multiple of 13, hence a permutation of the 26^5 words.
_SCATTER = 7_654_321


def file_name(model: str, seed: int = SEED) -> str:
    """Return the name of a synthetic file, which changes whenever its bytes do."""
    return f"synthetic-v{VERSION}-{model}-f16-seed{seed}.bin"


def synthesize(model: str, seed: int = SEED) -> Iterator[bytes | bytearray]:
    """Yield the bytes of an F16 model file of the named size, in pieces of at most about 1 MiB.

    Layout as whisper.cpp's model loader reads it (the ggml container that precedes GGUF); the file is as long as the
    official one of the same size, vocabulary included. Raises KeyError for a size without a known shape.
    """
    shape = SHAPES[model]
    yield struct.pack("<I11i", MAGIC, *_header(shape), F16)
    yield struct.pack("<2i", shape.n_mels, N_FFT) + mel_filters(shape.n_mels)
    yield b"".join(_vocabulary(vocabulary_text_bytes(shape)))
    for tensor in tensors(shape):
        name = tensor.name.encode()
        count = len(tensor.dims)
        yield struct.pack(f"<3i{count}i", count, len(name), tensor.type, *tensor.dims) + name
        yield from _values(tensor, f"{VERSION}/{seed}/{tensor.name}")


def tokens(text_bytes: int) -> Iterator[bytes]:
    """Yield as many distinct tokens as official vocabularies have, with `text_bytes` bytes in total."""
    yield from _REQUIRED_TOKENS
    words = N_TOKENS - len(_REQUIRED_TOKENS)
    left = text_bytes - sum(map(len, _REQUIRED_TOKENS))
    length, longer = divmod(left, words)
    for index in range(words):
        number = index * _SCATTER % len(_ALPHABET) ** 5
        word = bytes(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(5))
        yield (b" " + word).ljust(length + (index < longer), b"x")


def mel_filters(n_mels: int) -> bytes:
    """Return `n_mels` x 201 float32 values: triangular filters on Slaney's mel scale, each of area one.

    M. Slaney, Auditory Toolbox (1998): linear below 1 kHz, logarithmic above. Sample rate 16 kHz, 400-point FFT.
    """
    with localcontext(Context(prec=28)):
        edges = [_mel_to_hertz(_top_mel() * index / (n_mels + 1)) for index in range(n_mels + 2)]
        bins = [Decimal(_SAMPLE_RATE // 2) * index / (N_FFT - 1) for index in range(N_FFT)]
        rows = []
        for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
            scale = 2 / (high - low)
            heights = (min((hertz - low) / (centre - low), (high - hertz) / (high - centre)) for hertz in bins)
            rows.append([float(max(height, Decimal(0)) * scale) for height in heights])
    return b"".join(struct.pack(f"<{N_FFT}f", *row) for row in rows)


@functools.cache
def quantiles() -> tuple[float, ...]:
    """Return 256 equally likely values of the standard normal distribution, rounded to 1/65536.

    The rounding removes differences between the logarithms of platforms.
    """
    normal = statistics.NormalDist()
    return tuple(round(normal.inv_cdf((index + 0.5) / 256) * _QUANTILE_STEPS) / _QUANTILE_STEPS for index in range(256))


def _header(shape: Shape) -> tuple[int, ...]:
    return tuple(getattr(shape, name) for name in shape.__struct_fields__)


def _vocabulary(text_bytes: int) -> Iterator[bytes]:
    yield struct.pack("<i", N_TOKENS)
    for token in tokens(text_bytes):
        yield struct.pack("<I", len(token)) + token


def _values(tensor: Tensor, key: str) -> Iterator[bytes | bytearray]:
    if tensor.name.endswith(".weight") and len(tensor.dims) == 1:
        yield struct.pack("<f", 1.0) * tensor.dims[0]
        return
    high, low = _tables(_sigma(tensor), wide=tensor.type != F16)
    for chunk, start in enumerate(range(0, tensor.data_bytes, CHUNK_BYTES)):
        size = min(CHUNK_BYTES, tensor.data_bytes - start)
        values = bytearray(hashlib.shake_128(f"{key}/{chunk}".encode()).digest(size))
        if tensor.type == F16:
            values[1::2] = values[1::2].translate(high)
        else:
            choice = values[3::4]
            values[2::4] = choice.translate(low)
            values[3::4] = choice.translate(high)
        yield values


def _sigma(tensor: Tensor) -> float:
    if tensor.type == F16:
        return 1 / math.sqrt(math.prod(tensor.dims[:-1]))
    return _POSITION_SIGMA if tensor.name.endswith("positional_embedding") else _BIAS_SIGMA


@functools.cache
def _tables(sigma: float, *, wide: bool) -> tuple[bytes, bytes]:
    """Return, for each of 256 quantiles, the highest and the second highest byte of the value times `sigma`."""
    packed = [struct.pack(">f" if wide else ">e", quantile * sigma) for quantile in quantiles()]
    return bytes(value[0] for value in packed), bytes(value[1] for value in packed)


def _top_mel() -> Decimal:
    return 15 + (Decimal(_SAMPLE_RATE // 2) / 1000).ln() / _log_step()


def _log_step() -> Decimal:
    return Decimal("6.4").ln() / 27


def _mel_to_hertz(mel: Decimal) -> Decimal:
    if mel < 15:
        return mel * 200 / 3
    return 1000 * ((mel - 15) * _log_step()).exp()
