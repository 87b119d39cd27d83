"""Amounts as people write them: ages and sizes."""

import re

from harness.errors import UsageError

_AGES_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SIZES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_age(text: str, where: str) -> float:
    """Return seconds for `30d`, `12h`, `2w`, `90m`, `0s`; raises UsageError, naming `where`, for anything else."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smhdw])", text.strip())
    if not found:
        raise UsageError(f"{where}: {text!r} is no age", hint="a number with its unit: 30d, 12h, 2w")
    return float(found[1]) * _AGES_S[found[2]]


def parse_size(text: str, where: str) -> int:
    """Return bytes for `20GB`, `500M`, `1.5GiB`, `0`; raises UsageError, naming `where`, for anything else."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?) ?(?:([KMGT]?)(i?)B?)", text.strip(), re.IGNORECASE)
    unit = found[2].upper() if found else ""
    if not found or (found[3] and not unit):
        raise UsageError(f"{where}: {text!r} is no size", hint="a number with its unit: 20GB, 500MB, 1.5GiB")
    return int(float(found[1]) * (_BINARY[unit] if found[3] else _SIZES[unit]))
