"""Numbers, JSON and TOML that others wrote: what is too big, too deep or no such thing is unreadable, never a crash."""

import math
import re
import tomllib

import msgspec

from harness.errors import UnreadableError

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


def parse_count(text: str) -> int | None:
    """Return a plain decimal integer of at most 18 digits, blanks around it left out; None for anything else."""
    word = text.strip()
    return int(word) if _COUNT.fullmatch(word) else None


def parse_toml(text: str, name: str, *, hint: str = "") -> dict[str, object]:
    """Return the table that a TOML document spells out; raises UnreadableError, calling it `name`.

    No document that a person writes is longer than `MOST_TOML` characters, has a key of more than 32 parts or a number
    without an end; the first two would take tomllib minutes.
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


def _find_deep_key(text: str) -> int:
    """Return the line of a dotted key with too many parts, 0 where there is none."""
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
