"""The CMake project that builds the library of a pruned tree, where the tree cannot be configured by itself."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]


def library_project() -> Path:
    """Return the folder to configure: `cmake -S <it> -DWHISPER_SOURCE=<tree>`; libraries come out in `lib/`."""
    return _PACKAGE / "library"
