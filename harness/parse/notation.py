"""What all parsers share: plain lines of child output, and foreign numbers, JSON and TOML."""

import math
import re
import tomllib

import msgspec

from harness.errors import UnreadableError

ECHO = "+ "
_ESCAPE = re.compile(r"\x1b\[[0-?]{0,32}[ -/]{0,8}[@-~]")
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,12})?")
# No line that is read is longer; whatever is (a progress bar, a binary) is cut before a pattern sees it.
_MAX_LINE = 4096

# Everything that msgspec raises for a text that it cannot decode; RecursionError is its answer to deep nesting.
UNDECODABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
# 18 digits fit into 63 bits, which is what run.json can hold, and nothing countable is larger.
_COUNT = re.compile(r"[0-9]{1,18}")
MOST_TOML = 1 << 18
_MOST_PARTS = 32
# What may hold dots that part no key: strings of four kinds, and comments.
_QUOTED = re.compile(
    "|".join((r'"""(?:\\.|[^\\])*?"""', r"'''.*?'''", r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'", r"#[^\n]*")), re.DOTALL
)
_NOT_IN_KEY = re.compile(r"[^\w \t.-]")


def plain_lines(text: str) -> list[str]:
    """Return the lines of the last attempt in a log, without colours and carriage returns.

    Logs are appended to and every attempt begins with its echoed command (`+ cmd`), so the output of an earlier attempt
    is never mistaken for that of the last one. Lines are cut at 4096 characters.
    """
    last_echo = text.rfind(f"\n{ECHO}")
    if last_echo >= 0 or text.startswith(ECHO):
        text = text[last_echo + 1 :].partition("\n")[2]
    plain = "\x1b" not in text and "\r" not in text
    return [line[-_MAX_LINE:] if plain else _plain(line) for line in text.split("\n")]


def after(line: str, prefix: str) -> str | None:
    """Return what follows `prefix` anywhere in `line`: two streams share one log and may interleave."""
    _, found, rest = line.partition(prefix)
    return rest if found else None


def parse_number(text: str) -> float | None:
    """Return a plain decimal number; None for nan, inf, signs, exponents and anything else."""
    return float(text) if _NUMBER.fullmatch(text) else None


def parse_count(text: str) -> int | None:
    """Return a plain decimal integer of at most 18 digits, ignoring blanks around it; None for anything else."""
    word = text.strip()
    return int(word) if _COUNT.fullmatch(word) else None


def parse_toml(text: str, name: str, *, hint: str = "") -> dict[str, object]:
    """Return the table of a TOML document; raises UnreadableError, which calls it `name`.

    No document that a person writes is longer than `MOST_TOML` characters, or has a key of more than 32 parts or an
    infinite number; the first two would take tomllib minutes.
    """
    if len(text) > MOST_TOML:
        cause = f"it has {len(text)} characters, at most {MOST_TOML} are read"
        raise UnreadableError(f"{name} is too long for a TOML file", cause=cause, hint=hint)
    line = _find_deep_key(text)
    if line:
        cause = f"a key in line {line} has more than {_MOST_PARTS} parts"
        raise UnreadableError(f"{name} is not valid TOML", cause=cause, hint=hint)
    try:
        return tomllib.loads(text, parse_float=_parse_float)
    except RecursionError:
        raise UnreadableError(f"{name} is not valid TOML", cause="it is nested too deeply", hint=hint) from None
    except ValueError as error:  # TOMLDecodeError, and integers of more digits than Python reads
        raise UnreadableError(f"{name} is not valid TOML", cause=str(error), hint=hint) from None


def _plain(line: str) -> str:
    return _ESCAPE.sub("", line[-_MAX_LINE:]).replace("\r", "")


def _find_deep_key(text: str) -> int:
    """Return the line of a dotted key with too many parts, or 0."""
    # A string keeps its lines, and is one part of a key.
    plain = _QUOTED.sub(lambda found: "s" + "\n" * found[0].count("\n"), text)
    for number, line in enumerate(plain.split("\n"), start=1):
        if line.count(".") >= _MOST_PARTS and any(piece.count(".") >= _MOST_PARTS for piece in _NOT_IN_KEY.split(line)):
            return number
    return 0


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number that can be used")
    return number
