"""Lines of child output, made plain: what every parser of a log begins with."""

import re

ECHO = "+ "
_ESCAPE = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,8}[@-~]")
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,12})?")
# No line that is read is longer; whatever is (a progress bar, a binary) is cut before a pattern sees it.
_MAX_LINE = 4096


def plain_lines(text: str) -> list[str]:
    """Return the lines of the last attempt in a log, without colours and carriage returns.

    Logs are appended to and every attempt begins with its echoed command (`+ cmd`), so that what an earlier attempt
    printed is never taken for the result of the last one. Lines are cut at 4096 characters.
    """
    last_echo = text.rfind(f"\n{ECHO}")
    if last_echo >= 0 or text.startswith(ECHO):
        text = text[last_echo + 1 :].partition("\n")[2]
    plain = "\x1b" not in text and "\r" not in text
    return [line[-_MAX_LINE:] if plain else _plain(line) for line in text.split("\n")]


def after(line: str, prefix: str) -> str | None:
    """Return what follows `prefix` in `line`, wherever it stands: two streams share one log and may interleave."""
    _, found, rest = line.partition(prefix)
    return rest if found else None


def parse_number(text: str) -> float | None:
    """Return a plain decimal number; None for nan, inf, signs, exponents and anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _plain(line: str) -> str:
    return _ESCAPE.sub("", line[-_MAX_LINE:]).replace("\r", "")
