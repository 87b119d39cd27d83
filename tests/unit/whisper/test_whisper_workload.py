"""The work of the benchmarks, against the known table of model sizes."""

from typing import NamedTuple

import pytest

from harness.whisper.tensor_layout import SHAPES, tensors
from harness.whisper.workload import (
    count_cross_bytes,
    count_decode,
    count_decode_bytes,
    count_encode,
    count_logits,
    count_mul_mat,
    count_weight_bytes,
)


class Known(NamedTuple):
    encode_gflop: float
    decode_mflop: float
    logits_percent: int
    weights_mb: int
    cross_mb: int


KNOWN = {
    "tiny": Known(40.5, 65.6, 61, 56, 9),
    "base": Known(96.8, 115.6, 46, 97, 18),
    "small": Known(386.6, 333.1, 24, 278, 55),
    "medium": Known(1289, 958, 11, 811, 147),
    "large-v2": Known(2587, 1847, 7, 1601, 246),
    "large-v3-turbo": Known(2313, 347, 38, 316, 31),
}


@pytest.mark.parametrize("model", KNOWN)
def test_counts_are_those_of_the_table(model: str) -> None:
    shape, known = SHAPES[model], KNOWN[model]
    small = model in ("tiny", "base", "small")
    assert round(count_encode(shape) / 1e9, 1 if small else 0) == known.encode_gflop
    assert round(count_decode(shape) / 1e6, 1 if small else 0) == known.decode_mflop
    assert round(100 * count_logits(shape) / count_decode(shape)) == known.logits_percent
    assert round(count_weight_bytes(shape) / 1e6) == known.weights_mb
    assert round(count_cross_bytes(shape) / 1e6) == known.cross_mb


@pytest.mark.parametrize("model", SHAPES)
def test_the_weights_of_a_token_are_the_decoders_matrices_in_the_file(model: str) -> None:
    shape = SHAPES[model]
    read = sum(
        tensor.data_bytes
        for tensor in tensors(shape)
        if tensor.name.startswith("decoder.") and tensor.name.endswith(".weight") and len(tensor.dims) == 2
        if not tensor.name.endswith(("cross_attn.key.weight", "cross_attn.value.weight"))
    )
    assert count_weight_bytes(shape) == read


def test_a_token_costs_more_the_more_came_before() -> None:
    tiny = SHAPES["tiny"]
    assert count_decode(tiny, 100) - count_decode(tiny) == 2 * 4 * 2 * 100 * 384
    assert count_decode_bytes(tiny, n_past=100) - count_decode_bytes(tiny) == 4 * 2 * 100 * 384 * 2
    assert count_decode_bytes(tiny) == count_weight_bytes(tiny) + count_cross_bytes(tiny)


def test_quantised_weights_are_fewer_bytes() -> None:
    base = SHAPES["base"]
    assert count_weight_bytes(base, "q8_0") == pytest.approx(count_weight_bytes(base) * 34 / 64)
    assert count_weight_bytes(base, "q5_1") == pytest.approx(count_weight_bytes(base) * 24 / 64)
    assert count_weight_bytes(base, "f32") == 2 * count_weight_bytes(base)
    with pytest.raises(KeyError):
        count_weight_bytes(base, "q9_9")


def test_a_product_of_matrices() -> None:
    assert count_mul_mat(4096) == 2 * 4096**3
