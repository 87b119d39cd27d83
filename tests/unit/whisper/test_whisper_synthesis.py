import hashlib
import math
import statistics
import struct
from itertools import islice

import pytest

from harness.whisper.synthesis import (
    CHUNK_BYTES,
    _sigma,
    _values,
    file_name,
    mel_filters,
    quantiles,
    synthesize,
    tokens,
)
from harness.whisper.tensor_layout import F16, N_TOKENS, SHAPES, Tensor, vocabulary_text_bytes


def head(model: str, size: int, seed: int = 1) -> bytes:
    taken = bytearray()
    for piece in synthesize(model, seed):
        taken += piece
        if len(taken) >= size:
            break
    return bytes(taken[:size])


def matrix(inputs: int, outputs: int) -> Tensor:
    return Tensor(name="a.weight", dims=(inputs, outputs), type=F16)


def halves(data: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(data) // 2}e", data))


@pytest.mark.parametrize(
    ("model", "size", "sha256"),
    [
        ("tiny", 1 << 16, "c0c1e3291a06d3657c2be4f40d00c0c6a3762526362271060c1aecee4809a8f8"),
        ("tiny", 3 << 20, "425610f4b072e5b98b837ca905d1ec9084bcc214c852fbdff565aa5d6a0f309c"),
        ("large-v3", 3 << 20, "414fa9ce7d64221e4cbf6336007768a2d6ffa194a077231c93a2d6f1ae67b857"),
    ],
)
def test_bytes_are_the_same_on_every_machine(model: str, size: int, sha256: str) -> None:
    assert hashlib.sha256(head(model, size)).hexdigest() == sha256


def test_head_is_what_the_loader_reads() -> None:
    magic, *parameters = struct.unpack("<4s11i2i", head("base", 56))
    assert magic == b"lmgg"
    assert parameters == [51865, 1500, 512, 8, 6, 448, 512, 8, 6, 80, 1, 80, 201]


def test_seed_changes_weights_and_nothing_before_them() -> None:
    one, two = head("tiny", 1 << 20), head("tiny", 1 << 20, seed=2)
    same = next(index for index, (left, right) in enumerate(zip(one, two, strict=True)) if left != right)
    weights_start = one.index(b"encoder.positional_embedding") + len(b"encoder.positional_embedding")
    assert weights_start <= same < weights_start + 4
    assert file_name("tiny", 1) != file_name("tiny", 2)


def test_vocabulary_is_distinct_and_as_long_as_the_official_one() -> None:
    for model in ("tiny", "tiny.en"):
        text_bytes = vocabulary_text_bytes(SHAPES[model])
        words = list(tokens(text_bytes))
        assert len(words) == len(set(words)) == N_TOKENS
        assert sum(map(len, words)) == text_bytes
        assert max(map(len, words)) <= 128
        assert {b" ", b" -", b" '"} <= set(words)


def test_quantiles_round_the_same_way_whatever_the_platforms_logarithm() -> None:
    normal = statistics.NormalDist()
    exact = [normal.inv_cdf((index + 0.5) / 256) * 65536 for index in range(256)]
    assert min(abs(value % 1 - 0.5) for value in exact) > 1e-4
    assert quantiles() == tuple(-value for value in reversed(quantiles()))


def test_matrices_are_normal_with_the_wanted_spread() -> None:
    values = halves(b"".join(_values(matrix(512, 256), "spread")))
    assert statistics.fmean(values) == pytest.approx(0, abs=0.001)
    assert statistics.pstdev(values) == pytest.approx(1 / math.sqrt(512), rel=0.05)
    assert max(map(abs, values)) < 1


def test_convolutions_fan_in_over_kernel_and_channels() -> None:
    tensor = Tensor(name="encoder.conv1.weight", dims=(3, 80, 384), type=F16)
    assert _sigma(tensor) == 1 / math.sqrt(240)


def test_float_tensors_are_finite_with_the_wanted_spread() -> None:
    tensor = Tensor(name="decoder.positional_embedding", dims=(384, 448), type=0)
    data = b"".join(_values(tensor, "spread"))
    values = struct.unpack(f"<{384 * 448}f", data)
    assert statistics.pstdev(values) == pytest.approx(0.02, rel=0.05)


def test_norms_start_at_one() -> None:
    tensor = Tensor(name="encoder.ln_post.weight", dims=(384,), type=0)
    assert b"".join(_values(tensor, "any")) == struct.pack("<f", 1) * 384


def test_chunks_of_a_tensor_differ() -> None:
    first, second = islice(_values(matrix(1024, 1024), "chunks"), 2)
    assert len(first) == len(second) == CHUNK_BYTES
    assert first != second


@pytest.mark.parametrize("n_mels", [80, 128])
def test_mel_filters_are_triangles_of_area_one(n_mels: int) -> None:
    bands = list(struct.iter_unpack("<201f", mel_filters(n_mels)))
    assert len(bands) == n_mels
    for band in bands[n_mels // 2 :]:  # lower bands are narrower than a few bins
        peak = band.index(max(band))
        assert list(band[:peak]) == sorted(band[:peak])
        assert list(band[peak:]) == sorted(band[peak:], reverse=True)
        assert sum(band) * 40 == pytest.approx(1, rel=0.1)  # bins are 40 Hz apart


def test_mel_filters_agree_with_the_official_files() -> None:
    bands = list(struct.iter_unpack("<201f", mel_filters(80)))
    # Values read from the official multilingual files: the linear part, the middle, the last band.
    assert bands[0][:3] == pytest.approx((0, 0.02486259490251541, 0), abs=1e-8)
    assert bands[40][42:45] == pytest.approx(
        (0.005411104764789343, 0.014735566452145576, 0.006518189795315266), abs=1e-8
    )
    assert bands[79][199:] == pytest.approx((0.0004487590049393475, 0), abs=1e-8)
