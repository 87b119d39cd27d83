"""Types of weights: names, what fits, and how long a file becomes."""

import pytest

from harness.errors import UsageError
from harness.records.source import Commit, Source
from harness.records.weights import Weights, WeightsKind
from harness.whisper.quantisation import (
    QUANTISATIONS,
    caveat_quantised,
    expand_quantisations,
    plan_quantised,
    quantised_bytes,
    quantised_type,
    weights_type,
)
from harness.whisper.tensor_layout import SHAPES, TYPE_NUMBERS, file_bytes, tensors

SOURCE = Source(id="sdist-1", kind="sdist", path="/s", commit=Commit(sha="", release="v1.8.5"))
TINY = Weights(model="tiny", kind=WeightsKind.SYNTHETIC, path="/w/t.bin", size_bytes=77_691_713, sha256="ab")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("base", "f16"),
        ("base.en", "f16"),
        ("base.en-q5_1", "q5_1"),
        ("large-v3-turbo-q8_0", "q8_0"),
        ("x-q4_k", "q4_k"),
    ],
)
def test_the_name_of_a_model_tells_the_type(model: str, kind: str) -> None:
    assert weights_type(model) == kind


def test_the_models_of_a_list_stand_side_by_side() -> None:
    names = expand_quantisations(("tiny", "base"), ("f16", "q5_0"))
    assert names == ("tiny", "tiny-q5_0", "base", "base-q5_0")
    assert expand_quantisations(("base-q5_1",), ("f16",)) == ("base-q5_1",), "a published file, as it is"


@pytest.mark.parametrize(
    ("models", "kind", "shown"),
    [
        (("tiny",), "q5_k", "q5_k packs 256 values at a time, and the rows of tiny have 384"),
        (("base-q5_1",), "q8_0", "--model base --quant q8_0"),
        (("base",), "q5", "did you mean q5_k"),
    ],
)
def test_what_cannot_be(models: tuple[str, ...], kind: str, shown: str) -> None:
    with pytest.raises(UsageError) as raised:
        expand_quantisations(models, (kind,))
    assert shown in str(raised.value)


# The published files' lengths, from independent lists.
@pytest.mark.parametrize(
    ("model", "kind", "size_bytes"),
    [
        ("tiny", "q5_1", 32_152_673),
        ("tiny", "q8_0", 43_537_433),
        ("base", "q8_0", 81_768_585),
        ("small", "q5_1", 190_085_487),
        ("small", "q8_0", 264_464_607),
        ("medium", "q5_0", 539_212_467),
        ("large-v3-turbo", "q5_0", 574_041_195),
    ],
)
def test_the_length_of_a_file(model: str, kind: str, size_bytes: int) -> None:
    shape = SHAPES[model]
    assert quantised_bytes(file_bytes(shape), shape, kind) == size_bytes


def test_matrices_alone_change_their_type() -> None:
    types = {one.name: quantised_type(one, "q8_0") for one in tensors(SHAPES["tiny"])}
    assert types["decoder.token_embedding.weight"] == TYPE_NUMBERS["q8_0"]
    assert types["encoder.conv1.weight"] == TYPE_NUMBERS["f16"]
    assert types["encoder.positional_embedding"] == TYPE_NUMBERS["f32"]


def test_what_is_planned_names_its_parent_and_its_source() -> None:
    planned = plan_quantised(TINY, "q5_1", SOURCE, "/cache/weights")
    assert (planned.model, planned.parent, planned.size_bytes) == ("tiny-q5_1", "/w/t.bin", 32_152_673)
    assert planned.path.startswith("/cache/weights/quantised-synthetic-tiny-q5_1-")
    other = plan_quantised(TINY, "q5_1", SOURCE.replace(id="sdist-2"), "/cache/weights")
    assert other.path != planned.path
    assert "tiny-q5_1" in caveat_quantised(TINY, "q5_1").message


def test_a_pruned_release_has_no_program_for_it() -> None:
    with pytest.raises(UsageError, match="the library alone"):
        plan_quantised(TINY, "q5_1", SOURCE.replace(pruned=True), "/w")


def test_every_type_of_the_facts_is_there() -> None:
    assert set(QUANTISATIONS) <= set(TYPE_NUMBERS)
    assert len(QUANTISATIONS) == 11
