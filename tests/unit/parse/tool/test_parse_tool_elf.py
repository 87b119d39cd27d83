"""Digests of object files: equal for the processor is equal, and nothing else is."""

import re

import pytest

from harness.errors import UnreadableError
from harness.parse.tool.elf import digest_object
from tests.elf import make_object

CODE = bytes(range(64))
LITERALS = (b"/home/a/src/ggml.c", b"0.21.0", b"failed")


def digest(data: bytes) -> str:
    return digest_object(data, lambda text: re.sub(rb"/home/\w+(/a-long-one)*/src|0\.2\d\.0", b"@", text))


def test_equal_is_equal() -> None:
    assert digest(make_object(CODE, LITERALS, refers_to=(0, 2))) == digest(
        make_object(CODE, LITERALS, refers_to=(0, 2))
    )


@pytest.mark.parametrize("align", [1, 8])
def test_folders_and_versions_do_not_count_whatever_their_lengths(align: int) -> None:
    other = (b"/home/b/a-long-one/a-long-one/src/ggml.c", b"0.22.0", b"failed")
    here = digest(make_object(CODE, LITERALS, refers_to=(0, 1, 2), align=align))
    assert here == digest(make_object(CODE, other, refers_to=(0, 1, 2), align=align))


def test_a_literal_may_go_into_another_section() -> None:
    assert digest(make_object(CODE, LITERALS, refers_to=(0,))) == digest(
        make_object(CODE, LITERALS, refers_to=(0,), align=8)
    )


def test_the_compilers_name_does_not_count() -> None:
    data = make_object(CODE)
    assert digest(data) == digest(data.replace(b"a compiler", b"b compiler"))


@pytest.mark.parametrize(
    "other",
    [
        make_object(CODE[:-1] + b"x", LITERALS, refers_to=(0, 2), calls=("f",)),
        make_object(CODE + b"x", LITERALS, refers_to=(0, 2), calls=("f",)),
        make_object(CODE, (*LITERALS[:2], b"fooled"), refers_to=(0, 2), calls=("f",)),
        make_object(CODE, (*LITERALS, b"more"), refers_to=(0, 2), calls=("f",)),
        make_object(CODE, LITERALS, refers_to=(0, 1), calls=("f",)),
        make_object(CODE, LITERALS, refers_to=(2, 0), calls=("f",)),
        make_object(CODE, LITERALS, refers_to=(0, 2), calls=("g",)),
        make_object(CODE, LITERALS, refers_to=(0, 2), calls=("f", "f")),
        make_object(CODE, LITERALS, refers_to=(0, 2), calls=("f",), machine=183),
        make_object(CODE, LITERALS, refers_to=(0, 2), calls=("f",), visibility=2),
    ],
)
def test_what_differs_for_the_processor_differs(other: bytes) -> None:
    assert digest(other) != digest(make_object(CODE, LITERALS, refers_to=(0, 2), calls=("f",)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not 64-bit ELF"),
        (b"\xcf\xfa\xed\xfe" + bytes(100), "not 64-bit ELF"),
        (b"\x7fELF\x01\x01" + bytes(100), "not 64-bit ELF"),
        (b"BC\xc0\xde" + bytes(100), "link-time optimisation"),
        (make_object(CODE, extra=".gnu.lto_.main"), "link-time optimisation"),
        (make_object(CODE, extra=".llvm.lto"), "link-time optimisation"),
        (make_object(CODE, extra="__CLANG_OFFLOAD_BUNDLE__sycl-spir64-unknown-unknown"), "code for a device"),
        (make_object(CODE, extra=".llvm.offloading"), "code for a device"),
        (make_object(CODE)[:200], "is cut off"),
        (make_object(CODE)[:20], "is cut off"),
        (
            make_object(CODE).replace(
                b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01", b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03"
            ),
            "not an object file",
        ),
    ],
)
def test_what_cannot_be_compared(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        digest(data)


def test_no_damage_ends_in_anything_else() -> None:
    data = make_object(CODE, LITERALS, refers_to=(0, 2), calls=("f",))
    for place in range(0, len(data), 3):
        for value in (0, 0x7F, 0xFF):
            broken = data[:place] + bytes([value]) + data[place + 1 :]
            try:
                digest(broken)
            except UnreadableError:
                continue
