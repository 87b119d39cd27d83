"""The files of CMake in a build folder, and those that it reads."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.errors import UnreadableError
from harness.system.foreign import read_bytes, read_text
from harness.system.fresh import write_atomic

CACHE = "CMakeCache.txt"
# What CMake said; beside the build, for whoever uses it again without configuring it.
SAID = ".harness-configured.log"
_FILES = ("CMakeLists.txt",)
# Of a whole tree, and of a library alone.
_PACKAGES = ("ggml/ggml-config.cmake", "whisper/ggml/ggml-config.cmake")
_SUFFIX = ".cmake"
_BACKEND = re.compile(r"\bggml_add_backend\(\s*(\w+)")
_COMMENT = re.compile(r"#\[(=*)\[.*?\]\1\]|#[^\n]*", re.S)


def keep_said(log: Path, folder: Path) -> None:
    """Store the output of CMake from configuring `folder`."""
    write_atomic(folder / SAID, read_bytes(log))


def read_said(folder: Path) -> str | None:
    """Return the output of CMake from configuring `folder`, or None."""
    return _read(folder / SAID)


def read_package(folder: Path) -> str:
    """Return the package file that ggml wrote into a build folder, or an empty string."""
    return next(filter(None, (_read(folder / path) for path in _PACKAGES)), "")


def read_cache(folder: Path) -> str:
    """Return the CMakeCache.txt of a build folder, or an empty string."""
    return _read(folder / CACHE) or ""


def find_names(tree: Path, leave: Sequence[str] = ()) -> Callable[[str], bool]:
    """Return a function that says whether a name occurs in a CMake file of `tree`, ignoring comments and builds.

    The paths `leave` are ignored, too. `ggml_add_backend(CANN)` reads GGML_CANN without naming it. The files are read
    on the first call.
    """
    words: set[str] = set()

    def is_named(name: str) -> bool:
        if not words:
            for path in _list_files(tree, leave):
                text = _COMMENT.sub(" ", _read(path) or "")
                words.update(re.findall(r"\w+", text), (f"GGML_{one.upper()}" for one in _BACKEND.findall(text)))
        return name in words

    return is_named


def _list_files(tree: Path, leave: Sequence[str]) -> Iterator[Path]:
    for parent, folders, files in os.walk(tree):
        if CACHE in files:  # somebody's build: its files repeat whatever it was given
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".") and str(Path(parent) / name) not in leave]
        yield from (Path(parent) / name for name in files if name in _FILES or name.endswith(_SUFFIX))


def _read(path: Path) -> str | None:
    try:
        return read_text(path)
    except UnreadableError:
        return None
