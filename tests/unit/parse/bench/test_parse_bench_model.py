import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.parse.bench.model import ModelFile, parse_model

PARAMETERS = (51865, 1500, 384, 6, 4, 448, 384, 6, 4, 2)
FTYPE = 1


def model_bytes(*tensors: tuple[str, tuple[int, ...], int, int], tokens: tuple[bytes, ...] = (b" ", b"ab")) -> bytes:
    parts = [b"lmgg", struct.pack("<11i", *PARAMETERS, FTYPE), struct.pack("<2i", 2, 3), bytes(4 * 2 * 3)]
    parts.append(struct.pack("<i", len(tokens)))
    parts += [struct.pack("<I", len(token)) + token for token in tokens]
    for name, dims, kind, data_bytes in tensors:
        parts.append(struct.pack(f"<3i{len(dims)}i", len(dims), len(name), kind, *dims) + name.encode())
        parts.append(bytes(data_bytes))
    return b"".join(parts)


def parse(data: bytes) -> ModelFile:
    return parse_model(memoryview(data))


def test_header_and_tensors_are_read() -> None:
    found = parse(model_bytes(("a.weight", (4, 3), 1, 24), ("a.bias", (3,), 0, 12)))
    assert tuple(getattr(found.shape, name) for name in found.shape.__struct_fields__) == PARAMETERS
    assert (found.ftype, found.tokens, found.tensor_bytes) == (FTYPE, 2, 36)
    assert [(tensor.name, tensor.dims, tensor.type) for tensor in found.tensors] == [
        ("a.weight", (4, 3), 1),
        ("a.bias", (3,), 0),
    ]


def test_a_header_alone_has_no_tensors() -> None:
    assert parse(model_bytes()).tensors == ()


@pytest.mark.parametrize(
    ("kind", "dims", "data_bytes"),
    [(2, (64, 2), 72), (7, (32, 1), 24), (8, (64, 3), 204), (12, (256, 2), 288), (14, (512,), 420)],
)
def test_quantised_blocks_are_counted(kind: int, dims: tuple[int, ...], data_bytes: int) -> None:
    assert parse(model_bytes(("q", dims, kind, data_bytes))).tensor_bytes == data_bytes


@given(st.integers(min_value=0, max_value=len(model_bytes(("a.weight", (4, 3), 1, 24))) - 1))
def test_every_cut_is_noticed_or_leaves_no_tensor(length: int) -> None:
    cut = model_bytes(("a.weight", (4, 3), 1, 24))[:length]
    try:
        assert parse(cut).tensors == ()
        assert cut == model_bytes()
    except UnreadableError as error:
        assert "cut off" in error.what


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GGUF" + bytes(100), "not a whisper.cpp model file"),
        (b"<!doctype html><html>" + bytes(100), "not a whisper.cpp model file"),
        (b"lmgg" + bytes(100), "not a whisper.cpp model file"),
        (model_bytes(("a", (4,), 99, 0)), "damaged"),
        (model_bytes(("a", (4, -3), 1, 0)), "damaged"),
        (model_bytes(("a", (33,), 2, 18)), "damaged"),
        (model_bytes(("", (4,), 1, 8)), "damaged"),
        (model_bytes(("a", (1,) * 5, 1, 2)), "damaged"),
        (model_bytes(tokens=(bytes(70000),)), "vocabulary is damaged"),
        (model_bytes().replace(struct.pack("<i", 2) + b"\x01", struct.pack("<i", 2**31 - 1) + b"\x01"), "cut off"),
        (model_bytes().replace(struct.pack("<2i", 2, 1), struct.pack("<2i", 2, -1)), "vocabulary is damaged"),
        (model_bytes(("a", (4,), 1, 8)) + b"\0", "cut off"),
    ],
)
def test_what_is_no_model_is_unreadable(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        parse(data)
