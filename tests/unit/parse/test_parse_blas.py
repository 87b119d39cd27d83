"""What a BLAS library says of itself."""

import pytest

from harness.parse.blas import parse_blas
from harness.records.device import Device

FILE = "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"
OPENBLAS = (
    f'{{"kind": "blas", "file": "{FILE}", '
    '"config": "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64", "core": "Zen"}\n'
)


def test_openblas_names_its_version_and_its_kernels() -> None:
    expected = Device(backend="BLAS", name="OpenBLAS 0.3.21", driver=FILE, architecture="Zen kernels")
    assert parse_blas(f"+ python -m harness.sampler.blas /b/libwhisper.so\n{OPENBLAS}") == expected


def test_others_are_known_by_their_file() -> None:
    assert parse_blas('{"kind": "blas", "file": "/usr/lib/libblis.so.4"}\n') == Device(
        backend="BLAS", name="libblis.so.4", driver="/usr/lib/libblis.so.4"
    )


@pytest.mark.parametrize("log", ["", "libwhisper.so loads no BLAS library\n", '{"kind": "blas", "file": 3}\n', "{"])
def test_no_answer(log: str) -> None:
    assert parse_blas(log) is None
