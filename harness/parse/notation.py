"""Numbers, JSON and TOML that others wrote: what is too big, too deep or no such thing is unreadable, never a crash."""

import re
import tomllib

import msgspec

from harness.errors import UnreadableError

# Everything that msgspec raises for a text that it cannot decode; RecursionError is its answer to deep nesting.
UNDECODABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
# 18 digits fit into 63 bits, which is what run.json can hold, and nothing countable is larger.
_COUNT = re.compile(r"[0-9]{1,18}")


def parse_count(text: str) -> int | None:
    """Return a plain decimal integer of at most 18 digits, blanks around it left out; None for anything else."""
    word = text.strip()
    return int(word) if _COUNT.fullmatch(word) else None


def parse_toml(text: str, name: str, *, hint: str = "") -> dict[str, object]:
    """Return the table that a TOML document spells out; raises UnreadableError, calling it `name`."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UnreadableError(f"{name} is not valid TOML", cause="it is nested too deeply", hint=hint) from None
    except ValueError as error:  # TOMLDecodeError, and integers of more digits than Python reads
        raise UnreadableError(f"{name} is not valid TOML", cause=str(error), hint=hint) from None
