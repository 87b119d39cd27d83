"""Values as people write them: durations, sizes, and CMake options."""

import re
from collections.abc import Iterable

from harness.errors import UsageError

DURATIONS = "a duration such as 90s, 10m, 1h or 1h30m"
_UNITS_S = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_DURATION = re.compile("".join(rf"(?:{_NUMBER}{unit} *)?" for unit in _UNITS_S))
_BARE = re.compile(_NUMBER)
_SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

_KINDS = ("BOOL", "STRING", "PATH", "FILEPATH", "INTERNAL")
# As GGML_LTO, or as CUDAToolkit_ROOT.
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*|[A-Z]\w*_[A-Z]\w*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]*")


def parse_duration(text: str) -> float | None:
    """Return seconds for `90`, `90s`, `30m`, `1h30m`, `1.5h`, `1d`, `2w`, the largest unit first; else None."""
    word = text.strip()
    if _BARE.fullmatch(word):
        return float(word)
    found = _DURATION.fullmatch(word)
    if not found or not word:
        return None
    return sum(
        float(number) * size_s for number, size_s in zip(found.groups(), _UNITS_S.values(), strict=True) if number
    )


def parse_age(text: str) -> float | None:
    """Return the seconds of a duration with a unit, or None: a bare number of seconds is not accepted as an age."""
    return None if text.strip()[-1:].isdecimal() else parse_duration(text)


def require_age(text: str, where: str) -> float:
    """Return seconds as `parse_age` does; raises UsageError, naming `where`, for anything else."""
    seconds = parse_age(text)
    if seconds is None:
        raise UsageError(f"{where}: expected an age such as 12h, 30d or 2w, not {text!r}", hint=f"{where} 30d")
    return seconds


def parse_size(text: str, where: str) -> int:
    """Return bytes for `20GB`, `500M`, `1.5GiB`, `0`; raises UsageError, naming `where`, for anything else."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?) ?(?:([KMGT]?)(i?)B?)", text.strip(), re.IGNORECASE)
    unit = found[2].upper() if found else ""
    if not found or (found[3] and not unit):
        raise UsageError(f"{where}: expected a size such as 500MB, 20GB or 1.5GiB, not {text!r}", hint=f"{where} 20GB")
    return int(float(found[1]) * (_BINARY[unit] if found[3] else _SIZES[unit]))


def split_option(word: str) -> tuple[str, str]:
    """Return name and value of `NAME=VALUE` or `NAME:TYPE=VALUE`; raises ValueError for anything else.

    The type is left out: if CMake got it, any name would become a declared variable, and a misspelt one would pass.
    """
    left, value = split_pair(word) or ("", "")
    name, colon, kind = left.partition(":")
    if not _NAME.fullmatch(name) or (colon and kind not in _KINDS):
        raise ValueError
    return name, value


def split_pair(word: str) -> tuple[str, str] | None:
    """Return name and value of `NAME=VALUE`, None for any other word."""
    name, equals, value = word.partition("=")
    return (name, value) if equals else None


def read_defines(words: Iterable[str]) -> dict[str, str]:
    """Return the values of `NAME=VALUE` words by name; if a name is repeated, the last value counts."""
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def name_option(word: str) -> str:
    """Return the name of a CMake option of a side or an axis, without its type; empty for any other word.

    Names in capitals are CMake options, because no setting of the harness is in capitals; so are names in mixed case
    that contain `_`.
    """
    try:
        name, _ = split_option(f"{word}=")
    except ValueError:
        return ""
    return name if _CAPITALS.fullmatch(name) else ""
