"""The stub of libwhisper (tests/tools/stub.c), built for a test, and what it computes."""

import json
import shutil
import subprocess
import threading
from array import array
from collections.abc import Sequence
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


# As the stub has them.
VOCABULARY, END, START, LANGUAGE, TRANSCRIBE, NO_TIMES, WORDS = 64, 50, 51, 52, 60, 61, 6
PROMPT = (START, LANGUAGE, TRANSCRIBE, NO_TIMES)
MELS = 80
_EVERYTHING = 2**32 - 1


def compute_logits(heard: bytes, tokens: Sequence[int]) -> list[float]:
    """Return the stub's logits after hearing these 32-bit floats and reading these tokens."""
    total = 2166136261
    for word in array("I", heard):
        total = _mix(total, word)
    total |= 1
    words = 0
    for token in tokens:
        total = _mix(total, token)
        words = 0 if token == NO_TIMES else words + 1
    following = total % END if words < WORDS else END
    noise = [_mix(_mix(total, place), 40503) >> 16 for place in range(VOCABULARY)]
    return [value / 8192 - 4 + (8 if place == following else 0) for place, value in enumerate(noise)]


def write_check(path: Path, *, frames: int = 2, off: float = 0.0, tokens: Sequence[int] = (7, 8, 9)) -> None:
    """Write the reference of a check that the stub passes, unless one logit of each row is `off` by so much."""
    mel = array("f", [place / 8 for place in range(MELS * frames)]).tobytes()
    rows = []
    for place in range(len(tokens)):
        row = compute_logits(mel, [*PROMPT, *tokens[:place]])
        rows.append(array("f", [row[0] + off, *row[1:]]))
    window = {"start_frame": 0, "prompt": PROMPT, "tokens": list(tokens)}
    header = {"format": 1, "kind": "check", "vocabulary": VOCABULARY, "mels": MELS, "frames": frames, "made_by": "test"}
    line = json.dumps({**header, "windows": [window]}).encode()
    path.write_bytes(line.ljust(-(-len(line) // 64) * 64 + 63) + b"\n" + mel + b"".join(row.tobytes() for row in rows))


def _mix(total: int, word: int) -> int:
    return (total ^ word) * 16777619 & _EVERYTHING
