"""The model in whisper.cpp's own tree that finds speech in a recording."""

import re
from pathlib import Path

from harness.errors import UsageError

_NAME = re.compile(r"for-tests-silero-v([0-9]{1,4}(?:\.[0-9]{1,4}){0,3})-ggml\.bin")
# The first release that detects speech; its tree has such a model.
_FIRST = "v1.7.6"


def find_vad_model(tree: Path) -> str:
    """Return the newest test model for voice activity detection in a tree; raises UsageError if it has none."""
    folder = tree / "models"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    found = {tuple(map(int, match[1].split("."))): name for name in names if (match := _NAME.fullmatch(name))}
    if not found:
        raise UsageError(
            "--vad: the source has no models/for-tests-silero-v*-ggml.bin, which detects speech",
            cause=f"the first release with such a model is {_FIRST}",
            hint="--ref v1.8.5",
        )
    return str(folder / found[max(found)])
