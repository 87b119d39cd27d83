"""Memory: what was estimated against what processes of v1.8.5 really took."""

import pytest

from harness.records.suite import Engine
from harness.records.weights import Weights
from harness.whisper.memory import estimate_memory
from harness.whisper.tensor_layout import SHAPES, file_bytes
from tests import factory

# Peak RSS in bytes of whisper-bench with synthetic F16 weights on a two-core x86 guest: docs/explanation/memory.md.
MEASURED = {
    ("tiny", 0): 327_102_464,
    ("tiny", 1): 257_339_392,
    ("base", 0): 444_661_760,
    ("base", 1): 352_415_744,
    ("small", 0): 906_092_544,
    ("small", 1): 767_254_528,
}
SAMPLED = {0: 337_240_064, 1: 267_649_024}


def synthetic(model: str) -> Weights:
    return factory.weights(model).replace(size_bytes=file_bytes(SHAPES[model]))


@pytest.mark.parametrize(("model", "flash_attn"), MEASURED)
def test_the_estimate_is_within_half_a_per_cent_of_the_measured_peak(model: str, flash_attn: int) -> None:
    estimate = estimate_memory(synthetic(model), flash_attn=flash_attn, engine=Engine.BENCH)
    assert estimate == pytest.approx(MEASURED[model, flash_attn], rel=0.005)


def test_larger_models_need_more_and_flash_attention_needs_less() -> None:
    sizes = ("tiny", "base", "small", "medium", "large-v3")
    with_scores = [estimate_memory(synthetic(model), flash_attn=0, engine=Engine.BENCH) for model in sizes]
    without = [estimate_memory(synthetic(model), flash_attn=1, engine=Engine.BENCH) for model in sizes]
    assert with_scores == sorted(with_scores)
    assert all(one < other for one, other in zip(without, with_scores, strict=True))


def test_quantised_weights_change_the_weights_alone() -> None:
    half = factory.weights("base-q5_1").replace(size_bytes=60_000_000)
    saved = file_bytes(SHAPES["base"]) - 60_000_000
    whole = estimate_memory(synthetic("base"), flash_attn=0, engine=Engine.BENCH)
    assert whole - estimate_memory(half, flash_attn=0, engine=Engine.BENCH) == saved


@pytest.mark.parametrize("flash_attn", SAMPLED)
def test_a_worker_needs_python_besides(flash_attn: int) -> None:
    estimate = estimate_memory(synthetic("tiny"), flash_attn=flash_attn, engine=Engine.LIBRARY)
    assert estimate == pytest.approx(SAMPLED[flash_attn], rel=0.005)


def test_an_unknown_shape_is_not_guessed() -> None:
    assert estimate_memory(factory.weights("my-own"), flash_attn=0, engine=Engine.BENCH) == 0
