"""What commands have in common: how their arguments are read, and how they are refused."""

import json
import os
from typing import IO


class WorkError(Exception):
    """The reason why a command was refused."""


def check_call(name: str, result: int) -> None:
    """Raise WorkError if a function of the library reports a failure."""
    if result != 0:
        raise WorkError(f"{name} returned {result}")


def read_count(word: str, high: int, *, low: int = 1) -> int:
    """Return the number that `word` is; raises WorkError."""
    if not word.isdecimal() or not low <= int(word) <= high:
        raise WorkError(f"{word!r} is not a number from {low} to {high}")
    return int(word)


def read_words(words: str) -> list[str]:
    """Return arguments that may hold blanks: a JSON array of texts, or plain words; raises WorkError."""
    if not words.startswith("["):
        return words.split()
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise WorkError("the arguments are not a JSON array of texts")
    if any("\0" in word for word in found):
        raise WorkError("an argument holds a zero byte")
    return found


def open_bytes(path: str, absent: str) -> IO[bytes]:
    """Return an open file; raises WorkError, which says `absent` where there is no such file."""
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - the worker is small
            raise WorkError(absent)
        return open(path, "rb")  # noqa: PTH123 - closed by who asked for it
    except OSError as error:
        raise WorkError(f"cannot read {path}: {error.strerror}") from None
