"""Which BLAS library a libwhisper or libggml loads, and what that reports about itself: one line of JSON.

    python -m harness.worker.blas LIBRARY

`file` is the library that was really loaded; `config` and `core` are OpenBLAS's own words (`openblas_get_config`,
`openblas_get_corename`), the second being the kernels that it chose for this CPU. Linux only, since the files are found
in /proc.
"""

import ctypes
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_NAMES = re.compile(r"/lib(?:openblas|mkl_rt|mkl_core|blis|flexiblas|[st]?atlas|nvpl_blas|armpl|blas)[^/]*$")
_OPENBLAS = {"config": "openblas_get_config", "core": "openblas_get_corename"}


def main(argv: list[str]) -> int:
    """Print what is known about the BLAS library behind `argv[0]`; return 2 if none is found."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m harness.worker.blas LIBRARY\n")
        return 2
    try:
        ctypes.CDLL(argv[0])
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    file = next(find_library(maps), "")
    if not file:
        sys.stderr.write(f"{argv[0]} does not load a BLAS library\n")
        return 2
    sys.stdout.write(json.dumps({"kind": "blas", "file": file, **_ask(ctypes.CDLL(file))}) + "\n")
    return 0


def find_library(maps: str) -> Iterator[str]:
    """Yield the BLAS libraries among the files of /proc/self/maps; OpenBLAS appends its version to its name."""
    for line in maps.splitlines():
        path = line.split(maxsplit=5)[5:]
        if path and _NAMES.search(path[0]):
            yield path[0]


def _ask(library: ctypes.CDLL) -> dict[str, str]:
    answers = {}
    for key, name in _OPENBLAS.items():
        if hasattr(library, name):
            function = getattr(library, name)
            function.restype = ctypes.c_char_p
            answers[key] = (function() or b"").decode(errors="replace")
    return answers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
