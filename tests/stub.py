"""The stub of libwhisper (tests/tools/stub.c), built for a test."""

import shutil
import subprocess
import threading
from pathlib import Path

import pytest

# The fault campaign plays several faults at once, in threads.
_BUILDING = threading.Lock()
SOURCE = Path(__file__).parent / "tools" / "stub.c"


def build_stub(folder: Path, *defines: str) -> Path:
    """Return the stub as a shared library in `folder`, with these macros; skips where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    library = folder / "-".join(["libwhisper", *defines]) / "libwhisper.so"
    with _BUILDING:
        if not library.exists():
            library.parent.mkdir(parents=True)
            options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", *(f"-D{define}" for define in defines)]
            subprocess.run([compiler, *options, "-o", str(library), str(SOURCE), "-lpthread"], check=True)
    return library
