from typing import NamedTuple

import pytest

from harness.whisper.tensor_layout import SHAPES, file_bytes, shape_of, tensor_bytes, tensors


class Official(NamedTuple):
    tensors: int
    tensor_bytes: int
    file_bytes: int


# Counted and summed from the official F16 files.
OFFICIAL = {
    "tiny": Official(167, 77111040, 77691713),
    "tiny.en": Official(167, 77110272, 77704715),
    "base": Official(245, 147366912, 147951465),
    "base.en": Official(245, 147365888, 147964211),
    "small": Official(479, 487005696, 487601967),
    "small.en": Official(479, 487004160, 487614201),
    "medium": Official(947, 1533143040, 1533763059),
    "medium.en": Official(947, 1533140992, 1533774781),
    "large-v1": Official(1259, 3093987840, 3094623691),
    "large-v2": Official(1259, 3093987840, 3094623691),
    "large-v3": Official(1259, 3094359040, 3095033483),
    "large-v3-turbo": Official(587, 1623915520, 1624555275),
}


def test_every_size_is_checked() -> None:
    assert SHAPES.keys() == OFFICIAL.keys()


@pytest.mark.parametrize("model", OFFICIAL)
def test_counts_and_bytes_are_those_of_the_official_file(model: str) -> None:
    shape = SHAPES[model]
    names = [tensor.name for tensor in tensors(shape)]
    assert len(set(names)) == len(names)
    assert Official(len(names), tensor_bytes(shape), file_bytes(shape)) == OFFICIAL[model]


def test_dimensions_count_the_fastest_first() -> None:
    dims = {tensor.name: tensor.dims for tensor in tensors(SHAPES["base"])}
    assert dims["encoder.conv1.weight"] == (3, 80, 512)
    assert dims["encoder.conv1.bias"] == (1, 512)
    assert dims["decoder.token_embedding.weight"] == (512, 51865)
    assert dims["decoder.blocks.5.mlp.2.weight"] == (2048, 512)


def test_keys_have_no_bias() -> None:
    assert not [tensor.name for tensor in tensors(SHAPES["tiny"]) if tensor.name.endswith("key.bias")]


def test_variants_have_the_shape_of_their_size() -> None:
    assert shape_of("base-q5_1") == shape_of("base") == SHAPES["base"]
    assert shape_of("large-v3-turbo-q8_0") == SHAPES["large-v3-turbo"]
    assert shape_of("small.en-tdrz") == SHAPES["small.en"]
    assert shape_of("distil-large-v3") is None
