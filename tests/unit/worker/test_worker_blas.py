"""Which BLAS library a process has loaded, by what /proc says of it."""

import pytest

from harness.worker.blas import find_library, main

MAPS = """\
7f43{0}000-7f43{0}fff r-xp 00000000 00:00 0
7f433b6a0000-7f433b6d0000 r--p 00000000 fe:01 123 /b/ggml/src/ggml-blas/libggml-blas.so.0.13.1
7f433b6a0000-7f433b6d0000 r--p 00000000 fe:01 124 {1}
7f433b6a0000-7f433b6d0000 r-xp 00000000 fe:01 125 /usr/lib/x86_64-linux-gnu/libc.so.6
"""


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so",
        "/opt/intel/lib/libmkl_rt.so.2",
        "/usr/lib/x86_64-linux-gnu/blis-pthread/libblis.so.4",
        "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0",
    ],
)
def test_the_library_is_told_from_ggmls_own(path: str) -> None:
    assert list(find_library(MAPS.format(0, path))) == [path]
    assert not list(find_library(MAPS.format(0, "/usr/lib/libm.so.6")))


@pytest.mark.parametrize("argv", [[], ["a", "b"], ["/nowhere/libwhisper.so"]])
def test_what_cannot_be_told_is_said(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err
